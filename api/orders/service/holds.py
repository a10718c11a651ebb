"""Reasons not to ship an order yet: held by staff or by the shop itself, released one by one."""

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
from api.orders.states import ORDER, HoldReason, OrderStatus
from api.platform.db import require_transaction, session


def hold(order: Order, reason: HoldReason, *, note: str | None, by: Principal) -> OrderHold:
    """Keep an order from being shipped until the hold is released.

    Raises `InvalidState` for an order that is cancelled or completed. Needs the order locked.
    """
    ORDER.next(order.status, "hold")
    return _hold(order, reason, note=note, reference=None, by=by)


def hold_for(order: Order, reason: HoldReason, *, note: str, reference: UUID) -> bool:
    """Hold an order because of a dispute, a warning or a refund, once per cause.

    False when nothing is left to ship, or when this cause held the order before: what somebody
    released stays released, however often the news comes. A cause that had gone and comes back (a
    closed inquiry that becomes a chargeback) holds it again. Needs the order locked.
    """
    before = session.scalar(
        select(OrderHold).where(
            OrderHold.order_id == order.id, OrderHold.reference == str(reference)
        )
    )
    if order.status != OrderStatus.PLACED:
        return False
    if before is not None:
        if before.released_by != SYSTEM.label:
            return False
        before.reference = None
        session.flush()
    _hold(order, reason, note=note, reference=str(reference), by=SYSTEM)
    return True


def release_hold(order: Order, hold_id: UUID, *, note: str | None, by: Principal) -> OrderHold:
    """Release one hold of the order. Raises `HoldReleased`. Needs the order locked."""
    found = session.get_one(OrderHold, hold_id, populate_existing=True)
    if found.released_at is not None:
        raise HoldReleased(released_by=found.released_by)
    _release(order, [found], note=note, by=by)
    return found


def release_holds_of(order: Order, reference: UUID) -> None:
    """Release the hold of a cause that has gone. Needs the order locked."""
    held = [one for one in _active(order.id) if one.reference == str(reference)]
    if held:
        _release(order, held, note="its cause has gone", by=SYSTEM)


def release_all(order: Order) -> None:
    """Release what holds an order that ends. The caller derives its statuses."""
    if order.on_hold:
        session.execute(
            update(OrderHold)
            .where(OrderHold.order_id == order.id, OrderHold.released_at.is_(None))
            .values(released_at=clock.now(), released_by=SYSTEM.label)
        )
        order.on_hold = False


def check_not_on_hold(order: Order) -> None:
    """Say what holds an order. Raises `OrderOnHold`."""
    held = _active(order.id)
    raise OrderOnHold(
        reasons=", ".join(one.reason.value for one in held),
        holds=[{"id": one.id, "reason": one.reason.value, "note": one.note} for one in held],
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
    made = OrderHold(
        id=new_id(),
        order_id=order.id,
        reason=reason,
        note=note,
        reference=reference,
        created_by=by.label,
    )
    require_transaction().add(made)
    order.on_hold = True
    add_event(order.id, "held", f"On hold: {_named(reason, note)}.", by=by)
    update_status(order)
    bump_version(order)
    return made


def _release(order: Order, held: Sequence[OrderHold], *, note: str | None, by: Principal) -> None:
    for one in held:
        one.released_at, one.released_by = clock.now(), by.label
        add_event(order.id, "hold_released", f"Hold released: {_named(one.reason, note)}.", by=by)
    session.flush()
    order.on_hold = bool(_active(order.id))
    update_status(order)
    bump_version(order)


def _named(reason: HoldReason, note: str | None) -> str:
    words = reason.value.replace("_", " ")
    return words if not note else f"{words} ({note.rstrip('.')})"
