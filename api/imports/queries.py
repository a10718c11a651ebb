"""Questions about imports and exports: the jobs, what was wrong, what changed, and the files."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from api.imports.errors import ExportNotFound, ExportNotReady, ImportNotFound
from api.imports.models import (
    ChangeKind,
    Export,
    ExportChunk,
    ExportStatus,
    Import,
    ImportChange,
    ImportChunk,
    ImportFailedRow,
    ImportProblem,
    ImportStatus,
)
from api.imports.policy import EXPORTS_KEPT, FileFormat
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort

_COLUMNS = (
    *(Import.id, Import.filename, Import.status, Import.rows_read, Import.rows_total),
    *(Import.counts, Import.ignored_columns, Import.error),
    *(Import.created_at, Import.heartbeat_at, Import.finished_at),
    *(Import.format, Import.is_dry_run, Import.on_conflict, Import.began_at, Import.rows_before),
    *(Import.undo_counts, Import.undone_at, Import.columns),
    *(Import.encoding, Import.as_drafts),
)
_EXPORT_COLUMNS = (
    *(Export.id, Export.format, Export.filters, Export.status, Export.products_written),
    *(Export.products_total, Export.rows_written, Export.size_bytes, Export.error),
    *(Export.created_at, Export.began_at, Export.heartbeat_at, Export.finished_at),
    Export.expires_at,
)
FAILED_AT_ONCE = 500


def get_import(import_id: UUID) -> dict[str, Any]:
    """Return the job resource of an import. Raises ImportNotFound."""
    row = session.execute(select(*_COLUMNS).where(Import.id == import_id)).first()
    if row is None:
        raise ImportNotFound(import_id=import_id)
    return _resource(row)


def list_imports(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of imports, the newest first."""
    return pagination.page_response(
        select(*_COLUMNS), Sort((Import.id,), descending=True), _resource, **asked
    )


def list_problems(import_id: UUID, **asked: Unpack[PageQuery]) -> dict[str, Any]:
    """Return a page of what was wrong with a file, by row. Raises ImportNotFound."""
    _refuse_unknown(import_id)
    return pagination.page_response(
        select(
            *(ImportProblem.row, ImportProblem.column, ImportProblem.value),
            *(ImportProblem.reason, ImportProblem.consequence),
        ).where(ImportProblem.import_id == import_id),
        Sort((ImportProblem.row, ImportProblem.id)),
        filters=import_id,
        **asked,
    )


def list_changes(
    import_id: UUID, *, kind: str | None = None, **asked: Unpack[PageQuery]
) -> dict[str, Any]:
    """Return a page of what an import did with products, or would have done; in file order.

    Raises ImportNotFound.
    """
    _refuse_unknown(import_id)
    wanted = [ImportChange.import_id == import_id]
    if kind:
        wanted.append(ImportChange.kind == ChangeKind(kind))
    return pagination.page_response(
        select(
            *(ImportChange.row, ImportChange.slug, ImportChange.kind, ImportChange.product_id),
            *(ImportChange.fields, ImportChange.undone, ImportChange.undo_note),
        ).where(*wanted),
        Sort((ImportChange.id,)),
        filters=(import_id, kind),
        **asked,
    )


def _refuse_unknown(import_id: UUID) -> None:
    if session.scalar(select(Import.id).where(Import.id == import_id)) is None:
        raise ImportNotFound(import_id=import_id)


def sheet_of(import_id: UUID) -> tuple[FileFormat, list[str], str]:
    """Return how the file of an import is written: format, header, separator."""
    row = session.execute(
        select(Import.format, Import.header, Import.separator).where(Import.id == import_id)
    ).first()
    if row is None:
        raise ImportNotFound(import_id=import_id)
    return row.format, row.header, row.separator


def failed_rows(import_id: UUID) -> Iterator[tuple[list[str] | str, str]]:
    """Read the rows that came to nothing, some at a time: their cells, and why."""
    after = 0
    while True:
        rows = session.execute(
            select(ImportFailedRow.row, ImportFailedRow.cells, ImportFailedRow.reason)
            .where(ImportFailedRow.import_id == import_id, ImportFailedRow.row > after)
            .order_by(ImportFailedRow.row)
            .limit(FAILED_AT_ONCE)
        ).all()
        for row in rows:
            yield row.cells, row.reason
        if len(rows) < FAILED_AT_ONCE:
            return
        after = rows[-1].row


def get_export(export_id: UUID) -> dict[str, Any]:
    """Return the job resource of an export. Raises ExportNotFound."""
    row = session.execute(select(*_EXPORT_COLUMNS).where(Export.id == export_id)).first()
    if row is None:
        raise ExportNotFound(days=EXPORTS_KEPT.days)
    return _export_resource(row)


