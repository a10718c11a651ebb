"""Print jobs: what is to be printed, again, or not any more."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from api.documents import escpos, labels, slips
from api.documents.labels import Label
from api.documents.slips import Slip
from api.documents.surface import Surface
from api.kernel import clock
from api.kernel.ids import first_id, new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import AnyRow, require_transaction, session, table_of
from api.platform.outbox import emit
from api.printing import queries
from api.printing.errors import PrintContentGone, PrinterFormatWrong, PrintJobNotFound
from api.printing.events import PrintRequested
from api.printing.models import Printer, PrintJob
from api.printing.queries import Device
from api.printing.states import OPEN, PRINT_JOB, PaperKind, PrintFormat, PrintJobStatus

CONTENT_KEPT: Final = timedelta(days=30)
Makers = Mapping[PrintFormat, Callable[[Surface], bytes]]
"""What makes a paper for printers of each format that there is a paper of."""
_JOBS: Final = table_of(PrintJob)


def print_document(
    at: str | UUID,
    kind: PaperKind,
    content: bytes,
    *,
    given: PrintFormat,
    title: str,
    by: Principal,
    subject_id: UUID | None = None,
    copies: int = 1,
    once_key: str | None = None,
) -> UUID:
    """Have finished bytes printed at a station, by its name, or on a printer, by its id.

    Returns the print job. Nothing is sent here: a job does it after the commit, so that no printer
    can delay what is done at the counter. With a `once_key` that was used before nothing is printed
    again, and the earlier job is returned. Raises `StationHasNoPrinter`, `PrinterNotFound` and
    `PrinterFormatWrong`.
    """
    device = queries.printer_at(at, kind) if isinstance(at, str) else queries.device(at)
    job_id = _insert(
        device,
        {
            "station": at if isinstance(at, str) else None,
            "kind": kind,
            "title": title[:200],
            "format": given,
            "content": content,
            "copies": copies,
            "subject_id": subject_id,
            "once_key": once_key,
        },
        by=by,
    )
    if job_id is None:
        earlier = session.scalar(select(PrintJob.id).where(PrintJob.once_key == once_key))
        assert earlier is not None
        return earlier
    audit.record(
        "paper.printed", by=by, subject_id=subject_id or job_id, title=title, printer=device.name
    )
    return job_id


def slip_makers(of: Slip) -> Makers:
    """Return how a slip is made for printers of papers."""
    return {
        PrintFormat.PDF: lambda _: slips.slip(of),
        PrintFormat.ESCPOS: lambda device: slips.receipt(of, device),
    }


def label_makers(of: Sequence[Label]) -> Makers:
    """Return how labels are made for every printer."""
    return {
        PrintFormat.PDF: lambda _: labels.sheet(of),
        PrintFormat.ZPL: lambda device: labels.zpl(
            of, dots_per_mm=device.dots_per_mm, width_mm=device.width_mm,
            height_mm=device.height_mm,
        ).encode(),
        PrintFormat.ESCPOS: lambda device: escpos.labels(of, device),
    }  # fmt: skip


def print_drawn(
    at: str | UUID,
    kind: PaperKind,
    makers: Makers,
    *,
    title: str,
    by: Principal,
    subject_id: UUID | None = None,
    once_key: str | None = None,
) -> UUID:
    """Have a paper made for the printer at a station, or for a printer, and printed there.

    `makers` are those for each format that there is a paper of. Else as `print_document`.
    """
    device = queries.printer_at(at, kind) if isinstance(at, str) else queries.device(at)
    make = makers.get(device.format)
    if make is None:
        raise PrinterFormatWrong(
            printer=device.name, takes=device.format.upper(), given=" or ".join(makers).upper()
        )
    return print_document(
        at, kind, make(device.surface), given=device.format, title=title, by=by,
        subject_id=subject_id, once_key=once_key,
    )  # fmt: skip


def reprint(job_id: UUID, *, printer: str | None, by: Principal) -> UUID:
    """Print the same again, on its printer or another one, by its name; returns the new job.

    A job that waits, or failed, is cancelled by it: the paper moves. Locks the job. Raises
    `PrintJobNotFound`, `PrintContentGone`, `PrinterNotFound`, `PrinterFormatWrong`, and
    `InvalidState` while it is being printed.
    """
    row = _lock(job_id)
    if row.status is PrintJobStatus.PRINTING:
        PRINT_JOB.next(row.status, "cancel")
    if row.content is None or (printer is None and row.printer_id is None):
        raise PrintContentGone(title=row.title)
    device = queries.device(row.printer_id if printer is None else queries.printer_named(printer))
    names = ("station", "kind", "title", "format", "content", "copies", "subject_id")
    again = _insert(
        device, {**{name: getattr(row, name) for name in names}, "reprint_of": job_id}, by=by
    )
    assert again is not None
    if row.status in (PrintJobStatus.QUEUED, PrintJobStatus.FAILED):
        _move(row, "cancel")
    audit.record(
        "paper.reprinted", by=by, subject_id=row.subject_id or job_id, title=row.title,
        printer=device.name,
    )  # fmt: skip
    return again


def cancel(job_id: UUID, *, by: Principal) -> None:
    """Do not print a paper that waits or failed. Locks the job.

    Raises `PrintJobNotFound` and `InvalidState`.
    """
    row = _lock(job_id)
    _move(row, "cancel")
    audit.record("paper.cancelled", by=by, subject_id=row.subject_id or job_id, title=row.title)


def purge_contents(limit: int) -> int:
    """Forget what was printed a month ago, at most `limit` papers; returns how many."""
    old = list(
        session.scalars(
            select(_JOBS.c.id)
            .where(
                _JOBS.c.content.is_not(None),
                _JOBS.c.id < first_id(clock.now() - CONTENT_KEPT),
                _JOBS.c.status.not_in(OPEN),
            )
            .order_by(_JOBS.c.id)
            .limit(limit)
        )
    )
    if old:
        require_transaction().execute(update(_JOBS).where(_JOBS.c.id.in_(old)).values(content=None))
    return len(old)


def _insert(device: Device, values: Mapping[str, Any], *, by: Principal) -> UUID | None:
    """Queue a job and wake its printer; None when its `once_key` is taken."""
    if values["format"] is not device.format:
        raise PrinterFormatWrong(
            printer=device.name, takes=device.format.upper(), given=values["format"].upper()
        )
    # The printer cannot be removed before this commits.
    session.execute(
        select(Printer.id).where(Printer.id == device.id).with_for_update(read=True, key_share=True)
    )
    job_id = require_transaction().scalar(
        upsert(_JOBS)
        .values(
            id=new_id(),
            created_at=clock.now(),
            printer_id=device.id,
            printer_name=device.name,
            status=PRINT_JOB.initial,
            requested_by=by.label[:120],
            **values,
        )
        .on_conflict_do_nothing(index_elements=["once_key"])
        .returning(_JOBS.c.id)
    )
    if job_id is not None:
        emit(PrintRequested(printer_id=device.id))
    found: UUID | None = job_id
    return found


def _lock(job_id: UUID) -> AnyRow:
    row = (
        require_transaction()
        .execute(select(_JOBS).where(_JOBS.c.id == job_id).with_for_update())
        .one_or_none()
    )
    if row is None:
        raise PrintJobNotFound(job_id=job_id)
    return row


def _move(row: AnyRow, command: str) -> None:
    session.execute(
        update(_JOBS).where(_JOBS.c.id == row.id).values(status=PRINT_JOB.next(row.status, command))
    )
