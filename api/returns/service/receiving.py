"""Goods that came back: received by scan, inspected, and put where they belong."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from api.catalog.queries import variant_lookup
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import VariantUnknown
from api.inventory.service import BinKind, MovementKind, StockChange
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.orders import service as orders_service
from api.orders.service import Order, OrderLine
from api.platform import audit, auth
from api.platform.db import require_transaction, session
from api.returns import queries
from api.returns.errors import (
    DispositionExceedsReceived,
    ReturnChanged,
    ReturnLineNotFound,
)
from api.returns.models import RefundRequest, Return, ReturnDisposition, ReturnLine
from api.returns.service.cases import close, returnable_units, title_of
from api.returns.states import RETURN, Disposition, ReturnState
from api.returns.texts import UNEXPECTED

_STATE_OF = {
    Disposition.DAMAGED: "damaged",
    Disposition.DISCARD: "damaged",
    Disposition.QUARANTINE: "quarantine",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedUnits:
    """Units of a variant that came, and where they go if that is known at once.

    `expected_received` is how many units of the variant the person saw as received before: if
    somebody else has received some meanwhile, nothing is.
    """

    variant_id: UUID
    quantity: int
    expected_received: int | None = None
    disposition: Disposition | None = None
    bin_id: UUID | None = None
    lot: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedUnits:
    """Units of a line of a return, and what becomes of them."""

    line_id: UUID
    quantity: int
    disposition: Disposition
    bin_id: UUID | None = None
    lot: str | None = None
    note: str | None = None


def receive(
    order: Order,
    parent: Return,
    units: Sequence[ReceivedUnits],
    *,
    location_id: UUID | None,
    by: Principal,
) -> None:
    """Receive units of a return at any location, in part; nothing that came is refused.

    What was not announced gets a line of its own: of the order where units of it were shipped,
    else of no order line, so that it is never refunded. Locks the stock of what is put away.
    Raises `ReturnChanged`, `InvalidState`, `VariantUnknown`, `LocationNotFound`,
    `LocationNotYours` and what is wrong with a bin.
    """
    place = location_id or inventory_service.default_location(by)
    auth.check_location(by, {place})
    parent.status = ReturnState(RETURN.next(parent.status, "receive"))
    parent.received_at = parent.received_at or clock.now()
    dispositions: list[DisposedUnits] = []
    for one in units:
        seen = sum(
            line.received_quantity for line in parent.lines if line.variant_id == one.variant_id
        )
        if one.expected_received is not None and seen != one.expected_received:
            raise ReturnChanged(received_quantity=seen, expected_received=one.expected_received)
        for line, quantity in _came(order, parent, one):
            line.received_quantity += quantity
            if one.disposition is not None:
                dispositions.append(
                    DisposedUnits(
                        line_id=line.id,
                        quantity=quantity,
                        disposition=one.disposition,
                        bin_id=one.bin_id,
                        lot=one.lot,
                        note=one.note,
                    )
                )
    session.flush()
    if not awaits_exchanged(parent) and not _lacks_exchanged(parent):
        orders_service.release_holds_of(order, parent.id)
    came = sum(one.quantity for one in units)
    orders_service.add_event(
        order.id, "return_received", f"{parent.number}: {counted(came, 'unit')} came.", by=by
    )
    audit.record("return.received", by=by, subject_id=parent.id, units=came, location_id=str(place))
    _dispose(order, parent, dispositions, place, by=by)
    _settle(order, parent, by=by)


def awaits_exchanged(parent: Return) -> bool:
    """Whether units for which the customer gets other goods have not come yet."""
    return any(
        line.exchange_line_id is not None and line.outstanding_quantity for line in parent.lines
    )


def is_exchanged(parent: Return) -> bool:
    """Whether the customer gets other goods for some of it."""
    return any(line.exchange_line_id is not None for line in parent.lines)


def waits_for_nothing(parent: Return) -> bool:
    """Whether no goods are to come back and none came: it is about units never shipped."""
    return not any(line.quantity or line.received_quantity for line in parent.lines)


def is_settled(order: Order, parent: Return) -> bool:
    """Whether everything that came is refunded, and what exchanges cost less with it.

    Units that were replaced, or refunded without this return, have nothing left to refund.
    """
    paid_back = {line.id for line in order.lines if line.refunded_quantity == line.quantity}
    came = [line for line in parent.lines if line.order_line_id is not None]
    if any(
        line.refunded_quantity < line.received_quantity + line.cancelled_quantity
        and line.order_line_id not in paid_back
        for line in came
    ):
        return False
    rest = sum(line.exchange_rest for line in came)
    return not rest or rest <= sum(queries.exchange_rests_given(parent.id).values())


def _lacks_exchanged(parent: Return) -> bool:
    """Whether such units never came: then a person decides whether the other goods leave."""
    return any(line.exchange_line_id is not None and line.missing_quantity for line in parent.lines)


def dispose(
    order: Order,
    parent: Return,
    units: Sequence[DisposedUnits],
    *,
    location_id: UUID | None,
    by: Principal,
) -> None:
    """Say what becomes of units: each disposition is an entry of the journal of stock.

    `restock` puts them on sale again, `damaged` and `quarantine` on hand in that state, and
    `discard` takes them in as damaged and out again. `missing` units never came, so no stock
    moves. Articles with lots name the lot of units to restock. Raises `ReturnLineNotFound`,
    `DispositionExceedsReceived`, `InvalidState`, `LotRequired`, `LotNotFound`, `LotNotTracked`.
    """
    place = location_id or inventory_service.default_location(by)
    auth.check_location(by, {place})
    RETURN.next(parent.status, "inspect")
    _dispose(order, parent, units, place, by=by)
    _settle(order, parent, by=by)


def record_refund(return_id: UUID, units: dict[UUID, int]) -> None:
    """Record refunded units by order line on the lines of a return; negative ones were reverted.

    Units that came are counted before those that are only expected.
    """
    lines = session.scalars(
        select(ReturnLine)
        .where(ReturnLine.return_id == return_id)
        .order_by(ReturnLine.received_quantity.desc(), ReturnLine.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for order_line_id, quantity in units.items():
        left = quantity
        for line in lines:
            if line.order_line_id == order_line_id and left:
                most = max(line.quantity, line.received_quantity) + line.cancelled_quantity
                room = most - line.refunded_quantity if left > 0 else line.refunded_quantity
                part = min(room, left) if left > 0 else -min(room, -left)
                line.refunded_quantity += part
                left -= part
    session.execute(
        update(Return)
        .where(Return.id == return_id)
        .values(version=Return.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def return_of_refund(case_id: UUID) -> UUID | None:
    """Return the return that a refund request belongs to, if any."""
    return session.scalar(select(RefundRequest.return_id).where(RefundRequest.id == case_id))


def reopen(return_id: UUID) -> None:
    """Open a closed return again, because its refund failed. Needs the order locked."""
    require_transaction().execute(
        update(Return)
        .where(Return.id == return_id, Return.status == ReturnState.CLOSED)
        .values(status=ReturnState.INSPECTED, closed_at=None, version=Return.version + 1)
        .execution_options(synchronize_session=False)
    )


def _came(order: Order, parent: Return, one: ReceivedUnits) -> list[tuple[ReturnLine, int]]:
    """Find the lines of units that came: announced ones first, the rest is unexpected."""
    came, left = [], one.quantity
    for line in parent.lines:
        if line.variant_id == one.variant_id and left and line.outstanding_quantity:
            part = min(left, line.outstanding_quantity)
            came.append((line, part))
            left -= part
    room = returnable_units(order) if left else {}
    for ordered in order.lines:
        part = min(left, room.get(ordered.id, 0)) if ordered.variant_id == one.variant_id else 0
        if part:
            ordered.returned_quantity += part
            came.append((_unexpected(parent, one.variant_id, ordered), part))
            left -= part
    if left:
        came.append((_unexpected(parent, one.variant_id, None), left))
    return came


def _unexpected(parent: Return, variant_id: UUID, ordered: OrderLine | None) -> ReturnLine:
    order_line_id = None if ordered is None else ordered.id
    for line in parent.lines:
        if (line.variant_id, line.order_line_id) == (variant_id, order_line_id) and (
            line.quantity == 0 and line.reason == UNEXPECTED
        ):
            return line
    if ordered is not None:
        sku, title = ordered.sku, title_of(ordered)
    else:
        label = variant_lookup.variant_labels([variant_id]).get(variant_id)
        if label is None:
            raise VariantUnknown(variant_id=variant_id)
        sku = label.sku
        title = ", ".join(filter(None, (label.product_title, label.variant_title)))
    line = ReturnLine(
        id=new_id(),
        order_line_id=order_line_id,
        variant_id=variant_id,
        sku=sku[:100],
        title=title[:600],
        reason=UNEXPECTED,
        quantity=0,
        cancelled_quantity=0,
        received_quantity=0,
        disposed_quantity=0,
        missing_quantity=0,
        refunded_quantity=0,
    )
    parent.lines.append(line)
    session.flush()
    return line


def _dispose(
    order: Order,
    parent: Return,
    units: Sequence[DisposedUnits],
    location_id: UUID,
    *,
    by: Principal,
) -> None:
    by_id = {line.id: line for line in parent.lines}
    coming: list[StockChange] = []
    discarded: list[StockChange] = []
    for one in units:
        line = by_id.get(one.line_id)
        if line is None:
            raise ReturnLineNotFound(return_line_id=one.line_id)
        is_missing = one.disposition is Disposition.MISSING
        most = line.outstanding_quantity if is_missing else line.waiting_quantity
        if one.quantity > most:
            raise DispositionExceedsReceived(sku=line.sku, waiting=most, requested=one.quantity)
        line.disposed_quantity += one.quantity
        bin_id, lot_id = None, None
        if is_missing:
            line.missing_quantity += one.quantity
        else:
            bin_id = one.bin_id or _usual_bin(location_id, one.disposition)
            lot_id = inventory_service.lot_that_came_back(
                line.variant_id, one.lot, is_needed=one.disposition is Disposition.RESTOCK
            )
            lots = () if lot_id is None else ((lot_id, one.quantity),)
            state = _STATE_OF.get(one.disposition)
            change = StockChange(
                variant_id=line.variant_id,
                location_id=location_id,
                quantity=one.quantity,
                damaged=one.quantity if state == "damaged" else 0,
                quarantine=one.quantity if state == "quarantine" else 0,
                bin_id=bin_id,
                lots=lots,
            )
            coming.append(change)
            if one.disposition is Disposition.DISCARD:
                discarded.append(
                    StockChange(
                        variant_id=line.variant_id,
                        location_id=location_id,
                        quantity=-one.quantity,
                        damaged=-one.quantity,
                        bin_id=bin_id,
                        lots=lots,
                    )
                )
        require_transaction().add(
            ReturnDisposition(
                id=new_id(),
                return_line_id=line.id,
                disposition=one.disposition,
                quantity=one.quantity,
                location_id=location_id,
                bin_id=bin_id,
                lot_id=lot_id,
                note=one.note,
                actor=by.label,
            )
        )
    session.flush()
    inventory_service.change_stock(
        coming,
        kind=MovementKind.RESTOCKED,
        reason="returned",
        reference=parent.number,
        order_id=order.id,
        by=by,
    )
    inventory_service.change_stock(
        discarded,
        kind=MovementKind.ADJUSTED,
        reason="discarded",
        reference=parent.number,
        by=by,
    )
    if units:
        audit.record(
            "return.inspected",
            by=by,
            subject_id=parent.id,
            units={f"{by_id[one.line_id].sku} {one.disposition}": one.quantity for one in units},
        )
        text = ", ".join(
            f"{one.quantity} {by_id[one.line_id].sku} {one.disposition}" for one in units
        )
        orders_service.add_event(order.id, "return_inspected", f"{parent.number}: {text}.", by=by)


def _usual_bin(location_id: UUID, disposition: Disposition) -> UUID | None:
    """Return where such units wait at a location; None in a shop without bins."""
    if disposition is Disposition.DISCARD:
        return None
    kind = BinKind.QUARANTINE if disposition is Disposition.QUARANTINE else BinKind.RECEIVING
    return inventory_queries.first_bin(location_id, kind)


def _settle(order: Order, parent: Return, *, by: Principal) -> None:
    """Move on to `inspected` once nothing is expected and everything has a disposition.

    A return of which everything was refunded or exchanged before is closed with that.
    """
    is_complete = all(
        not line.outstanding_quantity and not line.waiting_quantity for line in parent.lines
    )
    if is_complete:
        parent.status = ReturnState(RETURN.next(parent.status, "inspect"))
    elif parent.received_at is not None:
        parent.status = ReturnState.RECEIVED
    parent.version += 1
    orders_service.bump_version(order)
    session.flush()
    if is_complete and parent.received_at is not None and is_settled(order, parent):
        close(order, parent, note=None, by=by)
