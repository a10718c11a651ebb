"""The alarm clock of the shelves."""

from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from api.catalog.events import CatalogueChanged, slugs_of
from api.inventory import queries, service
from api.kernel.principal import SYSTEM
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.jobs import batched
from api.platform.sweeps import Sweep


@batched
def on_catalogue_changed(facts: Sequence[CatalogueChanged]) -> None:
    """Open empty levels for new variants, so that staff find them on the stock list."""
    new = queries.variants_without_level(slugs_of(facts))
    if new:
        service.set_opening_stock([(variant_id, 0) for variant_id in new], by=SYSTEM)


def expire_reservations() -> None:
    """Give back what carts held for too long: in batches, and where one fails shelf by shelf."""
    try:
        while True:
            with transaction():
                if not service.expire_reservations():
                    return
    except SQLAlchemyError:
        sweeps.run(EXPIRED_RESERVATIONS)


EXPIRED_RESERVATIONS = Sweep(
    "expire-reservations",
    service.levels_to_sweep,
    sweeps.in_transaction(lambda level_id: service.expire_reservations(only=level_id) > 0),
)
