"""Carry out deliveries: each lane claims some from Postgres and runs their jobs until they succeed.

A lane keeps what it has claimed in `ClaimedDeliveries`. The relay thread monitors all lanes: it
renews their claims, interrupts a job over its time limit, and releases what waits behind a slow
one.
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

BATCH_SIZES = {
    Lane.MONEY: 20, Lane.MAIL: 20, Lane.BULK_MAIL: 20, Lane.DEFAULT: 200, Lane.PRINT: 5,
    Lane.LONG: 1,
}  # fmt: skip
"""How many deliveries a lane claims at once: what it can carry out in about a second."""
MAX_TOGETHER = 50
"""Events that a `batched` job takes together, in one transaction."""
MARK_EVERY_SECONDS = 0.5
SLOW_SECONDS = 5.0
FAILURES_BEFORE_ATTENTION = 5

_log = structlog.get_logger("api.jobs")


class ClaimedDeliveries:
    """What one lane has claimed: what runs now, since when, and what waits behind it.

    Locked internally: the lane's thread and the monitoring thread both use it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[DueDelivery] = deque()
        self._running: list[DueDelivery] = []
        self.done: list[DueDelivery] = []
        """What was carried out and is not marked done yet: many are marked at once."""
        self._began_at = 0.0
        self._ends_at = 0.0
        self._thread = 0
        self._is_interrupted = False

    def add(self, due: Sequence[DueDelivery]) -> None:
        """Add claimed deliveries, in order."""
        with self._lock:
            self._waiting.extend(due)

    def start_next(self) -> list[DueDelivery]:
        """Start the next delivery, with those that its job takes together; [] at the end."""
        with self._lock:
            self._running, self._is_interrupted = [], False
            if self._waiting:
                first = self._waiting[0]
                most = MAX_TOGETHER if jobs.registry().takes_many(first.subscriber) else 1
                same_job = [each for each in self._waiting if each.subscriber == first.subscriber]
                self._running = same_job[:most]
                for delivery in self._running:
                    self._waiting.remove(delivery)
                self._thread = threading.get_ident()
                self._began_at = time.monotonic()
                self._ends_at = self._began_at + jobs.registry().seconds_for(first.subscriber)
            return self._running

    def deliveries(self) -> list[DueDelivery]:
        """Return everything that is claimed."""
        with self._lock:
            return [*self.done, *self._running, *self._waiting]

    def take_waiting(self, *, only_behind_slow: bool = False) -> list[DueDelivery]:
        """Remove what has not started, or only when a slow job holds it up; returns it."""
        with self._lock:
            if only_behind_slow and time.monotonic() - self._began_at < SLOW_SECONDS:
                return []
            waiting = list(self._waiting)
            self._waiting.clear()
            return waiting

    def interrupt_overdue(self) -> bool:
        """Raise `JobTimeoutException` in a job over its time limit; True when it does not react.

        A job that runs on for a minute after that hangs where Python cannot interrupt it.
        """
        with self._lock:
            over = time.monotonic() - self._ends_at
            if not self._running or over < 0:
                return False
            if not self._is_interrupted:
                self._is_interrupted = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread), ctypes.py_object(JobTimeoutException)
                )
            return over > jobs.HARD_AFTER_SECONDS


