"""What should be ordered: levels at their reorder point, and how fast they sell."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, select, union

from api.catalog.models.products import Product, Variant
from api.inventory.models import Location, MovementKind, StockLevel, StockMovement
from api.kernel import clock
from api.kernel.ids import first_id
from api.kernel.money import Money
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, session
from api.platform.pagination import Sort, page
from api.purchasing.calculation import SOLD_DAYS, Sales, order_quantity
from api.purchasing.models import ReorderRule, Supplier, SupplierItem
from api.purchasing.queries.incoming import incoming

_BY_SKU: Final = Sort((Variant.sku_key, StockLevel.id))
_AVAILABLE: Final = StockLevel.on_hand - StockLevel.unavailable - StockLevel.allocated
_UNITS_BACK: Final = (MovementKind.SHIPPED, MovementKind.SHIPMENT_VOIDED)


def reorder_page(
    *,
    location_id: UUID | None,
    supplier_id: UUID | None,
    limit: int,
    cursor: str | None,
    include: str | None,
    at: frozenset[UUID] | None,
) -> dict[str, Any]:
    """Return a page of the levels at or below their reorder point or threshold, by SKU.

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
        total=statement.with_only_columns(StockLevel.id) if include == "total" else None,
    )
    return {"data": _suggestions(rows), "page": described}


def to_order(supplier_id: UUID, location_id: UUID) -> list[dict[str, Any]]:
    """Return all that should be ordered from a supplier for a location, up to 500 variants."""
    rows = session.execute(
        _candidates()
        .where(StockLevel.location_id == location_id, Supplier.id == supplier_id)
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
            *(StockLevel.id, StockLevel.variant_id, Variant.sku),
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


def _suggestions(rows: Sequence[AnyRow]) -> list[dict[str, Any]]:
    coming = incoming({row.variant_id for row in rows})
    sold = _sold([row.id for row in rows])
    return [
        _suggestion(row, coming.get((row.variant_id, row.location_id), 0), sold.get(row.id, 0))
        for row in rows
    ]


def _sold(level_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the units of levels that were shipped in the last days, without voided parcels."""
    since = first_id(clock.now() - timedelta(days=SOLD_DAYS))
    rows = session.execute(
        select(StockMovement.level_id, func.sum(-StockMovement.on_hand_change))
        .where(
            and_(any_of(StockMovement.level_id, level_ids), StockMovement.id >= since),
            StockMovement.kind.in_(_UNITS_BACK),
        )
        .group_by(StockMovement.level_id)
    )
    return {level_id: max(0, int(units)) for level_id, units in rows}


def _suggestion(row: AnyRow, coming: int, sold: int) -> dict[str, Any]:
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
        "sold": sold,
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
