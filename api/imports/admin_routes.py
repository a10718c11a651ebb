"""Imports over HTTP: hand in a file, watch it being read, see what was wrong with it."""

from typing import Any
from uuid import UUID

from flask import current_app, request

from api.imports import flows, queries, service
from api.imports.errors import FileMissing
from api.imports.schemas import ImportProblemSchema, ImportSchema
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.http import Blueprint, PageQuerySchema, list_of
from api.platform.idempotency import idempotent
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
    },
}


@blueprint.route("", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@idempotent(required=True)
@blueprint.doc(requestBody=_BODY)
@blueprint.response(202, ImportSchema)
def create_import() -> Any:
    """Hand in a Shopify product export; a worker reads it.

    What is no product file at all is refused at once. Follow Location to see how far it is.
    """
    content, filename = _file()
    settings: Settings = current_app.extensions["stockroom_settings"]
    import_id = flows.open_import(
        content, filename=filename, currency=settings.currency, by=principal()
    )
    location = f"{blueprint.url_prefix}/{import_id}"
    return queries.get_import(import_id), {"Location": location}


@blueprint.route("", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_of(ImportSchema))
def list_imports(query: dict[str, Any]) -> Any:
    """List imports, the newest first."""
    with_total = query.pop("include") == "total"
    return queries.list_imports(with_total=with_total, **query)


@blueprint.route("/<uuid:import_id>", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@blueprint.response(200, ImportSchema)
def get_import(import_id: UUID) -> Any:
    """See how far the reading of a file is, and what became of it."""
    return queries.get_import(import_id)


@blueprint.route("/<uuid:import_id>/errors", methods=["GET"])
@requires(Permission.IMPORTS_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_of(ImportProblemSchema))
def list_errors(query: dict[str, Any], import_id: UUID) -> Any:
    """List what was wrong with a file: row, column, value, and what would be right."""
    with_total = query.pop("include") == "total"
    return queries.list_problems(import_id, with_total=with_total, **query)


@blueprint.route("/<uuid:import_id>/cancel", methods=["POST"])
@requires(Permission.IMPORTS_WRITE)
@blueprint.response(200, ImportSchema)
def cancel_import(import_id: UUID) -> Any:
    """Stop the reading of a file; what was taken in before stays."""
    with transaction():
        service.cancel(import_id, by=principal())
    return queries.get_import(import_id)


def _file() -> tuple[bytes, str]:
    """Return what was handed in, as a part of a form or as the body itself."""
    if request.mimetype == "multipart/form-data":
        uploaded = request.files.get("file")
        if uploaded is None:
            raise FileMissing
        return uploaded.read(), uploaded.filename or "products.csv"
    if request.mimetype not in ("text/csv", "application/csv"):
        raise FileMissing(content_type=request.mimetype)
    return request.get_data(), "products.csv"
