"""Bins, what is in them, and their journal, as the API returns them."""

from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import String, bindparam, func, literal_column, or_, select

from api.catalog.models.products import Product, Variant
from api.inventory.errors import BinNotFound, LevelNotFound
from api.inventory.models import Bin, BinKind, BinMovement, BinStock, Location, StockLevel
from api.platform import pagination
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort
from api.platform.prepared import prepared

_BY_PATH: Final = Sort((Bin.location_id, Bin.pick_sequence, Bin.code))
_BY_SKU: Final = Sort((Variant.sku_key, BinStock.level_id))
_NEWEST_FIRST: Final = Sort((BinMovement.id,), descending=True)

_units = (
    select(func.coalesce(func.sum(BinStock.quantity), 0))
    .where(BinStock.bin_id == Bin.id)
    .correlate(Bin)
    .scalar_subquery()
)
_FIELDS: Final = (
    *("id", "zone", "code", "barcode", "kind", "pick_sequence", "is_active", "version"),
    *("location_id", "location_code", "units", "name", "colour"),
)
_BINS: Final = select(
    *(Bin.id, Bin.zone, Bin.code, Bin.barcode, Bin.kind, Bin.pick_sequence, Bin.is_active),
    *(
        Bin.name,
        Bin.colour,
        Bin.version,
        Bin.location_id,
        Location.code.label("location_code"),
        _units.label("units"),
    ),
).join(Location, Location.id == Bin.location_id)
_of_barcode = _BINS.where(Bin.barcode == bindparam("barcode", type_=String))
_SCANNED: Final = prepared(_of_barcode)
SCANNED_BIN: Final = select(func.to_jsonb(literal_column("bin"))).select_from(
    _of_barcode.subquery("bin")
)
"""What `bin_by_barcode` finds as one JSON value, of the parameter `barcode` in capitals."""


def first_bin(location_id: UUID, kind: BinKind) -> UUID | None:
    """Return the first active bin of a kind at a location, in the order of the walk, or None."""
    return session.scalar(
        select(Bin.id)
        .where(Bin.location_id == location_id, Bin.kind == kind, Bin.is_active)
        .order_by(Bin.pick_sequence, Bin.code)
        .limit(1)
    )


def bins(
    *,
    q: str | None = None,
    location_id: UUID | None = None,
    zone: str | None = None,
    kind: BinKind | None = None,
    at: frozenset[UUID] | None = None,
    **asked: Unpack[PageQuery],
) -> dict[str, object]:
    """Return a page of bins by location and pick sequence.

    `q` begins a code or barcode. With `at` only bins of these locations are listed.
    """
    statement = _BINS
    if q:
        begins = q.upper().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        statement = statement.where(
            or_(func.upper(Bin.code).like(begins), Bin.barcode.like(begins))
        )
    if location_id is not None:
        statement = statement.where(Bin.location_id == location_id)
    if at is not None:
        statement = statement.where(any_of(Bin.location_id, at))
    if zone is not None:
        statement = statement.where(Bin.zone == zone)
    if kind is not None:
        statement = statement.where(Bin.kind == kind)
    return pagination.page_response(
        statement, _BY_PATH, _bin, filters=(q, location_id, zone, kind, at and sorted(at)), **asked
    )


def bin_by_id(bin_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, Any]:
    """Return one bin. Raises `BinNotFound`, also where it is at none of the locations `at`."""
    row = session.execute(_BINS.where(Bin.id == bin_id)).one_or_none()
    if row is None or (at is not None and row.location_id not in at):
        raise BinNotFound(bin_id=bin_id)
    return _bin(row)


def bin_by_barcode(code: str) -> dict[str, Any] | None:
    """Return the bin with a barcode, in whatever case it was scanned; None if there is none."""
    row = session.execute(_SCANNED, {"barcode": code.upper()}).one_or_none()
    return None if row is None else _bin(row)


