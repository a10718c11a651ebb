"""Imports over HTTP: hand in a file, watch it being read, see what was wrong with it."""

from io import BytesIO
from typing import IO, Unpack
from uuid import UUID

from flask import Response, current_app, request, stream_with_context

from api.imports import flows, queries
from api.imports.errors import FileMissing, FileTooLarge, ImportNotFound, NotADryRun, NothingToUndo
from api.imports.formats import failed_rows_csv
from api.imports.formats.decoding import SheetUnreadable, encoding_called
from api.imports.formats.header_mapping import pairs
from api.imports.policy import FileFormat, OnConflict
from api.imports.schemas import (
    ChangesQuerySchema,
    ImportChangeSchema,
    ImportProblemSchema,
    ImportQuerySchema,
    ImportSchema,
)
from api.imports.service import import_jobs, undo_jobs
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.body_limits import FILES, body_limit
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.settings import Settings

blueprint = Blueprint(
    "admin-imports",
    __name__,
    url_prefix="/api/v1/admin/imports",
    description="Product files of another shop, read by a worker.",
)

_FILE = {"type": "string", "format": "binary"}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _FILE}}},
        "text/csv": {"schema": _FILE},
        "application/jsonl": {"schema": _FILE},
    },
}


@blueprint.route("", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@body_limit(FILES)
@may_answer(FileMissing, FileTooLarge, ImportNotFound, SheetUnreadable)
@idempotent(required=True)
@blueprint.doc(requestBody=_BODY)
@blueprint.arguments(ImportQuerySchema, location="query", as_kwargs=True)
@blueprint.response(202, ImportSchema, headers=LOCATED)
def create_import(
    format: str | None, column: list[str], encoding: str | None, dry_run: bool, on_conflict: str
) -> object:
    """Hand in a product file of Shopify, of WooCommerce or of ours; a worker reads it.

    What is no product file at all is refused at once, with the columns that it lacks: `column`
    tells which of its own they are. Follow Location to see how far it is. With
    `dry_run` nothing is changed: `changes` tells what would be, and `run` makes it so.
    """
    opened, filename = _file()
    settings: Settings = current_app.extensions["stockroom_settings"]
    import_id = flows.open_import(
        opened,
        filename=filename,
        currency=settings.currency,
        by=principal(),
        kind=FileFormat(format) if format else None,
        is_dry_run=dry_run,
        on_conflict=OnConflict(on_conflict),
        columns=pairs(column),
        encoding=encoding_called(encoding) if encoding else None,
    )
    location = f"{blueprint.url_prefix}/{import_id}"
    return queries.get_import(import_id), {"Location": location}


@blueprint.route("", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ImportSchema))
def list_imports(query: PageQuery) -> object:
    """List imports, the newest first."""
    return queries.list_imports(**query)


@blueprint.route("/<uuid:import_id>", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ImportNotFound)
@blueprint.response(200, ImportSchema)
def get_import(import_id: UUID) -> object:
    """See how far the reading of a file is, and what became of it."""
    return queries.get_import(import_id)


@blueprint.route("/<uuid:import_id>/errors", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ImportNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ImportProblemSchema))
def list_import_errors(query: PageQuery, import_id: UUID) -> object:
    """List what was wrong with a file: row, column, value, and what would be right."""
    return queries.list_problems(import_id, **query)


@blueprint.route("/<uuid:import_id>/cancel", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ImportNotFound, InvalidState)
@idempotent(required=False)
@blueprint.response(200, ImportSchema)
def cancel_import(import_id: UUID) -> object:
    """Stop the reading of a file; what was taken in before stays."""
    import_jobs.cancel(import_id, by=principal())
    return queries.get_import(import_id)


@blueprint.route("/<uuid:import_id>/changes", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ImportNotFound)
@blueprint.arguments(ChangesQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(ImportChangeSchema))
def list_import_changes(import_id: UUID, kind: str | None, **page: Unpack[PageQuery]) -> object:
    """List what a file changed, or after a dry run what it would change, field by field.

    Products that stay as they are are only counted. A conflict is a product that somebody changed
    since the file was exported.
    """
    return queries.list_changes(import_id, kind=kind, **page)


@blueprint.route("/<uuid:import_id>/run", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ImportNotFound, InvalidState, NotADryRun)
@idempotent(required=False)
@blueprint.response(202, ImportSchema)
def run_import(import_id: UUID) -> object:
    """Do what a dry run has shown; the same file is read again, for good."""
    import_jobs.run(import_id, by=principal())
    return queries.get_import(import_id)


@blueprint.route("/<uuid:import_id>/undo", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ImportNotFound, InvalidState, NothingToUndo)
@idempotent(required=False)
@blueprint.response(202, ImportSchema)
def undo_import(import_id: UUID) -> object:
    """Undo what an import did; a worker does it, and asking twice does it once.

    Created products go to the archive, or are deleted when nothing refers to them; changed ones
    get back what they had; opening stock is removed. What somebody changed since is left alone and
    listed in `changes` as a conflict.
    """
    undo_jobs.request_undo(import_id, by=principal())
    return queries.get_import(import_id)


@blueprint.route("/<uuid:import_id>/failed-rows", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ImportNotFound)
@blueprint.doc(
    responses={
        "200": {
            "description": "The file",
            "content": {"text/csv": {"schema": _FILE}, "application/jsonl": {}},
        }
    }
)
def download_import_failed_rows(import_id: UUID) -> object:
    """Fetch the rows that failed as a file like the one that was handed in, to be mended.

    The last column says why; it is passed over when the file is handed in again.
    """
    kind, header, separator = queries.sheet_of(import_id)
    content = failed_rows_csv.failed_file(kind, header, separator, queries.failed_rows(import_id))
    name, media = failed_rows_csv.named("failed-rows", kind)
    response = Response(stream_with_context(content), content_type=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file() -> tuple[IO[bytes], str]:
    """Open what was handed in, as a part of a form or as the body itself."""
    if request.mimetype == "multipart/form-data":
        uploaded = request.files.get("file")
        if uploaded is None:
            raise FileMissing
        return uploaded.stream, uploaded.filename or "products.csv"
    if request.mimetype in ("application/jsonl", "application/x-ndjson"):
        return BytesIO(request.get_data()), "products.jsonl"
    if request.mimetype not in ("text/csv", "application/csv"):
        raise FileMissing(content_type=request.mimetype)
    return BytesIO(request.get_data()), "products.csv"
