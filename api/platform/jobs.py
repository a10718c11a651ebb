"""Background jobs: which event starts which job, in which lane, and when periodic jobs run.

Deliveries are claimed from Postgres, see `deliveries`; Redis only announces that there are new
ones. Periodic jobs go through RQ, whose entries may be lost, doubled or late: the row in
`timetable` decides."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from typing import cast as typed
from uuid import UUID

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from sqlalchemy import String, Text, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from api.kernel import clock
from api.kernel.events import Event
from api.platform import attention, delivery_claims, outbox
from api.platform.attention import AttentionKind
from api.platform.db import Base, after_commit, require_transaction, session, transaction
from api.platform.observability import JOBS, bind_request_id
from api.platform.outbox import Lane
from api.platform.redis import client

QUEUE = "stockroom"
LONG_QUEUE = "stockroom-long"
"""The queue of jobs that take minutes, so that a huge import delays no e-mail and no price."""
WAKE_CHANNEL = "stockroom:facts"
JOB_TIMEOUT_SECONDS = 300
LONG_JOB_TIMEOUT_SECONDS = 6 * 3600
HARD_AFTER_SECONDS = 60
"""A job is interrupted this long before its time limit; one that does not end ends its worker."""
PERIODIC_FAILURES_BEFORE_ATTENTION = 3
PATIENCE = timedelta(minutes=10)
"""How long a periodic job may take from being queued to its end before it is queued again."""

STOPPING = threading.Event()
"""Set when this process ends: loops stop after the current item."""

_running: dict[str, "RunStart"] = {}
"""The periodic jobs that this process carries out."""

DeliveryJob = Callable[[Any], None]
Job = TypeVar("Job", bound=Callable[..., None])

_log = structlog.get_logger("api.jobs")


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """A job that runs at an interval. Running twice at once must do no harm."""

    name: str
    every: timedelta
    run: Callable[[], None]
    takes_long: bool = False


class RunStart(NamedTuple):
    """When a run of a periodic job began: wall-clock time, and monotonic seconds."""

    at: datetime
    monotonic: float


class ScheduledJob(Base):
    """When a periodic job ran and when it is due; shared by all worker hosts."""

    __tablename__ = "timetable"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    next_run_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]
    last_took_ms: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it failed in a row since its last success."""
    failing_since: Mapped[datetime | None]


@dataclass(frozen=True)
class JobRegistry:
    """All jobs of the shop; `api.event_handlers` builds it, `create_app` registers it."""

    subscribers: Mapping[type[Event], Sequence[DeliveryJob]]
    timetable: Sequence[PeriodicJob]
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    """By package or by job, where it is not the default lane."""

    renamed: Mapping[str, DeliveryJob] = field(default_factory=dict)
    """Names under which older releases stored deliveries, and the jobs that carry them out now."""

    def names(self) -> dict[type[Event], list[str]]:
        """Return the subscribers by the names under which deliveries are stored."""
        return {event: [name_of(job) for job in jobs] for event, jobs in self.subscribers.items()}

    def job(self, name: str) -> DeliveryJob:
        """Find a subscriber by its stored name; LookupError when a release removed it."""
        try:
            return self._by_name[name]
        except KeyError:
            raise LookupError(f"no job is called {name}") from None

    @cached_property
    def _by_name(self) -> dict[str, DeliveryJob]:
        jobs = {name_of(job): job for jobs in self.subscribers.values() for job in jobs}
        return {**self.renamed, **jobs}

    def lane_of(self, name: str) -> Lane:
        """Return the lane of a subscriber; jobs that take minutes have a lane of their own."""
        if self._is_marked(name, "__takes_long__"):
            return Lane.LONG
        return self.lanes.get(name) or self.lanes.get(name.partition(".")[0], Lane.DEFAULT)

    def takes_many(self, name: str) -> bool:
        """Return whether a subscriber takes several events at once; False for an unknown one."""
        return self._is_marked(name, "__takes_many__")

    def seconds_for(self, name: str) -> int:
        """Return after how many seconds a subscriber is interrupted."""
        return interrupted_after(is_long=self._is_marked(name, "__takes_long__"))

    def _is_marked(self, name: str, mark: str) -> bool:
        try:
            return bool(getattr(self.job(name), mark, False))
        except LookupError:
            return False

    def periodic(self, name: str) -> PeriodicJob:
        """Find a periodic job; LookupError when there is none of that name."""
        for job in self.timetable:
            if job.name == name:
                return job
        names = ", ".join(job.name for job in self.timetable)
        raise LookupError(f"no periodic job is called {name}; there are {names}")


