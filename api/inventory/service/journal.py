"""The journal: the only module that changes the quantities of a stock level.

A caller locks the levels of its variants, decides, and passes entries. Here the entries become one
guarded update of the levels, one insert into the journal and the resulting events.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    String,
    Table,
    Update,
    Uuid,
    bindparam,
    case,
    column,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from api.catalog.service import stock_status
from api.inventory.errors import LocationNotFound, VariantUnknown
from api.inventory.models import MovementKind, StockLevel, StockMovement
from api.inventory.service import (
    back_orders,
    bin_contents,
    lot_contents,
    moving_average,
    notifications,
)
from api.inventory.service.journal_entries import JournalEntry, LevelChange, is_rare, sums
from api.inventory.service.locks import LEVELS, Level
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import divide_half_up
from api.kernel.principal import Principal
from api.platform import auth, bulk_sql, observability
from api.platform.db import UtcDateTime, require_transaction
from api.platform.prepared import prepared

_COUNTERS: Final = ("on_hand", "allocated", "reserved")
_STATES: Final = ("damaged", "quarantine", "safety_stock", "expired")
_RARE: Final = (*_STATES, "back_ordered")


def _move_statement(counters: Sequence[str]) -> Update:
    """Build the guarded update that adds changes of these counters to levels."""
    change = (
        func.unnest(
            bindparam("level_ids", type_=ARRAY(Uuid)),
            *(bindparam(f"{name}s", type_=ARRAY(Integer)) for name in counters),
        )
        .table_valued(
            column("level_id", Uuid),
            *(column(name, Integer) for name in counters),
            name="change",
        )
        .render_derived()
    )
    after: dict[str, Any] = {
        name: LEVELS.c[name] + change.c[name] if name in counters else LEVELS.c[name]
        for name in (*_COUNTERS, *_RARE)
    }
    promised = after["allocated"] + after["reserved"]
    unavailable = sum((after[name] for name in _STATES[1:]), after[_STATES[0]])
    return prepared(
        update(LEVELS)
        .where(
            LEVELS.c.id == change.c.level_id,
            # The guard: whatever was read before, the units must be there at this moment.
            *(after[name] >= 0 for name in counters),
            promised <= after["on_hand"],
            # Only new promises need units for sale: a lost unit may be one of the safety stock.
            or_(
                change.c.allocated + change.c.reserved <= func.greatest(change.c.on_hand, 0),
                after["on_hand"] - unavailable - promised >= 0,
            ),
        )
        .values(
            **{name: after[name] for name in counters},
            # Reservations do not count: carts come and go all day, and most release them again.
            below_threshold=func.coalesce(
                after["on_hand"] - unavailable - after["allocated"] - after["back_ordered"]
                <= LEVELS.c.low_stock_threshold,
                False,
            ),
            last_moved_at=bindparam("moved_at"),
            last_moved_by=bindparam("moved_by"),
        )
        .returning(
            LEVELS.c.id,
            (
                LEVELS.c.on_hand - LEVELS.c.unavailable - LEVELS.c.allocated - LEVELS.c.back_ordered
            ).label("left"),
            LEVELS.c.low_stock_threshold,
            LEVELS.c.below_threshold,
        )
    )


# Sales change no state, and pay for none.
_MOVE: Final = _move_statement(_COUNTERS)
_MOVE_ALL: Final = _move_statement((*_COUNTERS, *_RARE))


_opening = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("variants", type_=ARRAY(Uuid)),
        bindparam("quantities", type_=ARRAY(Integer)),
    )
    .table_valued(
        column("id", Uuid), column("variant_id", Uuid), column("quantity", Integer), name="opening"
    )
    .render_derived()
)
_has_goods = _opening.c.quantity > 0
# One value per column, however many levels: the statement is built and planned once.
_OPEN: Final = (
    upsert(LEVELS)
    .from_select(
        [
            *("id", "created_at", "variant_id", "location_id", "on_hand"),
            *("last_moved_at", "last_moved_by", "allocated", "reserved", "below_threshold"),
        ],
        select(
            _opening.c.id,
            bindparam("now", type_=UtcDateTime),
            _opening.c.variant_id,
            bindparam("location", type_=Uuid),
            _opening.c.quantity,
            case((_has_goods, bindparam("now", type_=UtcDateTime))),
            case((_has_goods, bindparam("actor", type_=String))),
            *(literal(0), literal(0), literal(False)),
        ).order_by(_opening.c.variant_id),
        include_defaults=False,
    )
    .on_conflict_do_nothing(constraint="uq_stock_levels_variant_location")
    .returning(LEVELS.c.variant_id, LEVELS.c.id)
)


class LevelMoved(RuntimeError):
    """A level changed although it was locked, or was written without being locked: a bug."""


def write_entries(
    levels: Mapping[UUID, Level],
    entries: Sequence[JournalEntry],
    *,
    by: Principal,
    serves: bool = True,
) -> None:
    """Write entries to the journal and add their sums to the levels.

    Units that become available are allocated to the order lines that wait for them, unless
    `serves` is False because not all levels are locked.
    `levels` are the locked levels, all of each variant that the entries touch. Two statements for
    any number of entries, and more only where units are in bins or lots, have a cost, or when a
    variant sells out or comes back. Raises `LevelMoved` when the guard of the update rejects a
    level, and `BinMoved` when a bin named by an entry has fewer units: callers check both before.
    Raises `LotsMissing`, which `lot_refusals` explains, when too few units are in the lots that an
    entry names, or in lots that may be sold.
    """
    if not entries:
        return
    if by.locations is not None:
        moved_units = {entry.level_id for entry in entries if entry.on_hand}
        auth.check_location(by, {levels[level_id].location_id for level_id in moved_units})
    session, now, actor = require_transaction(), clock.now(), actor_label(by)
    # Before the sums: only the lots know how many of the units have expired.
    entries = lot_contents.draw(levels, entries, by=by, actor=actor)
    bin_contents.draw(levels, entries, by=by, actor=actor)
    changes = sums(entries)
    if serves:
        arrived = back_orders.allocate_arrived(levels, changes)
        if arrived:
            entries = [*entries, *arrived]
            changes = sums(entries)
    has_rare = any(is_rare(change) for change in changes.values())
    session.flush()  # entries may refer to rows that are not written yet
    moved = session.execute(
        _MOVE_ALL if has_rare else _MOVE,
        {
            "level_ids": list(changes),
            **{
                f"{name}s": [getattr(change, name) for change in changes.values()]
                for name in (*_COUNTERS, *(_RARE if has_rare else ()))
            },
            "moved_at": now,
            "moved_by": actor,
        },
    ).all()
    if len(moved) != len(changes):
        raise LevelMoved(f"{len(changes) - len(moved)} levels rejected the change")
    before = {level_id: levels[level_id].on_hand for level_id in changes}
    journal(before, entries, by=by, actor=actor, now=now)
    bin_contents.put(entries, by=by, actor=actor)
    lot_contents.put(entries, by=by, actor=actor)
    _note_counts(changes, actor=actor, now=now)
    notifications.emit_low_stock(levels, moved)
    notifications.update_in_stock_now(levels, changes)
    notifications.update_back_orders(levels, changes)


def open_levels(
    opening: Mapping[UUID, int], location_id: UUID, *, by: Principal
) -> dict[UUID, UUID]:
    """Create levels at a location with their opening stock; returns variant -> new level.

    Existing levels are left alone. Raises `VariantUnknown` or `LocationNotFound`.
    """
    session, now, actor = require_transaction(), clock.now(), actor_label(by)
    auth.check_location(by, {location_id})
    if not opening:
        return {}
    try:
        opened = session.execute(
            _OPEN,
            {
                "ids": [new_id() for _ in opening],
                "variants": list(opening),
                "quantities": list(opening.values()),
                "location": location_id,
                "now": now,
                "actor": actor,
            },
        ).all()
    except IntegrityError as clash:
        if "variants" in str(clash.orig):
            raise VariantUnknown from clash
        if "locations" in str(clash.orig):
            raise LocationNotFound(location_id=location_id) from clash
        raise
    entries = [
        JournalEntry(level_id=level_id, kind=MovementKind.OPENING, on_hand=opening[variant_id])
        for variant_id, level_id in opened
        if opening[variant_id]
    ]
    if entries:
        journal({entry.level_id: 0 for entry in entries}, entries, by=by, actor=actor, now=now)
    stocked = [variant_id for variant_id, _ in opened if opening[variant_id]]
    if stocked:
        stock_status.update_in_stock(in_stock=stocked, out_of_stock=[])
    return {row.variant_id: row.id for row in opened}


def actor_label(by: Principal) -> str:
    """Name the actor of a journal entry: staff by name, customers and guests by their kind."""
    if by.kind in ("staff", "system"):
        return (by.label or by.kind.capitalize())[:120]
    return by.kind.capitalize()


def journal(
    on_hand_before: Mapping[UUID, int],
    entries: Sequence[JournalEntry],
    *,
    by: Principal,
    actor: str,
    now: datetime,
) -> None:
    """Insert journal entries without changing the level; most callers want `write_entries`."""
    on_hand, rows, request_id = dict(on_hand_before), [], observability.request_id()
    averages = moving_average.update_averages(on_hand_before, entries)
    has_rare = any(is_rare(entry) for entry in entries)
    for number, entry in enumerate(entries):
        on_hand[entry.level_id] += entry.on_hand
        rows.append(
            {
                "id": new_id(),
                "created_at": now,
                "level_id": entry.level_id,
                "kind": entry.kind,
                "on_hand_change": entry.on_hand,
                "allocated_change": entry.allocated,
                "reserved_change": entry.reserved,
                "on_hand_after": on_hand[entry.level_id],
                "reason": entry.reason,
                "note": entry.note,
                "reference": entry.reference,
                "actor": actor,
                "actor_id": by.id,
                "order_id": entry.order_id,
                "fulfilment_id": entry.fulfilment_id,
                "refund_id": entry.refund_id,
                "request_id": request_id,
            }
        )
        if has_rare:
            rows[-1] |= {f"{name}_change": getattr(entry, name) for name in _RARE}
        if averages:
            unit_cost = None
            if entry.cost is not None and entry.on_hand:
                unit_cost = divide_half_up(abs(entry.cost), abs(entry.on_hand))
            rows[-1] |= {"unit_cost": unit_cost, "average_cost": averages.get(number)}
    bulk_sql.bulk_insert(cast(Table, StockMovement.__table__), rows)


def _note_counts(changes: Mapping[UUID, LevelChange], *, actor: str, now: datetime) -> None:
    counted = [level_id for level_id, change in changes.items() if change.counted]
    if counted:
        require_transaction().execute(
            update(StockLevel)
            .where(StockLevel.id.in_(counted))
            .values(last_counted_at=now, last_counted_by=actor)
            .execution_options(synchronize_session=False)
        )
