"""Counts: started, counted line by line, posted or discarded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, func, select, update

from api.inventory import service as inventory_service
from api.inventory.errors import BinShort, InsufficientStock
from api.inventory.service import AdjustReason
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.platform import approvals, audit, auth
from api.platform.auth import StepUpRequired
from api.platform.bulk_sql import bulk_insert
from api.platform.db import AnyRow, require_transaction
from api.platform.settings import current_settings
from api.warehouse.errors import (
    AloneNeedsFactor,
    CountedAtUnlikely,
    CountNotFound,
    CountTooLarge,
    LineClosed,
    LinesHeld,
    LinesOpen,
    NothingToCount,
    SecondPersonNeeded,
)
from api.warehouse.models import Count, CountEntry, CountLine, Place
from api.warehouse.states import COUNT, CountStatus, LineStatus

MOST_LINES: Final = 500
OLDEST: Final = timedelta(days=7)
"""How old a count may be that a console sends after it was offline."""
CLOCKS_DIFFER: Final = timedelta(minutes=2)
_PLANNING_LOCK: Final = 74_212


def start_count(
    location_id: UUID,
    places: Sequence[Place],
    *,
    scope: str,
    is_blind: bool,
    planned_for: date | None = None,
    may_be_empty: bool = False,
    by: Principal,
) -> UUID:
    """Start a count of these places, or plan it for a day; returns its id.

    Raises `NothingToCount` and `CountTooLarge`.
    """
    auth.check_location(by, {location_id})
    if not places and not may_be_empty:
        raise NothingToCount
    if len(places) > MOST_LINES:
        raise CountTooLarge(lines=len(places), most=MOST_LINES)
    session, count_id = require_transaction(), new_id()
    session.add(
        Count(
            id=count_id,
            location_id=location_id,
            scope=scope[:120],
            status=CountStatus.PLANNED if planned_for else CountStatus.COUNTING,
            is_blind=is_blind,
            planned_for=planned_for,
            created_by=by.label[:120],
        )
    )
    session.flush()
    bulk_insert(
        cast(Table, CountLine.__table__),
        [
            {
                "id": new_id(),
                "created_at": clock.now(),
                "count_id": count_id,
                "level_id": place.level_id,
                "bin_id": place.bin_id,
                "status": LineStatus.OPEN,
            }
            for place in places
        ],
    )
    audit.record("count.started", by=by, subject_id=count_id, scope=scope, lines=len(places))
    return count_id


def plan_count(
    level_id: UUID, bin_id: UUID | None, *, location_id: UUID, scope: str, day: date, by: Principal
) -> None:
    """Plan a blind count of one level in one bin, unless an open count has it on its list.

    Two callers who look for one at the same moment would each plan their own: whoever asks for the
    same place waits on an advisory lock until this transaction ends. Until then the count stays as
    it is, too: locked FOR SHARE, before levels.
    """
    place = Place(level_id, bin_id)
    session = require_transaction()
    of_both = func.hashtext(f"{level_id} {bin_id}")
    session.execute(select(func.pg_advisory_xact_lock(_PLANNING_LOCK, of_both)))
    of_place = (
        CountLine.level_id == place.level_id,
        CountLine.bin_id.is_not_distinct_from(place.bin_id),
        CountLine.status == LineStatus.OPEN,
    )
    counts = session.scalars(
        select(Count.id)
        .join(CountLine, CountLine.count_id == Count.id)
        .where(*of_place, Count.status.in_((CountStatus.PLANNED, CountStatus.COUNTING)))
        .order_by(Count.id)
        .with_for_update(of=Count, read=True)
    ).all()
    # Read again under the lock: the line may have been posted while this waited.
    listed = counts and session.scalar(
        select(CountLine.id).where(*of_place, CountLine.count_id.in_(counts)).limit(1)
    )
    if not listed:
        start_count(location_id, [place], scope=scope, is_blind=True, planned_for=day, by=by)


def enter(
    count_id: UUID,
    place: Place,
    counted: int,
    *,
    counted_at: datetime | None = None,
    reason: AdjustReason = AdjustReason.COUNT,
    by: Principal,
) -> UUID:
    """Enter what somebody counted at a place; returns the line.

    The variance is `counted` less what the journals say was there at `counted_at`: picking goes on.
    Within the tolerance it is posted at once. Above it the line waits for a recount by somebody
    else (the only active person may, with a second factor), and two equal variances in a row are
    posted. A place that is not on the list is added to it. Locks the count, then all levels of the
    variant. Raises `CountNotFound`, `InvalidState`, `LineClosed`, `SecondPersonNeeded`,
    `AloneNeedsFactor`, `CountedAtUnlikely`, `LevelNotFound`, and what is wrong with the bin.
    """
    count = _lock(count_id, "count", by=by)
    now = clock.now()
    at = now if counted_at is None else min(counted_at, now)
    if counted_at is not None and not now - OLDEST <= counted_at <= now + CLOCKS_DIFFER:
        raise CountedAtUnlikely
    expected, average_cost = inventory_service.expected_at(
        place.level_id, place.bin_id, at, location_id=count.location_id
    )
    line = _line(count_id, place)
    if line.status in (LineStatus.POSTED, LineStatus.HELD):
        raise LineClosed
    session = require_transaction()
    before = session.execute(
        select(CountEntry.counted, CountEntry.expected, CountEntry.counted_by)
        .where(CountEntry.line_id == line.id)
        .order_by(CountEntry.id.desc())
        .limit(1)
    ).one_or_none()
    if before is not None and line.status is LineStatus.RECOUNT and before.counted_by == by.id:
        _check_alone(by)
    session.add(
        CountEntry(
            id=new_id(),
            line_id=line.id,
            counted=counted,
            expected=expected,
            counted_at=at,
            counted_by=by.id,
            counted_by_name=by.label[:120],
        )
    )
    if reason is AdjustReason.COUNT and line.reason is not None:
        # Who counts again says a figure only; why it differs somebody has said before.
        reason = AdjustReason(line.reason)
    variance = counted - expected
    is_confirmed = (
        before is not None
        and line.status is not LineStatus.OPEN
        and before.counted - before.expected == variance
    )
    # Whoever counts a blocked line again has seen it before, and is no second person.
    by_two = line.status is LineStatus.RECOUNT or (
        before is not None and before.counted_by != by.id
    )
    status, command_id = LineStatus.RECOUNT, new_id()
    if is_confirmed or abs(variance) <= _tolerance(expected):
        # A second person has looked already: the limits of a role are for what nobody else saw.
        person = replace(by, limits={}) if is_confirmed and by_two else by
        reference = f"C-{count.number}"
        status = _post(
            place, variance, reference=reference, reason=reason, command_id=command_id, by=person
        )
    is_told = status in (LineStatus.POSTED, LineStatus.HELD)
    session.execute(
        update(CountLine)
        .where(CountLine.id == line.id)
        .values(
            status=status,
            variance=variance if is_told else None,
            value=_value(variance, average_cost) if is_told else None,
            command_id=command_id if status is LineStatus.HELD else None,
            reason=reason.value,
            closed_at=now if status is LineStatus.POSTED else None,
        )
        .execution_options(synchronize_session=False)
    )
    line_id: UUID = line.id
    return line_id


def finish(count_id: UUID, *, missing_are_zero: bool, by: Principal) -> None:
    """Close a count whose lines are all posted; with `missing_are_zero` the others count as 0.

    A count with zeros that must be counted again stays open. Locks the count, then the levels.
    Raises `CountNotFound`, `InvalidState`, and without `missing_are_zero` `LinesOpen`.
    """
    count = _lock(count_id, "finish", by=by)
    session = require_transaction()
    if missing_are_zero:
        for row in session.execute(
            select(CountLine.level_id, CountLine.bin_id)
            .where(CountLine.count_id == count_id, CountLine.status == LineStatus.OPEN)
            .order_by(CountLine.level_id)
        ).all():
            enter(count_id, Place(row.level_id, row.bin_id), 0, by=by)
    left: dict[LineStatus, int] = {}
    for status in session.scalars(select(CountLine.status).where(CountLine.count_id == count_id)):
        left[status] = left.get(status, 0) + 1
    recount = left.get(LineStatus.RECOUNT, 0) + left.get(LineStatus.BLOCKED, 0)
    held = left.get(LineStatus.HELD, 0)
    if recount or held or left.get(LineStatus.OPEN):
        if missing_are_zero:
            return
        raise LinesOpen(open=left.get(LineStatus.OPEN, 0), recount=recount, held=held)
    _close(count_id, CountStatus.POSTED)
    audit.record("count.finished", by=by, subject_id=count_id, number=count.number)


def discard(count_id: UUID, *, by: Principal) -> None:
    """End a count; what was posted stays posted.

    Missing units that waited for the rest of it are on sale again, as the books have them. Locks
    the count, then the levels of those. Raises `CountNotFound`, `InvalidState`, and `LinesHeld`
    while a difference waits for a second person, who would post it all the same.
    """
    count = _lock(count_id, "discard", by=by)
    of_held = (CountLine.count_id == count_id, CountLine.status == LineStatus.HELD)
    if held := require_transaction().scalar(select(func.count()).where(*of_held)):
        raise LinesHeld(held=held)
    uncounted = require_transaction().execute(
        select(CountLine.level_id, CountLine.bin_id).where(
            CountLine.count_id == count_id, CountLine.status != LineStatus.POSTED
        )
    )
    inventory_service.release_missing({(row[0], row[1]) for row in uncounted}, by=by)
    _close(count_id, CountStatus.DISCARDED)
    audit.record("count.discarded", by=by, subject_id=count_id, number=count.number)


def _lock(count_id: UUID, command: str, *, by: Principal) -> AnyRow:
    """Lock a count and move it on by a command; one at another location is not found."""
    session = require_transaction()
    row = session.execute(
        select(Count.number, Count.status, Count.location_id)
        .where(Count.id == count_id)
        .with_for_update()
    ).one_or_none()
    if row is None or not by.works_at(row.location_id):
        raise CountNotFound(count_id=count_id)
    status = COUNT.next(row.status, command)
    if command == "count" and status != row.status:
        session.execute(
            update(Count)
            .where(Count.id == count_id)
            .values(status=status)
            .execution_options(synchronize_session=False)
        )
    return row


def _close(count_id: UUID, status: CountStatus) -> None:
    require_transaction().execute(
        update(Count)
        .where(Count.id == count_id)
        .values(status=status, closed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _line(count_id: UUID, place: Place) -> AnyRow:
    """Return the line of a place, added if it is not on the list."""
    session = require_transaction()
    of_place = (
        select(CountLine.id, CountLine.status, CountLine.reason)
        .where(CountLine.count_id == count_id, CountLine.level_id == place.level_id)
        .where(CountLine.bin_id.is_not_distinct_from(place.bin_id))
    )
    row = session.execute(of_place).one_or_none()
    if row is None:
        lines = session.scalar(select(func.count()).where(CountLine.count_id == count_id)) or 0
        if lines >= MOST_LINES:
            raise CountTooLarge(lines=lines + 1, most=MOST_LINES)
        session.add(
            CountLine(
                id=new_id(),
                count_id=count_id,
                level_id=place.level_id,
                bin_id=place.bin_id,
                status=LineStatus.OPEN,
            )
        )
        session.flush()
        row = session.execute(of_place).one()
    return row


def settle_held(command_id: UUID) -> None:
    """Close a line once a second person approved its variance; else it is counted again.

    Needs a transaction; locks the count. Changes nothing when the command is of no line, or waits
    still.
    """
    session = require_transaction()
    of_command = (CountLine.command_id == command_id) & (CountLine.status == LineStatus.HELD)
    count_id = session.scalar(select(CountLine.count_id).where(of_command))
    decided = approvals.status_of(approvals.get(command_id)) if count_id else "waiting"
    if count_id is None or decided == "waiting":
        return
    session.execute(select(Count.id).where(Count.id == count_id).with_for_update())
    values: dict[str, object] = {"status": LineStatus.POSTED, "closed_at": clock.now()}
    if decided != "approved":
        values = {"status": LineStatus.RECOUNT, "variance": None, "value": None, "command_id": None}
    session.execute(
        update(CountLine)
        .where(of_command)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _post(
    place: Place,
    variance: int,
    *,
    reference: str,
    reason: AdjustReason,
    command_id: UUID,
    by: Principal,
) -> LineStatus:
    """Put a variance on the level; returns what becomes of the line."""
    try:
        with require_transaction().begin_nested():
            done = inventory_service.adjust(
                place.level_id,
                change=variance,
                on_hand=None,
                expected_on_hand=None,
                reason=AdjustReason.COUNT,
                note=f"{reference}: {reason.value}",
                bin_id=place.bin_id,
                in_no_bin=place.bin_id is None,
                command_id=command_id,
                by=by,
            )
    except (BinShort, InsufficientStock):
        return LineStatus.BLOCKED
    return LineStatus.POSTED if done else LineStatus.HELD


def _tolerance(expected: int) -> int:
    settings = current_settings()
    return max(settings.count_tolerance_units, expected * settings.count_tolerance_percent // 100)


def _value(variance: int, average_cost: Decimal | None) -> int | None:
    if average_cost is None:
        return None
    return int((variance * average_cost).quantize(Decimal(1), ROUND_HALF_UP))


def _check_alone(by: Principal) -> None:
    """Allow the only person who counts here to recount, with a fresh code of a second factor."""
    counters = [one.id for one in approvals.active_staff() if one.may(Permission.INVENTORY_ADJUST)]
    if counters != [by.id]:
        raise SecondPersonNeeded
    if by.second_factor != "held":
        raise AloneNeedsFactor
    if not auth.is_fresh(by):
        raise StepUpRequired
