"""The one table that says which fact wakes which jobs, and when periodic jobs run."""

from datetime import timedelta

from api.accounts import jobs as accounts
from api.aftersales import jobs as aftersales
from api.catalog import jobs as catalog
from api.catalog.events import CatalogueChanged
from api.checkout import jobs as checkout
from api.inventory import jobs as inventory
from api.payments.events import ProviderEventReceived, RefundFailed
from api.platform import idempotency
from api.platform.db import transaction
from api.platform.jobs import Periodic, Work
from api.settlement import flows as settlement
from api.settlement import jobs as settlement_jobs


def _forget_old_answers() -> None:
    with transaction():
        idempotency.forget_old()


WORK = Work(
    subscribers={
        CatalogueChanged: [catalog.on_catalogue_changed, inventory.on_catalogue_changed],
        ProviderEventReceived: [settlement_jobs.apply_provider_event],
        RefundFailed: [aftersales.on_refund_failed],
    },
    timetable=(
        Periodic("expire-holds", timedelta(minutes=1), inventory.expire_holds),
        Periodic("expire-unpaid-orders", timedelta(minutes=1), checkout.expire_unpaid_orders),
        Periodic("sweep-refunds", timedelta(minutes=1), settlement.sweep_refunds),
        Periodic("sweep-payments", timedelta(minutes=5), settlement.sweep_payments),
        Periodic("forget-idle-carts", timedelta(hours=6), checkout.forget_idle_carts),
        Periodic("forget-old-answers", timedelta(hours=1), _forget_old_answers),
        Periodic("forget-expired-tokens", timedelta(hours=1), accounts.forget_expired_tokens),
    ),
)
