"""Goods that come: counted, put into the stock at their landed cost, and undone."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import BinNotFound
from api.inventory.service import MovementKind, StockChange
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.kernel.states import in_words
from api.platform import audit
from api.platform.db import lock_entity, require_transaction
from api.purchasing.errors import (
    ReceiptNotFound,
    ReceiptTooOld,
    ReceiptUndone,
)
from api.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
)
from api.purchasing.service import locations
from api.purchasing.service.held_receipts import HeldReceipt, must_wait
from api.purchasing.service.purchase_orders import lock
from api.purchasing.service.received_costs import ReceivedCosts
from api.purchasing.service.received_lines import (
    ReceivedLine,
    arrived_of,
    received_lots,
    tracking_of,
)
from api.purchasing.states import (
    PURCHASE_ORDER,
    PurchaseOrderStatus,
    status_after_receipt,
)

UNDO_FOR: Final = timedelta(minutes=10)
"""How long a receipt can be undone; later its units may be anywhere, and are counted instead."""


def receive(
    lines: Sequence[Mapping[str, Any]],
    *,
    purchase_order_id: UUID | None = None,
    location_id: UUID | None = None,
    location: str | None = None,
    reference: str | None = None,
    note: str | None = None,
    by: Principal,
    command_id: UUID | None = None,
) -> UUID | None:
    """Put units that came into the stock, with or without a purchase order; returns the receipt.

    Units cost what the purchase order says, with freight, in the shop's currency; without one what
    the line says, or nothing is said about their cost. More than was ordered, and what was not
    ordered at all, is received and flagged. Units of a variant with lots come with one, and with
    its date where they expire. Returns None when more units that nobody has ordered, or more of
    their value, come than `by` may receive alone: then it waits for a second person, as
    `command_id`. Locks the order, then the levels. Raises what `find_received`
    raises, `LotRequired`, `LotDateRequired`, `LotDateDiffers`, `LotNotTracked`,
    `DamagedExceedsQuantity`, `TooManyUnits`, `CurrencyMixed`, `PurchaseOrderNotFound`,
    `InvalidState` for an order that is not placed, and what is wrong with a bin or the location.
    """
    order = None if purchase_order_id is None else _lock_receivable(purchase_order_id, by)
    arrived = [arrived_of(ReceivedLine(**line)) for line in lines]
    place = order.location_id if order else locations.find(location_id, location, by)
    ordered = _ordered_lines(order)
    is_closed = order is not None and _is_closed(order, ordered)
    costs = ReceivedCosts(order, ordered)
    if by.limits:
        form = {
            "lines": lines,
            "purchase_order_id": purchase_order_id,
            # Where it is by now: whoever approves it may work elsewhere.
            "location_id": place,
            "location": None,
            "reference": reference,
            "note": note,
        }
        priced = [(one, costs.of_unit(one)) for one in arrived]
        held = HeldReceipt(command_id or new_id(), place, order, form)
        if must_wait(held, priced, ordered, by=by):
            return None
    lots = received_lots([one.lot for one in arrived if one.lot], tracking_of(arrived))
    receipt = Receipt(
        id=command_id or new_id(),
        purchase_order_id=purchase_order_id,
        location_id=place,
        reference=reference,
        note=note,
        actor=by.label,
        actor_id=by.id,
        lines=[],
    )
    for at, one in enumerate(arrived):
        line = ordered.get(one.variant.variant_id)
        receipt.lines.append(
            ReceiptLine(
                id=new_id(),
                position=at,
                variant_id=one.variant.variant_id,
                sku=one.variant.sku,
                purchase_order_line_id=line.id if line else None,
                quantity=one.units,
                damaged=one.line.damaged,
                over_quantity=_over(order, line, one.units),
                bin_id=_bin(one.line),
                lot_id=lots[one.lot.key] if one.lot else None,
                unit_cost=costs.of_unit(one),
                cost=costs.book(one),
            )
        )
        if line is not None:
            line.received += one.units
    require_transaction().add(receipt)
    inventory_service.change_stock(
        [_change(receipt, line, 1) for line in receipt.lines],
        kind=MovementKind.RECEIVED,
        reason="received",
        reference=_reference(order, receipt),
        note=note,
        by=by,
    )
    if order is not None:
        _restate(order, ordered, is_closed=is_closed)
    audit.record(
        "stock.received", by=by, subject_id=purchase_order_id or receipt.id,
        units={line.sku: line.quantity for line in receipt.lines},
        over=sum(line.over_quantity for line in receipt.lines),
    )  # fmt: skip
    return receipt.id


def receive_as_held(command_id: UUID, form: Mapping[str, Any], *, by: Principal) -> None:
    """Receive what waited for a second person; the receipt has the id of the command.

    Raises what `receive` raises: what was ordered may have come meanwhile.
    """
    lines = [
        {
            **line,
            **{name: UUID(line[name]) for name in ("variant_id", "bin_id") if line.get(name)},
            **({"unit_cost": Money(**line["unit_cost"])} if line.get("unit_cost") else {}),
            **(
                {"expires_on": date.fromisoformat(line["expires_on"])}
                if line.get("expires_on")
                else {}
            ),
        }
        for line in form["lines"]
    ]
    ids: dict[str, Any] = {
        name: UUID(form[name]) for name in ("purchase_order_id", "location_id") if form[name]
    }
    told: dict[str, Any] = {name: form[name] for name in ("location", "reference", "note")}
    receive(lines, **ids, **told, by=by, command_id=command_id)


def undo_receipt(receipt_id: UUID, *, by: Principal) -> None:
    """Take the units of a receipt out of the stock again, at the cost with which they came.

    Locks its order, the receipt, then the levels. Raises `ReceiptNotFound`, `ReceiptUndone`,
    `ReceiptTooOld` after ten minutes, and `InsufficientStock`, `BinShort`, `LotShort` or
    `StateShort` when units of it are needed or have gone elsewhere.
    """
    session = require_transaction()
    order_id = session.scalar(select(Receipt.purchase_order_id).where(Receipt.id == receipt_id))
    order = None if order_id is None else lock(order_id, by=by)
    receipt = lock_entity(Receipt, receipt_id, ReceiptNotFound())
    if receipt.undone_at is not None:
        raise ReceiptUndone
    if clock.now() - receipt.created_at > UNDO_FOR:
        raise ReceiptTooOld
    lines = list(
        session.scalars(
            select(ReceiptLine)
            .where(ReceiptLine.receipt_id == receipt_id)
            .order_by(ReceiptLine.position)
        )
    )
    inventory_service.change_stock(
        [_change(receipt, line, -1) for line in lines],
        kind=MovementKind.RECEIVED,
        reason="receipt_undone",
        reference=_reference(order, receipt),
        by=by,
    )
    receipt.undone_at, receipt.undone_by = clock.now(), by.label
    if order is not None:
        ordered = _ordered_lines(order)
        is_closed = _is_closed(order, ordered)
        by_id = {line.id: line for line in ordered.values()}
        for one in lines:
            if one.purchase_order_line_id is not None:
                by_id[one.purchase_order_line_id].received -= one.quantity
        _restate(order, ordered, is_closed=is_closed)
    audit.record("stock.receipt_undone", by=by, subject_id=order_id or receipt_id)


def _lock_receivable(order_id: UUID, by: Principal) -> PurchaseOrder:
    order = lock(order_id, by=by)
    if order.status not in PURCHASE_ORDER.commands["receive"]:
        todo = (
            "Order it first."
            if order.status is PurchaseOrderStatus.DRAFT
            else "Receive without a purchase order, or send the goods back."
        )
        raise InvalidState(
            f"P-{order.number} is {in_words(order.status)}: nothing is received for it. {todo}",
            machine=PURCHASE_ORDER.name,
            current=order.status.value,
            command="receive",
            allowed=PURCHASE_ORDER.allowed(order.status),
        )
    return order


def _ordered_lines(order: PurchaseOrder | None) -> dict[UUID, PurchaseOrderLine]:
    if order is None:
        return {}
    lines = require_transaction().scalars(
        select(PurchaseOrderLine)
        .where(PurchaseOrderLine.purchase_order_id == order.id)
        .order_by(PurchaseOrderLine.position, PurchaseOrderLine.id)
        .execution_options(populate_existing=True)
    )
    return {line.variant_id: line for line in lines}


def _over(order: PurchaseOrder | None, line: PurchaseOrderLine | None, units: int) -> int:
    """Return how many of the units nobody has ordered."""
    if order is None:
        return 0
    if line is None:
        return units
    return units - min(units, max(0, line.quantity - line.received))


def _bin(line: ReceivedLine) -> UUID | None:
    if line.bin is None:
        return line.bin_id
    found = inventory_queries.bin_by_barcode(line.bin)
    if found is None:
        raise BinNotFound(f"No bin has the barcode {line.bin}.", scanned=line.bin)
    bin_id: UUID = found["id"]
    return bin_id


def _change(receipt: Receipt, line: ReceiptLine, sign: int) -> StockChange:
    return StockChange(
        variant_id=line.variant_id,
        location_id=receipt.location_id,
        quantity=sign * line.quantity,
        damaged=sign * line.damaged,
        bin_id=line.bin_id,
        lots=((line.lot_id, line.quantity),) if line.lot_id else (),
        unit_cost=line.unit_cost,
        cost=None if line.cost is None else sign * line.cost,
    )


def _reference(order: PurchaseOrder | None, receipt: Receipt) -> str | None:
    return f"P-{order.number}" if order is not None else receipt.reference


def _is_complete(ordered: Mapping[UUID, PurchaseOrderLine]) -> bool:
    return all(line.received >= line.quantity for line in ordered.values())


def _is_closed(order: PurchaseOrder, ordered: Mapping[UUID, PurchaseOrderLine]) -> bool:
    """Tell whether somebody has said that the rest will not come."""
    return order.status is PurchaseOrderStatus.RECEIVED and not _is_complete(ordered)


def _restate(
    order: PurchaseOrder, ordered: Mapping[UUID, PurchaseOrderLine], *, is_closed: bool
) -> None:
    """Derive the status from what has come; what was closed stays so."""
    received = sum(line.received for line in ordered.values())
    if not is_closed:
        order.status = status_after_receipt(received, _is_complete(ordered))
        is_over = order.status is PurchaseOrderStatus.RECEIVED
        order.ended_at = clock.now() if is_over else None
    order.version += 1
