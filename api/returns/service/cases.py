"""Returns from their request to the decision: open, approve, reject, cancel, post, close."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.orders import service as orders_service
from api.orders.errors import UnknownOrderLine
from api.orders.service import Order, OrderLine
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.outbox import emit
from api.returns import queries, service
from api.returns.errors import (
    PhotosFull,
    PhotoUnknown,
    QuantityExceedsReturnable,
    ReturnNotFound,
)
from api.returns.events import ReturnApproved, ReturnRejected
from api.returns.models import Return, ReturnLine, ReturnPhoto
from api.returns.states import RETURN, GoodsCondition, ReturnKind, ReturnState
from api.tax.rules import GIFT_CARD

MOST_PHOTOS = 20
"""Photos of one order, used or not."""


@dataclass(frozen=True, slots=True)
class ReturnLineInput:
    """Units of an order line that are to come back, and why."""

    order_line_id: UUID
    quantity: int
    reason: str
    note: str | None = None
    condition: GoodsCondition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnInput:
    """A return to open. `photos` were uploaded before, `links` are addresses of others."""

    lines: Sequence[ReturnLineInput]
    language: str
    kind: ReturnKind = ReturnKind.RETURN
    note: str | None = None
    to_store_credit: bool = False
    photos: Sequence[UUID] = ()
    links: Sequence[str] = ()
    advice: Sequence[str] = ()
    is_approved: bool = False
    cancelled: Mapping[UUID, int] | None = None
    """Units that were never shipped, by order line; only of withdrawals."""


def lock(return_id: UUID) -> Return:
    """Lock a return after its order, and return it with its lines. Raises `ReturnNotFound`."""
    parent = require_transaction().scalar(
        select(Return)
        .where(Return.id == return_id)
        .with_for_update()
        .execution_options(populate_existing=True)
        .options(selectinload(Return.lines))
    )
    if parent is None:
        raise ReturnNotFound(return_id=return_id)
    return parent


def returnable_units(order: Order) -> dict[UUID, int]:
    """Return how many units of each line may come back: shipped, not returned yet, and not lost.

    Gift cards that were sent by e-mail are no goods that could come back.
    """
    restocked = service.restocked_quantities(order.id)
    lost = queries.settled_as_lost(order.id)
    return {
        line.id: max(
            0,
            line.shipped_quantity
            - line.returned_quantity
            - restocked.get(line.id, 0)
            - lost.get(line.id, 0),
        )
        for line in order.lines
        if line.tax_class != GIFT_CARD
    }


def open_return(order: Order, values: ReturnInput, *, return_id: UUID, by: Principal) -> Return:
    """Open a return of units of a locked order; its number is the next one of the order.

    Raises `UnknownOrderLine`, `QuantityExceedsReturnable`, `PhotoUnknown`, `PhotosFull`.
    """
    cancelled = values.cancelled or {}
    _check_units(order, values.lines, by=by)
    of_line = {line.id: line for line in order.lines}
    current = require_transaction()
    earlier = current.scalar(select(func.count()).where(Return.order_id == order.id)) or 0
    now = clock.now()
    parent = Return(
        id=return_id,
        order_id=order.id,
        number=f"R-{order.number}-{earlier + 1}",
        kind=values.kind,
        status=ReturnState.APPROVED if values.is_approved else ReturnState.REQUESTED,
        language=values.language,
        to_store_credit=values.to_store_credit,
        note=values.note,
        advice=list(values.advice),
        withdrawn_at=now if values.kind is ReturnKind.WITHDRAWAL else None,
        created_by=by.label,
        version=1,
    )
    parent.lines = [
        ReturnLine(
            id=new_id(),
            order_line_id=line.order_line_id,
            variant_id=of_line[line.order_line_id].variant_id,
            sku=of_line[line.order_line_id].sku,
            title=title_of(of_line[line.order_line_id]),
            reason=line.reason,
            note=line.note,
            condition=line.condition,
            quantity=line.quantity,
            cancelled_quantity=cancelled.get(line.order_line_id, 0),
        )
        for line in values.lines
    ]
    current.add(parent)
    session.flush()
    _take_photos(parent, values.photos, values.links)
    for line in values.lines:
        of_line[line.order_line_id].returned_quantity += line.quantity
    units = sum(line.quantity for line in values.lines)
    orders_service.add_event(
        order.id, f"{values.kind}_requested", f"{parent.number}: {counted(units, 'unit')}.", by=by
    )
    orders_service.bump_version(order)
    audit.record("return.opened", by=by, subject_id=parent.id, number=parent.number, units=units)
    if values.is_approved:
        emit(ReturnApproved(return_id=parent.id, order_id=order.id))
    return parent


def approve(order: Order, parent: Return, *, note: str | None, by: Principal) -> None:
    """Approve a requested return; its customer gets the slip. Raises `InvalidState`."""
    _move(order, parent, "approve", f"{parent.number} approved.", by=by)
    parent.decision = note
    emit(ReturnApproved(return_id=parent.id, order_id=order.id))


def reject(order: Order, parent: Return, *, reason: str, by: Principal) -> None:
    """Reject a requested return; its units may be returned another time. Raises `InvalidState`."""
    _move(order, parent, "reject", f"{parent.number} rejected: {reason}", by=by)
    parent.decision = reason
    _release_units(order, parent)
    emit(ReturnRejected(return_id=parent.id, order_id=order.id))


def cancel(order: Order, parent: Return, *, reason: str | None, by: Principal) -> None:
    """Cancel a return of which nothing came. Raises `InvalidState`."""
    _move(order, parent, "cancel", f"{parent.number} cancelled.", by=by)
    parent.decision = reason
    _release_units(order, parent)


def post(
    order: Order, parent: Return, *, carrier: str, tracking_number: str | None, by: Principal
) -> None:
    """Record the proof that the goods were sent. Raises `InvalidState`."""
    _move(order, parent, "post", f"{parent.number} is on its way with {carrier}.", by=by)
    parent.carrier, parent.tracking_number = carrier, tracking_number
    parent.posted_at = parent.posted_at or clock.now()


def close(order: Order, parent: Return, *, note: str | None, by: Principal) -> None:
    """Close a return; units that never came may be returned another time.

    Raises `InvalidState`.
    """
    _move(order, parent, "close", f"{parent.number} closed.", by=by)
    parent.decision = note or parent.decision
    parent.closed_at = clock.now()
    by_id = {line.id: line for line in order.lines}
    for line in parent.lines:
        if line.order_line_id is not None and line.outstanding_quantity:
            by_id[line.order_line_id].returned_quantity -= line.outstanding_quantity
            line.quantity -= line.outstanding_quantity


def title_of(line: OrderLine) -> str:
    """Return the name of an order line with its variant."""
    return ", ".join(filter(None, (line.title, line.variant_title)))[:600]


def add_photo(order_id: UUID, photo_id: UUID, *, key: str, size_bytes: int, by: Principal) -> None:
    """Record an uploaded photo, whose file is stored. Raises `PhotosFull`."""
    check_photos(order_id, 1)
    require_transaction().add(
        ReturnPhoto(id=photo_id, order_id=order_id, key=key, size_bytes=size_bytes)
    )
    audit.record("return.photo_added", by=by, subject_id=photo_id, order_id=str(order_id))
    session.flush()


def check_photos(order_id: UUID, more: int) -> None:
    """Refuse more photos than an order may have. Raises `PhotosFull`."""
    kept = session.scalar(select(func.count()).where(ReturnPhoto.order_id == order_id)) or 0
    if kept + more > MOST_PHOTOS:
        raise PhotosFull(most=MOST_PHOTOS)


def _take_photos(parent: Return, photos: Sequence[UUID], links: Sequence[str]) -> None:
    if links:
        check_photos(parent.order_id, len(links))
    for url in links:
        require_transaction().add(
            ReturnPhoto(id=new_id(), order_id=parent.order_id, return_id=parent.id, url=url)
        )
    if photos:
        taken = session.scalars(
            update(ReturnPhoto)
            .where(
                ReturnPhoto.id.in_(photos),
                ReturnPhoto.order_id == parent.order_id,
                ReturnPhoto.return_id.is_(None),
                ReturnPhoto.claim_id.is_(None),
            )
            .values(return_id=parent.id)
            .returning(ReturnPhoto.id)
            .execution_options(synchronize_session=False)
        ).all()
        if len(taken) < len(set(photos)):
            raise PhotoUnknown


def _check_units(order: Order, lines: Sequence[ReturnLineInput], *, by: Principal) -> None:
    known, room = {line.id for line in order.lines}, returnable_units(order)
    unknown, too_many = [], []
    for position, line in enumerate(lines):
        if line.order_line_id not in known:
            unknown.append(
                {
                    "pointer": f"/lines/{position}/order_line_id",
                    "code": UnknownOrderLine.code,
                    "detail": str(line.order_line_id),
                }
            )
        elif line.quantity > room.get(line.order_line_id, 0):
            left = room.get(line.order_line_id, 0)
            too_many.append(
                {
                    "pointer": f"/lines/{position}/quantity",
                    "code": QuantityExceedsReturnable.code,
                    "detail": f"{line.quantity} requested, {left} can be returned.",
                }
            )
    if unknown:
        raise UnknownOrderLine(errors=unknown)
    if too_many:
        error = QuantityExceedsReturnable(errors=too_many)
        if by.kind in ("customer", "guest"):
            raise error  # who of the staff did something is nothing for customers
        raise orders_service.with_last_change(error, order.id, "return_requested")


def _move(order: Order, parent: Return, command: str, text: str, *, by: Principal) -> None:
    before = parent.status
    parent.status = ReturnState(RETURN.next(before, command))
    parent.version += 1
    orders_service.add_event(order.id, f"return_{parent.status}", text, by=by)
    orders_service.bump_version(order)
    audit.record(
        f"return.{command}", by=by, subject_id=parent.id, status=[before.value, parent.status.value]
    )


def _release_units(order: Order, parent: Return) -> None:
    by_id = {line.id: line for line in order.lines}
    for line in parent.lines:
        if line.order_line_id is not None:
            by_id[line.order_line_id].returned_quantity -= line.quantity
