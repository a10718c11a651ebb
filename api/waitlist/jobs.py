"""The alarm clock of the waiting list."""

from uuid import UUID

from api.inventory.events import StockReturned
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.jobs import spans_transactions
from api.platform.sweeps import Outcome, Sweep
from api.waitlist import queries, service


@spans_transactions
def on_stock_returned(fact: StockReturned) -> None:
    """Something can be had again: tell those whose turn it is, one list at a time."""
    sweeps.each(queries.waited_for(fact.variant_ids), service.tell_waiting)


def tell_next() -> None:
    """Tell the next ones where a day has passed or more goods came; one list at a time."""
    sweeps.run(WAITING)


def forget_old() -> None:
    """Erase what is not needed any more."""
    with transaction():
        service.forget_old()


def _tell(variant_id: UUID) -> Outcome | None:
    """Tell whose turn it is; where all who can be are told already, look later each time."""
    with transaction():
        return None if service.tell_waiting(variant_id) else Outcome.LATER


WAITING = Sweep("tell-waiting", queries.wanted_and_there, _tell)
