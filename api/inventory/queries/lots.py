"""Lots and where they are, as the API returns them."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import func, select, union

from api.catalog.models.products import Product, Variant
from api.inventory.errors import LevelNotFound, LotNotFound
from api.inventory.models import Bin, StockLevel
from api.inventory.models.lots import Lot, LotStock
from api.platform import pagination
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort

_NEWEST: Final = Sort((Lot.id,), descending=True)
_BY_DATE: Final = Sort((Lot.expires_on, Lot.id))
_NAMES: Final = ("id", "code", "expires_on", "is_sellable", "recalled_at", "recalled_by", "version",
                 "created_at")  # fmt: skip


def lots_to_pick(
    level_ids: Collection[UUID],
) -> dict[tuple[UUID, UUID | None], list[dict[str, object]]]:
    """Return the lots that may be sold, by level and bin, those that expire first at the front."""
    rows = session.execute(
        select(LotStock.level_id, LotStock.bin_id, Lot.code, Lot.expires_on)
        .join(Lot, Lot.id == LotStock.lot_id)
        .where(any_of(LotStock.level_id, set(level_ids)), LotStock.quantity > 0, Lot.is_sellable)
        .order_by(Lot.expires_on.nulls_last(), Lot.id)
    )
    found: dict[tuple[UUID, UUID | None], list[dict[str, Any]]] = {}
    for level_id, bin_id, code, expires_on in rows:
        entry = {"code": code, "expires_on": expires_on}
        found.setdefault((level_id, bin_id), []).append(entry)
    return found


def first_lot(level_id: UUID, bin_id: UUID | None) -> tuple[UUID, str, int] | None:
    """Return the lot of a level in a bin that is taken first: its id, code and units there."""
    row = session.execute(
        select(Lot.id, Lot.code, LotStock.quantity)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(
            LotStock.level_id == level_id,
            LotStock.bin_id.is_not_distinct_from(bin_id),
            LotStock.quantity > 0,
            Lot.is_sellable,
        )
        .order_by(Lot.expires_on.nulls_last(), Lot.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def lots(
    *,
    q: str | None = None,
    variant_id: UUID | None = None,
    expires_before: date | None = None,
    at: frozenset[UUID] | None = None,
    **asked: Unpack[PageQuery],
) -> dict[str, object]:
    """Return a page of lots, the newest first, or those that expire before a day, by date.

    `q` is the code of a lot, or a SKU. With `at` units at these locations are counted only.
    """
    statement = _lots(at)
    if q is not None:
        of_sku = select(Lot.id).join(Variant, Variant.id == Lot.variant_id)
        found = union(
            select(Lot.id).where(Lot.code == q.strip().upper()),
            of_sku.where(Variant.sku_key == q.strip().lower()),
        )
        statement = statement.where(Lot.id.in_(found.subquery().select()))
    if variant_id is not None:
        statement = statement.where(Lot.variant_id == variant_id)
    if expires_before is not None:
        statement = statement.where(Lot.is_sellable, Lot.expires_on < expires_before)
    return pagination.page_response(
        statement,
        _NEWEST if expires_before is None else _BY_DATE,
        _lot,
        filters=(q, variant_id, expires_before, at and sorted(at)),
        **asked,
    )


def lot(lot_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, object]:
    """Return one lot. Raises `LotNotFound`."""
    row = session.execute(_lots(at).where(Lot.id == lot_id)).one_or_none()
    if row is None:
        raise LotNotFound(lot_id=lot_id)
    return _lot(row)


def lots_of_level(level_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, object]:
    """Return what a level has of each lot, by place, the lot that expires first first.

    Raises `LevelNotFound`, also where the level is at none of the locations `at`.
    """
    level = session.execute(
        select(StockLevel.location_id, StockLevel.on_hand, StockLevel.in_lots).where(
            StockLevel.id == level_id
        )
    ).one_or_none()
    if level is None or (at is not None and level.location_id not in at):
        raise LevelNotFound(level_id=level_id)
    rows = session.execute(
        select(
            *(LotStock.id, LotStock.lot_id, Lot.code, Lot.expires_on, Lot.is_sellable),
            *(LotStock.bin_id, Bin.code.label("bin_code"), LotStock.quantity),
        )
        .join(Lot, Lot.id == LotStock.lot_id)
        .outerjoin(Bin, Bin.id == LotStock.bin_id)
        .where(LotStock.level_id == level_id, LotStock.quantity > 0)
        .order_by(Lot.expires_on, Lot.code, Lot.id, Bin.pick_sequence, Bin.code)
    )
    return {
        "lots": [row._asdict() for row in rows],
        "in_no_lot": level.on_hand - level.in_lots,
    }


def _lots(at: frozenset[UUID] | None) -> AnySelect:
    units = select(func.coalesce(func.sum(LotStock.quantity), 0)).where(LotStock.lot_id == Lot.id)
    if at is not None:
        units = units.join(StockLevel, StockLevel.id == LotStock.level_id).where(
            any_of(StockLevel.location_id, at)
        )
    return (
        select(
            *(getattr(Lot, name) for name in _NAMES),
            *(Lot.variant_id, Variant.sku, Product.title.label("product_title")),
            Variant.title.label("variant_title"),
            units.correlate(Lot).scalar_subquery().label("units"),
        )
        .join(Variant, Variant.id == Lot.variant_id)
        .join(Product, Product.id == Variant.product_id)
    )


def _lot(row: AnyRow) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in _NAMES},
        "variant_id": row.variant_id,
        "sku": row.sku,
        "product_title": row.product_title,
        "variant_title": row.variant_title or None,
        "units": int(row.units),
        "is_recalled": row.recalled_at is not None,
    }
