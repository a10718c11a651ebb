"""Event handlers of picking; they run in the transaction that marks their delivery as done."""

from api.fulfilment.events import FulfilmentShipped
from api.orders.events import OrderCancelled
from api.picking import service


def on_order_cancelled(event: OrderCancelled) -> None:
    """Stop picking a cancelled order; what is in a tote is to be put back."""
    service.remove_order(event.order_id)


def on_fulfilment_shipped(event: FulfilmentShipped) -> None:
    """End the picking of an order whose parcel left, and free its totes."""
    service.set_done(event.order_id)
