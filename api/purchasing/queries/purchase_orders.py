"""Purchase orders with their lines and costs."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Uuid, any_, bindparam, func, select

from api.catalog.models.products import Variant
from api.catalog.queries import variant_lookup
from api.inventory.models import Location
from api.kernel.money import Money, divide_half_up
from api.kernel.principal import Principal
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PageQuery, Sort, page, page_response
from api.platform.prepared import prepared
from api.purchasing.calculation import LineCost, landed_costs
from api.purchasing.errors import PurchaseOrderNotFound
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine, Supplier
from api.purchasing.states import AWAITED, PurchaseOrderStatus

PREFIX = "P-"
"""Begins the number of a purchase order on paper and labels."""

LONGEST_NUMBER = 9
_NEWEST = Sort((PurchaseOrder.number,), descending=True)
_BY_POSITION = Sort((PurchaseOrderLine.position, PurchaseOrderLine.id))
_LINE = tuple(table_of(PurchaseOrderLine).c)


def purchase_order_page(
    *,
    status: str | None,
    supplier_id: UUID | None,
    location_id: UUID | None,
    awaited: bool | None,
    limit: int,
    cursor: str | None,
    with_total: bool,
    at: frozenset[UUID] | None,
) -> dict[str, object]:
    """Return a page of purchase orders, the newest first. `awaited`: units of it are to come.

    With `at` only those that bring goods to these locations.
    """
    narrow: list[ColumnElement[bool]] = []
    if status is not None:
        narrow.append(PurchaseOrder.status == PurchaseOrderStatus(status))
    if supplier_id is not None:
        narrow.append(PurchaseOrder.supplier_id == supplier_id)
    if location_id is not None:
        narrow.append(PurchaseOrder.location_id == location_id)
    if at is not None:
        narrow.append(any_of(PurchaseOrder.location_id, at))
    if awaited is not None:
        is_awaited = PurchaseOrder.status.in_(AWAITED)
        narrow.append(is_awaited if awaited else ~is_awaited)
    rows, described = page(
        _orders().where(*narrow),
        _NEWEST,
        limit=limit,
        cursor=cursor,
        filters=(status, supplier_id, location_id, awaited, at and sorted(at)),
        total=select(PurchaseOrder.id).where(*narrow) if with_total else None,
    )
    lines = lines_of({row.id for row in rows})
    codes = variant_lookup.barcodes_of({one.variant_id for some in lines.values() for one in some})
    return {
        "data": [_order(row, lines.get(row.id, []), codes) for row in rows],
        "page": described,
    }


def purchase_order(order_id: UUID) -> dict[str, Any]:
    """Return one purchase order with its lines. Raises `PurchaseOrderNotFound`."""
    session.flush()
    row = session.execute(_orders().where(PurchaseOrder.id == order_id)).one_or_none()
    if row is None:
        raise PurchaseOrderNotFound
    return _whole(row)


def check_order_seen(order_id: UUID, by: Principal) -> None:
    """Refuse a purchase order of another location than those that somebody is limited to.

    Raises `PurchaseOrderNotFound`.
    """
    at = session.scalar(select(PurchaseOrder.location_id).where(PurchaseOrder.id == order_id))
    if at is None or not by.works_at(at):
        raise PurchaseOrderNotFound


def _whole(row: AnyRow) -> dict[str, object]:
    lines = lines_of({row.id}).get(row.id, [])
    return _order(row, lines, variant_lookup.barcodes_of({line.variant_id for line in lines}))


def purchase_order_by_number(text: str) -> dict[str, Any] | None:
    """Return the purchase order whose number is on a label, `P-1001`; None if there is none."""
    number = number_in(text, PREFIX)
    if number is None:
        return None
    row = session.execute(_BY_NUMBER, {"number": number}).one_or_none()
    return None if row is None else _whole(row)


def number_in(text: str, prefix: str) -> int | None:
    """Return the number on a label of a kind; None for other texts."""
    digits = text.removeprefix(prefix)
    is_number = digits != text and digits.isascii() and digits.isdecimal()
    return int(digits) if is_number and len(digits) <= LONGEST_NUMBER else None


def line_page(order_id: UUID, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the lines of an order, in their order. Raises `PurchaseOrderNotFound`."""
    lines = purchase_order(order_id)["lines"]
    by_id = {line["id"]: line for line in lines}
    of_order = PurchaseOrderLine.purchase_order_id == order_id
    return page_response(
        select(PurchaseOrderLine.id).where(of_order),
        _BY_POSITION,
        lambda row: by_id[row[0]],
        filters=order_id,
        **asked,
    )


