"""What is where of each lot: taken out and put in under the locks of the levels, with a journal.

Units on hand that are in no lot are the difference between a place and its lots. Variants without
lots run none of these statements.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Table, Uuid, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import insert

from api.inventory import queries
from api.inventory.allocation_strategy import (
    LotPlace,
    first_expired_first,
    least_known_first,
    take_units,
)
from api.inventory.models import Bin, BinKind, MovementKind
from api.inventory.models.lots import Lot, LotMovement, LotStock
from api.inventory.service import bin_contents
from api.inventory.service.bin_contents import NO_BIN, RANK, BinChange
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.inventory.service.lot_refusals import LotsMissing
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import bulk_sql
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction
from api.platform.settings import current_settings

SOLD: Final = frozenset({MovementKind.SHIPPED, MovementKind.TRANSFERRED})
"""Movements by which units go to somebody who expects them to be good."""


class LotMoved(RuntimeError):
    """A lot has fewer units than were read under the lock of their level: a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotChange:
    """Units of a lot that come to a place of a level, or go. Without a bin: to no bin."""

    level_id: UUID
    lot_id: UUID
    bin_id: UUID | None
    change: int
    reason: str
    reference: str | None = None
    order_id: UUID | None = None
    fulfilment_id: UUID | None = None


def draw(
    levels: Mapping[UUID, Level], entries: Sequence[JournalEntry], *, by: Principal, actor: str
) -> Sequence[JournalEntry]:
    """Take units that leave the stock out of their lots, and the bins that these are in.

    What is sold or transferred is taken from the lots that expire first, never from one that is not
    sold any more; what is lost is taken from units in no lot first. An entry that names lots, a bin
    or no bin takes from there only. Returns the entries, which now say how many of their units are
    expired. Raises `LotsMissing`.
    """
    if not any(entry.lots or levels[entry.level_id].in_lots for entry in entries):
        return entries
    leaving = {
        entry.level_id
        for entry in entries
        if entry.on_hand < 0 and (entry.lots or levels[entry.level_id].in_lots)
    }
    places = _places({level_id: levels[level_id] for level_id in leaving})
    unsold = _unsold([entry for entry in entries if entry.on_hand > 0 and entry.lots])
    told, lot_changes, bin_changes = [], [], []
    for entry in entries:
        if entry.on_hand >= 0:
            came = sum(units for lot_id, units in entry.lots if (lot_id, entry.bin_id) in unsold)
            told.append(replace(entry, expired=entry.expired + came) if came else entry)
            continue
        if entry.level_id not in leaving:
            told.append(entry)
            continue
        expired = 0
        for place, units in _taken(levels[entry.level_id], places[entry.level_id], entry):
            if place.lot_id is not None:
                lot_changes.append(_change(entry, place.lot_id, place.bin_id, -units))
                expired += units if place.is_expired and not place.is_quarantined else 0
            if place.bin_id is not None:
                bin_changes.append(bin_contents.change_of(entry, place.bin_id, -units))
        told.append(replace(entry, expired=entry.expired - expired) if expired else entry)
    apply(lot_changes, by=by, actor=actor)
    bin_contents.apply(bin_changes, by=by, actor=actor)
    return told


def put(entries: Sequence[JournalEntry], *, by: Principal, actor: str) -> None:
    """Put units that come into the lots that their entries name."""
    apply(
        [
            _change(entry, lot_id, entry.bin_id, units)
            for entry in entries
            if entry.on_hand > 0
            for lot_id, units in entry.lots
        ],
        by=by,
        actor=actor,
    )


def move(
    level: Level,
    quantity: int,
    *,
    source: UUID | None,
    target: UUID | None,
    into_quarantine: bool,
    lot_id: UUID | None,
    move_id: UUID,
    by: Principal,
    actor: str,
) -> tuple[dict[tuple[UUID, UUID], int], int]:
    """Move units of a locked level from one bin to another with their lots.

    Without a lot the one that expires first is taken; to quarantine go units that are not sold any
    more first. Returns what is left by bin and level, and how many of the units are in lots that
    are not sold any more. Raises `LotsMissing`.
    """
    moving: list[tuple[LotPlace, int]] = []
    if level.in_lots or lot_id is not None:
        here = [one for one in _places({level.id: level})[level.id] if one.bin_id == source]
        here = [one for one in here if lot_id in (None, one.lot_id)]
        here.sort(key=lambda one: (one.is_sellable is into_quarantine, one.lot_id is None))
        moving, missing = take_units(here, quantity)
        if missing:
            raise LotsMissing(quantity - missing, quantity, lot=_code(lot_id))
    of_lots = [(one.lot_id, units) for one, units in moving if one.lot_id is not None]

    def changes(place: UUID | None, sign: int) -> list[LotChange]:
        return [
            LotChange(
                level_id=level.id, lot_id=lot, bin_id=place, change=sign * units, reason="moved"
            )
            for lot, units in of_lots
        ]

    apply(changes(source, -1), by=by, actor=actor)
    after = bin_contents.apply(
        [
            BinChange(bin_id=place, level_id=level.id, change=change, reason="moved")
            for place, change in ((source, -quantity), (target, quantity))
            if place is not None
        ],
        by=by,
        actor=actor,
        move_id=move_id,
    )
    apply(changes(target, 1), by=by, actor=actor)
    return after, sum(units for one, units in moving if one.is_expired)


