"""Statuses of an order: derived here from its payments and quantities, and nowhere else."""

from sqlalchemy import exists, func, select

from api.kernel import clock
from api.orders.events import OrderCompleted
from api.orders.models import Order, OrderHold, OrderNote
from api.orders.states import (
    ORDER,
    SHIPPABLE,
    FulfilledUnits,
    OrderStatus,
    PaidAmounts,
    PaymentStatus,
    fulfilment_status,
    payment_status,
)
from api.platform.db import session
from api.platform.outbox import emit


def update_status(order: Order) -> None:
    """Derive the payment and fulfilment status: the only place that sets them."""
    cancelled = order.status == OrderStatus.CANCELLED
    money = PaidAmounts(
        due=order.payable,
        authorized=order.authorized or 0,
        captured=order.captured or 0,
        refunded=order.refunded or 0,
        charged_back=order.charged_back or 0,
        edit_due=order.edit_due or 0,
        attempt_open=bool(order.attempt_open),
    )
    units = FulfilledUnits(
        ordered=sum(line.quantity for line in order.lines),
        cancelled=sum(line.cancelled_quantity or 0 for line in order.lines),
        shipped=sum(line.shipped_quantity or 0 for line in order.lines),
        delivered=sum(line.delivered_quantity or 0 for line in order.lines),
    )
    order.payment_status = payment_status(money, cancelled=cancelled)
    order.fulfilment_status = fulfilment_status(units)
    order.to_ship = (
        order.status in (None, OrderStatus.PLACED)
        and not order.on_hold
        and order.payment_status in SHIPPABLE
        # Also when a part was delivered before the rest was shipped.
        and units.ordered > units.cancelled + units.shipped
    )


def recompute_status(order: Order) -> None:
    """Recompute statuses and counters from payments, quantities, holds and notes, for repairs.

    Emits no event and moves no money. Needs the order locked.
    """
    order.on_hold = bool(
        session.scalar(
            select(exists().where(OrderHold.order_id == order.id, OrderHold.released_at.is_(None)))
        )
    )
    order.pinned_notes, order.customer_notes = session.execute(
        select(
            func.count().filter(OrderNote.is_pinned), func.count().filter(OrderNote.for_customer)
        ).where(OrderNote.order_id == order.id)
    ).one()
    update_status(order)
    bump_version(order)


def complete_if_done(order: Order) -> None:
    """Complete an order with nothing left to ship, once it is paid or refunded."""
    nothing_open = all(line.open_quantity == 0 for line in order.lines)
    settled = (*SHIPPABLE, PaymentStatus.REFUNDED, PaymentStatus.CHARGED_BACK)
    if nothing_open and order.payment_status in settled:
        order.status = OrderStatus(ORDER.next(order.status, "complete"))
        order.completed_at = clock.now()
        order.to_ship = False
        emit(OrderCompleted(order_id=order.id))


def bump_version(order: Order) -> None:
    """Raise the version, so that a change based on an earlier read is refused."""
    order.version += 1
