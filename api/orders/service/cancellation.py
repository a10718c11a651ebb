"""Ending an order before everything that was agreed has left the house."""

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


def check_cancellable(order: Order) -> None:
    """Refuse to cancel what is cancelled or completed. Raises `InvalidState`."""
    ORDER.next(order.status, "cancel")


def cancel(order: Order, *, reason: str, text: str, by: Principal) -> dict[UUID, int]:
    """Cancel everything that has not left the house; returns those units by line.

    With units already shipped the order is completed instead, its rest being cancelled. Raises
    `InvalidState` when it is cancelled or completed. Needs the order locked.
    """
    rest = {line.id: line.open_quantity for line in order.lines if line.open_quantity}
    shipped = any(line.shipped_quantity for line in order.lines)
    target = OrderStatus(ORDER.next(order.status, "complete" if shipped else "cancel"))
    for line in order.lines:
        line.cancelled_quantity += rest.get(line.id, 0)
    order.status = target
    order.expires_at = None
    release_all(order)
    if target is OrderStatus.CANCELLED:
        order.cancelled_at, order.cancel_reason = clock.now(), reason
        emit(OrderCancelled(order_id=order.id, reason=reason))
    else:
        order.completed_at = clock.now()
        emit(OrderCompleted(order_id=order.id))
    add_event(order.id, "cancelled", text, by=by)
    update_status(order)
    bump_version(order)
    return rest


def cancel_units(order: Order, quantities: Mapping[UUID, int], *, by: Principal) -> None:
    """Take units off what is still to be shipped, because their money goes back.

    When nothing is left to ship the order is done: completed if something was shipped before,
    cancelled if not. Needs the order locked.
    """
    if sum(line.open_quantity for line in order.lines) == sum(quantities.values()):
        cancel(order, reason="refunded", text="Everything left to ship was refunded.", by=by)
        return
    for line in order.lines:
        line.cancelled_quantity += quantities.get(line.id, 0)
    update_status(order)
    bump_version(order)