def apply(changes: Sequence[LotChange], *, by: Principal, actor: str) -> None:
    """Change what is in lots and write their journal; the levels are locked.

    Raises `LotMoved` when a lot has fewer units at a place.
    """
    sums: dict[tuple[UUID, UUID, UUID | None], LotChange] = {}
    for change in changes:
        key = (change.level_id, change.lot_id, change.bin_id)
        before = sums.get(key)
        sums[key] = replace(change, change=change.change + (before.change if before else 0))
    moved = [change for change in sums.values() if change.change]
    if not moved:
        return
    after: dict[tuple[UUID, UUID, UUID | None], int] = {}
    going, coming = ([one for one in moved if (one.change > 0) is comes] for comes in (False, True))
    for statement, part in ((_TAKE, going), (_PUT, coming)):
        if part:
            rows = require_transaction().execute(
                statement,
                {
                    "ids": [new_id() for _ in part],
                    "level_ids": [change.level_id for change in part],
                    "lot_ids": [change.lot_id for change in part],
                    "bin_ids": [change.bin_id for change in part],
                    "changes": [change.change for change in part],
                },
            )
            after |= {(row.level_id, row.lot_id, row.bin_id): row.quantity for row in rows}
    if len(after) != len(moved):
        raise LotMoved("a lot has fewer units than were read under the lock of their level")
    now = clock.now()
    bulk_sql.bulk_insert(
        cast(Table, LotMovement.__table__),
        [
            {
                "id": new_id(),
                "created_at": now,
                "lot_id": change.lot_id,
                "level_id": change.level_id,
                "bin_id": change.bin_id,
                "change": change.change,
                "quantity_after": after[change.level_id, change.lot_id, change.bin_id],
                "reason": change.reason,
                "actor": actor,
                "actor_id": by.id,
                "reference": change.reference,
                "order_id": change.order_id,
                "fulfilment_id": change.fulfilment_id,
            }
            for change in moved
        ],
    )


_change_rows = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("level_ids", type_=ARRAY(Uuid)),
        bindparam("lot_ids", type_=ARRAY(Uuid)),
        bindparam("bin_ids", type_=ARRAY(Uuid)),
        bindparam("changes", type_=ARRAY(Integer)),
    )
    .table_valued(
        column("id", Uuid),
        column("level_id", Uuid),
        column("lot_id", Uuid),
        column("bin_id", Uuid),
        column("change", Integer),
        name="moved",
    )
    .render_derived()
)
_TABLE: Final = cast(Table, LotStock.__table__)
_CHANGED: Final = (_TABLE.c.level_id, _TABLE.c.lot_id, _TABLE.c.bin_id, _TABLE.c.quantity)
_TAKE: Final = (
    update(_TABLE)
    .where(
        _TABLE.c.level_id == _change_rows.c.level_id,
        _TABLE.c.lot_id == _change_rows.c.lot_id,
        _TABLE.c.bin_id.is_not_distinct_from(_change_rows.c.bin_id),
        _TABLE.c.quantity + _change_rows.c.change >= 0,
    )
    .values(quantity=_TABLE.c.quantity + _change_rows.c.change)
    .returning(*_CHANGED)
)
_put = insert(_TABLE).from_select(
    ["id", "level_id", "lot_id", "bin_id", "quantity"],
    select(
        _change_rows.c.id,
        _change_rows.c.level_id,
        _change_rows.c.lot_id,
        _change_rows.c.bin_id,
        _change_rows.c.change,
    ),
)
_PUT: Final = _put.on_conflict_do_update(
    index_elements=["level_id", "lot_id", "bin_id"],
    set_={"quantity": _TABLE.c.quantity + _put.excluded.quantity},
).returning(*_CHANGED)


