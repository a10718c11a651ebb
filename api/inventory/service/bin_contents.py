"""What is in the bins: taken out and put in under the locks of the levels, with its own journal.

Units on hand that are in no bin are the difference between the level and its bins. A shop without
bins runs none of these statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

_RANK: Final = {
    BinKind.PACKING: 0,
    BinKind.STAGING: 1,
    BinKind.PICK: 2,
    # Units in no bin come here.
    BinKind.BULK: 4,
    BinKind.RECEIVING: 5,
    BinKind.QUARANTINE: 6,
}
_NO_BIN: Final = 3


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


def draw(
    levels: Mapping[UUID, Level], entries: Sequence[JournalEntry], *, by: Principal, actor: str
) -> None:
    """Take units that leave the stock out of their bins.

    An entry without a bin takes from packing, staging and pick bins first (the preferred one, then
    by pick sequence), then what is in no bin, then from bulk and receiving bins; from quarantine
    bins only what leaves quarantine. Raises `BinMoved` when the units are in no such place.
    """
    leaving = [
        entry
        for entry in entries
        if entry.on_hand < 0 and (entry.bin_id or levels[entry.level_id].in_bins)
    ]
    if not leaving:
        return
    contents = _contents({entry.level_id for entry in leaving})
    loose = {entry.level_id: levels[entry.level_id] for entry in leaving}
    in_no_bin = {level_id: level.on_hand - level.in_bins for level_id, level in loose.items()}
    changes = []
    for entry in leaving:
        places = contents.setdefault(entry.level_id, [])
        no_bin = _Place(None, _NO_BIN, in_no_bin[entry.level_id])
        wanted = [place for place in places if entry.bin_id in (None, place.bin_id)]
        if entry.bin_id is None:
            wanted = sorted([*wanted, no_bin], key=lambda place: place.rank)
            is_quarantined = [place.rank == _RANK[BinKind.QUARANTINE] for place in wanted]
            out, sound = _split(wanted, is_quarantined)
            wanted = [*out, *sound] if entry.quarantine < 0 else sound
        missing = -entry.on_hand
        for place in wanted:
            units = min(missing, place.quantity)
            if units:
                place.quantity -= units
                missing -= units
                if place.bin_id:
                    changes.append(_change(entry, place.bin_id, -units))
        in_no_bin[entry.level_id] = no_bin.quantity
        if missing:
            raise BinMoved(f"{missing} units of level {entry.level_id} are in no place")
    apply(changes, by=by, actor=actor)


def put(entries: Sequence[JournalEntry], *, by: Principal, actor: str) -> None:
    """Put units that come into the bins that their entries name."""
    changes = [
        _change(entry, entry.bin_id, entry.on_hand)
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
class _Place:
    """A bin, or no bin, from which units may be taken."""

    bin_id: UUID | None
    rank: int
    quantity: int


def _contents(level_ids: set[UUID]) -> dict[UUID, list[_Place]]:
    """Read what is in the bins of levels, in the order in which it is taken."""
    rows = require_transaction().execute(
        select(BinStock.level_id, BinStock.bin_id, BinStock.quantity, Bin.kind)
        .join(Bin, Bin.id == BinStock.bin_id)
        .join(StockLevel, StockLevel.id == BinStock.level_id)
        .where(any_of(BinStock.level_id, level_ids), BinStock.quantity > 0)
        .order_by(
            case({kind.value: rank for kind, rank in _RANK.items()}, value=Bin.kind),
            func.coalesce(StockLevel.preferred_bin_id == Bin.id, False).desc(),
            Bin.pick_sequence,
            Bin.code,
        )
    )
    contents: dict[UUID, list[_Place]] = {}
    for row in rows:
        contents.setdefault(row.level_id, []).append(
            _Place(row.bin_id, _RANK[row.kind], row.quantity)
        )
    return contents


def _split(places: Sequence[_Place], first: Sequence[bool]) -> tuple[list[_Place], list[_Place]]:
    chosen = list(zip(places, first, strict=True))
    return [place for place, yes in chosen if yes], [place for place, yes in chosen if not yes]


def _change(entry: JournalEntry, bin_id: UUID, units: int) -> BinChange:
    return BinChange(
        bin_id=bin_id,
        level_id=entry.level_id,
        change=units,
        reason=entry.kind.value,
        reference=entry.reference,
    )
