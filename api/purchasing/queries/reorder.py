"""What should be ordered: levels at their reorder point, and how fast they sell."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, and_, cast, func, literal, select, union
from sqlalchemy.orm import aliased

from api.catalog.models.products import Product, Variant
from api.inventory.models import Location, MovementKind, StockLevel, StockMovement
from api.kernel import clock
from api.kernel.ids import first_id
from api.kernel.money import Money
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, UtcDateTime, session
from api.platform.pagination import Sort, page
from api.purchasing.calculation import SOLD_DAYS, Sales, order_quantity
from api.purchasing.models import ReorderRule, Supplier, SupplierItem
from api.purchasing.queries.incoming import incoming

_BY_SKU: Final = Sort((Variant.sku_key, StockLevel.id))
_AVAILABLE: Final = (
    StockLevel.on_hand - StockLevel.unavailable - StockLevel.allocated - StockLevel.back_ordered
)
_UNITS_BACK: Final = (MovementKind.SHIPPED, MovementKind.SHIPMENT_VOIDED)


def reorder_page(
    *,
    location_id: UUID | None,
    supplier_id: UUID | None,
    limit: int,
    cursor: str | None,
    with_total: bool,
    at: frozenset[UUID] | None,
) -> dict[str, object]:
    """Return a page of the levels at or below their reorder point or threshold, by SKU.

    Those with back-orders are among them: what orders wait for counts as sold.

    `supplier_id` are those that this supplier is asked for first; with `at` only at these
    locations.
    """
    statement = _candidates()
    if location_id is not None:
        statement = statement.where(StockLevel.location_id == location_id)
    if supplier_id is not None:
        statement = statement.where(Supplier.id == supplier_id)
    if at is not None:
        statement = statement.where(any_of(StockLevel.location_id, at))
    rows, described = page(
        statement,
        _BY_SKU,
        limit=limit,
        cursor=cursor,
        filters=(location_id, supplier_id, at and sorted(at)),
        total=statement.with_only_columns(StockLevel.id) if with_total else None,
    )
    return {"data": _suggestions(rows), "page": described}


def to_order(
    supplier_id: UUID, location_id: UUID, *, level_ids: Sequence[UUID] | None = None
) -> list[dict[str, object]]:
    """Return what should be ordered from a supplier for a location, up to 500 variants.

    Only of these levels, where some are named.
    """
    statement = _candidates()
    if level_ids is not None:
        statement = statement.where(any_of(StockLevel.id, level_ids))
    rows = session.execute(
        statement.where(StockLevel.location_id == location_id, Supplier.id == supplier_id)
        .order_by(Variant.sku_key, StockLevel.id)
        .limit(500)
    ).all()
    return [one for one in _suggestions(rows) if one["order_quantity"]]


def _candidates() -> Any:
    low = union(
        select(StockLevel.id).where(StockLevel.below_threshold),
        select(StockLevel.id)
        .join(ReorderRule, ReorderRule.level_id == StockLevel.id)
        .where(ReorderRule.reorder_point >= _AVAILABLE),
        select(StockLevel.id).where(StockLevel.back_ordered > 0),
    ).cte("low")
    first = (
        select(SupplierItem.id)
        .join(Supplier, Supplier.id == SupplierItem.supplier_id)
        .where(SupplierItem.variant_id == StockLevel.variant_id, Supplier.is_active)
        .order_by(SupplierItem.is_preferred.desc(), SupplierItem.unit_cost, SupplierItem.id)
        .limit(1)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    return (
        select(
            *(StockLevel.id, StockLevel.variant_id, Variant.sku, StockLevel.back_ordered),
            Product.title.label("product_title"),
            *(Location.id.label("location_id"), Location.code.label("location_code")),
            Location.name.label("location_name"),
            *(_AVAILABLE.label("available"), StockLevel.low_stock_threshold),
            *(ReorderRule.reorder_point, ReorderRule.maximum),
            *(Supplier.id.label("supplier_id"), Supplier.name.label("supplier_name")),
            *(Supplier.currency, SupplierItem.pack_quantity, SupplierItem.unit_cost),
            func.coalesce(SupplierItem.lead_time_days, Supplier.lead_time_days).label("lead_days"),
        )
        .join_from(low, StockLevel, StockLevel.id == low.c.id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Location, Location.id == StockLevel.location_id)
        .outerjoin(ReorderRule, ReorderRule.level_id == StockLevel.id)
        .outerjoin(SupplierItem, SupplierItem.id == first)
        .outerjoin(Supplier, Supplier.id == SupplierItem.supplier_id)
    )


def _suggestions(rows: Sequence[AnyRow]) -> list[dict[str, object]]:
    coming = incoming({row.variant_id for row in rows})
    sold = _sold([row.id for row in rows])
    others = _elsewhere([row.id for row in rows])
    return [
        {
            **_suggestion(
                row, *coming.get((row.variant_id, row.location_id), (0, None)), sold.get(row.id, [])
            ),
            "elsewhere": others.get(row.id),
        }
        for row in rows
    ]


def _elsewhere(level_ids: Sequence[UUID]) -> dict[UUID, dict[str, object]]:
    """Return where else the most units of each level's variant are free, by level."""
    low = aliased(StockLevel)
    rows = session.execute(
        select(
            *(low.id.label("level_id"), _AVAILABLE.label("available")),
            *(Location.id, Location.code, Location.name),
        )
        .join(StockLevel, StockLevel.variant_id == low.variant_id)
        .join(Location, Location.id == StockLevel.location_id)
        .where(any_of(low.id, level_ids), StockLevel.id != low.id, _AVAILABLE > 0)
        .where(Location.is_active)
        .order_by(low.id, _AVAILABLE.desc(), Location.code)
    )
    found: dict[UUID, dict[str, object]] = {}
    for row in rows:
        place = {"id": row.id, "code": row.code, "name": row.name, "available": row.available}
        found.setdefault(row.level_id, place)
    return found


