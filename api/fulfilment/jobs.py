"""What wakes the packing table. Each runs in the transaction that marks its delivery done."""

from api.fulfilment import flows
from api.kernel.principal import SYSTEM
from api.orders.events import OrderCancelled, OrderCompleted


def on_order_cancelled(fact: OrderCancelled) -> None:
    """Nothing of the order will leave: its open parcels are given up."""
    flows.cancel_open_fulfilments(fact.order_id, by=SYSTEM)


def on_order_completed(fact: OrderCompleted) -> None:
    """Nothing of the order is left to ship, be it sent or cancelled."""
    flows.cancel_open_fulfilments(fact.order_id, by=SYSTEM)
