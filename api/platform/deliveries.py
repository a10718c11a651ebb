"""Deliveries carried out: claimed from Postgres lane by lane, each on its own, again until done.

A lane holds what it has claimed in a `Hand`. Whoever watches over the lanes renews their claims,
ends a job that takes too long, and hands back what waits behind a slow one.
"""

import ctypes
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from rq.timeouts import JobTimeoutException
from sqlalchemy import String, cast, exists, func, select
from sqlalchemy.exc import SQLAlchemyError

from api.kernel import clock
from api.kernel.errors import Unavailable
from api.kernel.events import Event
from api.platform import attention, delivery_claims, jobs, outbox
from api.platform.attention import AttentionItem, AttentionKind
from api.platform.db import session, transaction
from api.platform.delivery_claims import DueDelivery
from api.platform.observability import JOBS, bind_request_id
from api.platform.outbox import Delivery, Lane

AT_ONCE = {
    Lane.MONEY: 20, Lane.MAIL: 20, Lane.BULK_MAIL: 20, Lane.DEFAULT: 200, Lane.LONG: 1,
}  # fmt: skip
"""How many a lane claims at once: what it can carry out in about a second."""
MAX_TOGETHER = 50
"""Facts that a job takes together, in one transaction."""
MARK_EVERY_SECONDS = 0.5
SLOW_SECONDS = 5.0
FAILURES_BEFORE_ATTENTION = 5

_log = structlog.get_logger("api.jobs")


class Hand:
    """What one lane has claimed: what runs now, since when, and what waits behind it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[DueDelivery] = deque()
        self._running: list[DueDelivery] = []
        self.done: list[DueDelivery] = []
        """What was carried out and is not marked done yet: many are marked at once."""
        self._began_at = 0.0
        self._ends_at = 0.0
        self._thread = 0
        self._is_told = False

    def fill(self, due: Sequence[DueDelivery]) -> None:
        """Take what was claimed in hand, in order."""
        with self._lock:
            self._waiting.extend(due)

    def take(self) -> list[DueDelivery]:
        """Begin with the next one, and with those that its job takes together with it."""
        with self._lock:
            self._running, self._is_told = [], False
            if self._waiting:
                first = self._waiting[0]
                most = MAX_TOGETHER if jobs.registry().takes_many(first.subscriber) else 1
                alike = [one for one in self._waiting if one.subscriber == first.subscriber]
                self._running = alike[:most]
                for one in self._running:
                    self._waiting.remove(one)
                self._thread = threading.get_ident()
                self._began_at = time.monotonic()
                self._ends_at = self._began_at + jobs.registry().seconds_for(first.subscriber)
            return self._running

    def held(self) -> list[DueDelivery]:
        """Return everything that is claimed."""
        with self._lock:
            return [*self.done, *self._running, *self._waiting]

    def let_go(self, *, only_behind_slow: bool = False) -> list[DueDelivery]:
        """Put down what was not begun, at once or only when it would wait; returns it."""
        with self._lock:
            if only_behind_slow and time.monotonic() - self._began_at < SLOW_SECONDS:
                return []
            waiting = list(self._waiting)
            self._waiting.clear()
            return waiting

    def end_overdue(self) -> bool:
        """Raise `JobTimeoutException` in a job that is over its time; True when it does not heed.

        A job that goes on for a minute after that hangs where Python cannot reach it.
        """
        with self._lock:
            over = time.monotonic() - self._ends_at
            if not self._running or over < 0:
                return False
            if not self._is_told:
                self._is_told = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread), ctypes.py_object(JobTimeoutException)
                )
            return over > jobs.HARD_AFTER_SECONDS


def work_off(lane: Lane, hand: Hand, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Claim what is due in a lane, as much as fits into a second, and carry it out.

    Returns how many were claimed. When told to stop it finishes the running one and hands back the
    others.
    """
    with transaction():
        due = delivery_claims.claim_due(AT_ONCE[lane], lane)
    hand.fill(due)
    marked_at = time.monotonic()
    try:
        while some := hand.take():
            carry_out(some, hand.done)
            if time.monotonic() - marked_at > MARK_EVERY_SECONDS:
                _mark_done(hand)
                marked_at = time.monotonic()
            if is_stopping():
                break
    finally:
        _mark_done(hand)
        if left := hand.let_go():
            with transaction():
                delivery_claims.hand_back(left)
    return len(due)


def _mark_done(hand: Hand) -> None:
    """Mark together what was carried out one by one; its jobs may run again, should this fail."""
    if hand.done:
        with transaction():
            for subscriber in sorted({one.subscriber for one in hand.done}):
                delivery_claims.finish([one for one in hand.done if one.subscriber == subscriber])
        hand.done = []


def watch(hands: Sequence[Hand]) -> bool:
    """Say that what is in hand is being worked on; False when a job hangs for good.

    What waits behind a slow one is handed back, for another worker.
    """
    for hand in hands:
        if left := hand.let_go(only_behind_slow=True):
            with transaction():
                delivery_claims.hand_back(left)
    with transaction():
        delivery_claims.keep_claims([one for hand in hands for one in hand.held()])
    hangs = [hand.end_overdue() for hand in hands]
    return not any(hangs)