def lines_of(order_ids: Collection[UUID]) -> dict[UUID, list[AnyRow]]:
    """Return the lines of purchase orders by order, in their order."""
    lines: dict[UUID, list[AnyRow]] = {}
    for row in session.execute(_LINES_OF, {"order_ids": list(order_ids)}):
        lines.setdefault(row.purchase_order_id, []).append(row)
    return lines


def ordered_units(
    variant_ids: Collection[UUID],
) -> dict[tuple[UUID, UUID], tuple[int, date | None]]:
    """Return the units that placed orders still bring, and the day on which the first is expected.

    By variant and location.
    """
    left = PurchaseOrderLine.quantity - PurchaseOrderLine.received
    rows = session.execute(
        select(
            PurchaseOrderLine.variant_id,
            PurchaseOrder.location_id,
            func.sum(func.greatest(left, 0)),
            func.min(PurchaseOrder.expected_on).filter(left > 0),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.status.in_(AWAITED), any_of(PurchaseOrderLine.variant_id, variant_ids))
        .group_by(PurchaseOrderLine.variant_id, PurchaseOrder.location_id)
    )
    return {
        (variant_id, location_id): (int(units), expected_on)
        for variant_id, location_id, units, expected_on in rows
    }


def _orders() -> AnySelect:
    return (
        select(
            *table_of(PurchaseOrder).c,
            Supplier.name.label("supplier_name"),
            Location.code.label("location_code"),
            Location.name.label("location_name"),
        )
        .join_from(PurchaseOrder, Supplier)
        .join(Location)
    )


# Built once: each scan of a label runs them.
_BY_NUMBER: Final = prepared(
    _orders().where(PurchaseOrder.number == bindparam("number", type_=Integer))
)
_LINES_OF: Final = prepared(
    select(*_LINE, Variant.lot_tracking)
    .join(Variant, Variant.id == PurchaseOrderLine.variant_id)
    .where(PurchaseOrderLine.purchase_order_id == any_(bindparam("order_ids", type_=ARRAY(Uuid))))
    .order_by(PurchaseOrderLine.position, PurchaseOrderLine.id)
)


def _order(
    row: AnyRow, lines: list[AnyRow], codes: Mapping[UUID, list[dict[str, object]]]
) -> dict[str, object]:
    currency = row.currency
    costs = [LineCost(line.quantity, line.unit_cost) for line in lines]
    landed, rate = landed_costs(costs, row.freight), row.exchange_rate
    subtotal = sum(line.quantity * line.unit_cost for line in lines)
    names = ("id", "status", "expected_on", "note", "ordered_at", "ended_at", "created_at",
             "created_by", "version")  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "number": f"{PREFIX}{row.number}",
        "supplier": {"id": row.supplier_id, "name": row.supplier_name},
        "location": {
            "id": row.location_id, "code": row.location_code, "name": row.location_name,
        },
        "currency": currency,
        "exchange_rate": None if rate is None else f"{rate.normalize():f}",
        "units": sum(line.quantity for line in lines),
        "received_units": sum(line.received for line in lines),
        "over_units": sum(max(0, line.received - line.quantity) for line in lines),
        "subtotal": Money(subtotal, currency),
        "freight": Money(row.freight, currency),
        "total": Money(subtotal + row.freight, currency),
        "lines": [
            {
                **{
                    name: getattr(line, name)
                    for name in ("id", "variant_id", "sku", "title", "supplier_sku", "quantity",
                                 "received", "lot_tracking")
                },
                "barcodes": codes.get(line.variant_id, []),
                "open_quantity": max(0, line.quantity - line.received),
                "over_quantity": max(0, line.received - line.quantity),
                "unit_cost": Money(line.unit_cost, currency),
                "landed_unit_cost": Money(divide_half_up(cost, line.quantity), currency),
                "landed_cost": Money(cost, currency),
            }
            for line, cost in zip(lines, landed, strict=True)
        ],
    }  # fmt: skip