def _sold(level_ids: Sequence[UUID]) -> dict[UUID, list[int]]:
    """Return the units of levels that were shipped on each of the last days, the oldest first.

    Without voided parcels: of these a day may have less than none. Days are of 24 hours until now.
    """
    now = clock.now()
    since = first_id(now - timedelta(days=SOLD_DAYS))
    age = func.extract("epoch", literal(now, UtcDateTime) - StockMovement.created_at)
    day = cast(func.trunc(age / 86_400), Integer)
    rows = session.execute(
        select(StockMovement.level_id, day, func.sum(-StockMovement.on_hand_change))
        .where(
            and_(any_of(StockMovement.level_id, level_ids), StockMovement.id >= since),
            StockMovement.kind.in_(_UNITS_BACK),
        )
        .group_by(StockMovement.level_id, day)
    )
    sold: dict[UUID, list[int]] = {}
    for level_id, days_ago, units in rows:
        of_days = sold.setdefault(level_id, [0] * SOLD_DAYS)
        of_days[SOLD_DAYS - 1 - min(max(days_ago, 0), SOLD_DAYS - 1)] += int(units)
    return sold


def _suggestion(
    row: AnyRow, coming: int, expected_on: date | None, by_day: list[int]
) -> dict[str, object]:
    sold = max(0, sum(by_day))
    point = row.low_stock_threshold if row.reorder_point is None else row.reorder_point
    sales = Sales(available=row.available, incoming=coming, sold=sold)
    has_supplier = row.supplier_id is not None
    return {
        "id": row.id,
        "variant_id": row.variant_id,
        "sku": row.sku,
        "product_title": row.product_title,
        "location": {
            "id": row.location_id, "code": row.location_code, "name": row.location_name,
        },
        "available": row.available,
        "minimum": row.low_stock_threshold,
        "reorder_point": row.reorder_point,
        "maximum": row.maximum,
        "incoming": coming,
        "expected_on": expected_on,
        "sold": sold,
        "sales": [max(0, units) for units in by_day] or [0] * SOLD_DAYS,
        "back_ordered": row.back_ordered,
        "days_left": sales.days_left,
        "has_supplier": has_supplier,
        "supplier": (
            {"id": row.supplier_id, "name": row.supplier_name} if has_supplier else None
        ),
        "unit_cost": (
            Money(row.unit_cost, row.currency) if row.unit_cost is not None else None
        ),
        "order_quantity": order_quantity(
            sales,
            point=point or 0,
            maximum=row.maximum,
            lead_days=row.lead_days if has_supplier else 0,
            pack=row.pack_quantity if has_supplier else 1,
        ),
    }  # fmt: skip
