"""Opening stock: the first quantity of a stock level, and reverting it.

A level gets its opening stock once. A level without any movement has not got it yet, and one whose
opening was reverted counts as such: until anything else moves there, it may be opened again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.models import MovementKind, StockLevel, StockMovement
from api.inventory.service import journal, locks
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locations import default_location
from api.inventory.service.locks import Level
from api.kernel.principal import Principal
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction

OPENED_AT_ONCE: Final = 1000

OpeningLevel = tuple[UUID, UUID]
"""A variant and a location."""


@dataclass(frozen=True, slots=True)
class UnopenedLevels:
    """Levels that may still get opening stock, locked with all others of their variants."""

    levels: Mapping[UUID, Level] = field(default_factory=dict)
    by_location: Mapping[OpeningLevel, UUID] = field(default_factory=dict)


def lock_unopened(variant_ids: Collection[UUID]) -> UnopenedLevels:
    """Lock all levels of the variants that have a level without opening stock.

    Sales and counts lock levels before products; code that sets opening stock must do the same, and
    call this before it locks any product. Variants without a level need no lock.
    """
    if not variant_ids:
        return UnopenedLevels()
    session = require_transaction()
    unopened_ids = session.scalars(
        select(StockLevel.variant_id).where(
            any_of(StockLevel.variant_id, variant_ids),
            *_is_unopened(),
        )
    )
    levels = locks.lock(sorted(set(unopened_ids)))
    if not levels:
        return UnopenedLevels()
    # Read again under the lock: until now another transaction might have moved a level.
    unopened = session.execute(
        select(StockLevel.variant_id, StockLevel.location_id, StockLevel.id).where(
            StockLevel.id.in_(levels), *_is_unopened()
        )
    )
    return UnopenedLevels(levels, {(row.variant_id, row.location_id): row.id for row in unopened})


def set_opening_stock(
    rows: Sequence[tuple[UUID, int]], *, location_id: UUID | None = None, by: Principal
) -> int:
    """Create levels with their opening stock; returns how many were created.

    A row is a variant and a quantity, which may be 0. Existing levels are left alone, so repeating
    changes nothing. Repeated variants are summed.
    """
    return len(open_stock(rows, location_id=location_id, by=by))


def open_stock(
    rows: Sequence[tuple[UUID, int]],
    *,
    location_id: UUID | None = None,
    unopened: UnopenedLevels | None = None,
    by: Principal,
) -> dict[OpeningLevel, int]:
    """Set opening stock as `set_opening_stock` does; returns the quantity of each opened level.

    Existing levels that `lock_unopened` returned get their opening stock too. Raises `ValueError`
    for a quantity that is negative or above `MAX_QUANTITY`.
    """
    location_id = location_id or default_location()
    opening: dict[UUID, int] = {}
    for variant_id, quantity in rows:
        if not 0 <= quantity <= MAX_QUANTITY:
            raise ValueError(f"opening stock is between 0 and {MAX_QUANTITY}")
        opening[variant_id] = opening.get(variant_id, 0) + quantity
    variant_ids = sorted(opening)
    opened: dict[OpeningLevel, int] = {}
    for start in range(0, len(variant_ids), OPENED_AT_ONCE):
        batch = variant_ids[start : start + OPENED_AT_ONCE]
        created = journal.open_levels({v: opening[v] for v in batch}, location_id, by=by)
        opened |= {(variant_id, location_id): opening[variant_id] for variant_id in created}
    existing = unopened or UnopenedLevels()
    late = {
        (variant_id, location_id): quantity
        for variant_id, quantity in opening.items()
        if quantity and (variant_id, location_id) in existing.by_location
    }
    entries = [
        JournalEntry(
            level_id=existing.by_location[level], kind=MovementKind.OPENING, on_hand=quantity
        )
        for level, quantity in late.items()
    ]
    journal.write_entries(existing.levels, entries, by=by)
    return opened | late


def revert_opening_stock(
    opened: Mapping[OpeningLevel, int], *, note: str, by: Principal
) -> tuple[set[OpeningLevel], set[OpeningLevel]]:
    """Revert opening stock; returns the levels that were reverted and those that were not.

    Only where nothing has happened since: the opening is the last journal entry there. Locks the
    levels, in id order. The journal keeps both entries, and the level may be opened again.
    """
    if not opened:
        return set(), set()
    levels = locks.lock(sorted({variant_id for variant_id, _ in opened}))
    last: dict[UUID, object] = dict(
        require_transaction()
        .execute(select(StockLevel.id, _last_kind()).where(StockLevel.id.in_(levels)))
        .all()
    )
    by_location = {(level.variant_id, level.location_id): level for level in levels.values()}
    reverted: set[OpeningLevel] = set()
    entries = []
    for opening, quantity in opened.items():
        level = by_location.get(opening)
        if not quantity and (level is None or not level.on_hand):
            reverted.add(opening)
        if level is None or not quantity or last[level.id] is not MovementKind.OPENING:
            continue
        if quantity == level.on_hand == level.removable:
            reverted.add(opening)
            kind = MovementKind.OPENING_UNDONE
            entries.append(JournalEntry(level_id=level.id, kind=kind, on_hand=-quantity, note=note))
    journal.write_entries(levels, entries, by=by)
    return reverted, set(opened) - reverted


def _is_unopened() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for levels without stock or movements, a reverted opening aside."""
    undone = MovementKind.OPENING_UNDONE
    return (
        StockLevel.on_hand == 0,
        StockLevel.allocated == 0,
        StockLevel.reserved == 0,
        func.coalesce(_last_kind(), undone.value) == undone.value,
    )


def _last_kind() -> ScalarSelect[MovementKind]:
    return (
        select(StockMovement.kind)
        .where(StockMovement.level_id == StockLevel.id)
        .order_by(StockMovement.id.desc())
        .limit(1)
        .correlate(StockLevel)
        .scalar_subquery()
    )
