"""The end of orders that were not paid in time."""

from uuid import UUID

from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.orders.states import OrderStatus
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.platform import sweeps
from api.platform.attention import Subjects
from api.platform.db import transaction
from api.platform.sweeps import Sweep


def expire_unpaid_orders() -> int:
    """Cancel expired unpaid orders and release their units.

    Returns how many were processed without a failure, including those that turned out to be paid.

    The customer's open PaymentIntent is cancelled first: if it turns out to be paid, the order is
    paid and stays. While the provider does not answer, the order waits.
    """
    return sweeps.run(EXPIRY)


def _expire(order_id: UUID) -> None:
    payment_sync_flows.cancel_open_intents(order_id)
    with transaction():
        order = orders_service.lock(order_id)
        late = order.expires_at is not None and order.expires_at <= clock.now()
        if order.status is not OrderStatus.PLACED or not late or order.captured > order.tendered:
            return  # paid or cancelled in the meantime
        payment_sync_service.release_tenders(order)
        orders_service.cancel(order, reason="expired", text="Not paid in time.", by=SYSTEM)
        inventory_service.release(order_id, None, by=SYSTEM, reason="order expired")
        payment_sync_service.refresh(order)
    payment_sync_flows.cancel_remaining_intents(order_id)


EXPIRY = Sweep(
    "expire-unpaid-orders",
    lambda limit: orders_queries.expired_unpaid(clock.now(), limit),
    _expire,
    lambda order_id: Subjects(order_id=order_id),
)
