"""Repair of stock levels whose counters, journal and allocations disagree.

That happens only when something wrote to the database past the shop. Journal entries are never
removed: the difference is added as an adjustment.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, case, func, select, update

from api.catalog.service import stock_status
from api.inventory.models import (
    AdjustReason,
    Bin,
    BinKind,
    BinMovement,
    BinStock,
    MovementKind,
    StockAllocation,
    StockLevel,
    StockMovement,
    StockReservation,
)
from api.inventory.models.lots import Lot, LotStock
from api.inventory.service import journal, locks
from api.inventory.service.journal_entries import JournalEntry
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import AnyRow, require_transaction

_NOTE = "The books did not balance: count these goods."


def reconcile(level_id: UUID, *, by: Principal) -> bool:
    """Make a level agree with its journal, allocations and reservations; False if impossible.

    The units on hand stay as the level has them, because the shop sells from that number and staff
    counted it; allocated, back-ordered, reserved, expired and the units in bins and lots become the
    sums of their rows, the other states those of their journals. The journal gets one entry with
    the difference. A level with more promised than on hand is left to a person. Locks all levels of
    the variant.
    """
    levels = locks.lock(also=locks.variant_of(level_id))
    level = levels.get(level_id)
    if level is None:
        return False
    actual = _sums(level_id)
    promised = actual.allocations + actual.reservations
    stopped = actual.damaged + actual.quarantine
    loose, loose_in_lots = level.on_hand - actual.in_bins, actual.in_lots - actual.lots_in_bins
    if promised + stopped > level.on_hand or loose < 0 or loose_in_lots > loose:
        return False
    now, actor = clock.now(), journal.actor_label(by)
    entry = JournalEntry(
        level_id=level_id,
        kind=MovementKind.ADJUSTED,
        on_hand=level.on_hand - actual.on_hand,
        allocated=actual.allocations - actual.allocated,
        reserved=actual.reservations - actual.reserved,
        expired=actual.expired_in_lots - actual.expired,
        back_ordered=actual.waiting - actual.back_ordered,
        reason=AdjustReason.CORRECTION,
        note=_NOTE,
    )
    if any((entry.on_hand, entry.allocated, entry.reserved, entry.expired, entry.back_ordered)):
        before = {level_id: actual.on_hand}
        journal.journal(before, [entry], by=by, actor=actor, now=now)
    require_transaction().execute(
        update(StockLevel)
        .where(StockLevel.id == level_id)
        .values(
            allocated=actual.allocations,
            reserved=actual.reservations,
            damaged=actual.damaged,
            quarantine=actual.quarantine,
            safety_stock=actual.safety_stock,
            in_bins=actual.in_bins,
            expired=actual.expired_in_lots,
            back_ordered=actual.waiting,
            in_lots=actual.in_lots,
            lots_in_bins=actual.lots_in_bins,
            last_moved_at=now,
            last_moved_by=actor,
        )
        .execution_options(synchronize_session=False)
    )
    _reconcile_bins(level_id, actor=actor, now=now)
    mark_stock_status([level.variant_id])
    return True


def _reconcile_bins(level_id: UUID, *, actor: str, now: datetime) -> None:
    """Add the differences between a level's bins and their journal to that journal."""
    session = require_transaction()
    last = (
        select(BinMovement.quantity_after)
        .where(BinMovement.bin_id == BinStock.bin_id, BinMovement.level_id == level_id)
        .order_by(BinMovement.id.desc())
        .limit(1)
        .correlate(BinStock)
        .scalar_subquery()
    )
    recorded = func.coalesce(last, 0)
    for row in session.execute(
        select(BinStock.bin_id, BinStock.quantity, recorded.label("recorded")).where(
            BinStock.level_id == level_id, BinStock.quantity != recorded
        )
    ).all():
        session.add(
            BinMovement(
                id=new_id(),
                created_at=now,
                bin_id=row.bin_id,
                level_id=level_id,
                change=row.quantity - row.recorded,
                quantity_after=row.quantity,
                move_id=new_id(),
                reason=AdjustReason.CORRECTION,
                actor=actor,
            )
        )


def mark_stock_status(variant_ids: Collection[UUID]) -> None:
    """Recompute what derives from the counters: low levels, and the catalog's stock status.

    Locks all levels of the variants, then their products.
    """
    session = require_transaction()
    locks.lock(variant_ids)
    is_low = func.coalesce(
        StockLevel.on_hand - StockLevel.unavailable - StockLevel.allocated - StockLevel.back_ordered
        <= StockLevel.low_stock_threshold,
        False,
    )
    session.execute(
        update(StockLevel)
        .where(StockLevel.variant_id.in_(variant_ids), StockLevel.below_threshold != is_low)
        .values(below_threshold=is_low)
        .execution_options(synchronize_session=False)
    )
    free, waiting = dict.fromkeys(variant_ids, 0), dict.fromkeys(variant_ids, 0)
    for level in locks.lock(variant_ids).values():
        waiting[level.variant_id] += level.back_ordered
        if level.is_active:
            free[level.variant_id] += max(0, level.free)
    stock_status.update_in_stock(
        in_stock=[variant_id for variant_id, units in free.items() if units > 0],
        out_of_stock=[variant_id for variant_id, units in free.items() if units <= 0],
    )
    stock_status.update_back_orders(waiting)


def _sums(level_id: UUID) -> AnyRow:
    """Sum the journal, the allocations and the reservations of a level."""

    def total(column: object, owner: Any) -> Any:
        return select(func.coalesce(func.sum(column), 0)).where(owner == level_id).scalar_subquery()

    moved = StockMovement.level_id
    return (
        require_transaction()
        .execute(
            select(
                total(StockMovement.on_hand_change, moved).label("on_hand"),
                total(StockMovement.allocated_change, moved).label("allocated"),
                total(StockMovement.reserved_change, moved).label("reserved"),
                total(StockMovement.damaged_change, moved).label("damaged"),
                total(StockMovement.quarantine_change, moved).label("quarantine"),
                total(StockMovement.safety_stock_change, moved).label("safety_stock"),
                total(BinStock.quantity, BinStock.level_id).label("in_bins"),
                total(StockMovement.expired_change, moved).label("expired"),
                total(LotStock.quantity, LotStock.level_id).label("in_lots"),
                total(
                    case((LotStock.bin_id.is_not(None), LotStock.quantity), else_=0),
                    LotStock.level_id,
                ).label("lots_in_bins"),
                _expired_in_lots(level_id).label("expired_in_lots"),
                total(StockAllocation.quantity, StockAllocation.level_id).label("allocations"),
                total(StockAllocation.waiting, StockAllocation.level_id).label("waiting"),
                total(StockMovement.back_ordered_change, moved).label("back_ordered"),
                total(StockReservation.quantity, StockReservation.level_id).label("reservations"),
            )
        )
        .one()
    )


def _expired_in_lots(level_id: UUID) -> ScalarSelect[int]:
    return (
        select(func.coalesce(func.sum(LotStock.quantity), 0))
        .join(Lot, Lot.id == LotStock.lot_id)
        .outerjoin(Bin, Bin.id == LotStock.bin_id)
        .where(LotStock.level_id == level_id, ~Lot.is_sellable)
        .where(Bin.kind.is_distinct_from(BinKind.QUARANTINE))
        .scalar_subquery()
    )