def carry_out(due: Sequence[DueDelivery], done: list[DueDelivery] | None = None) -> None:
    """Carry out claimed deliveries, once each, those of one job together where it takes many.

    Never raises for what a job does: the ledger remembers, and it comes due again. When a job
    fails for many together, each is tried alone: only what fails alone is late. What spans
    transactions, and can run twice, is left to be marked done to whoever gives a list for it.
    """
    alike: dict[str, list[DueDelivery]] = {}
    for one in due:
        together = jobs.registry().takes_many(one.subscriber) and not one.was_claimed
        alike.setdefault(one.subscriber if together else f"{one.fact_id}", []).append(one)
    for some in alike.values():
        if len(some) == 1 or not _succeeds_together(some):
            for one in some:
                _carry_out(one, done)


def _succeeds_together(due: list[DueDelivery]) -> bool:
    began, subscriber = time.perf_counter(), due[0].subscriber
    bind_request_id(due[0].request_id)
    try:
        job = jobs.registry().job(subscriber)
        with transaction():
            done = delivery_claims.finish(due)
            job([one.fact for one in due if one.fact_id in done])
            for one in due:
                _clear_failing(one)
    except JobTimeoutException:
        session.rollback()
        raise
    except Exception as error:  # noqa: BLE001 - whoever is at fault is found one by one
        session.rollback()
        _log.warning("jobs_one_by_one", job=subscriber, facts=len(due), error=type(error).__name__)
        return False
    finally:
        session.remove()
    JOBS.labels(subscriber, "done").inc(len(done))
    took = round((time.perf_counter() - began) * 1000, 1)
    _log.info("job", job=subscriber, facts=len(done), outcome="done", ms=took)
    return True


def _carry_out(due: DueDelivery, done: list[DueDelivery] | None) -> None:
    bind_request_id(due.request_id)
    began, fact = time.perf_counter(), str(due.fact_id)
    try:
        if due.was_claimed:
            with transaction():
                delivery_claims.begin_attempt(due)
        outcome = _deliver(due, done)
    except Exception as error:  # noqa: BLE001 - whatever it was is noted and comes due again
        session.rollback()
        outcome = "failed"
        _log.exception("job_failed", job=due.subscriber, fact=fact)
        _note_failure(due, error)
    finally:
        session.remove()
    JOBS.labels(due.subscriber, outcome).inc()
    took = round((time.perf_counter() - began) * 1000, 1)
    _log.info("job", job=due.subscriber, fact=fact, outcome=outcome, ms=took)


def _deliver(due: DueDelivery, done: list[DueDelivery] | None) -> str:
    job = jobs.registry().job(due.subscriber)
    if getattr(job, "__spans_transactions__", False):
        if not due.is_surely_ours and delivery_claims.is_done(due):
            return "repeated"
        session.rollback()
        job(due.fact)
        if done is not None and not due.attempts:
            done.append(due)
            return "done"
        with transaction():
            delivery_claims.finish([due])
            _clear_failing(due)
        return "done"
    with transaction():
        # First the ledger: it locks the row, so a second worker waits here and then finds it done.
        if not delivery_claims.finish([due]):
            return "repeated"
        fact: Event | list[Event] = due.fact
        job([fact] if jobs.registry().takes_many(due.subscriber) else fact)
        _clear_failing(due)
    return "done"


def _note_failure(due: DueDelivery, error: Exception) -> None:
    """Write down why an attempt failed, unless the database is what failed.

    Then it is enough that the delivery stands there undone: it comes due again.
    """
    words = jobs.in_words(error)
    try:
        with transaction():
            attempts = delivery_claims.note_failure(due, words)
            if attempts >= outbox.ATTEMPTS:
                _raise_failing(due.fact_id, due.subscriber, f"is given up, with {words}")
            elif attempts >= FAILURES_BEFORE_ATTENTION:
                # Whatever is away is away for all: one item tells of it, and not one for each.
                fact_id = None if isinstance(error, Unavailable) else due.fact_id
                _raise_failing(fact_id, due.subscriber, f"failed {attempts} times, with {words}")
    except SQLAlchemyError as lost:
        _log.warning("failure_not_noted", job=due.subscriber, error=type(lost).__name__)


def _raise_failing(fact_id: UUID | None, subscriber: str, words: str) -> None:
    """Ask for a person. About e-mails none is sent: it would wait behind those that fail."""
    attention.raise_item(
        AttentionKind.FAILING_JOB,
        jobs.delivery_reference(fact_id, subscriber),
        f"the job {subscriber} {words}",
        is_told=not subscriber.startswith("notifications."),
    )


def _clear_failing(due: DueDelivery) -> None:
    if due.attempts >= FAILURES_BEFORE_ATTENTION:
        for fact_id in (due.fact_id, None):
            reference = jobs.delivery_reference(fact_id, due.subscriber)
            attention.clear(AttentionKind.FAILING_JOB, reference=reference)


def list_given_up() -> None:
    """Ask for a person about deliveries whose last attempt died with its worker, unnoted."""
    reference = cast(Delivery.fact_id, String) + "/" + Delivery.subscriber
    is_known = exists().where(
        AttentionItem.kind == AttentionKind.FAILING_JOB, AttentionItem.reference == reference
    )
    with transaction():
        for row in session.execute(
            select(Delivery.fact_id, Delivery.subscriber, Delivery.last_error)
            .where(
                outbox.IS_GIVEN_UP,
                func.coalesce(Delivery.claimed_until, Delivery.due_at) <= clock.now(),
                ~is_known,
            )
            .limit(outbox.BATCH)
        ):
            error = row.last_error or delivery_claims.DIED
            _raise_failing(row.fact_id, row.subscriber, f"is given up, with {error}")