def _places(levels: Mapping[UUID, Level]) -> dict[UUID, list[LotPlace]]:
    """Read where the units of locked levels are, of which lots, and in no lot."""
    if not levels:
        return {}
    settings = current_settings()
    bins = bin_contents.contents_of(set(levels))
    rows = require_transaction().execute(
        select(
            *(LotStock.level_id, LotStock.lot_id, LotStock.bin_id, LotStock.quantity),
            *(Lot.expires_on, Lot.is_sellable),
        )
        .join(Lot, Lot.id == LotStock.lot_id)
        .where(any_of(LotStock.level_id, levels), LotStock.quantity > 0)
        .order_by(Lot.expires_on, Lot.code, Lot.id)
    )
    ranks: dict[tuple[UUID, UUID | None], tuple[int, int]] = {}
    orders: dict[UUID | None, Collection[UUID]] = {}
    in_no_lot: dict[tuple[UUID, UUID | None], int] = {}
    for level_id, level in levels.items():
        ranks[level_id, None] = NO_BIN, NO_BIN * _STEP
        in_no_lot[level_id, None] = level.on_hand - level.in_bins
        for number, one in enumerate(bins.get(level_id, ())):
            ranks[level_id, one.bin_id] = one.rank, one.rank * _STEP + number
            in_no_lot[level_id, one.bin_id] = one.quantity
            orders[one.bin_id] = one.order_ids
    found: dict[UUID, list[LotPlace]] = {level_id: [] for level_id in levels}

    def add(level_id: UUID, bin_id: UUID | None, place: LotPlace) -> None:
        kind, place.rank = ranks[level_id, bin_id]
        place.is_quarantined = kind == RANK[BinKind.QUARANTINE]
        place.is_picked = kind <= RANK[BinKind.STAGING]
        place.order_ids = orders.get(bin_id, ())
        found[level_id].append(place)

    for row in rows:
        in_no_lot[row.level_id, row.bin_id] -= row.quantity
        lasts = row.expires_on is None or row.expires_on >= settings.today
        place = LotPlace(row.lot_id, row.bin_id, row.quantity, row.expires_on)
        # `expired` counts what the sweep has seen; what is sold is judged by the date itself.
        place.is_sellable, place.is_expired = row.is_sellable and lasts, not row.is_sellable
        add(row.level_id, row.bin_id, place)
    for (level_id, bin_id), units in in_no_lot.items():
        if units > 0:
            add(level_id, bin_id, LotPlace(None, bin_id, units))
    return found


_STEP: Final = 1_000_000
"""Above every number of bins that hold one variant: the kind of a bin decides, then its place."""


def _taken(
    level: Level, places: Sequence[LotPlace], entry: JournalEntry
) -> list[tuple[LotPlace, int]]:
    """Choose the places from which an entry takes its units."""
    here = [one for one in places if entry.is_anywhere or one.bin_id == entry.bin_id]
    if entry.is_anywhere:
        # Totes of other orders are only for what is nowhere else.
        own = [one for one in here if not one.order_ids or entry.order_id in one.order_ids]
        here = own if sum(one.quantity for one in own) >= -entry.on_hand else here
    missing, taken = -entry.on_hand, []
    for lot_id, units in entry.lots:
        of_lot, short = take_units([one for one in here if one.lot_id == lot_id], units)
        if short:
            raise LotsMissing(units - short, units, lot=_code(lot_id))
        taken += of_lot
        missing -= units
    if missing and entry.kind in SOLD and entry.is_anywhere:
        rest, short = take_units(first_expired_first(here), missing)
        if short:
            sku = queries.skus([level.variant_id])[level.variant_id]
            raise LotsMissing(missing - short, -entry.on_hand, sku=sku)
        return [*taken, *rest]
    is_out_of_quarantine = entry.quarantine < 0
    lost = least_known_first(here)
    if entry.is_anywhere:
        stopped = [one for one in lost if one.is_quarantined] if is_out_of_quarantine else []
        lost = [*stopped, *(one for one in lost if not one.is_quarantined)]
    rest, short = take_units(lost, missing)
    if short:
        raise bin_contents.BinMoved(f"{short} units of level {level.id} are in no place")
    return [*taken, *rest]


def _unsold(entries: Sequence[JournalEntry]) -> set[tuple[UUID, UUID | None]]:
    """Return which of the lots that come to places are not sold any more, by lot and bin.

    What comes to a quarantine bin is in quarantine, and not counted a second time.
    """
    if not entries:
        return set()
    session, lot_ids = require_transaction(), {lot for one in entries for lot, _ in one.lots}
    stopped = set(session.scalars(select(Lot.id).where(any_of(Lot.id, lot_ids), ~Lot.is_sellable)))
    if not stopped:
        return set()
    bin_ids = {entry.bin_id for entry in entries if entry.bin_id is not None}
    quarantine = set(
        session.scalars(
            select(Bin.id).where(any_of(Bin.id, bin_ids), Bin.kind == BinKind.QUARANTINE)
        )
    )
    return {
        (lot_id, entry.bin_id)
        for entry in entries
        for lot_id, _ in entry.lots
        if lot_id in stopped and entry.bin_id not in quarantine
    }


def _code(lot_id: UUID | None) -> str:
    return str(require_transaction().scalar(select(Lot.code).where(Lot.id == lot_id)))


def _change(entry: JournalEntry, lot_id: UUID, bin_id: UUID | None, units: int) -> LotChange:
    return LotChange(
        level_id=entry.level_id,
        lot_id=lot_id,
        bin_id=bin_id,
        change=units,
        reason=entry.reason or entry.kind.value,
        reference=entry.reference,
        order_id=entry.order_id,
        fulfilment_id=entry.fulfilment_id,
    )
