"""What is in the bins: taken out and put in under the locks of the levels, with its own journal.

Units on hand that are in no bin are the difference between the level and its bins. A shop without
bins runs none of these statements.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, cast
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Table, Uuid, bindparam, case, column, func, select, update
from sqlalchemy.dialects.postgresql import insert

from api.inventory.errors import BinElsewhere, BinInactive, BinNotFound, BinShort
from api.inventory.models import Bin, BinKind, BinMovement, BinStock, StockLevel
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import bulk_sql
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction

RANK: Final = {
    BinKind.PACKING: 0,
    BinKind.STAGING: 1,
    BinKind.TOTE: 1,
    BinKind.PICK: 2,
    # Units in no bin come here.
    BinKind.BULK: 4,
    BinKind.RECEIVING: 5,
    BinKind.QUARANTINE: 6,
}
NO_BIN: Final = 3
_OWN_TOTE: Final = -1
_TOTE_OF_ANOTHER: Final = 7


class BinMoved(RuntimeError):
    """A bin changed although its level was locked, or was not checked before: a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinChange:
    """Units of a level that come to a bin, or go."""

    bin_id: UUID
    level_id: UUID
    change: int
    reason: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class BinHere:
    """A bin as it is while the transaction uses it."""

    id: UUID
    location_id: UUID
    code: str
    kind: BinKind
    is_active: bool

    @property
    def is_quarantine(self) -> bool:
        """Tell whether units in it are not for sale."""
        return self.kind is BinKind.QUARANTINE


def keep(bin_ids: Sequence[UUID]) -> dict[UUID, BinHere]:
    """Lock bins against edits (FOR SHARE, by id) and return them. Raises `BinNotFound`."""
    rows = require_transaction().execute(
        select(Bin.id, Bin.location_id, Bin.code, Bin.kind, Bin.is_active)
        .where(any_of(Bin.id, bin_ids))
        .order_by(Bin.id)
        .with_for_update(read=True)
    )
    bins = {row.id: BinHere(*row) for row in rows}
    for bin_id in bin_ids:
        if bin_id not in bins:
            raise BinNotFound(bin_id=bin_id)
    return bins


def check_takes(bin_: BinHere, location_id: UUID) -> None:
    """Refuse a bin that is not in use (`BinInactive`) or elsewhere (`BinElsewhere`)."""
    if bin_.location_id != location_id:
        raise BinElsewhere(bin_code=bin_.code)
    if not bin_.is_active:
        raise BinInactive(bin_code=bin_.code)


def check_holds(bin_: BinHere, level_id: UUID, units: int) -> None:
    """Refuse to take more units of a locked level from a bin than it has (`BinShort`)."""
    if units > 0:
        present = require_transaction().scalar(
            select(BinStock.quantity).where(
                BinStock.bin_id == bin_.id, BinStock.level_id == level_id
            )
        )
        if (present or 0) < units:
            raise BinShort(bin_code=bin_.code, present=present or 0, requested=units)


def check_no_bin_holds(level: Level, units: int) -> None:
    """Refuse to take more units of a locked level from no bin than are in none (`BinShort`)."""
    present = level.on_hand - level.in_bins
    if units > present:
        raise BinShort(bin_code="No bin", present=present, requested=units)


def draw(
    levels: Mapping[UUID, Level], entries: Sequence[JournalEntry], *, by: Principal, actor: str
) -> None:
    """Take units that leave the stock out of their bins.

    An entry of a bin, or of what is in no bin, takes from there only. Any other takes from the
    totes of its order, then from packing, staging and pick bins (the preferred one, then by pick
    sequence), then what is in no bin, then from bulk and receiving bins, and last from totes of
    other orders; from quarantine bins only what leaves quarantine. What is in lots is taken by
    `lot_contents.draw`. Raises `BinMoved` when the units are in no such place.
    """
    leaving = [
        entry
        for entry in entries
        if entry.on_hand < 0
        and (entry.bin_id or levels[entry.level_id].in_bins)
        and not levels[entry.level_id].in_lots
    ]
    if not leaving:
        return
    contents = contents_of({entry.level_id for entry in leaving})
    loose = {entry.level_id: levels[entry.level_id] for entry in leaving}
    in_no_bin = {level_id: level.on_hand - level.in_bins for level_id, level in loose.items()}
    changes = []
    for entry in leaving:
        places = contents.setdefault(entry.level_id, [])
        no_bin = BinPlace(None, NO_BIN, in_no_bin[entry.level_id])
        wanted = [place for place in (*places, no_bin) if place.bin_id == entry.bin_id]
        if entry.is_anywhere:
            rank = partial(rank_for, entry.order_id)
            wanted = sorted([*places, no_bin], key=rank)
            is_quarantined = [place.rank == RANK[BinKind.QUARANTINE] for place in wanted]
            out, sound = _split(wanted, is_quarantined)
            wanted = [*out, *sound] if entry.quarantine < 0 else sound
        missing = -entry.on_hand
        for place in wanted:
            units = min(missing, place.quantity)
            if units:
                place.quantity -= units
                missing -= units
                if place.bin_id:
                    changes.append(change_of(entry, place.bin_id, -units))
        in_no_bin[entry.level_id] = no_bin.quantity
        if missing:
            raise BinMoved(f"{missing} units of level {entry.level_id} are in no place")
    apply(changes, by=by, actor=actor)


def put(entries: Sequence[JournalEntry], *, by: Principal, actor: str) -> None:
    """Put units that come into the bins that their entries name."""
    changes = [
        change_of(entry, entry.bin_id, entry.on_hand)
        for entry in entries
        if entry.bin_id is not None and entry.on_hand > 0
    ]
    apply(changes, by=by, actor=actor)


