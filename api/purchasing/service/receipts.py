"""Goods that come: counted, put into the stock at their landed cost, and undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.catalog import codes
from api.catalog.queries import variant_lookup
from api.catalog.queries.variant_lookup import VariantLabel
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import BinNotFound
from api.inventory.service import MovementKind, StockChange
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit, service_registry
from api.platform.db import require_transaction
from api.platform.settings import Settings
from api.purchasing.calculation import LineCost, converted, landed_unit_costs
from api.purchasing.errors import (
    CaseQuantityUnknown,
    CurrencyMixed,
    DamagedExceedsQuantity,
    ReceiptNotFound,
    ReceiptTooOld,
    ReceiptUndone,
    ReceivedCodeUnknown,
    TooManyUnits,
)
from api.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    SupplierItem,
)
from api.purchasing.service import locations
from api.purchasing.service.purchase_orders import lock
from api.purchasing.states import (
    PURCHASE_ORDER,
    PurchaseOrderStatus,
    status_after_receipt,
)

UNDO_FOR: Final = timedelta(minutes=10)
"""How long a receipt can be undone; later its units may be anywhere, and are counted instead."""

MAX_UNITS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """Units of a variant that came, as somebody counted them.

    `quantity` counts what was scanned: two of a case of 12 are 24 units. `damaged` is in units.
    """

    code: str | None = None
    variant_id: UUID | None = None
    quantity: int
    damaged: int = 0
    bin_id: UUID | None = None
    bin: str | None = None
    unit_cost: Money | None = None


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A received line, once it is known what it is."""

    variant: VariantLabel
    units: int
    line: ReceivedLine


def receive(
    lines: Sequence[Mapping[str, Any]],
    *,
    purchase_order_id: UUID | None = None,
    location_id: UUID | None = None,
    location: str | None = None,
    reference: str | None = None,
    note: str | None = None,
    by: Principal,
) -> UUID:
    """Put units that came into the stock, with or without a purchase order; returns the receipt.

    Units cost what the purchase order says, with freight, in the shop's currency; without one what
    the line says, or nothing is said about their cost. More than was ordered, and what was not
    ordered at all, is received and flagged. Locks the order, then the levels. Raises what
    `find_received` raises, `DamagedExceedsQuantity`, `TooManyUnits`, `CurrencyMixed`,
    `PurchaseOrderNotFound`, `InvalidState` for an order that is not placed, and what is wrong with
    a bin or the location.
    """
    order = None if purchase_order_id is None else _lock_receivable(purchase_order_id)
    arrived = [_arrived(ReceivedLine(**line)) for line in lines]
    place = order.location_id if order else locations.find(location_id, location)
    ordered = _ordered_lines(order)
    is_closed = order is not None and _is_closed(order, ordered)
    costs = _landed_costs(order, ordered)
    receipt = Receipt(
        id=new_id(),
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
                unit_cost=_cost(one, costs, order),
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


def undo_receipt(receipt_id: UUID, *, by: Principal) -> None:
    """Take the units of a receipt out of the stock again, at the cost with which they came.

    Locks its order, the receipt, then the levels. Raises `ReceiptNotFound`, `ReceiptUndone`,
    `ReceiptTooOld` after ten minutes, and `InsufficientStock`, `BinShort` or `StateShort` when
    units of it are needed or have gone elsewhere.
    """
    session = require_transaction()
    order_id = session.scalar(select(Receipt.purchase_order_id).where(Receipt.id == receipt_id))
    order = None if order_id is None else lock(order_id)
    receipt = session.scalar(
        select(Receipt)
        .where(Receipt.id == receipt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if receipt is None:
        raise ReceiptNotFound
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


def find_received(code: str) -> tuple[VariantLabel, int]:
    """Find the variant of a scanned code, and how many units of it one scan means.

    Raises `CaseQuantityUnknown` for a case of a known article that nobody has taught yet, and
    `ReceivedCodeUnknown`.
    """
    found = variant_lookup.find_variant(code)
    if found is not None:
        return found, found.pack_quantity
    for key in codes.read(code).keys:
        unit = codes.unit_in_case(key)
        article = variant_lookup.find_variant(unit) if unit else None
        if article is not None:
            raise CaseQuantityUnknown(scanned=code, sku=article.sku)
    raise ReceivedCodeUnknown(scanned=code)


def _arrived(line: ReceivedLine) -> _Arrived:
    if line.variant_id is not None:
        labels = variant_lookup.variant_labels([line.variant_id])
        if line.variant_id not in labels:
            raise ReceivedCodeUnknown(scanned=str(line.variant_id))
        found, pack = labels[line.variant_id], 1
    else:
        assert line.code is not None
        found, pack = find_received(line.code)
    units = line.quantity * pack
    if units > MAX_UNITS:
        raise TooManyUnits(sku=found.sku, units=units, largest=MAX_UNITS)
    if line.damaged > units:
        raise DamagedExceedsQuantity(sku=found.sku, damaged=line.damaged, units=units)
    return _Arrived(found, units, line)


def _lock_receivable(order_id: UUID) -> PurchaseOrder:
    order = lock(order_id)
    if order.status not in PURCHASE_ORDER.commands["receive"]:
        todo = (
            "Order it first."
            if order.status is PurchaseOrderStatus.DRAFT
            else "Receive without a purchase order, or send the goods back."
        )
        raise InvalidState(
            f"P-{order.number} is {order.status.value}: nothing is received for it. {todo}",
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


def _landed_costs(
    order: PurchaseOrder | None, ordered: Mapping[UUID, PurchaseOrderLine]
) -> dict[UUID, int]:
    """Return what a unit of each ordered variant costs, in the shop's minor units."""
    if order is None:
        return {}
    landed = landed_unit_costs(
        [LineCost(line.quantity, line.unit_cost) for line in ordered.values()], order.freight
    )
    return {
        variant_id: _in_shop_currency(Money(cost, order.currency), order)
        for variant_id, cost in zip(ordered, landed, strict=True)
    }


def _in_shop_currency(cost: Money, order: PurchaseOrder) -> int:
    currency = _shop_currency()
    rate = None if order.currency == currency else order.exchange_rate
    return converted(cost.amount, order.currency, currency, rate)


def _cost(one: _Arrived, costs: Mapping[UUID, int], order: PurchaseOrder | None) -> int | None:
    """Return what a unit costs in the shop's minor units; None where nobody has said."""
    if one.variant.variant_id in costs:
        return costs[one.variant.variant_id]
    if one.line.unit_cost is not None:
        if one.line.unit_cost.currency != _shop_currency():
            raise CurrencyMixed(currency=_shop_currency())
        return one.line.unit_cost.amount
    if order is None:
        return None
    cost = require_transaction().scalar(
        select(SupplierItem.unit_cost).where(
            SupplierItem.supplier_id == order.supplier_id,
            SupplierItem.variant_id == one.variant.variant_id,
        )
    )
    return None if cost is None else _in_shop_currency(Money(cost, order.currency), order)


def _shop_currency() -> str:
    settings: Settings = service_registry.get_service(Settings)
    return settings.currency


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
        unit_cost=line.unit_cost,
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