def list_exports(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of exports, the newest first."""
    return pagination.page_response(
        select(*_EXPORT_COLUMNS), Sort((Export.id,), descending=True), _export_resource, **asked
    )


def exported_file(export_id: UUID) -> tuple[FileFormat, int]:
    """Return the format of a file that is whole, and its size in bytes.

    Raises ExportNotFound or ExportNotReady.
    """
    found = get_export(export_id)
    if found["status"] is not ExportStatus.COMPLETED:
        raise ExportNotReady(status=found["status"].value)
    return found["format"], found["size_bytes"]


def export_chunks(export_id: UUID) -> Iterator[bytes]:
    """Read an exported file piece by piece, each in its own statement."""
    return _pieces(
        select(ExportChunk.content).where(ExportChunk.export_id == export_id), ExportChunk
    )


def unfinished_exports(silent_since: object) -> list[UUID]:
    """Return the exports that nobody writes."""
    begun = (ExportStatus.PENDING, ExportStatus.RUNNING)
    return _left_alone(Export, Export.status.in_(begun), silent_since)


def unfinished_undos(silent_since: object) -> list[UUID]:
    """Return the imports whose undoing nobody goes on with."""
    return list(
        session.scalars(
            select(Import.id)
            .where(
                Import.status == ImportStatus.UNDOING,
                or_(Import.heartbeat_at < silent_since, Import.reader.is_(None)),
            )
            .order_by(Import.id)
        )
    )


def file_chunks(import_id: UUID) -> Iterator[bytes]:
    """Read the file piece by piece, each in its own statement, so that one is held at a time."""
    return _pieces(
        select(ImportChunk.content).where(ImportChunk.import_id == import_id), ImportChunk
    )


def unfinished(silent_since: object) -> list[UUID]:
    """Return the imports that nobody reads: those whose reader has been silent for a while."""
    begun = (ImportStatus.PENDING, ImportStatus.RUNNING)
    return _left_alone(Import, Import.status.in_(begun), silent_since)


def _pieces(pieces: Select[Any], kind: type[ImportChunk | ExportChunk]) -> Iterator[bytes]:
    number = 0
    while (content := session.scalar(pieces.where(kind.number == number))) is not None:
        yield bytes(content)
        number += 1


def _left_alone(
    kind: type[Import | Export], is_begun: ColumnElement[bool], silent_since: object
) -> list[UUID]:
    """Return jobs that were begun, or told of, before a moment, and have been silent since."""
    return list(
        session.scalars(
            select(kind.id)
            .where(
                is_begun,
                or_(kind.heartbeat_at < silent_since, kind.heartbeat_at.is_(None)),
                kind.created_at < silent_since,
            )
            .order_by(kind.id)
        )
    )


def _resource(row: AnyRow) -> dict[str, object]:
    """Give a job the shape that every job resource has."""
    rate = _rate(row.rows_read - row.rows_before, row.began_at, row.heartbeat_at, row.finished_at)
    left = None
    if rate and row.rows_total is not None and row.status is ImportStatus.RUNNING:
        left = round(max(0, row.rows_total - row.rows_read) / rate)
    return {
        **_as_they_are(row, "id", "filename", "format", "is_dry_run", "on_conflict", "columns"),
        **_as_they_are(row, "encoding", "as_drafts", "status", "error"),
        **_as_they_are(row, "created_at", "heartbeat_at", "finished_at"),
        "progress": _as_they_are(row, "rows_read", "rows_total"),
        "rows_per_second": rate,
        "seconds_left": left,
        "result": {"conflicts": 0, **row.counts, "ignored_columns": row.ignored_columns},
        "undo": {**row.undo_counts, "finished_at": row.undone_at} if row.undo_counts else None,
    }


def _export_resource(row: AnyRow) -> dict[str, object]:
    return {
        **_as_they_are(row, "id", "format", "status", "rows_written", "size_bytes", "error"),
        **_as_they_are(row, "created_at", "heartbeat_at", "finished_at", "expires_at"),
        "filters": {name: value for name, value in row.filters.items() if name != "currency"},
        "progress": _as_they_are(row, "products_written", "products_total"),
        "products_per_second": _rate(
            row.products_written, row.began_at, row.heartbeat_at, row.finished_at
        ),
    }


def _as_they_are(row: AnyRow, *names: str) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


def _rate(
    done: int, began: datetime | None, beat: datetime | None, finished: datetime | None
) -> float | None:
    """Say how many a second; None before anything was done."""
    until = finished or beat
    if began is None or until is None or done <= 0:
        return None
    seconds = (until - began).total_seconds()
    return round(done / seconds, 1) if seconds > 0 else None
