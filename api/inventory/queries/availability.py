"""Availability: how many units can be bought now."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from api.catalog.models.products import Product, Variant
from api.inventory.models import Location, StockAllocation, StockLevel, StockReservation
from api.kernel import clock
from api.platform.db import session
from api.platform.prepared import prepared


def availability(variant_ids: Collection[UUID], *, cart_id: UUID | None = None) -> dict[UUID, int]:
    """Return how many units of each variant can be bought now, over all active locations.

    What is reserved for `cart_id` counts as available. Expired reservations are ignored, and units
    that orders wait for are theirs. One statement; a variant without a level has 0.
    """
    available = dict.fromkeys(variant_ids, 0)
    if not available:
        return available
    whole = func.sum(available_column(cart_id))
    claimed = func.least(func.sum(StockLevel.back_ordered), func.sum(available_column()))
    rows = session.execute(
        select(StockLevel.variant_id, whole - claimed)
        .join(Location, Location.id == StockLevel.location_id)
        .where(StockLevel.variant_id.in_(available), Location.is_active)
        .group_by(StockLevel.variant_id)
    )
    available.update({variant_id: int(total) for variant_id, total in rows})
    return available


def waiting_units(order_id: UUID) -> dict[UUID, int]:
    """Return the units that lines of an order wait for, by line; others are absent."""
    rows = session.execute(
        select(StockAllocation.order_line_id, func.sum(StockAllocation.waiting))
        .where(StockAllocation.order_id == order_id, StockAllocation.waiting > 0)
        .group_by(StockAllocation.order_line_id)
    )
    return {line_id: int(units) for line_id, units in rows}


def has_back_orders(order_id: object) -> ColumnElement[bool]:
    """Return the condition that units of an order are back-ordered."""
    return exists().where(StockAllocation.order_id == order_id, StockAllocation.waiting > 0)


def with_back_orders(
    order_id: UUID, lines: Sequence[dict[str, Any]], *, has_some: bool = True
) -> list[dict[str, object]]:
    """Add to the lines of an order what its customer is told of units that are back-ordered.

    `back_ordered_quantity` and `back_order_note`: what the shop says now of when they come. With
    `has_some` False nothing is asked.
    """
    rows = session.execute(_BACK_ORDERED, {"order_id": order_id}) if has_some else ()
    told = {line_id: (int(units), note) for line_id, units, note in rows}
    shown = []
    for line in lines:
        units, note = told.get(line["id"], (0, ""))
        shown.append({**line, "back_ordered_quantity": units, "back_order_note": note})
    return shown


# Built once: every order's e-mail asks it.
_BACK_ORDERED: Final = prepared(
    select(
        StockAllocation.order_line_id,
        func.sum(StockAllocation.waiting),
        func.max(Variant.back_order_note),
    )
    .join(StockLevel, StockLevel.id == StockAllocation.level_id)
    .join(Variant, Variant.id == StockLevel.variant_id)
    .where(StockAllocation.order_id == bindparam("order_id"), StockAllocation.waiting > 0)
    .group_by(StockAllocation.order_line_id)
)


def has_units(order_id: object) -> ColumnElement[bool]:
    """Return the condition that not all that is open of an order waits for stock."""
    other = aliased(StockAllocation)
    return ~(
        exists()
        .where(
            StockAllocation.order_id == order_id,
            StockAllocation.waiting > 0,
            ~exists()
            .where(other.order_id == StockAllocation.order_id, other.quantity > 0)
            .correlate(StockAllocation),
        )
        .correlate_except(StockAllocation)
    )


def skus(variant_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the SKUs of variants, for error messages."""
    rows = session.execute(select(Variant.id, Variant.sku).where(Variant.id.in_(variant_ids)))
    return {row.id: row.sku for row in rows}


def variants_without_level(slugs: Collection[str]) -> list[UUID]:
    """Return the variants of products (by slug) that have no stock level at any location yet."""
    if not slugs:
        return []
    has_level = exists().where(StockLevel.variant_id == Variant.id)
    return list(
        session.scalars(
            select(Variant.id)
            .join(Product, Product.id == Variant.product_id)
            .where(Product.slug.in_(slugs), ~has_level)
        )
    )


def back_order_limits(variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many units may be back-ordered at once of the variants that allow it; 0: any."""
    rows = session.execute(
        select(Variant.id, Variant.back_order_limit).where(
            Variant.id.in_(variant_ids), Variant.back_orders == "allow"
        )
    )
    return {row.id: row.back_order_limit for row in rows}


def variants_with_back_order_limit(slugs: Collection[str]) -> list[UUID]:
    """Return the variants of products (by slug) of which only so many can be back-ordered.

    And those that were, until their limit or the back-orders were given up.
    """
    if not slugs:
        return []
    is_limited = and_(Variant.back_orders == "allow", Variant.back_order_limit > 0)
    return list(
        session.scalars(
            select(Variant.id)
            .join(Product, Product.id == Variant.product_id)
            .where(Product.slug.in_(slugs), or_(is_limited, Variant.back_orders_full))
        )
    )


def is_allocated_at(
    order_id: object, location_ids: object, *, is_open: bool = False
) -> ColumnElement[bool]:
    """Return the condition that units of an order are or were allocated at one of the locations.

    With `is_open` some of them must still be there. `location_ids` is an array or its parameter.
    """
    return (
        exists()
        .where(
            StockAllocation.order_id == order_id,
            StockAllocation.quantity > 0 if is_open else true(),
            StockLevel.id == StockAllocation.level_id,
            StockLevel.location_id == func.any(location_ids),
        )
        .correlate_except(StockAllocation, StockLevel)
    )


def live_reserved_column(
    except_for: UUID | None = None, *, moment: object = None
) -> ColumnElement[int]:
    """Sum the live reservations of a level; reads them only where the level has any.

    `moment` is a parameter for a statement that is built once; else it is now.
    """
    now = clock.now() if moment is None else moment
    is_live: ColumnElement[bool] = StockReservation.expires_at > now
    if except_for is not None:
        is_live = and_(is_live, StockReservation.owner_id != except_for)
    live = (
        select(func.coalesce(func.sum(StockReservation.quantity), 0))
        .where(StockReservation.level_id == StockLevel.id, is_live)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    return case((StockLevel.reserved > 0, live), else_=0)


def available_column(except_for: UUID | None = None) -> ColumnElement[int]:
    """Return what can be sold from a level: never below 0, whatever its safety stock is."""
    return func.greatest(
        StockLevel.on_hand
        - StockLevel.unavailable
        - StockLevel.allocated
        - live_reserved_column(except_for),
        0,
    )
