"""Exports over HTTP: ask for a file, watch it being written, fetch it."""

import zlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, current_app, request, stream_with_context

from api.imports import queries
from api.imports.errors import ExportNotFound, ExportNotReady
from api.imports.formats import failed_rows_csv
from api.imports.policy import FileFormat
from api.imports.schemas import ExportQuerySchema, ExportSchema
from api.imports.service import export_jobs
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.settings import Settings

blueprint = Blueprint(
    "admin-exports",
    __name__,
    url_prefix="/api/v1/admin/exports",
    description="The catalogue as a file, written by a worker.",
)

_FILE = {"schema": {"type": "string", "format": "binary"}}
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ExportNotFound)
@idempotent(required=False)
@blueprint.arguments(ExportQuerySchema)
@blueprint.response(202, ExportSchema, headers=LOCATED)
def create_export(body: dict[str, Any]) -> object:
    """Ask for products as a file; a worker writes it. Follow Location to see how far it is.

    `csv` and `jsonl` are our own and say everything; `xlsx` is the first of them as a workbook,
    to be looked at. `shopify` says what Shopify has columns for, with prices in the shop's
    currency: not in it are categories beyond the first, options beyond the third, attributes,
    translations, metadata and in which location stock lies.
    """
    settings: Settings = current_app.extensions["stockroom_settings"]
    kind = FileFormat(body.pop("format"))
    filters = {name: value for name, value in body.items() if value is not None}
    if kind is FileFormat.SHOPIFY:
        filters["currency"] = settings.currency
    export_id = export_jobs.open_export(kind, filters, by=principal(), announce=True)
    location = f"{blueprint.url_prefix}/{export_id}"
    return queries.get_export(export_id), {"Location": location}


@blueprint.route("", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ExportSchema))
def list_exports(query: PageQuery) -> object:
    """List exports, the newest first."""
    return queries.list_exports(**query)


@blueprint.route("/<uuid:export_id>", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ExportNotFound)
@blueprint.response(200, ExportSchema)
def get_export(export_id: UUID) -> object:
    """See how far the writing of a file is."""
    return queries.get_export(export_id)


@blueprint.route("/<uuid:export_id>/cancel", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ExportNotFound, InvalidState)
@idempotent(required=False)
@blueprint.response(200, ExportSchema)
def cancel_export(export_id: UUID) -> object:
    """Stop the writing of a file; what was written is thrown away."""
    export_jobs.cancel_export(export_id, by=principal())
    return queries.get_export(export_id)


@blueprint.route("/<uuid:export_id>/file", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@may_answer(ExportNotFound, ExportNotReady)
@blueprint.doc(
    responses={
        "200": {
            "description": "The file",
            "content": {"text/csv": _FILE, "application/jsonl": {}, _WORKBOOK: _FILE},
        }
    }
)
def download_export(export_id: UUID) -> object:
    """Fetch the file of an export that is completed, packed with gzip for those who accept it."""
    kind, size = queries.exported_file(export_id)
    name, media = failed_rows_csv.named("products", kind)
    chunks = queries.export_chunks(export_id)
    packs = request.accept_encodings.quality("gzip") > 0
    content = stream_with_context(_packed(chunks) if packs else chunks)
    response = Response(content, content_type=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Vary"] = "Accept-Encoding"
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.headers["Content-Length"] = str(size)
    return response


def _packed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pack a file with gzip, a piece at a time."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
