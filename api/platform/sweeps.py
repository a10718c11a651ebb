"""Sweeps: periodic jobs that query for due items and process each on its own.

A failing item is stored with its reason, waits longer each time, and is put on the attention list;
it neither stops nor delays the others. The query of due items excludes those that `waits` matches.
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
"""Attempts at an unavailable service before an attention item is raised: about six hours."""
FAULTS_BEFORE_ATTENTION = 3
MAX_UNANSWERED = 3
"""A run ends after so many items in a row fail because a service is unavailable."""
GONE_AFTER = timedelta(hours=24)
_REFERENCE = "sweep:"

_log = structlog.get_logger("api.sweeps")


class SweepAttempt(Base):
    """An item of a sweep that is not done yet: how often it failed, why, and its next attempt."""

    __tablename__ = "sweep_attempts"

    sweep: Mapped[str] = mapped_column(String(80), primary_key=True)
    item: Mapped[str] = mapped_column(String(200), primary_key=True)
    tries: Mapped[int]
    failures: Mapped[int]
    next_attempt_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(default=clock.now)


class Outcome(Enum):
    """The result of processing an item. `carry_out` may return LATER; the others are derived."""

    DONE = "done"
    LATER = "later"
    NOT_NOW = "not now"
    FAILED = "failed"
    UNANSWERED = "unanswered"


def _nothing(_: object) -> Subjects | None:
    return None


@dataclass(frozen=True, slots=True)
class Sweep:
    """How items of one kind are found and processed.

    `due(limit)` returns due items, without those that wait. `carry_out` opens its own transactions.
    It returns `Outcome.LATER` for an item that must wait without a failure, and False for one that
    another process has locked, or that depends on another item.
    """

    name: str
    due: Callable[[int], Sequence[object]]
    carry_out: Callable[[Any], object]
    about: Callable[[Any], Subjects | None] = _nothing


def waits(sweep: str, item: object) -> ColumnElement[bool]:
    """Return the condition that an item waits for its next attempt in a sweep."""
    return exists().where(
        SweepAttempt.sweep == sweep,
        SweepAttempt.item == cast(item, String),
        SweepAttempt.next_attempt_at > clock.now(),
    )


def run(sweep: Sweep) -> int:
    """Process due items, one by one, for half a minute at most; returns how many were done.

    An item that is still due after it was processed is postponed, so that it delays no others.
    """
    ends_at, processed, done, unanswered = time.monotonic() + SECONDS_PER_RUN, set[str](), 0, 0
    while True:
        items = sweep.due(BATCH)
        session.rollback()
        skipped, progressed = [], False
        for item in items:
            if time.monotonic() > ends_at or jobs.STOPPING.is_set():
                return done
            if str(item) in processed:
                note_later(sweep.name, item)
                continue
            outcome = _try(sweep, item)
            if outcome is Outcome.NOT_NOW:
                skipped.append(item)
                continue
            processed.add(str(item))
            progressed, done = True, done + (outcome is Outcome.DONE)
            unanswered = unanswered + 1 if outcome is Outcome.UNANSWERED else 0
            if unanswered >= MAX_UNANSWERED:
                return done
        if len(items) < BATCH and not (progressed and skipped):
            return done
        if not progressed:
            if not skipped:
                return done
            for item in skipped:  # a whole batch of them would hide the items behind it
                processed.add(str(item))
                note_later(sweep.name, item)


def try_each(sweep: str, items: Mapping[str, Item], carry_out: Callable[[Item], object]) -> bool:
    """Process each item, by its id; `failed` lists those that failed for another attempt.

    False when a service is unavailable, and the rest was not tried.
    """
    single = Sweep(sweep, lambda _: (), lambda ref: carry_out(items[ref]))
    unanswered = 0
    for ref in items:
        unanswered = unanswered + 1 if _try(single, ref) is Outcome.UNANSWERED else 0
        if unanswered >= MAX_UNANSWERED:
            return False
    return True


def _try(sweep: Sweep, item: object) -> Outcome:
    try:
        outcome = sweep.carry_out(item)
    except JobTimeoutException as timeout:
        session.rollback()
        note_failure(sweep.name, item, timeout, about=sweep.about)
        raise
    except Exception as error:  # noqa: BLE001 - stored with its reason, and tried again
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
    """Process each of a few items in a transaction of its own, even if some fail.

    The first error is raised at the end, so that the caller's job is retried.
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


def in_transaction(carry_out: Callable[[Any], object]) -> Callable[[object], object]:
    """Wrap a function so that it runs in a transaction."""

    def carried_out(item: object) -> object:
        with transaction():
            return carry_out(item)

    return carried_out


