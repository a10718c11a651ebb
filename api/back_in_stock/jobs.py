"""Jobs of back-in-stock subscriptions: an event handler and periodic jobs."""

from uuid import UUID

from api.back_in_stock import queries, service
from api.inventory.events import BackInStock
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.jobs import manages_own_transactions
from api.platform.sweeps import Outcome, Sweep


@manages_own_transactions
def on_back_in_stock(event: BackInStock) -> None:
    """Notify the next subscribers of variants that came back, one variant at a time."""
    sweeps.each(queries.subscribed_variants(event.variant_ids), service.notify_subscribers)


def notify_due() -> None:
    """Notify the next subscribers after a day or after new stock, one variant at a time."""
    sweeps.run(NOTIFY_SWEEP)


def purge_old() -> None:
    """Delete old subscriptions."""
    with transaction():
        service.purge_old()


def _notify(variant_id: UUID) -> Outcome | None:
    """Notify the next subscribers; without any, the variant is checked less and less often."""
    with transaction():
        return None if service.notify_subscribers(variant_id) else Outcome.LATER


NOTIFY_SWEEP = Sweep("notify-back-in-stock", queries.subscribed_and_available, _notify)
