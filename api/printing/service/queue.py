"""The queue of a printer: one worker at a time takes its jobs, the oldest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.platform import attention
from api.platform.attention import AttentionKind
from api.platform.db import require_transaction, session, table_of
from api.printing.gateways import Sheet, Target
from api.printing.models import Printer, PrintJob
from api.printing.states import PRINT_JOB, PrintJobStatus

CLAIMED_FOR: Final = timedelta(minutes=2)
"""Longer than one paper takes; each one renews it."""
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=1)
FAILURES_BEFORE_ATTENTION: Final = 3
INTERRUPTED: Final = (
    "The worker ended while it was printed. Look whether the paper is there: print it again or"
    " cancel it."
)
_PRINTERS, _JOBS = table_of(Printer), table_of(PrintJob)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A printer that this worker prints on, until it releases it."""

    printer_id: UUID
    claim: UUID
    name: str
    target: Target


def claim_printer(printer_id: UUID) -> Claimed | None:
    """Claim a printer; None when another worker has it, or it may not be tried now.

    A job that its last worker left while it was printed fails: nobody knows whether the paper is
    there, and a second label on another parcel does more harm than a question.
    """
    now, claim = clock.now(), new_id()
    row = (
        require_transaction()
        .execute(
            update(_PRINTERS)
            .where(
                _PRINTERS.c.id == printer_id,
                _PRINTERS.c.is_active,
                or_(_PRINTERS.c.claimed_until.is_(None), _PRINTERS.c.claimed_until <= now),
                or_(_PRINTERS.c.retry_at.is_(None), _PRINTERS.c.retry_at <= now),
            )
            .values(claim=claim, claimed_until=now + CLAIMED_FOR)
            .returning(*_PRINTERS.c["name", "connection", "address", "format"])
        )
        .one_or_none()
    )
    if row is None:
        return None
    session.execute(
        update(_JOBS)
        .where(_JOBS.c.printer_id == printer_id, _JOBS.c.status == PrintJobStatus.PRINTING)
        .values(
            status=PRINT_JOB.next(PrintJobStatus.PRINTING, "fail"),
            last_error=INTERRUPTED,
        )
    )
    return Claimed(printer_id, claim, row.name, Target(row.connection, row.address, row.format))


def next_job(claimed: Claimed) -> tuple[UUID, Sheet] | None:
    """Start the oldest job of a claimed printer; without one the claim ends, and None is returned.

    Also when the claim was lost, as after two minutes without a job. Locks the printer, so that a
    job that is queued now either is seen here or finds the printer free.
    """
    row = (
        require_transaction()
        .execute(
            select(_PRINTERS.c.claim, _PRINTERS.c.is_active)
            .where(_PRINTERS.c.id == claimed.printer_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if row is None or row.claim != claimed.claim:
        return None
    job = session.execute(
        select(*_JOBS.c["id", "title", "content", "copies", "status"])
        .where(_JOBS.c.printer_id == claimed.printer_id, _JOBS.c.status == PrintJobStatus.QUEUED)
        .order_by(_JOBS.c.id)
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if job is None or not row.is_active:
        _release(claimed)
        return None
    session.execute(
        update(_JOBS)
        .where(_JOBS.c.id == job.id)
        .values(
            status=PRINT_JOB.next(job.status, "start"),
            attempts=_JOBS.c.attempts + 1,
            started_at=clock.now(),
        )
    )
    session.execute(
        update(_PRINTERS)
        .where(_PRINTERS.c.id == claimed.printer_id)
        .values(claimed_until=clock.now() + CLAIMED_FOR)
    )
    return job.id, Sheet(str(job.id), job.title, job.content or b"", job.copies)


def note_printed(claimed: Claimed, job_id: UUID) -> None:
    """Note that the printer has taken a paper; it is in order again."""
    _leave(job_id, "finish", printed_at=clock.now(), last_error=None)
    recovered = require_transaction().scalar(
        update(_PRINTERS)
        .where(_PRINTERS.c.id == claimed.printer_id, _PRINTERS.c.failures > 0)
        .values(failures=0, retry_at=None, last_error=None)
        .returning(_PRINTERS.c.failing_since)
    )
    if recovered is not None:
        reference = _outage(claimed, recovered)
        attention.clear(AttentionKind.PRINTER_DOWN, reference=reference)


def note_not_taken(claimed: Claimed, job_id: UUID, reason: str) -> None:
    """Put a paper back into the queue, and let its printer wait longer each time.

    No paper is ever given up. After three failures in a row people are told.
    """
    _leave(job_id, "postpone", last_error=reason[:500])
    now = clock.now()
    row = (
        require_transaction()
        .execute(
            select(_PRINTERS.c.failures, _PRINTERS.c.failing_since)
            .where(_PRINTERS.c.id == claimed.printer_id)
            .with_for_update()
        )
        .one()
    )
    failures = row.failures + 1
    since = row.failing_since if row.failures else now
    session.execute(
        update(_PRINTERS)
        .where(_PRINTERS.c.id == claimed.printer_id)
        .values(
            failures=failures,
            retry_at=now + min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT),
            failing_since=since,
            last_error=reason[:500],
        )
    )
    _release(claimed)
    if failures == FAILURES_BEFORE_ATTENTION:
        attention.raise_item(
            AttentionKind.PRINTER_DOWN,
            _outage(claimed, since),
            f"{claimed.name} does not print: {reason}. Its papers wait.",
        )


def _outage(claimed: Claimed, since: datetime) -> str:
    """Name an outage: what somebody accepted of one says nothing of the next."""
    return f"{claimed.printer_id}@{since:%Y%m%dT%H%M%S}"


def _leave(job_id: UUID, command: str, **values: object) -> None:
    """End the printing of a job, unless another worker said already what became of it."""
    session.execute(
        update(_JOBS)
        .where(_JOBS.c.id == job_id, _JOBS.c.status == PrintJobStatus.PRINTING)
        .values(status=PRINT_JOB.next(PrintJobStatus.PRINTING, command), **values)
    )


def _release(claimed: Claimed) -> None:
    require_transaction().execute(
        update(_PRINTERS)
        .where(_PRINTERS.c.id == claimed.printer_id, _PRINTERS.c.claim == claimed.claim)
        .values(claim=None, claimed_until=None)
    )
