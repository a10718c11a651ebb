"""Availability: how many units can be bought now."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, select

from api.catalog.models.products import Product, Variant
from api.inventory.models import Location, StockLevel, StockReservation
from api.kernel import clock
from api.platform.db import session


def availability(variant_ids: Collection[UUID], *, cart_id: UUID | None = None) -> dict[UUID, int]:
    """Return how many units of each variant can be bought now, over all active locations.

    What is reserved for `cart_id` counts as available. Expired reservations are ignored. One
    statement; a variant without a level has 0.
    """
    available = dict.fromkeys(variant_ids, 0)
    if not available:
        return available
    rows = session.execute(
        select(StockLevel.variant_id, func.sum(available_column(cart_id)))
        .join(Location, Location.id == StockLevel.location_id)
        .where(StockLevel.variant_id.in_(available), Location.is_active)
        .group_by(StockLevel.variant_id)
    )
    available.update({variant_id: int(total) for variant_id, total in rows})
    return available


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


def live_reserved_column(except_for: UUID | None = None) -> ColumnElement[int]:
    """Sum the live reservations of a level; reads them only where the level has any."""
    is_live: ColumnElement[bool] = StockReservation.expires_at > clock.now()
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
