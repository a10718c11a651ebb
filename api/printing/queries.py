"""Reads of printers, stations and print jobs."""

from dataclasses import dataclass
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import func, select

from api.documents.surface import Surface
from api.kernel import clock
from api.platform import pagination
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import PageQuery, Sort, strip_sort_columns
from api.printing.errors import PrinterNotFound, PrintJobNotFound, StationHasNoPrinter
from api.printing.models import Printer, PrintJob, StationPrinter
from api.printing.states import (
    PRINT_JOB,
    PaperKind,
    PrintFormat,
    PrintJobStatus,
    use_of,
)

PRINTERS: Final = table_of(Printer)
JOBS: Final = table_of(PrintJob)
STATIONS: Final = table_of(StationPrinter)
_FIELDS: Final = (
    "id", "name", "connection", "address", "format", "width_mm", "height_mm", "dots_per_mm",
    "code_pages", "is_active", "failures", "failing_since", "retry_at", "last_error", "version",
)  # fmt: skip
_JOB_FIELDS: Final = (
    "id", "created_at", "printer_id", "printer_name", "station", "kind", "title", "format",
    "copies", "status", "attempts", "last_error", "requested_by", "subject_id", "reprint_of",
    "started_at", "printed_at",
)  # fmt: skip
_WAITING: Final = (
    select(func.count())
    .where(JOBS.c.printer_id == PRINTERS.c.id, JOBS.c.status == PrintJobStatus.QUEUED)
    .correlate(PRINTERS)
    .scalar_subquery()
    .label("waiting")
)
_ALL: Final = select(*(PRINTERS.c[name] for name in _FIELDS), _WAITING)


@dataclass(frozen=True, slots=True)
class Device:
    """A printer as whoever makes a paper for it needs to know it. Sizes are millimetres."""

    id: UUID
    name: str
    format: PrintFormat
    width_mm: int
    height_mm: int
    dots_per_mm: int
    code_pages: str

    @property
    def surface(self) -> Surface:
        """What a paper needs to know of the printer."""
        return Surface(
            self.format, self.width_mm, self.height_mm, self.dots_per_mm, self.code_pages
        )


_DEVICE: Final = tuple(
    PRINTERS.c[name]
    for name in ("id", "name", "format", "width_mm", "height_mm", "dots_per_mm", "code_pages")
)


def printer_at(station: str, kind: PaperKind) -> Device:
    """Return the printer of a station for a kind of paper. Raises `StationHasNoPrinter`."""
    use = use_of(kind)
    row = session.execute(
        select(*_DEVICE)
        .join(STATIONS, STATIONS.c.printer_id == PRINTERS.c.id)
        .where(STATIONS.c.station == station, STATIONS.c.use == use)
    ).one_or_none()
    if row is None:
        raise StationHasNoPrinter(station=station, use=use.replace("_", " "))
    return Device(*row)


def device(printer_id: UUID) -> Device:
    """Return a printer. Raises `PrinterNotFound`."""
    row = session.execute(select(*_DEVICE).where(PRINTERS.c.id == printer_id)).one_or_none()
    if row is None:
        raise PrinterNotFound(printer_id=printer_id)
    return Device(*row)


def printer_named(name: str) -> UUID:
    """Return the id of a printer by its name, in any case. Raises `PrinterNotFound`."""
    found = session.scalar(
        select(PRINTERS.c.id).where(func.lower(PRINTERS.c.name) == name.strip().lower())
    )
    if found is None:
        raise PrinterNotFound(name=name)
    printer_id: UUID = found
    return printer_id


def printer(printer_id: UUID) -> dict[str, object]:
    """Return a printer as staff see it. Raises `PrinterNotFound`."""
    row = session.execute(_ALL.where(PRINTERS.c.id == printer_id)).one_or_none()
    if row is None:
        raise PrinterNotFound(printer_id=printer_id)
    return {**row._asdict(), "state": _state(row)}


def printers(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the printers, by name."""
    return pagination.page_response(
        _ALL,
        Sort((PRINTERS.c.name, PRINTERS.c.id)),
        lambda row: {**strip_sort_columns(row), "state": _state(row)},
        **asked,
    )


def _state(row: AnyRow) -> str:
    """Say in a word how a printer is."""
    if not row.is_active:
        return "paused"
    return "not answering" if row.failures else "ready"


def stations(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the printers that stations use, by station."""
    return pagination.page_response(
        select(
            *(STATIONS.c.station, STATIONS.c.use, STATIONS.c.printer_id),
            PRINTERS.c.name.label("printer_name"),
            PRINTERS.c.format,
        ).join(PRINTERS, PRINTERS.c.id == STATIONS.c.printer_id),
        Sort((STATIONS.c.station, STATIONS.c.use)),
        _station,
        counted=select(STATIONS.c.station),
        **asked,
    )


def _station(row: AnyRow) -> dict[str, object]:
    return {
        "id": f"{row.station}/{row.use}",
        **{name: getattr(row, name) for name in ("station", "use", "printer_id")},
        **{name: getattr(row, name) for name in ("printer_name", "format")},
    }


def print_job(job_id: UUID) -> dict[str, object]:
    """Return a print job. Raises `PrintJobNotFound`."""
    row = session.execute(
        select(*(JOBS.c[name] for name in _JOB_FIELDS)).where(JOBS.c.id == job_id)
    ).one_or_none()
    if row is None:
        raise PrintJobNotFound(job_id=job_id)
    return _job(row._asdict())


def print_jobs(
    *,
    status: PrintJobStatus | None,
    printer_id: UUID | None,
    subject_id: UUID | None,
    station: str | None,
    **asked: Unpack[PageQuery],
) -> dict[str, object]:
    """Return a page of the print jobs, the newest first."""
    wanted = {
        JOBS.c.status: status,
        JOBS.c.printer_id: printer_id,
        JOBS.c.subject_id: subject_id,
        JOBS.c.station: station,
    }
    chosen = [column == value for column, value in wanted.items() if value is not None]
    return pagination.page_response(
        select(*(JOBS.c[name] for name in _JOB_FIELDS)).where(*chosen),
        Sort((JOBS.c.id,), descending=True),
        lambda row: _job(strip_sort_columns(row)),
        filters=(status, printer_id, subject_id, station),
        **asked,
    )


def _job(fields: dict[str, Any]) -> dict[str, object]:
    return {**fields, "allowed_actions": [*PRINT_JOB.allowed(fields["status"]), "reprint"]}


def content_of(job_id: UUID) -> tuple[PrintFormat, bytes | None]:
    """Return what is printed by a job; None when it is not kept any more.

    Raises `PrintJobNotFound`.
    """
    row = session.execute(
        select(JOBS.c.format, JOBS.c.content).where(JOBS.c.id == job_id)
    ).one_or_none()
    if row is None:
        raise PrintJobNotFound(job_id=job_id)
    return row.format, row.content


def printers_due() -> list[UUID]:
    """Return the printers that have something to print and may be tried now."""
    now = clock.now()
    waits = (
        select(JOBS.c.id)
        .where(
            JOBS.c.printer_id == PRINTERS.c.id,
            JOBS.c.status.in_((PrintJobStatus.QUEUED, PrintJobStatus.PRINTING)),
        )
        .exists()
    )
    return list(
        session.scalars(
            select(PRINTERS.c.id)
            .where(
                PRINTERS.c.is_active,
                func.coalesce(PRINTERS.c.retry_at, now) <= now,
                func.coalesce(PRINTERS.c.claimed_until, now) <= now,
                waits,
            )
            .order_by(PRINTERS.c.id)
        )
    )