def name_of(job: Callable[..., object]) -> str:
    """Return a job's name: its module and function, as in `notifications.jobs.on_order_placed`."""
    return f"{job.__module__.removeprefix('api.')}.{job.__name__}"


def manages_own_transactions(job: Job) -> Job:
    """Mark a job that opens its own transactions, because it uses the network in between.

    It must be safe to run twice; other jobs run inside the transaction that marks them done.
    """
    job.__spans_transactions__ = True  # type: ignore[attr-defined]
    return job


def long_running(job: Job) -> Job:
    """Mark a job that may take minutes: it runs in a lane of its own."""
    job.__takes_long__ = True  # type: ignore[attr-defined]
    return job


def batched(job: Job) -> Job:
    """Mark a job that takes a list of events, because a batch costs about as much as one.

    It runs in one transaction for the batch; when that fails, for each event alone. It must not
    depend on the order of the events.
    """
    job.__takes_many__ = True  # type: ignore[attr-defined]
    return job


def init_app(app: Flask, work: JobRegistry) -> None:
    """Register the jobs, and wake the relay after commits that emitted events."""
    app.extensions["stockroom_work"] = work


def queue(connection: Redis | None = None, *, is_long: bool = False) -> Queue:
    """Return the RQ queue of periodic jobs, over the app's Redis connections or others."""
    name = LONG_QUEUE if is_long else QUEUE
    return Queue(name, connection=connection or client(), serializer=JSONSerializer)


@after_commit
def _wake_relay(current: Session) -> None:
    """Notify the relay of new events. A lost notification costs a second: the relay also polls."""
    if current.info.get("events"):
        try:
            client().publish(WAKE_CHANNEL, b"")
        except RedisError as lost:
            _log.warning("relay_not_woken", error=type(lost).__name__)


def relay_once() -> int:
    """Turn a batch of waiting events into deliveries; returns how many events."""
    with transaction():
        return outbox.relay(registry().names(), registry().lane_of)


def interrupted_after(*, is_long: bool) -> int:
    """Return after how many seconds a job is interrupted."""
    limit = LONG_JOB_TIMEOUT_SECONDS if is_long else JOB_TIMEOUT_SECONDS
    return limit - HARD_AFTER_SECONDS


def describe_error(error: Exception) -> str:
    """Describe why a job failed, as it is stored and shown: the error's class and message."""
    message = "it took too long" if isinstance(error, JobTimeoutException) else error
    return f"{type(error).__name__}: {message}"


def delivery_reference(fact_id: UUID | None, subscriber: str) -> str:
    """Return the attention reference of a delivery, or with None of all failed of a subscriber."""
    return f"{fact_id or '*'}/{subscriber}"


def retry(reference: str) -> bool:
    """Make a failing job due now; False when it no longer waits. Needs a transaction.

    `reference` is that of its attention item: a delivery, all failed deliveries of a subscriber, or
    a periodic job with the time since which it fails.
    """
    fact_id, is_delivery, subscriber = reference.partition("/")
    if is_delivery:
        return bool(delivery_claims.retry(None if fact_id == "*" else UUID(fact_id), subscriber))
    name = reference.partition("@")[0]
    rescheduled = require_transaction().scalar(
        update(ScheduledJob)
        .where(ScheduledJob.name == name)
        .values(next_run_at=clock.now())
        .returning(ScheduledJob.name)
    )
    return rescheduled is not None


def discard(reference: str) -> bool:
    """Discard a delivery for good; False for one that is done. Needs a transaction.

    A periodic job cannot be discarded: it comes due again.
    """
    fact_id, is_delivery, subscriber = reference.partition("/")
    return bool(is_delivery) and bool(
        delivery_claims.discard(None if fact_id == "*" else UUID(fact_id), subscriber)
    )


def clear_items(deliveries: Iterable[delivery_claims.DeliveryKey]) -> None:
    """Remove deliveries from the attention list that somebody retried or discarded."""
    for fact_id, subscriber in deliveries:
        for reference in {delivery_reference(fact_id, subscriber), f"*/{subscriber}"}:
            attention.clear(AttentionKind.FAILING_JOB, reference=reference)


