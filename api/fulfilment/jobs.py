"""What wakes the packing table. Each runs in the transaction that marks its delivery done."""

from uuid import UUID

from api.fulfilment import flows, queries
from api.kernel.principal import SYSTEM
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.orders.events import OrderCancelled, OrderCompleted
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.sweeps import Sweep

_NOT_INDEXED = "index-old-orders"


def on_order_cancelled(fact: OrderCancelled) -> None:
    """Nothing of the order will leave: its open parcels are given up."""
    flows.cancel_open_fulfilments(fact.order_id, by=SYSTEM)


def on_order_completed(fact: OrderCompleted) -> None:
    """Nothing of the order is left to ship, be it sent or cancelled."""
    flows.cancel_open_fulfilments(fact.order_id, by=SYSTEM)


def index_old_orders() -> None:
    """Let orders be found that an older release has written while this one was rolled out."""
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
