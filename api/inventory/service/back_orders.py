"""Back-orders: what order lines wait for, and the units that are allocated to them as they come.

A variant that allows back-orders is sold beyond what is available, up to its limit. What is missing
is `waiting` of the line's allocation row and `back_ordered` of one level, under the locks of all
levels of the variant. Whatever makes units available again goes through `journal.write_entries`,
which gives them to the lines that have waited longest, in the same transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Uuid,
    bindparam,
    column,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from api.inventory import queries
from api.inventory.allocation_strategy import AvailableLevel
from api.inventory.events import BackOrdersAllocated
from api.inventory.models import Location, MovementKind, StockAllocation, StockLevel
from api.inventory.service.journal_entries import JournalEntry, LevelChange
from api.inventory.service.locks import LEVELS, Level
from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.db import require_transaction, session, table_of
from api.platform.outbox import emit
from api.platform.prepared import prepared

UNLIMITED: Final = 1_000_000_000
_ROWS: Final = table_of(StockAllocation)


@dataclass(frozen=True, slots=True)
class WaitingShare:
    """Units that one order line waits for, counted at one level."""

    allocation_id: UUID
    order_id: UUID
    order_line_id: UUID
    level_id: UUID
    units: int


def waiting_units(levels: Iterable[Level]) -> dict[UUID, int]:
    """Sum what order lines wait for, by variant; variants without back-orders are absent."""
    waiting: dict[UUID, int] = {}
    for level in levels:
        if level.back_ordered:
            waiting[level.variant_id] = waiting.get(level.variant_id, 0) + level.back_ordered
    return waiting


def room(levels: Mapping[UUID, Level], variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many units more orders may wait for, by variant; 0 where it is not allowed.

    Call it under the locks of all levels of the variants: nobody else takes the room then. A
    variant without a level at an active location has none.
    """
    waiting = waiting_units(levels.values())
    placed = {level.variant_id for level in levels.values() if level.is_active}
    limits = queries.back_order_limits(variant_ids)
    return {
        variant_id: max(0, (limits[variant_id] or UNLIMITED) - waiting.get(variant_id, 0))
        if variant_id in limits and variant_id in placed
        else 0
        for variant_id in variant_ids
    }


def without_claimed(
    available: Sequence[AvailableLevel], levels: Mapping[UUID, Level], own: Mapping[UUID, int]
) -> list[AvailableLevel]:
    """Return what is left for somebody new once those who wait got their units.

    Units are both available and waited for only while an expired reservation is released in this
    transaction. `own` are units that the caller had reserved itself: nobody else has a claim on
    them.
    """
    claims = waiting_units(levels.values())
    if not claims:
        return list(available)
    left = []
    for one in available:
        claimed = min(
            claims.get(one.variant_id, 0), max(0, one.available - own.get(one.level_id, 0))
        )
        if claimed:
            claims[one.variant_id] -= claimed
        left.append(
            AvailableLevel(one.level_id, one.variant_id, one.location_id, one.available - claimed)
        )
    return left


def level_to_wait_at(levels: Iterable[Level], variant_id: UUID) -> UUID:
    """Return the level at which a variant's back-orders are counted: the most preferred one."""
    return next(one.id for one in levels if one.variant_id == variant_id and one.is_active)


def allocate_arrived(
    levels: Mapping[UUID, Level], changes: Mapping[UUID, LevelChange]
) -> list[JournalEntry]:
    """Allocate units that become available to the order lines that have waited longest.

    `levels` are all levels of each variant, locked and as they were; `changes` what the caller is
    about to write. Returns the entries that belong to it, and changes the allocation rows. Nothing
    is done, and no statement run, where nobody waits or nothing is left.
    """
    waiting: dict[UUID, int] = {}
    free: dict[UUID, list[tuple[UUID, int]]] = {}
    for level in levels.values():
        change = changes.get(level.id, LevelChange())
        demand = level.back_ordered + change.back_ordered
        waiting[level.variant_id] = waiting.get(level.variant_id, 0) + demand
        units = level.free + change.on_hand - change.allocated - change.reserved
        units -= change.unavailable
        if level.is_active and units > 0:
            free.setdefault(level.variant_id, []).append((level.id, units))
    served = {variant_id for variant_id in free if waiting[variant_id] > 0}
    if not served:
        return []
    given = _give(levels, {one: free[one] for one in served})
    _write(given)
    emit(BackOrdersAllocated(order_ids=tuple(sorted({share.order_id for share, _, _ in given}))))
    return _entries(given)


_free = (
    func.unnest(
        bindparam("variant_ids", type_=ARRAY(Uuid)), bindparam("units", type_=ARRAY(Integer))
    )
    .table_valued(column("variant_id", Uuid), column("units", Integer), name="free")
    .render_derived()
)
# Limited for each variant: a line waits for one unit at least, so no more lines can be served, and
# the lines of one variant take no place from those of another.
_oldest = (
    select(*_ROWS.c["id", "order_id", "order_line_id", "level_id", "waiting", "created_at"])
    .join(LEVELS, LEVELS.c.id == _ROWS.c.level_id)
    .where(LEVELS.c.variant_id == _free.c.variant_id, _ROWS.c.waiting > literal_column("0"))
    .order_by(_ROWS.c.created_at, _ROWS.c.id)
    .limit(_free.c.units)
    .lateral("oldest")
)
_OLDEST_WAITING: Final = prepared(
    select(*_oldest.c["id", "order_id", "order_line_id", "level_id", "waiting"])
    .join_from(_free, _oldest, true())
    .order_by(_oldest.c.created_at, _oldest.c.id)
)


