"""Holds: reasons not to ship an order yet, set by staff or by the shop, released one by one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.orders.errors import HoldReleased, OrderOnHold
from api.orders.models import Order, OrderHold
from api.orders.service.orders import add_event
from api.orders.service.status import bump_version, update_status
from api.orders.states import ORDER, STAFF_HOLD_REASONS, HoldReason, OrderStatus
from api.platform.db import require_transaction, session


def hold(order: Order, reason: HoldReason, *, note: str | None, by: Principal) -> OrderHold:
    """Put an order on hold: it is not shipped until the hold is released.

    Raises `InvalidState` for an order that is cancelled or completed. Needs the order locked.
    """
    ORDER.next(order.status, "hold")
    return _hold(order, reason, note=note, reference=None, by=by)


def hold_for(order: Order, reason: HoldReason, *, note: str, reference: UUID) -> bool:
    """Hold an order because of a dispute, a warning or a refund, once per cause.

    Returns False when nothing is left to ship, or when this cause held the order before: a hold
    that staff released stays released, however often the webhook is repeated. A cause that ended
    and returns (a closed inquiry that becomes a chargeback) holds it again. Needs the order locked.
    """
    earlier = session.scalar(
        select(OrderHold).where(
            OrderHold.order_id == order.id, OrderHold.reference == str(reference)
        )
    )
    if order.status != OrderStatus.PLACED:
        return False
    if earlier is not None:
        if earlier.released_by != SYSTEM.label:
            return False
        earlier.reference = None
        session.flush()
    _hold(order, reason, note=note, reference=str(reference), by=SYSTEM)
    return True


def release_hold(order: Order, hold_id: UUID, *, note: str | None, by: Principal) -> OrderHold:
    """Release one hold of the order. Raises `HoldReleased`. Needs the order locked."""
    order_hold = session.get_one(OrderHold, hold_id, populate_existing=True)
    if order_hold.released_at is not None:
        raise HoldReleased(released_by=order_hold.released_by)
    _release(order, [order_hold], note=note, by=by)
    return order_hold


def release_open(
    order: Order, reason: HoldReason | None, *, note: str | None, by: Principal
) -> int:
    """Release the open holds of an order, or those of a reason; returns how many.

    Only those for reasons of staff: a dispute, a fraud warning or a refund at the provider is
    looked at one by one. Needs the order locked.
    """
    holds = [
        row
        for row in _active(order.id)
        if row.reason in STAFF_HOLD_REASONS and reason in (None, row.reason)
    ]
    if holds:
        _release(order, holds, note=note, by=by)
    return len(holds)


def release_holds_of(order: Order, reference: UUID) -> None:
    """Release the hold of a cause that has ended. Needs the order locked."""
    holds = [row for row in _active(order.id) if row.reference == str(reference)]
    if holds:
        _release(order, holds, note="its cause has gone", by=SYSTEM)


def release_all(order: Order) -> None:
    """Release all holds of an order that ends. The caller updates its statuses."""
    if order.on_hold:
        session.execute(
            update(OrderHold)
            .where(OrderHold.order_id == order.id, OrderHold.released_at.is_(None))
            .values(released_at=clock.now(), released_by=SYSTEM.label)
        )
        order.on_hold = False


def check_not_on_hold(order: Order) -> None:
    """Refuse an order that is on hold. Raises `OrderOnHold` with its open holds."""
    if not order.on_hold:
        return
    holds = _active(order.id)
    raise OrderOnHold(
        reasons=", ".join(row.reason.value for row in holds),
        holds=[{"id": row.id, "reason": row.reason.value, "note": row.note} for row in holds],
    )


def _active(order_id: UUID) -> Sequence[OrderHold]:
    return session.scalars(
        select(OrderHold)
        .where(OrderHold.order_id == order_id, OrderHold.released_at.is_(None))
        .order_by(OrderHold.id)
    ).all()


def _hold(
    order: Order, reason: HoldReason, *, note: str | None, reference: str | None, by: Principal
) -> OrderHold:
    order_hold = OrderHold(
        id=new_id(),
        order_id=order.id,
        reason=reason,
        note=note,
        reference=reference,
        created_by=by.label,
    )
    require_transaction().add(order_hold)
    order.on_hold = True
    add_event(order.id, "held", f"On hold: {_described(reason, note)}.", by=by)
    update_status(order)
    bump_version(order)
    return order_hold


def _release(order: Order, holds: Sequence[OrderHold], *, note: str | None, by: Principal) -> None:
    for order_hold in holds:
        order_hold.released_at, order_hold.released_by = clock.now(), by.label
        add_event(
            order.id,
            "hold_released",
            f"Hold released: {_described(order_hold.reason, note)}.",
            by=by,
        )
    session.flush()
    order.on_hold = bool(_active(order.id))
    update_status(order)
    bump_version(order)


def _described(reason: HoldReason, note: str | None) -> str:
    words = reason.value.replace("_", " ")
    return words if not note else f"{words} ({note.rstrip('.')})"
