"""Stock levels and locations, as the API returns them."""

from collections.abc import Collection, Sequence
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    false,
    func,
    literal,
    select,
    union_all,
)

from api.catalog.codes import read
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.queries import search_query
from api.inventory.errors import LevelNotFound, LocationNotFound
from api.inventory.models import Location, StockAllocation, StockLevel
from api.inventory.queries.availability import live_reserved_column
from api.kernel import clock
from api.platform import external_references as references
from api.platform import pagination
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, UtcDateTime, session, table_of
from api.platform.external_references import Subject, SubjectKind
from api.platform.pagination import PageQuery, Sort
from api.platform.prepared import prepared

FEW: Final = 500
"""Up to so many matching products are filtered by id."""

_BY_SKU: Final = Sort((Variant.sku_key, StockLevel.id))
_BY_PREFERENCE: Final = Sort((Location.priority, Location.id))


def levels(
    *,
    q: str | None = None,
    location_id: UUID | None = None,
    low: bool | None = None,
    variant_ids: Sequence[UUID] | None = None,
    at: frozenset[UUID] | None = None,
    **asked: Unpack[PageQuery],
) -> dict[str, object]:
    """Return a page of levels by SKU.

    `q` searches words of the product, or the beginning of a SKU or barcode; a barcode is read as
    scanners send it. `low` selects levels at or below their threshold, or the others. With
    `variant_ids` only levels of these variants are listed, with `at` only those at these locations.
    """
    statement = _levels()
    if at is not None:
        statement = statement.where(any_of(StockLevel.location_id, at))
    if q:
        statement = statement.where(_matches(q))
    if location_id is not None:
        statement = statement.where(StockLevel.location_id == location_id)
    if low is not None:
        is_low = StockLevel.below_threshold
        statement = statement.where(is_low if low else ~is_low)
    if variant_ids is not None:
        statement = statement.where(any_of(StockLevel.variant_id, variant_ids))
    return pagination.page_response(
        statement,
        _BY_SKU,
        _level,
        filters=(q, location_id, low, variant_ids, at and sorted(at)),
        **asked,
    )


def level(level_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, Any]:
    """Return one level. Raises `LevelNotFound`, also where it is at none of the locations `at`."""
    row = session.execute(_levels().where(StockLevel.id == level_id)).one_or_none()
    if row is None or (at is not None and row.location_id not in at):
        raise LevelNotFound(level_id=level_id)
    return _level(row)


def levels_of_variant(
    variant_id: UUID, *, at: frozenset[UUID] | None = None
) -> list[dict[str, object]]:
    """Return the levels of a variant, the preferred location first; with `at` at these alone."""
    rows = session.execute(_OF_VARIANT, {"variant_id": variant_id, "moment": clock.now()})
    return [_level(row) for row in rows if at is None or row.location_id in at]


def low_stock_count() -> int:
    """Count the levels at or below their threshold."""
    counted = select(func.count()).select_from(StockLevel).where(StockLevel.below_threshold)
    return session.scalar(counted) or 0


def location(location_id: UUID) -> dict[str, Any]:
    """Return one location. Raises `LocationNotFound`."""
    row = session.execute(_LOCATIONS.where(Location.id == location_id)).one_or_none()
    if row is None:
        raise LocationNotFound(location_id=location_id)
    return row._asdict()


def location_with_references(location_id: UUID) -> dict[str, object]:
    """Return one location and what other systems keep about it. Raises `LocationNotFound`."""
    subject = Subject(SubjectKind.LOCATION, location_id)
    return {
        **location(location_id),
        "address": sender_address(location_id),
        "references": references.references_of(subject),
    }


def sender_address(location_id: UUID) -> dict[str, object] | None:
    """Return where parcels of a location are sent from; None when nobody has said so."""
    return session.scalar(select(Location.address).where(Location.id == location_id))


