"""Jobs of fulfilments. Event handlers run in the transaction that marks their delivery as done."""

from uuid import UUID

from api.fulfilment import flows, queries
from api.fulfilment.flows.units import note_arrived
from api.inventory.events import BackOrdersAllocated
from api.kernel.principal import SYSTEM
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.orders.events import GiftCardsPaid, OrderCancelled, OrderCompleted
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.sweeps import Sweep

_NOT_INDEXED = "index-old-orders"


def on_order_cancelled(event: OrderCancelled) -> None:
    """Cancel the open parcels of a cancelled order."""
    flows.cancel_open_fulfilments(event.order_id, by=SYSTEM)


def on_order_completed(event: OrderCompleted) -> None:
    """Cancel the open parcels of a completed order."""
    flows.cancel_open_fulfilments(event.order_id, by=SYSTEM)


def on_gift_cards_paid(event: GiftCardsPaid) -> None:
    """Send the gift cards of an order that was paid."""
    flows.ship_gift_cards(event.order_id, by=SYSTEM)


def on_back_orders_allocated(event: BackOrdersAllocated) -> None:
    """Tell in the history of orders that what they waited for came."""
    for order_id in sorted(event.order_ids):
        note_arrived(order_id, by=SYSTEM)


def index_old_orders() -> None:
    """Add search words to orders that an older release wrote during a rollout."""
    sweeps.run(
        Sweep(
            _NOT_INDEXED,
            lambda limit: orders_queries.not_indexed(_NOT_INDEXED, limit),
            _index_batch,
        )
    )


def _index_batch(order_id: UUID) -> None:
    with transaction():
        orders_service.index_orders(order_id, queries.tracking_numbers(order_id))
