"""Opening stock: what lies on a shelf on the first day, and taking that back.

A shelf is opened once. One on which nothing ever moved was not opened yet, and one whose opening
was taken back is as if it never had been: until anything else moves there, it may be opened again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select

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
    """Levels that may be opened still, locked with all others of their variants."""

    levels: Mapping[UUID, Level] = field(default_factory=dict)
    by_shelf: Mapping[OpeningLevel, UUID] = field(default_factory=dict)


def lock_unopened(variant_ids: Collection[UUID]) -> UnopenedLevels:
    """Lock the levels of those of the variants that have one which was not opened yet.

    Whoever sells or counts locks levels before products; so does whoever opens stock, and asks for
    them here before taking hold of any product. Variants without a level need no lock.
    """
    if not variant_ids:
        return UnopenedLevels()
    session = require_transaction()
    wanted = session.scalars(
        select(StockLevel.variant_id).where(
            any_of(StockLevel.variant_id, variant_ids),
            *_is_unopened(),
        )
    )
    levels = locks.lock(sorted(set(wanted)))
    if not levels:
        return UnopenedLevels()
    # Looked at again under the lock: until now anybody might have counted.
    found = session.execute(
        select(StockLevel.variant_id, StockLevel.location_id, StockLevel.id).where(
            StockLevel.id.in_(levels), *_is_unopened()
        )
    )
    return UnopenedLevels(levels, {(row.variant_id, row.location_id): row.id for row in found})


def set_opening_stock(
    rows: Sequence[tuple[UUID, int]], *, location_id: UUID | None = None, by: Principal
) -> int:
    """Say what lies there on the first day; returns how many shelves were opened.

    A row is a variant and a quantity, which may be 0. Levels that are there are left alone, so the
    same may be said again. Repeated variants are summed.
    """
    return len(open_stock(rows, location_id=location_id, by=by))


def open_stock(
    rows: Sequence[tuple[UUID, int]],
    *,
    location_id: UUID | None = None,
    unopened: UnopenedLevels | None = None,
    by: Principal,
) -> dict[OpeningLevel, int]:
    """Open shelves as `set_opening_stock` does; returns what each opened one began with.

    Of the levels that are there, those that `lock_unopened` found are opened too.
    """
    place = location_id or default_location()
    opening: dict[UUID, int] = {}
    for variant_id, quantity in rows:
        if not 0 <= quantity <= MAX_QUANTITY:
            raise ValueError("an opening balance is between nothing and a great deal")
        opening[variant_id] = opening.get(variant_id, 0) + quantity
    variant_ids = sorted(opening)
    opened: dict[OpeningLevel, int] = {}
    for start in range(0, len(variant_ids), OPENED_AT_ONCE):
        batch = variant_ids[start : start + OPENED_AT_ONCE]
        found = journal.open_levels({v: opening[v] for v in batch}, place, by=by)
        opened |= {(variant_id, place): opening[variant_id] for variant_id in found}
    waiting = unopened or UnopenedLevels()
    late = {
        (variant_id, place): quantity
        for variant_id, quantity in opening.items()
        if quantity and (variant_id, place) in waiting.by_shelf
    }
    entries = [
        JournalEntry(level_id=waiting.by_shelf[shelf], kind=MovementKind.OPENING, on_hand=quantity)
        for shelf, quantity in late.items()
    ]
    journal.write_entries(waiting.levels, entries, by=by)
    return opened | late


def revert_opening_stock(
    opened: Mapping[OpeningLevel, int], *, note: str, by: Principal
) -> tuple[set[OpeningLevel], set[OpeningLevel]]:
    """Take opening balances off their shelves again; returns those taken and those left.

    Only where nothing has happened since: the opening is the last line of the journal there. Locks
    the levels, in id order. The journal keeps both lines, and the shelf may be opened again.
    """
    if not opened:
        return set(), set()
    levels = locks.lock(sorted({variant_id for variant_id, _ in opened}))
    last: dict[UUID, Any] = dict(
        require_transaction()
        .execute(select(StockLevel.id, _last_kind()).where(StockLevel.id.in_(levels)))
        .all()
    )
    by_shelf = {(level.variant_id, level.location_id): level for level in levels.values()}
    taken: set[OpeningLevel] = set()
    entries = []
    for shelf, quantity in opened.items():
        level = by_shelf.get(shelf)
        if not quantity and (level is None or not level.on_hand):
            taken.add(shelf)
        if level is None or not quantity or last[level.id] is not MovementKind.OPENING:
            continue
        if quantity == level.on_hand == level.free:
            taken.add(shelf)
            kind = MovementKind.OPENING_UNDONE
            entries.append(JournalEntry(level_id=level.id, kind=kind, on_hand=-quantity, note=note))
    journal.write_entries(levels, entries, by=by)
    return taken, set(opened) - taken


def _is_unopened() -> tuple[Any, ...]:
    """Tell levels on which nothing lies and nothing has moved, an opening taken back apart."""
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
