"""The one table that says which fact wakes which jobs, and when periodic jobs run."""

from datetime import timedelta

from api.catalog import jobs as catalog
from api.catalog.events import CatalogueChanged
from api.platform import idempotency
from api.platform.db import transaction
from api.platform.jobs import Periodic, Work


def _forget_old_answers() -> None:
    with transaction():
        idempotency.forget_old()


WORK = Work(
    subscribers={
        CatalogueChanged: [catalog.on_catalogue_changed],
    },
    timetable=(Periodic("forget-old-answers", timedelta(hours=1), _forget_old_answers),),
)