def apply(
    changes: Sequence[BinChange], *, by: Principal, actor: str, move_id: UUID | None = None
) -> dict[tuple[UUID, UUID], int]:
    """Change what is in bins and write the bins' journal; the levels are locked.

    Returns what is left by bin and level. Raises `BinMoved` when a bin has fewer units.
    """
    if not changes:
        return {}
    sums: dict[tuple[UUID, UUID], BinChange] = {}
    for change in changes:
        key, before = (change.bin_id, change.level_id), sums.get((change.bin_id, change.level_id))
        units = change.change + (before.change if before else 0)
        sums[key] = BinChange(
            bin_id=change.bin_id,
            level_id=change.level_id,
            change=units,
            reason=change.reason,
            reference=change.reference,
        )
    moved = [change for change in sums.values() if change.change]
    going = [change for change in moved if change.change < 0]
    after: dict[tuple[UUID, UUID], int] = {}
    for statement, part in ((_TAKE, going), (_PUT, [c for c in moved if c.change > 0])):
        if part:
            rows = require_transaction().execute(
                statement,
                {
                    "bin_ids": [change.bin_id for change in part],
                    "level_ids": [change.level_id for change in part],
                    "changes": [change.change for change in part],
                },
            )
            after |= {(row.bin_id, row.level_id): row.quantity for row in rows}
        if len(after) < len(part):
            raise BinMoved("a bin has fewer units than were read under the lock of their level")
    now, own_id = clock.now(), move_id or new_id()
    bulk_sql.bulk_insert(
        cast(Table, BinMovement.__table__),
        [
            {
                "id": new_id(),
                "created_at": now,
                "bin_id": change.bin_id,
                "level_id": change.level_id,
                "change": change.change,
                "quantity_after": after[change.bin_id, change.level_id],
                "move_id": own_id,
                "reason": change.reason,
                "actor": actor,
                "actor_id": by.id,
                "reference": change.reference,
            }
            for change in moved
        ],
    )
    return after


_change_rows = (
    func.unnest(
        bindparam("bin_ids", type_=ARRAY(Uuid)),
        bindparam("level_ids", type_=ARRAY(Uuid)),
        bindparam("changes", type_=ARRAY(Integer)),
    )
    .table_valued(
        column("bin_id", Uuid), column("level_id", Uuid), column("change", Integer), name="moved"
    )
    .render_derived()
)
_TAKE: Final = (
    update(BinStock)
    .where(
        BinStock.bin_id == _change_rows.c.bin_id,
        BinStock.level_id == _change_rows.c.level_id,
        BinStock.quantity + _change_rows.c.change >= 0,
    )
    .values(quantity=BinStock.quantity + _change_rows.c.change)
    .returning(BinStock.bin_id, BinStock.level_id, BinStock.quantity)
    .execution_options(synchronize_session=False)
)
_TABLE: Final = cast(Table, BinStock.__table__)
_put = insert(_TABLE).from_select(
    ["bin_id", "level_id", "quantity"],
    select(_change_rows.c.bin_id, _change_rows.c.level_id, _change_rows.c.change),
)
_PUT: Final = _put.on_conflict_do_update(
    index_elements=["bin_id", "level_id"],
    set_={"quantity": _TABLE.c.quantity + _put.excluded.quantity},
).returning(_TABLE.c.bin_id, _TABLE.c.level_id, _TABLE.c.quantity)


@dataclass(slots=True)
class BinPlace:
    """A bin, or no bin, from which units may be taken."""

    bin_id: UUID | None
    rank: int
    quantity: int
    order_ids: Collection[UUID] = ()
    """Whose units a tote holds: of one order, or of those of single items."""


def rank_for(order_id: UUID | None, place: BinPlace) -> int:
    """Return when units are taken from a place for an order: from its own totes first."""
    if not place.order_ids:
        return place.rank
    return _OWN_TOTE if order_id in place.order_ids else _TOTE_OF_ANOTHER


def contents_of(level_ids: set[UUID]) -> dict[UUID, list[BinPlace]]:
    """Read what is in the bins of levels, in the order in which it is taken."""
    rows = require_transaction().execute(
        select(
            *(BinStock.level_id, BinStock.bin_id, BinStock.quantity, Bin.kind),
            *(Bin.order_id, Bin.order_ids),
        )
        .join(Bin, Bin.id == BinStock.bin_id)
        .join(StockLevel, StockLevel.id == BinStock.level_id)
        .where(any_of(BinStock.level_id, level_ids), BinStock.quantity > 0)
        .order_by(
            case({kind.value: rank for kind, rank in RANK.items()}, value=Bin.kind),
            func.coalesce(StockLevel.preferred_bin_id == Bin.id, False).desc(),
            Bin.pick_sequence,
            Bin.code,
        )
    )
    contents: dict[UUID, list[BinPlace]] = {}
    for row in rows:
        contents.setdefault(row.level_id, []).append(
            BinPlace(
                row.bin_id,
                RANK[row.kind],
                row.quantity,
                [row.order_id] if row.order_id else row.order_ids or (),
            )
        )
    return contents


def _split(
    places: Sequence[BinPlace], first: Sequence[bool]
) -> tuple[list[BinPlace], list[BinPlace]]:
    chosen = list(zip(places, first, strict=True))
    return [place for place, yes in chosen if yes], [place for place, yes in chosen if not yes]


def change_of(entry: JournalEntry, bin_id: UUID, units: int) -> BinChange:
    """Build the change of a bin by an entry."""
    return BinChange(
        bin_id=bin_id,
        level_id=entry.level_id,
        change=units,
        reason=entry.kind.value,
        reference=entry.reference,
    )
