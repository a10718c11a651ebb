"""The alarm clock of the waiting list."""

from api.inventory.events import StockReturned
from api.platform.db import transaction
from api.platform.jobs import spans_transactions
from api.waitlist import queries, service


@spans_transactions
def on_stock_returned(fact: StockReturned) -> None:
    """Something can be had again: tell those whose turn it is, one list at a time."""
    for variant_id in queries.waited_for(fact.variant_ids):
        with transaction():
            service.tell_waiting(variant_id)


def tell_next() -> None:
    """Tell the next ones where a day has passed or more goods came; one list at a time."""
    for variant_id in queries.wanted_and_there():
        with transaction():
            service.tell_waiting(variant_id)


def forget_old() -> None:
    """Erase what is not needed any more."""
    with transaction():
        service.forget_old()