def in_batches(forget: Callable[[int], int]) -> None:
    """Call `forget(limit)` in transactions of a thousand rows, until none is left or time is up."""
    ends_at = time.monotonic() + SECONDS_PER_RUN
    while time.monotonic() < ends_at and not jobs.STOPPING.is_set():
        with transaction():
            if forget(ROWS_AT_ONCE) < ROWS_AT_ONCE:
                return


def purge_gone() -> None:
    """Delete attempts of items that were no longer due at their next attempt.

    Somebody else did them, or their cause is gone; their attention items are cleared.
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
    """Return the items that do not wait for their next attempt."""
    waiting = session.scalars(
        select(SweepAttempt.item).where(
            SweepAttempt.sweep == sweep, SweepAttempt.next_attempt_at > clock.now()
        )
    ).all()
    return [item for item in items if str(item) not in waiting]


def failed(sweep: str, limit: int) -> Sequence[str]:
    """List the failed items of a sweep whose next attempt is due, the longest waiting first."""
    return session.scalars(
        select(SweepAttempt.item)
        .where(SweepAttempt.sweep == sweep, SweepAttempt.next_attempt_at <= clock.now())
        .order_by(SweepAttempt.next_attempt_at)
        .limit(limit)
    ).all()


def note_done(sweep: str, item: object) -> None:
    """Delete the failures of an item, and clear its attention item."""
    with transaction():
        gone = session.scalar(
            delete(SweepAttempt)
            .where(SweepAttempt.sweep == sweep, SweepAttempt.item == str(item))
            .returning(SweepAttempt.failures)
        )
        if gone:
            attention.clear(AttentionKind.FAILING_JOB, reference=reference(sweep, item))


def note_later(sweep: str, item: object) -> None:
    """Postpone an item without a failure: longer each time, up to an hour."""
    with transaction():
        _note(sweep, item, error=None)


def note_failure(
    sweep: str,
    item: object,
    error: Exception,
    *,
    about: Callable[[Any], Subjects | None] = _nothing,
) -> None:
    """Store why an item failed, and raise an attention item.

    At once for a domain error, after a few attempts for a bug, and after hours for an unavailable
    service.
    """
    # A domain error has a text for people; of any other error the class says more.
    reason = getattr(error, "detail", None) or jobs.describe_error(error)
    _log.warning("sweep_failed", sweep=sweep, item=str(item), error=type(error).__name__)
    subjects = about(item)
    session.rollback()
    with transaction():
        failures = _note(sweep, item, error=reason)
        if failures >= _failures_before_attention(error):
            attention.raise_item(
                AttentionKind.FAILING_JOB,
                reference(sweep, item),
                f"{sweep} cannot do this, tried {failures} times: {reason}",
                about=subjects,
            )


def retry(attention_reference: str) -> bool | None:
    """Make a failing item due at the next run; None for the reference of something else.

    Needs a transaction.
    """
    if not attention_reference.startswith(_REFERENCE):
        return None
    sweep, _, item = attention_reference.removeprefix(_REFERENCE).partition(":")
    changed = require_transaction().scalar(
        update(SweepAttempt)
        .where(SweepAttempt.sweep == sweep, SweepAttempt.item == item)
        .values(next_attempt_at=clock.now())
        .returning(SweepAttempt.item)
    )
    return changed is not None


def _note(sweep: str, item: object, *, error: str | None) -> int:
    """Count an attempt; returns how often the item failed. Locks its row; needs a transaction."""
    now = clock.now()
    existing = session.get(SweepAttempt, (sweep, str(item)), with_for_update=True)
    tries = 0 if existing is None else existing.tries
    values = {
        "tries": tries + 1,
        "failures": (existing.failures if existing else 0) + (error is not None),
        "next_attempt_at": now + min(FIRST_WAIT * 2 ** min(tries, 10), LONGEST_WAIT),
        "last_error": None if error is None else error[:2000],
    }
    statement = insert(SweepAttempt).values(sweep=sweep, item=str(item), since=now, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=["sweep", "item"], set_=values),
        execution_options={"synchronize_session": False},
    )
    return int(values["failures"])


def _failures_before_attention(error: Exception) -> int:
    if isinstance(error, Unavailable):
        return UNAVAILABLE_BEFORE_ATTENTION
    return 1 if hasattr(error, "detail") else FAULTS_BEFORE_ATTENTION


def reference(sweep: str, item: object) -> str:
    """Return the attention reference of an item of a sweep."""
    return f"{_REFERENCE}{sweep}:{item}"
