"""Repair of stock levels whose counters, journal and allocations disagree.

That happens only when something wrote to the database past the shop. Journal entries are never
removed: the difference is added as an adjustment.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from api.catalog.service import stock_status
from api.inventory.models import (
    AdjustReason,
    MovementKind,
    StockAllocation,
    StockLevel,
    StockMovement,
    StockReservation,
)
from api.inventory.service import journal, locks
from api.inventory.service.journal_entries import JournalEntry
from api.kernel import clock
from api.kernel.principal import Principal
from api.platform.db import AnyRow, require_transaction

_NOTE = "The books did not balance: count these goods."


def reconcile(level_id: UUID, *, by: Principal) -> bool:
    """Make a level agree with its journal, allocations and reservations; False if impossible.

    The units on hand stay as the level has them, because the shop sells from that number and staff
    counted it; allocated and reserved become the sums of their rows. The journal gets one entry
    with the difference. A level with more promised than on hand is left to a person. Locks all
    levels of the variant.
    """
    variant_id = select(StockLevel.variant_id).where(StockLevel.id == level_id).scalar_subquery()
    levels = locks.lock(also=variant_id)
    level = levels.get(level_id)
    if level is None:
        return False
    actual = _sums(level_id)
    if actual.allocations + actual.reservations > level.on_hand:
        return False
    now, actor = clock.now(), journal.actor_label(by)
    entry = JournalEntry(
        level_id=level_id,
        kind=MovementKind.ADJUSTED,
        on_hand=level.on_hand - actual.on_hand,
        allocated=actual.allocations - actual.allocated,
        reserved=actual.reservations - actual.reserved,
        reason=AdjustReason.CORRECTION,
        note=_NOTE,
    )
    if entry.on_hand or entry.allocated or entry.reserved:
        before = {level_id: actual.on_hand}
        journal.journal(before, [entry], by=by, actor=actor, now=now)
    require_transaction().execute(
        update(StockLevel)
        .where(StockLevel.id == level_id)
        .values(
            allocated=actual.allocations,
            reserved=actual.reservations,
            last_moved_at=now,
            last_moved_by=actor,
        )
        .execution_options(synchronize_session=False)
    )
    mark_stock_status([level.variant_id])
    return True


def mark_stock_status(variant_ids: Collection[UUID]) -> None:
    """Recompute what derives from the counters: low levels, and the catalog's stock status.

    Locks all levels of the variants, then their products.
    """
    session = require_transaction()
    locks.lock(variant_ids)
    is_low = func.coalesce(
        StockLevel.on_hand - StockLevel.allocated <= StockLevel.low_stock_threshold, False
    )
    session.execute(
        update(StockLevel)
        .where(StockLevel.variant_id.in_(variant_ids), StockLevel.below_threshold != is_low)
        .values(below_threshold=is_low)
        .execution_options(synchronize_session=False)
    )
    free = dict.fromkeys(variant_ids, 0)
    for level in locks.lock(variant_ids).values():
        if level.is_active:
            free[level.variant_id] += level.free
    stock_status.update_in_stock(
        in_stock=[variant_id for variant_id, units in free.items() if units > 0],
        out_of_stock=[variant_id for variant_id, units in free.items() if units <= 0],
    )


def _sums(level_id: UUID) -> AnyRow:
    """Sum the journal, the allocations and the reservations of a level."""

    def total(column: Any, owner: Any) -> Any:
        return select(func.coalesce(func.sum(column), 0)).where(owner == level_id).scalar_subquery()

    moved = StockMovement.level_id
    return (
        require_transaction()
        .execute(
            select(
                total(StockMovement.on_hand_change, moved).label("on_hand"),
                total(StockMovement.allocated_change, moved).label("allocated"),
                total(StockMovement.reserved_change, moved).label("reserved"),
                total(StockAllocation.quantity, StockAllocation.level_id).label("allocations"),
                total(StockReservation.quantity, StockReservation.level_id).label("reservations"),
            )
        )
        .one()
    )
