"""Opening stock: what lies on a shelf on the first day, and taking that back.

A shelf is opened once. One on which nothing ever moved was not opened yet, and one whose opening
was taken back is as if it never had been: until anything else moves there, it may be opened again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select

from api.inventory.models import MovementKind, StockLevel, StockMovement
from api.inventory.policy import LARGEST_QUANTITY
from api.inventory.service import ledger, locks
from api.inventory.service.entries import Entry
from api.inventory.service.locks import Level
from api.inventory.service.places import default_location
from api.kernel.principal import Principal
from api.platform.bulk import among
from api.platform.db import require_transaction

OPENED_AT_ONCE: Final = 1000

Shelf = tuple[UUID, UUID]
"""A variant and a location."""


@dataclass(frozen=True, slots=True)
class Unopened:
    """Levels that may be opened still, locked with all others of their variants."""

    levels: Mapping[UUID, Level] = field(default_factory=dict)
    by_shelf: Mapping[Shelf, UUID] = field(default_factory=dict)


def lock_unopened(variant_ids: Collection[UUID]) -> Unopened:
    """Lock the levels of those of the variants that have one which was not opened yet.

    Whoever sells or counts locks levels before products; so does whoever opens stock, and asks for
    them here before taking hold of any product. Variants without a level need no lock.
    """
    if not variant_ids:
        return Unopened()
    session = require_transaction()
    wanted = session.scalars(
        select(StockLevel.variant_id).where(
            among(StockLevel.variant_id, variant_ids),
            *_is_unopened(),
        )
    )
    levels = locks.lock(sorted(set(wanted)))
    if not levels:
        return Unopened()
    # Looked at again under the lock: until now anybody might have counted.
    found = session.execute(
        select(StockLevel.variant_id, StockLevel.location_id, StockLevel.id).where(
            StockLevel.id.in_(levels), *_is_unopened()
        )
    )
    return Unopened(levels, {(row.variant_id, row.location_id): row.id for row in found})


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
    unopened: Unopened | None = None,
    by: Principal,
) -> dict[Shelf, int]:
    """Open shelves as `set_opening_stock` does; returns what each opened one began with.

    Of the levels that are there, those that `lock_unopened` found are opened too.
    """
    place = location_id or default_location()
    opening: dict[UUID, int] = {}
    for variant_id, quantity in rows:
        if not 0 <= quantity <= LARGEST_QUANTITY:
            raise ValueError("an opening balance is between nothing and a great deal")
        opening[variant_id] = opening.get(variant_id, 0) + quantity
    variant_ids = sorted(opening)
    opened: dict[Shelf, int] = {}
    for start in range(0, len(variant_ids), OPENED_AT_ONCE):
        batch = variant_ids[start : start + OPENED_AT_ONCE]
        found = ledger.open_levels({v: opening[v] for v in batch}, place, by=by)
        opened |= {(variant_id, place): opening[variant_id] for variant_id in found}
    waiting = unopened or Unopened()
    late = {
        (variant_id, place): quantity
        for variant_id, quantity in opening.items()
        if quantity and (variant_id, place) in waiting.by_shelf
    }
    entries = [
        Entry(level_id=waiting.by_shelf[shelf], kind=MovementKind.OPENING, on_hand=quantity)
        for shelf, quantity in late.items()
    ]
    ledger.write(waiting.levels, entries, by=by)
    return opened | late


def take_back_opening(
    opened: Mapping[Shelf, int], *, note: str, by: Principal
) -> tuple[set[Shelf], set[Shelf]]:
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
    taken: set[Shelf] = set()
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
            entries.append(Entry(level_id=level.id, kind=kind, on_hand=-quantity, note=note))
    ledger.write(levels, entries, by=by)
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
