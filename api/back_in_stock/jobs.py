"""The alarm clock of the waiting list."""

from uuid import UUID

from api.back_in_stock import queries, service
from api.inventory.events import BackInStock
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.jobs import manages_own_transactions
from api.platform.sweeps import Outcome, Sweep


@manages_own_transactions
def on_back_in_stock(fact: BackInStock) -> None:
    """Something can be had again: tell those whose turn it is, one list at a time."""
    sweeps.each(queries.waited_for(fact.variant_ids), service.notify_subscribers)


def notify_due() -> None:
    """Tell the next ones where a day has passed or more goods came; one list at a time."""
    sweeps.run(WAITING)


def purge_old() -> None:
    """Erase what is not needed any more."""
    with transaction():
        service.purge_old()


def _notify(variant_id: UUID) -> Outcome | None:
    """Tell whose turn it is; where all who can be are told already, look later each time."""
    with transaction():
        return None if service.notify_subscribers(variant_id) else Outcome.LATER


WAITING = Sweep("notify-back-in-stock", queries.subscribed_and_available, _notify)