def carry_out_due(
    lane: Lane, claimed: ClaimedDeliveries, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Claim what is due in a lane, about a second of work, and carry it out.

    Returns how many were claimed. When told to stop it finishes the running delivery and releases
    the others.
    """
    with transaction():
        due = delivery_claims.claim_due(BATCH_SIZES[lane], lane)
    claimed.add(due)
    marked_at = time.monotonic()
    try:
        while batch := claimed.start_next():
            carry_out(batch, claimed.done)
            if time.monotonic() - marked_at > MARK_EVERY_SECONDS:
                _mark_done(claimed)
                marked_at = time.monotonic()
            if is_stopping():
                break
    finally:
        _mark_done(claimed)
        if waiting := claimed.take_waiting():
            with transaction():
                delivery_claims.release(waiting)
    return len(due)


def _mark_done(claimed: ClaimedDeliveries) -> None:
    """Mark what was carried out as done, in one transaction; if this fails, the jobs run again."""
    done = claimed.done
    if done:
        with transaction():
            for subscriber in sorted({each.subscriber for each in done}):
                delivery_claims.finish([each for each in done if each.subscriber == subscriber])
        claimed.done = []


def monitor(lanes: Sequence[ClaimedDeliveries]) -> bool:
    """Renew the claims of all lanes and interrupt overdue jobs; False when one hangs for good.

    What waits behind a slow job is released, for another worker.
    """
    for claimed in lanes:
        if waiting := claimed.take_waiting(only_behind_slow=True):
            with transaction():
                delivery_claims.release(waiting)
    with transaction():
        delivery_claims.renew([each for claimed in lanes for each in claimed.deliveries()])
    hangs = [claimed.interrupt_overdue() for claimed in lanes]
    return not any(hangs)


def carry_out(due: Sequence[DueDelivery], done: list[DueDelivery] | None = None) -> None:
    """Carry out claimed deliveries once each, those of a `batched` job together.

    Never raises for an error of a job: it is stored, and the delivery comes due again. When a
    batch fails, each of its deliveries is tried alone, so that only those at fault are delayed.
    Deliveries of jobs that manage their own transactions, which can run twice, are appended to
    `done`, if it is passed, for the caller to mark.
    """
    batches: dict[str, list[DueDelivery]] = {}
    for delivery in due:
        # A delivery whose worker died is tried alone: it may be the one that kills workers.
        together = jobs.registry().takes_many(delivery.subscriber) and not delivery.was_claimed
        key = delivery.subscriber if together else f"{delivery.fact_id}"
        batches.setdefault(key, []).append(delivery)
    for batch in batches.values():
        if len(batch) == 1 or not _carry_out_batch(batch):
            for delivery in batch:
                _carry_out(delivery, done)


def _carry_out_batch(due: list[DueDelivery]) -> bool:
    """Run a batched job once for all; False when it failed."""
    began, subscriber = time.perf_counter(), due[0].subscriber
    bind_request_id(due[0].request_id)
    try:
        job = jobs.registry().job(subscriber)
        with transaction():
            done = delivery_claims.finish(due)
            job([delivery.event for delivery in due if delivery.fact_id in done])
            for delivery in due:
                _clear_failing(delivery)
    except JobTimeoutException:
        session.rollback()
        raise
    except Exception as error:  # noqa: BLE001 - each is tried alone afterwards
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
    except Exception as error:  # noqa: BLE001 - stored; the delivery comes due again
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
        job(due.event)
        if done is not None and not due.attempts:
            done.append(due)
            return "done"
        with transaction():
            delivery_claims.finish([due])
            _clear_failing(due)
        return "done"
    with transaction():
        # Marked first: that locks the row, so a second worker waits here and then finds it done.
        if not delivery_claims.finish([due]):
            return "repeated"
        event: Event | list[Event] = due.event
        job([event] if jobs.registry().takes_many(due.subscriber) else event)
        _clear_failing(due)
    return "done"


def _note_failure(due: DueDelivery, error: Exception) -> None:
    """Store why an attempt failed, and put it on the attention list after several failures.

    If the database itself fails, the delivery is simply not done and comes due again.
    """
    reason = jobs.describe_error(error)
    try:
        with transaction():
            attempts = delivery_claims.note_failure(due, reason)
            if attempts >= outbox.ATTEMPTS:
                _raise_failing(due.fact_id, due.subscriber, f"is given up, with {reason}")
            elif attempts >= FAILURES_BEFORE_ATTENTION:
                # A service that is down fails for all deliveries: one item for them together.
                fact_id = None if isinstance(error, Unavailable) else due.fact_id
                _raise_failing(fact_id, due.subscriber, f"failed {attempts} times, with {reason}")
    except SQLAlchemyError as database_error:
        _log.warning("failure_not_noted", job=due.subscriber, error=type(database_error).__name__)


def _raise_failing(fact_id: UUID | None, subscriber: str, what: str) -> None:
    """Raise an attention item; without an e-mail when e-mails fail: it would wait behind them."""
    attention.raise_item(
        AttentionKind.FAILING_JOB,
        jobs.delivery_reference(fact_id, subscriber),
        f"the job {subscriber} {what}",
        notify=not subscriber.startswith("notifications."),
    )


def _clear_failing(due: DueDelivery) -> None:
    if due.attempts >= FAILURES_BEFORE_ATTENTION:
        for fact_id in (due.fact_id, None):
            reference = jobs.delivery_reference(fact_id, due.subscriber)
            attention.clear(AttentionKind.FAILING_JOB, reference=reference)


def list_given_up() -> None:
    """Put deliveries on the attention list whose last attempt died with its worker.

    Nobody else could: the worker that would have stored the failure is gone.
    """
    reference = cast(Delivery.fact_id, String) + "/" + Delivery.subscriber
    is_listed = exists().where(
        AttentionItem.kind == AttentionKind.FAILING_JOB, AttentionItem.reference == reference
    )
    with transaction():
        for row in session.execute(
            select(Delivery.fact_id, Delivery.subscriber, Delivery.last_error)
            .where(
                outbox.IS_GIVEN_UP,
                func.coalesce(Delivery.claimed_until, Delivery.due_at) <= clock.now(),
                ~is_listed,
            )
            .limit(outbox.BATCH)
        ):
            error = row.last_error or delivery_claims.DIED
            _raise_failing(row.fact_id, row.subscriber, f"is given up, with {error}")
