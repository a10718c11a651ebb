"""Sweeps: work that is found by looking for it, again and again, each thing on its own.

One that fails is noted with its reason, waits longer each time, and is put before a person; it
neither stops nor starves the others. The query of what is due leaves out what `waits`.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import structlog
from rq.timeouts import JobTimeoutException
from sqlalchemy import ColumnElement, String, Text, cast, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.errors import Unavailable
from api.platform import attention, jobs
from api.platform.attention import AttentionKind, Subjects
from api.platform.db import Base, require_transaction, session, transaction

Item = TypeVar("Item")

BATCH = 50
ROWS_AT_ONCE = 1_000
SECONDS_PER_RUN = 30.0
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
UNAVAILABLE_BEFORE_ATTENTION = 12
"""Tries against somebody who does not answer before a person is asked: about six hours."""
FAULTS_BEFORE_ATTENTION = 3
MAX_UNANSWERED = 3
"""So often in a row nobody may answer before a run ends: the others would wait in vain too."""
GONE_AFTER = timedelta(hours=24)
_REFERENCE = "sweep:"

_log = structlog.get_logger("api.sweeps")


class SweepAttempt(Base):
    """A thing of a sweep that is not done yet: how often it failed, why, and when it is next."""

    __tablename__ = "sweep_attempts"

    sweep: Mapped[str] = mapped_column(String(80), primary_key=True)
    item: Mapped[str] = mapped_column(String(200), primary_key=True)
    tries: Mapped[int]
    failures: Mapped[int]
    next_attempt_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(default=clock.now)


class Outcome(Enum):
    """What came of looking at a thing. `carry_out` says LATER; the others follow from it."""

    DONE = "done"
    LATER = "later"
    NOT_NOW = "not now"
    FAILED = "failed"
    UNANSWERED = "unanswered"


def _nothing(_: Any) -> Subjects | None:
    return None


@dataclass(frozen=True, slots=True)
class Sweep:
    """How things of one kind are found and done.

    `due` returns at most so many that are due, without those that wait. `carry_out` opens its own
    transactions. It says `Outcome.LATER` of one that must wait without being at fault, and False of
    one that somebody else has, or that waits for another one.
    """

    name: str
    due: Callable[[int], Sequence[Any]]
    carry_out: Callable[[Any], object]
    about: Callable[[Any], Subjects | None] = _nothing


def waits(sweep: str, item: Any) -> ColumnElement[bool]:
    """Tell in a query whether a thing waits for its next attempt in a sweep."""
    return exists().where(
        SweepAttempt.sweep == sweep,
        SweepAttempt.item == cast(item, String),
        SweepAttempt.next_attempt_at > clock.now(),
    )


def run(sweep: Sweep) -> int:
    """Carry out what is due, one by one, for half a minute at most; returns how many were done.

    What is still due afterwards is looked at later each time, so that it stands before nobody.
    """
    ends_at, over, done, unanswered = time.monotonic() + SECONDS_PER_RUN, set[str](), 0, 0
    while True:
        items = sweep.due(BATCH)
        session.rollback()
        left, progressed = [], False
        for item in items:
            if time.monotonic() > ends_at or jobs.STOPPING.is_set():
                return done
            if str(item) in over:
                note_later(sweep.name, item)
                continue
            outcome = _try(sweep, item)
            if outcome is Outcome.NOT_NOW:
                left.append(item)
                continue
            over.add(str(item))
            progressed, done = True, done + (outcome is Outcome.DONE)
            unanswered = unanswered + 1 if outcome is Outcome.UNANSWERED else 0
            if unanswered >= MAX_UNANSWERED:
                return done
        if len(items) < BATCH and not (progressed and left):
            return done
        if not progressed:
            if not left:
                return done
            for item in left:  # others stand behind a whole batch of them
                over.add(str(item))
                note_later(sweep.name, item)


def try_each(sweep: str, things: Mapping[str, Item], carry_out: Callable[[Item], object]) -> bool:
    """Do something with each thing, by its id; what fails is tried again by `failed`.

    False when nobody answers any more, and the rest was not tried.
    """
    each_of = Sweep(sweep, lambda _: (), lambda ref: carry_out(things[ref]))
    unanswered = 0
    for ref in things:
        unanswered = unanswered + 1 if _try(each_of, ref) is Outcome.UNANSWERED else 0
        if unanswered >= MAX_UNANSWERED:
            return False
    return True


def _try(sweep: Sweep, item: Any) -> Outcome:
    try:
        outcome = sweep.carry_out(item)
    except JobTimeoutException as late:
        session.rollback()
        note_failure(sweep.name, item, late, about=sweep.about)
        raise
    except Exception as error:  # noqa: BLE001 - noted with its reason, and tried again
        session.rollback()
        note_failure(sweep.name, item, error, about=sweep.about)
        return Outcome.UNANSWERED if isinstance(error, Unavailable) else Outcome.FAILED
    if outcome is False:
        return Outcome.NOT_NOW
    if outcome is Outcome.LATER:
        note_later(sweep.name, item)
        return Outcome.LATER
    note_done(sweep.name, item)
    return Outcome.DONE


def each(items: Iterable[Item], carry_out: Callable[[Item], object]) -> None:
    """Do something with each of a few things in a transaction of its own, whatever fails.

    The first failure is raised at the end, so that whoever asked comes again.
    """
    failures: list[Exception] = []
    for item in items:
        try:
            with transaction():
                carry_out(item)
        except JobTimeoutException:
            raise
        except Exception as error:  # noqa: BLE001 - raised below
            failures.append(error)
    if failures:
        raise failures[0]


def in_transaction(carry_out: Callable[[Any], object]) -> Callable[[Any], object]:
    """Open the transaction for what needs one."""

    def carried_out(item: Any) -> object:
        with transaction():
            return carry_out(item)

    return carried_out


def in_batches(forget: Callable[[int], int]) -> None:
    """Delete what is old, a thousand rows in a transaction, until none is or the time is over."""
    ends_at = time.monotonic() + SECONDS_PER_RUN
    while time.monotonic() < ends_at and not jobs.STOPPING.is_set():
        with transaction():
            if forget(ROWS_AT_ONCE) < ROWS_AT_ONCE:
                return


def purge_gone() -> None:
    """Forget things that were not due any more when their next attempt came.

    Somebody else did them, or their cause is gone; their items leave the attention list.
    """
    with transaction():
        gone = session.execute(
            delete(SweepAttempt)
            .where(SweepAttempt.next_attempt_at < clock.now() - GONE_AFTER)
            .returning(SweepAttempt.sweep, SweepAttempt.item)
        ).all()
        for sweep, item in gone:
            attention.clear(AttentionKind.FAILING_JOB, reference=reference(sweep, item))


def ready(sweep: str, items: Sequence[Item]) -> list[Item]:
    """Leave out of a few things those that wait for their next attempt."""
    waiting = session.scalars(
        select(SweepAttempt.item).where(
            SweepAttempt.sweep == sweep, SweepAttempt.next_attempt_at > clock.now()
        )
    ).all()
    return [item for item in items if str(item) not in waiting]


def failed(sweep: str, limit: int) -> Sequence[str]:
    """List the things of a sweep whose next attempt is due, those first that wait longest."""
    return session.scalars(
        select(SweepAttempt.item)
        .where(SweepAttempt.sweep == sweep, SweepAttempt.next_attempt_at <= clock.now())
        .order_by(SweepAttempt.next_attempt_at)
        .limit(limit)
    ).all()


def note_done(sweep: str, item: Any) -> None:
    """Forget that a thing ever failed, and take it off the attention list."""
    with transaction():
        gone = session.scalar(
            delete(SweepAttempt)
            .where(SweepAttempt.sweep == sweep, SweepAttempt.item == str(item))
            .returning(SweepAttempt.failures)
        )
        if gone:
            attention.clear(AttentionKind.FAILING_JOB, reference=reference(sweep, item))


def note_later(sweep: str, item: Any) -> None:
    """Note that a thing must wait, through nobody's fault: longer each time, up to an hour."""
    with transaction():
        _note(sweep, item, error=None)