def claim_due_periodics(*, short_alone: bool = False) -> list[PeriodicJob]:
    """Claim the periodic jobs that are due, so that only one of several hosts runs each.

    The claim is short: a job that the queue lost, or that died with its worker, comes due again
    soon, and one that ran sets its next time itself. `short_alone` skips jobs that take long.
    """
    timetable, now = registry().timetable, clock.now()
    if not timetable:
        return []
    with transaction():
        session.execute(
            insert(ScheduledJob)
            .values([{"name": job.name, "next_run_at": now} for job in timetable])
            .on_conflict_do_nothing()
        )
        due = set(
            session.scalars(
                select(ScheduledJob.name)
                .where(ScheduledJob.next_run_at <= now)
                .with_for_update(skip_locked=True)
            )
        )
        jobs = [
            job for job in timetable if job.name in due and not (short_alone and job.takes_long)
        ]
        for job in jobs:
            session.execute(
                update(ScheduledJob)
                .where(ScheduledJob.name == job.name)
                .values(next_run_at=now + min(job.every, PATIENCE))
            )
    return jobs


def enqueue_due_periodics() -> list[str]:
    """Enqueue the periodic jobs that are due; returns their names."""
    jobs = claim_due_periodics()
    for job in jobs:
        queue(is_long=job.takes_long).enqueue(
            run_periodic,
            job.name,
            job_timeout=interrupted_after(is_long=job.takes_long),
            result_ttl=0,
            failure_ttl=0,
        )
    return [job.name for job in jobs]


def run_periodic(name: str) -> bool:
    """Run one periodic job and store its outcome; True when it succeeded.

    Called by RQ, which interrupts it when it takes too long, or by a command.
    """
    job = registry().periodic(name)
    bind_request_id(f"timetable-{name}")
    began, error = RunStart(clock.now(), time.monotonic()), None
    _running[name] = began
    try:
        job.run()
    except Exception as failure:  # noqa: BLE001 - noted in the timetable; the next run is due
        session.rollback()
        error = describe_error(failure)
        _log.exception("periodic_job_failed", job=name)
    finally:
        _running.pop(name, None)
    with transaction():
        _note_run(job, began, error)
    session.remove()
    return error is None


def note_hanging() -> list[str]:
    """Store the failure of periodic jobs that did not end when interrupted; returns their names.

    They hang where Python cannot interrupt them, so their worker must end.
    """
    now = time.monotonic() - HARD_AFTER_SECONDS
    hanging = [
        (job, began)
        for job in registry().timetable
        if (began := _running.get(job.name)) is not None
        and now - began.monotonic > interrupted_after(is_long=job.takes_long)
    ]
    for job, began in hanging:
        with transaction():
            _note_run(job, began, f"{JobTimeoutException.__name__}: it did not end")
    return [job.name for job, _ in hanging]


def _note_run(job: PeriodicJob, began: RunStart, error: str | None) -> None:
    entry = session.get(ScheduledJob, job.name, with_for_update=True, populate_existing=True)
    if entry is not None:
        entry.next_run_at = began.at + job.every
        entry.last_run_at = clock.now()
        entry.last_took_ms = round((time.monotonic() - began.monotonic) * 1000)
        entry.last_error = None if error is None else error[:2000]
        _note_outcome(entry)
    JOBS.labels(job.name, "failed" if error else "done").inc()


def _note_outcome(entry: ScheduledJob) -> None:
    """Count failures in a row; raise an attention item after a few, clear it on success."""
    if entry.last_error is None:
        if entry.failing_since is not None:
            attention.clear(AttentionKind.FAILING_JOB, reference=_periodic_reference(entry))
        entry.failures, entry.failing_since = 0, None
        return
    entry.failures += 1
    entry.failing_since = entry.failing_since or clock.now()
    if entry.failures >= PERIODIC_FAILURES_BEFORE_ATTENTION:
        attention.raise_item(
            AttentionKind.FAILING_JOB,
            _periodic_reference(entry),
            f"the periodic job {entry.name} failed {entry.failures} times in a row, with "
            f"{entry.last_error}",
        )


def failing_periodics() -> list[str]:
    """Return the periodic jobs that failed so often in a row that they need attention."""
    return list(
        session.scalars(
            select(ScheduledJob.name)
            .where(ScheduledJob.failures >= PERIODIC_FAILURES_BEFORE_ATTENTION)
            .order_by(ScheduledJob.name)
        )
    )


def _periodic_reference(entry: ScheduledJob) -> str:
    """Return the attention reference of a failing job; each series of failures has its own."""
    assert entry.failing_since is not None
    return f"{entry.name}@{entry.failing_since.isoformat()}"


def registry() -> JobRegistry:
    """Return the jobs of the running app."""
    return typed(JobRegistry, current_app.extensions["stockroom_work"])
