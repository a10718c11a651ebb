"""Questions about imports: the job resource, its problems, and the file itself."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from api.imports.errors import ImportNotFound
from api.imports.models import Import, ImportChunk, ImportProblem, ImportStatus
from api.platform import pagination
from api.platform.db import session
from api.platform.pagination import Sort

_COLUMNS = (
    *(Import.id, Import.filename, Import.status, Import.rows_read, Import.rows_total),
    *(Import.counts, Import.ignored_columns, Import.error),
    *(Import.created_at, Import.heartbeat_at, Import.finished_at),
)


def get_import(import_id: UUID) -> dict[str, Any]:
    """Return the job resource of an import. Raises ImportNotFound."""
    row = session.execute(select(*_COLUMNS).where(Import.id == import_id)).first()
    if row is None:
        raise ImportNotFound(import_id=import_id)
    return _resource(row)


def list_imports(*, limit: int, cursor: str | None, with_total: bool = False) -> dict[str, Any]:
    """Return a page of imports, the newest first."""
    rows, page = pagination.page(
        select(*_COLUMNS),
        Sort((Import.id,), descending=True),
        limit=limit,
        cursor=cursor,
        total=select(Import.id) if with_total else None,
    )
    return {"data": [_resource(row) for row in rows], "page": page}


def list_problems(
    import_id: UUID, *, limit: int, cursor: str | None, with_total: bool = False
) -> dict[str, Any]:
    """Return a page of what was wrong with a file, by row. Raises ImportNotFound."""
    if session.scalar(select(Import.id).where(Import.id == import_id)) is None:
        raise ImportNotFound(import_id=import_id)
    of_import = ImportProblem.import_id == import_id
    rows, page = pagination.page(
        select(
            *(ImportProblem.row, ImportProblem.column, ImportProblem.value),
            *(ImportProblem.reason, ImportProblem.consequence),
        ).where(of_import),
        Sort((ImportProblem.row, ImportProblem.id)),
        limit=limit,
        cursor=cursor,
        filters=import_id,
        total=select(ImportProblem.id).where(of_import) if with_total else None,
    )
    data = [
        {
            "row": row.row,
            "column": row.column,
            "value": row.value,
            "reason": row.reason,
            "consequence": row.consequence,
        }
        for row in rows
    ]
    return {"data": data, "page": page}


def file_chunks(import_id: UUID) -> Iterator[bytes]:
    """Read the file piece by piece, each in its own statement, so that one is held at a time."""
    number = 0
    while True:
        content = session.scalar(
            select(ImportChunk.content).where(
                ImportChunk.import_id == import_id, ImportChunk.number == number
            )
        )
        if content is None:
            return
        yield bytes(content)
        number += 1


def unfinished(silent_since: Any) -> list[UUID]:
    """Return the imports that nobody reads: those whose reader has been silent for a while."""
    return list(
        session.scalars(
            select(Import.id)
            .where(
                Import.status.in_([ImportStatus.PENDING, ImportStatus.RUNNING]),
                or_(Import.heartbeat_at < silent_since, Import.heartbeat_at.is_(None)),
                Import.created_at < silent_since,
            )
            .order_by(Import.id)
        )
    )


def _resource(row: Any) -> dict[str, Any]:
    """Give a job the shape that every job resource has."""
    return {
        "id": row.id,
        "filename": row.filename,
        "status": row.status,
        "progress": {"rows_read": row.rows_read, "rows_total": row.rows_total},
        "result": {**row.counts, "ignored_columns": row.ignored_columns},
        "error": row.error,
        "created_at": row.created_at,
        "heartbeat_at": row.heartbeat_at,
        "finished_at": row.finished_at,
    }