def note_failure(
    sweep: str,
    item: Any,
    error: Exception,
    *,
    about: Callable[[Any], Subjects | None] = _nothing,
) -> None:
    """Note why a thing could not be done, and ask for a person.

    At once about a refusal, after a few times about a fault, and after hours about somebody who
    does not answer.
    """
    # A refusal has words for people; whatever else it is, its kind says more.
    words = getattr(error, "detail", None) or jobs.describe_error(error)
    _log.warning("sweep_failed", sweep=sweep, item=str(item), error=type(error).__name__)
    subjects = about(item)
    session.rollback()
    with transaction():
        failures = _note(sweep, item, error=words)
        if failures >= _failures_before_attention(error):
            attention.raise_item(
                AttentionKind.FAILING_JOB,
                reference(sweep, item),
                f"{sweep} cannot do this, tried {failures} times: {words}",
                about=subjects,
            )


def retry(named: str) -> bool | None:
    """Have a failing thing tried at the next run; None for what is no reference to one.

    Needs a transaction.
    """
    if not named.startswith(_REFERENCE):
        return None
    sweep, _, item = named.removeprefix(_REFERENCE).partition(":")
    found = require_transaction().scalar(
        update(SweepAttempt)
        .where(SweepAttempt.sweep == sweep, SweepAttempt.item == item)
        .values(next_attempt_at=clock.now())
        .returning(SweepAttempt.item)
    )
    return found is not None


def _note(sweep: str, item: Any, *, error: str | None) -> int:
    """Count a try; returns how often it failed. Needs a transaction."""
    now = clock.now()
    known = session.get(SweepAttempt, (sweep, str(item)), with_for_update=True)
    tries = 0 if known is None else known.tries
    news = {
        "tries": tries + 1,
        "failures": (known.failures if known else 0) + (error is not None),
        "next_attempt_at": now + min(FIRST_WAIT * 2 ** min(tries, 10), LONGEST_WAIT),
        "last_error": None if error is None else error[:2000],
    }
    statement = insert(SweepAttempt).values(sweep=sweep, item=str(item), since=now, **news)
    session.execute(
        statement.on_conflict_do_update(index_elements=["sweep", "item"], set_=news),
        execution_options={"synchronize_session": False},
    )
    return int(news["failures"])


def _failures_before_attention(error: Exception) -> int:
    if isinstance(error, Unavailable):
        return UNAVAILABLE_BEFORE_ATTENTION
    return 1 if hasattr(error, "detail") else FAULTS_BEFORE_ATTENTION


def reference(sweep: str, item: Any) -> str:
    """Name a thing of a sweep on the attention list."""
    return f"{_REFERENCE}{sweep}:{item}"