def bin_by_label(text: str) -> dict[str, Any] | None:
    """Return the bin with this barcode, or the one whose barcode is `L-` and this code."""
    return bin_by_barcode(text) or bin_by_barcode(f"L-{text}")


def bin_id_of(text: str | None) -> UUID | None:
    """Return the id of the bin with this label; None for None. Raises `BinNotFound`."""
    if text is None:
        return None
    found = bin_by_label(text)
    if found is None:
        raise BinNotFound(bin=text)
    bin_id: UUID = found["id"]
    return bin_id


def bin_contents(
    bin_id: UUID, *, at: frozenset[UUID] | None = None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of what is in a bin, by SKU. Raises `BinNotFound`."""
    bin_by_id(bin_id, at=at)
    statement = _contents().where(BinStock.bin_id == bin_id, BinStock.quantity > 0)
    return pagination.page_response(statement, _BY_SKU, _content, filters=bin_id, **asked)


def bins_of_level(level_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, object]:
    """Return where the units of a level are: the bins in pick order, and how many are in none.

    Empty bins in which the variant was before are listed too, at most 100 in all. Raises
    `LevelNotFound`.
    """
    level = session.execute(
        select(
            *(StockLevel.on_hand, StockLevel.in_bins, StockLevel.preferred_bin_id),
            StockLevel.location_id,
        ).where(StockLevel.id == level_id)
    ).one_or_none()
    if level is None or (at is not None and level.location_id not in at):
        raise LevelNotFound(level_id=level_id)
    rows = session.execute(
        select(Bin.id, Bin.code, Bin.barcode, Bin.kind, BinStock.quantity)
        .join(BinStock, BinStock.bin_id == Bin.id)
        .where(BinStock.level_id == level_id)
        .order_by((BinStock.quantity == 0), Bin.pick_sequence, Bin.code)
        .limit(100)
    )
    return {
        "bins": [{**row._asdict(), "is_preferred": row.id == level[2]} for row in rows],
        "in_no_bin": level.on_hand - level.in_bins,
    }


def bin_movements(
    bin_id: UUID, *, at: frozenset[UUID] | None = None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of a bin's journal, the newest entry first. Raises `BinNotFound`."""
    bin_by_id(bin_id, at=at)
    of_bin = BinMovement.bin_id == bin_id
    names = (
        *("id", "at", "level_id", "sku", "change", "quantity_after", "move_id", "reason"),
        *("actor", "reference"),
    )
    return pagination.page_response(
        select(
            *(BinMovement.id, BinMovement.created_at.label("at"), BinMovement.level_id),
            *(Variant.sku, BinMovement.change, BinMovement.quantity_after, BinMovement.move_id),
            *(BinMovement.reason, BinMovement.actor, BinMovement.reference),
        )
        .join(StockLevel, StockLevel.id == BinMovement.level_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .where(of_bin),
        _NEWEST_FIRST,
        lambda row: {name: getattr(row, name) for name in names},
        filters=bin_id,
        counted=select(BinMovement.id).where(of_bin),
        **asked,
    )


def _contents() -> AnySelect:
    return (
        select(
            *(BinStock.level_id, BinStock.quantity, Variant.sku, Variant.barcode),
            StockLevel.variant_id,
            Product.title.label("product_title"),
            Variant.title.label("variant_title"),
            *(StockLevel.on_hand, StockLevel.allocated, StockLevel.last_counted_at),
        )
        .join(StockLevel, StockLevel.id == BinStock.level_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
    )


def _content(row: AnyRow) -> dict[str, object]:
    return {
        **{
            name: getattr(row, name)
            for name in (
                *("level_id", "variant_id", "sku", "barcode", "product_title", "quantity"),
                *("on_hand", "allocated", "last_counted_at"),
            )
        },
        "variant_title": row.variant_title or None,
    }


def _bin(row: AnyRow) -> dict[str, object]:
    bin_ = {name: getattr(row, name) for name in _FIELDS}
    return {**bin_, "units": int(row.units)}