def first_sender_address() -> dict[str, object] | None:
    """Return the address of the most preferred active location that has one."""
    return session.scalar(
        select(Location.address)
        .where(Location.is_active, Location.address.is_not(None))
        .order_by(Location.priority, Location.id)
        .limit(1)
    )


def ships_from(order_id: UUID, order_line_ids: Collection[UUID]) -> UUID | None:
    """Return the location where most units of some lines are allocated; None without any."""
    return session.scalar(
        select(StockLevel.location_id)
        .join(StockAllocation, StockAllocation.level_id == StockLevel.id)
        .where(
            StockAllocation.order_id == order_id,
            any_of(StockAllocation.order_line_id, order_line_ids),
        )
        .group_by(StockLevel.location_id)
        .order_by(func.sum(StockAllocation.quantity).desc(), StockLevel.location_id)
        .limit(1)
    )


def locations(
    *,
    limit: int,
    cursor: str | None,
    with_total: bool,
    at: frozenset[UUID] | None = None,
    reference: str | None = None,
    metadata: str | None = None,
) -> dict[str, object]:
    """Return a page of locations, the preferred ones first; with `at` of these alone.

    `reference` and `metadata` narrow them to those of which another system keeps this.
    """
    narrow = [] if at is None else [any_of(Location.id, at)]
    own_id = table_of(Location).c.id
    if reference is not None:
        narrow.append(references.known_as(SubjectKind.LOCATION, own_id))
    if metadata is not None:
        narrow.append(references.has_metadata(SubjectKind.LOCATION, own_id))
    rows, page = pagination.page_of(
        pagination.listing(_LOCATIONS.where(*narrow), _BY_PREFERENCE),
        references.filters(reference, metadata),
        limit=limit,
        cursor=cursor,
        filters=(at and sorted(at), reference, metadata),
        total=select(Location.id).where(*narrow) if with_total else None,
    )
    return {"data": [dict(zip(_LOCATION_FIELDS, row, strict=False)) for row in rows], "page": page}


