"""Cancelling an order, or units of it, before they are shipped."""

from collections.abc import Mapping
from uuid import UUID

from api.kernel import clock
from api.kernel.principal import Principal
from api.orders.events import OrderCancelled, OrderCompleted
from api.orders.models import Order
from api.orders.service.holds import release_all
from api.orders.service.orders import add_event
from api.orders.service.status import bump_version, update_status
from api.orders.states import ORDER, OrderStatus
from api.platform.outbox import emit
from api.promotions import service as promotions_service


def check_cancellable(order: Order) -> None:
    """Refuse to cancel a cancelled or completed order. Raises `InvalidState`."""
    ORDER.next(order.status, "cancel")


def cancel(order: Order, *, reason: str, text: str, by: Principal) -> dict[UUID, int]:
    """Cancel all units that are not shipped; returns them by line.

    If units were shipped, the order becomes completed instead, and only the rest is cancelled.
    Releases its holds and gives the uses of its discounts back. Emits `OrderCancelled` or
    `OrderCompleted`. Raises `InvalidState` when it is cancelled or completed. Needs the order
    locked.
    """
    unshipped = {line.id: line.open_quantity for line in order.lines if line.open_quantity}
    shipped = any(line.shipped_quantity for line in order.lines)
    target = OrderStatus(ORDER.next(order.status, "complete" if shipped else "cancel"))
    for line in order.lines:
        line.cancelled_quantity += unshipped.get(line.id, 0)
    order.status = target
    order.expires_at, order.edit_due = None, 0
    release_all(order)
    if target is OrderStatus.CANCELLED:
        order.cancelled_at, order.cancel_reason = clock.now(), reason
        if order.discount_total:
            promotions_service.give_back(order.id)
        emit(OrderCancelled(order_id=order.id, reason=reason))
    else:
        order.completed_at = clock.now()
        emit(OrderCompleted(order_id=order.id))
    add_event(order.id, "cancelled", text, by=by)
    update_status(order)
    bump_version(order)
    return unshipped


def cancel_units(order: Order, quantities: Mapping[UUID, int], *, by: Principal) -> None:
    """Cancel units that are still to be shipped, because they are refunded.

    When nothing is left to ship, the order is completed if something was shipped before, and
    cancelled if not. Needs the order locked.
    """
    if sum(line.open_quantity for line in order.lines) == sum(quantities.values()):
        cancel(order, reason="refunded", text="Everything left to ship was refunded.", by=by)
        return
    for line in order.lines:
        line.cancelled_quantity += quantities.get(line.id, 0)
    update_status(order)
    bump_version(order)
