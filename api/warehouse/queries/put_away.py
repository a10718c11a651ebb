"""What is to be put away and replenished, and the bins where it belongs."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from api.catalog.models.products import Product, Variant
from api.inventory.models import Bin, BinKind, BinStock, StockLevel
from api.platform.db import AnyRow, session

_LONGEST_LIST: Final = 200


def to_put_away(*, at: frozenset[UUID] | None = None) -> list[dict[str, object]]:
    """List units in receiving bins, or in no bin where a location has bins, with a bin for each.

    The suggested bin is the preferred one, else a pick or bulk bin that has the variant already,
    else an empty one that no variant prefers, the first by pick sequence and for each level
    another. Bins that are switched off are not suggested. At most 200, the longest there first.
    """
    has_bins = select(Bin.id).where(Bin.location_id == StockLevel.location_id, Bin.is_active)
    receiving = (
        select(
            BinStock.level_id,
            Bin.id.label("bin_id"),
            Bin.code.label("bin_code"),
            BinStock.quantity,
        )
        .join(Bin, Bin.id == BinStock.bin_id)
        .where(Bin.kind == BinKind.RECEIVING, BinStock.quantity > 0)
    )
    loose = select(StockLevel.id, null(), null(), StockLevel.on_hand - StockLevel.in_bins).where(
        StockLevel.on_hand > StockLevel.in_bins, has_bins.exists()
    )
    waiting = union_all(receiving, loose).subquery()
    rows = session.execute(
        select(
            *(waiting.c.level_id, waiting.c.bin_id, waiting.c.bin_code, waiting.c.quantity),
            *(Variant.sku, Variant.barcode, Product.title.label("product_title")),
            *(StockLevel.location_id, _suggested_bin().label("target_id")),
        )
        .join(StockLevel, StockLevel.id == waiting.c.level_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(*([] if at is None else [StockLevel.location_id.in_(at)]))
        .order_by(StockLevel.last_moved_at, StockLevel.id)
        .limit(_LONGEST_LIST)
    ).all()
    return _with_targets(rows, _empty_bins(rows))


def to_replenish(*, at: frozenset[UUID] | None = None) -> list[dict[str, object]]:
    """List preferred bins below their minimum, with where to take units from, and how many.

    Units come from bulk bins first, then from receiving bins and from no bin. At most 200.
    """
    target, source, held = aliased(Bin), aliased(Bin), aliased(BinStock)
    present = func.coalesce(held.quantity, 0)
    other = (
        select(BinStock.bin_id, BinStock.quantity, source.code)
        .join(source, source.id == BinStock.bin_id)
        .where(
            BinStock.level_id == StockLevel.id,
            BinStock.quantity > 0,
            source.kind.in_((BinKind.BULK, BinKind.RECEIVING)),
        )
        .order_by(source.kind == BinKind.RECEIVING, source.pick_sequence, source.code)
        .limit(1)
        .lateral()
    )
    loose = StockLevel.on_hand - StockLevel.in_bins
    available = func.coalesce(other.c.quantity, loose)
    most = func.coalesce(StockLevel.replenish_max, StockLevel.replenish_min)
    rows = session.execute(
        select(
            StockLevel.id.label("level_id"),
            *(other.c.bin_id, other.c.code.label("bin_code"), StockLevel.location_id),
            func.least(most - present, available).label("quantity"),
            present.label("present"),
            *(Variant.sku, Variant.barcode, Product.title.label("product_title")),
            StockLevel.preferred_bin_id.label("target_id"),
        )
        .join(target, target.id == StockLevel.preferred_bin_id)
        .outerjoin(held, and_(held.bin_id == target.id, held.level_id == StockLevel.id))
        .outerjoin(other, literal(True))
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(StockLevel.replenish_min.is_not(None), present < StockLevel.replenish_min)
        .where(target.is_active)
        .where(available > 0, *([] if at is None else [StockLevel.location_id.in_(at)]))
        .order_by(target.pick_sequence, target.code)
        .limit(_LONGEST_LIST)
    ).all()
    return _with_targets(rows)


def _suggested_bin() -> ColumnElement[UUID]:
    """Select the bin where units of a level belong: the preferred one, else one that has some."""
    preferred = (
        select(Bin.id)
        .where(Bin.id == StockLevel.preferred_bin_id, Bin.is_active)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    other = (
        select(Bin.id)
        .join(BinStock, BinStock.bin_id == Bin.id)
        .where(
            BinStock.level_id == StockLevel.id,
            BinStock.quantity > 0,
            Bin.is_active,
            Bin.kind.in_((BinKind.PICK, BinKind.BULK)),
        )
        .order_by(Bin.pick_sequence, Bin.code)
        .limit(1)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    return func.coalesce(preferred, other)


def _empty_bins(rows: Sequence[AnyRow]) -> dict[UUID, UUID]:
    """Return an empty bin for each level that belongs nowhere yet, as far as there are some."""
    unplaced = {row.level_id: row.location_id for row in rows if row.target_id is None}
    if not unplaced:
        return {}
    is_used = select(BinStock.bin_id).where(BinStock.bin_id == Bin.id, BinStock.quantity > 0)
    is_preferred = select(StockLevel.id).where(StockLevel.preferred_bin_id == Bin.id)
    turn = func.row_number().over(
        partition_by=Bin.location_id, order_by=(Bin.pick_sequence, Bin.code)
    )
    empty = (
        select(Bin.id, Bin.location_id, turn.label("turn"))
        .where(Bin.location_id.in_(set(unplaced.values())), Bin.is_active)
        .where(Bin.kind.in_((BinKind.PICK, BinKind.BULK)))
        .where(~is_used.exists(), ~is_preferred.exists())
        .subquery()
    )
    found: dict[UUID, list[UUID]] = {}
    for bin_id, location_id in session.execute(
        select(empty.c.id, empty.c.location_id)
        .where(empty.c.turn <= len(unplaced))
        .order_by(empty.c.turn.desc())
    ):
        found.setdefault(location_id, []).append(bin_id)
    return {
        level_id: found[location_id].pop()
        for level_id, location_id in unplaced.items()
        if found.get(location_id)
    }


def _with_targets(
    rows: Sequence[AnyRow], others: Mapping[UUID, UUID] | None = None
) -> list[dict[str, object]]:
    """Add the codes of the bins that units go to, or of `others` by level; one statement."""
    others = others or {}
    wanted = {row.target_id or others.get(row.level_id) for row in rows}
    targets = {
        row.id: row._asdict()
        for row in session.execute(
            select(Bin.id, Bin.code, Bin.barcode, Bin.kind).where(Bin.id.in_(wanted - {None}))
        )
    }
    return [
        {
            **{
                name: getattr(row, name)
                for name in (
                    *("level_id", "sku", "barcode", "product_title", "quantity", "location_id"),
                    *("bin_id", "bin_code"),
                )
            },
            "target": targets.get(row.target_id or others.get(row.level_id)),
        }
        for row in rows
    ]
