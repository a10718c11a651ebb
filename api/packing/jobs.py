"""Event handlers of packing; they run in the transaction that marks their delivery as done."""

from api.orders.events import OrderCancelled, OrderCompleted
from api.packing import service


def on_order_cancelled(event: OrderCancelled) -> None:
    """Stop packing a cancelled order."""
    service.cancel_of_order(event.order_id)


def on_order_completed(event: OrderCompleted) -> None:
    """Stop packing an order that left otherwise."""
    service.cancel_of_order(event.order_id)