def _give(
    levels: Mapping[UUID, Level], free: Mapping[UUID, Sequence[tuple[UUID, int]]]
) -> list[tuple[WaitingShare, UUID, int]]:
    """Divide free units among the waiting lines, the oldest first: (line, level, units)."""
    current = require_transaction()
    current.flush()
    rows = current.execute(
        _OLDEST_WAITING,
        {
            "variant_ids": list(free),
            "units": [sum(units for _, units in places) for places in free.values()],
        },
    )
    left = {variant_id: dict(places) for variant_id, places in free.items()}
    given = []
    for row in rows:
        share = WaitingShare(*row)
        missing = share.units
        places = left[levels[share.level_id].variant_id]
        for level_id, units in places.items():
            taken = min(missing, units)
            if taken:
                places[level_id] -= taken
                missing -= taken
                given.append((share, level_id, taken))
    return given


_taken = (
    func.unnest(
        bindparam("allocation_ids", type_=ARRAY(Uuid)), bindparam("units", type_=ARRAY(Integer))
    )
    .table_valued(column("allocation_id", Uuid), column("units", Integer), name="taken")
    .render_derived()
)
_LOWER: Final = (
    update(_ROWS)
    .where(_ROWS.c.id == _taken.c.allocation_id, _ROWS.c.waiting >= _taken.c.units)
    .values(waiting=_ROWS.c.waiting - _taken.c.units)
    .returning(_ROWS.c.id)
)


def lower(units: Mapping[UUID, int]) -> None:
    """Subtract from what lines wait for, by allocation row, in one guarded statement."""
    if not units:
        return
    lowered = require_transaction().execute(
        _LOWER, {"allocation_ids": list(units), "units": list(units.values())}
    )
    if len(lowered.all()) != len(units):
        raise WaitingMoved("a line waits for less although its level was locked")


class WaitingMoved(RuntimeError):
    """What a line waits for changed although its level was locked: a bug."""


def add_rows(order_id: UUID, rows: Mapping[tuple[UUID, UUID], tuple[int, int]]) -> None:
    """Add (allocated, waiting) units to an order's rows by (line, level), new or known."""
    if rows:
        _upsert([(order_id, *key, *units) for key, units in rows.items()])


def _write(given: Sequence[tuple[WaitingShare, UUID, int]]) -> None:
    taken: dict[UUID, int] = {}
    added: dict[tuple[UUID, UUID, UUID], int] = {}
    for share, level_id, units in given:
        taken[share.allocation_id] = taken.get(share.allocation_id, 0) + units
        key = (share.order_id, share.order_line_id, level_id)
        added[key] = added.get(key, 0) + units
    lower(taken)
    _upsert([(*key, units, 0) for key, units in added.items()])


def _upsert(rows: Sequence[tuple[UUID, UUID, UUID, int, int]]) -> None:
    now = clock.now()
    new = insert(StockAllocation).values(
        [
            {
                "id": new_id(),
                "created_at": now,
                "order_id": order_id,
                "order_line_id": line_id,
                "level_id": level_id,
                "quantity": quantity,
                "waiting": waiting,
            }
            for order_id, line_id, level_id, quantity, waiting in rows
        ]
    )
    require_transaction().execute(
        new.on_conflict_do_update(
            constraint="uq_stock_allocations_line_level",
            set_={
                "quantity": StockAllocation.quantity + new.excluded.quantity,
                "waiting": StockAllocation.waiting + new.excluded.waiting,
            },
        ).execution_options(synchronize_session=False)
    )


def _entries(given: Sequence[tuple[WaitingShare, UUID, int]]) -> list[JournalEntry]:
    """Build the entries: allocated where the units are, waited for less where it was counted."""
    allocated: dict[tuple[UUID, UUID], int] = {}
    lowered: dict[tuple[UUID, UUID], int] = {}
    for share, level_id, units in given:
        for sums, place in ((allocated, level_id), (lowered, share.level_id)):
            sums[share.order_id, place] = sums.get((share.order_id, place), 0) + units
    entries = [
        JournalEntry(
            level_id=level_id,
            kind=MovementKind.ALLOCATED,
            allocated=units,
            back_ordered=-lowered.pop((order_id, level_id), 0),
            reason="arrived",
            order_id=order_id,
        )
        for (order_id, level_id), units in allocated.items()
    ]
    return entries + [
        JournalEntry(
            level_id=level_id,
            kind=MovementKind.BACK_ORDERED,
            back_ordered=-units,
            reason="arrived",
            order_id=order_id,
        )
        for (order_id, level_id), units in lowered.items()
    ]


def variants_to_serve(limit: int) -> Sequence[UUID]:
    """List variants that orders wait for although units of them can be sold.

    Only the release of an expired reservation and the opening of a location leave such.
    """
    is_free = (
        StockLevel.on_hand - StockLevel.unavailable - StockLevel.allocated - StockLevel.reserved > 0
    )
    waiting = select(StockLevel.variant_id).where(StockLevel.back_ordered > 0)
    return session.scalars(
        select(StockLevel.variant_id)
        .distinct()
        .join(Location, Location.id == StockLevel.location_id)
        .where(StockLevel.variant_id.in_(waiting), is_free, Location.is_active)
        .limit(limit)
    ).all()