def on_hand_of(variant_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Return the units on hand of each variant by the code of the location.

    An empty level is 0; locations without a level for the variant are absent.
    """
    on_hand: dict[UUID, dict[str, int]] = {variant_id: {} for variant_id in variant_ids}
    for row in session.execute(
        select(StockLevel.variant_id, Location.code, StockLevel.on_hand)
        .join(Location, Location.id == StockLevel.location_id)
        .where(any_of(StockLevel.variant_id, on_hand))
        .order_by(Location.priority, Location.id)
    ):
        on_hand[row.variant_id][row.code] = row.on_hand
    return on_hand


def average_costs(variant_ids: Collection[UUID], location_id: UUID) -> dict[UUID, int]:
    """Return what a unit of each variant is worth at a location, in minor units, half-up."""
    rows = session.execute(
        select(StockLevel.variant_id, func.round(StockLevel.average_cost)).where(
            StockLevel.location_id == location_id,
            any_of(StockLevel.variant_id, variant_ids),
            StockLevel.average_cost.is_not(None),
        )
    )
    return {variant_id: int(cost) for variant_id, cost in rows}


def location_codes() -> dict[UUID, str]:
    """Return the codes of the locations by id, the preferred ones first."""
    rows = session.execute(
        select(Location.id, Location.code).order_by(Location.priority, Location.id)
    )
    return {row.id: row.code for row in rows}


def location_by_code(code: str) -> UUID:
    """Return the location with a code. Raises `LocationNotFound`."""
    location_id = session.scalar(select(Location.id).where(Location.code == code))
    if location_id is None:
        raise LocationNotFound(f"No location has the code {code}.", location_code=code)
    return location_id


_STATE_FIELDS: Final = (
    *("damaged", "quarantine", "safety_stock", "unavailable", "in_bins", "preferred_bin_id"),
    *("replenish_min", "replenish_max", "in_lots", "expired", "back_ordered"),
)
_LOCATION_FIELDS: Final = ("id", "code", "name", "priority", "is_active", "version")
_LOCATIONS: Final = select(*(getattr(Location, field) for field in _LOCATION_FIELDS))


def _matches(q: str) -> ColumnElement[bool]:
    """Return the condition that a level's product matches a search.

    Up to `FEW` matching products are listed by their ids; with more, walking along the SKUs soon
    fills a page. Without this the planner walks all SKUs even when one product, or none, matches.
    """
    typed = search_query.tsquery_text(q)
    if not typed:
        return false()
    # Materialized, so that the search index is used, but read only as far as is needed.
    keys = literal(read(q).keys, ARRAY(Text))
    by_code = select(Variant.product_id.label("id")).join(Barcode, Barcode.variant_id == Variant.id)
    matching = union_all(
        by_code.where(Barcode.code_key == any_(keys)),
        select(Product.id).where(search_query.matches(typed)),
    ).cte("matching")
    matching = matching.prefix_with("MATERIALIZED")
    few = session.scalars(select(matching.c.id).limit(FEW + 1)).all()
    return Product.id.in_(few) if len(few) <= FEW else search_query.matches(typed)


def _levels(moment: object = None) -> AnySelect:
    return (
        select(
            *(StockLevel.id, StockLevel.variant_id, Variant.sku, Variant.barcode),
            Product.title.label("product_title"),
            Variant.title.label("variant_title"),
            Location.id.label("location_id"),
            Location.code.label("location_code"),
            Location.name.label("location_name"),
            *(StockLevel.on_hand, StockLevel.allocated),
            live_reserved_column(moment=moment).label("live_reserved"),
            *(StockLevel.damaged, StockLevel.quarantine, StockLevel.safety_stock),
            *(StockLevel.unavailable, StockLevel.in_bins, StockLevel.preferred_bin_id),
            *(StockLevel.replenish_min, StockLevel.replenish_max),
            *(StockLevel.in_lots, StockLevel.expired, StockLevel.back_ordered),
            *(StockLevel.low_stock_threshold, StockLevel.below_threshold, StockLevel.version),
            *(StockLevel.last_moved_at, StockLevel.last_moved_by),
            *(StockLevel.last_counted_at, StockLevel.last_counted_by),
        )
        .select_from(StockLevel)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Location, Location.id == StockLevel.location_id)
    )


# Built once: each scan of goods runs it, and building costs more than running.
_OF_VARIANT: Final = prepared(
    _levels(bindparam("moment", type_=UtcDateTime))
    .where(StockLevel.variant_id == bindparam("variant_id", type_=Uuid))
    .order_by(Location.priority, Location.id)
)


def _level(row: AnyRow) -> dict[str, object]:
    return {
        "id": row.id,
        "variant_id": row.variant_id,
        "sku": row.sku,
        "barcode": row.barcode,
        "product_title": row.product_title,
        "variant_title": row.variant_title or None,
        "location": {
            "id": row.location_id,
            "code": row.location_code,
            "name": row.location_name,
        },
        "on_hand": row.on_hand,
        "allocated": row.allocated,
        "reserved": int(row.live_reserved),
        **{name: getattr(row, name) for name in _STATE_FIELDS},
        "available": max(0, row.on_hand - row.unavailable - row.allocated - int(row.live_reserved)),
        "low_stock_threshold": row.low_stock_threshold,
        "is_low": row.below_threshold,
        "version": row.version,
        "last_moved_at": row.last_moved_at,
        "last_moved_by": row.last_moved_by,
        "last_counted_at": row.last_counted_at,
        "last_counted_by": row.last_counted_by,
    }


def sku_and_price(variant_id: UUID, currency: str) -> tuple[str, int | None]:
    """Return the SKU of a variant, and what it costs in minor units, if it has a price."""
    row = session.execute(
        select(Variant.sku, VariantPrice.amount)
        .outerjoin(
            VariantPrice,
            (VariantPrice.variant_id == Variant.id) & (VariantPrice.currency == currency),
        )
        .where(Variant.id == variant_id)
    ).one()
    return row.sku, row.amount
