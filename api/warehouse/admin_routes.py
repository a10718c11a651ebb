"""Lots: what is left of them, when they expire, and who got them; for staff."""

from datetime import date
from typing import Final, Unpack
from uuid import UUID

from flask import Response, stream_with_context

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import (
    BinElsewhere,
    BinInactive,
    BinNotFound,
    LevelNotFound,
    LotDateDiffers,
    LotDateRequired,
    LotNotFound,
    LotNotTracked,
    LotRequired,
    LotShort,
)
from api.inventory.schemas.lots import (
    AssignLotSchema,
    EditLotSchema,
    LevelLotsSchema,
    LotQuerySchema,
    LotSchema,
    RecipientSchema,
)
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import CursorInvalid, PageQuery
from api.warehouse import queries

_FILE: Final = {"type": "string", "format": "binary"}

blueprint = Blueprint(
    "lots",
    __name__,
    url_prefix="/api/v1/admin",
    description="Lots: what is left of them, when they expire, and who got them.",
)


@blueprint.route("/lots", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(LotQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(LotSchema))
def list_lots(
    q: str | None, variant_id: UUID | None, expires_before: date | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List lots, the newest first, or those that expire before a day, by date."""
    return inventory_queries.lots(
        at=principal().locations, q=q, variant_id=variant_id, expires_before=expires_before, **page
    )


@blueprint.route("/lots/<uuid:lot_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(LotNotFound)
@blueprint.response(200, LotSchema)
def get_lot(lot_id: UUID) -> dict[str, object]:
    """Read one lot."""
    return inventory_queries.lot(lot_id, at=principal().locations)


@blueprint.route("/lots/<uuid:lot_id>", methods=["PATCH"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(LotNotFound)
@versioned
@blueprint.arguments(EditLotSchema)
@blueprint.response(200, LotSchema)
def update_lot(
    changes: dict[str, object], lot_id: UUID, expected_version: int
) -> dict[str, object]:
    """Correct the date of a lot, recall it, or take the recall back.

    What is left of an expired or recalled lot is not for sale, at any location.
    """
    with transaction():
        inventory_service.edit_lot(
            lot_id, changes, expected_version=expected_version, by=principal()
        )
    return inventory_queries.lot(lot_id, at=principal().locations)


@blueprint.route("/lots/<uuid:lot_id>/recipients", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@may_answer(LotNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(RecipientSchema))
def list_lot_recipients(query: PageQuery, lot_id: UUID) -> dict[str, object]:
    """List the orders that got units of a lot, the newest first."""
    return queries.recipients(lot_id, principal(), **query)


@blueprint.route("/lots/<uuid:lot_id>/recipients/file", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@may_answer(CursorInvalid, LotNotFound)
@blueprint.doc(
    responses={"200": {"description": "The file", "content": {"text/csv": {"schema": _FILE}}}}
)
def download_lot_recipients(lot_id: UUID) -> Response:
    """Fetch all orders that got units of a lot as CSV."""
    lot = inventory_queries.lot(lot_id)
    lines = stream_with_context(queries.recipients_csv(lot_id, principal()))
    response = Response(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="lot-{lot["id"]}.csv"'
    return response


@blueprint.route("/stock/<uuid:level_id>/lots", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(LevelNotFound)
@blueprint.response(200, LevelLotsSchema)
def list_lots_of_level(level_id: UUID) -> dict[str, object]:
    """List what a level has of each lot, the one that expires first first."""
    return inventory_queries.lots_of_level(level_id, at=principal().locations)


@blueprint.route("/stock/<uuid:level_id>/lots", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(
    *(BinElsewhere, BinInactive, BinNotFound, LevelNotFound),
    *(LotDateDiffers, LotDateRequired, LotNotFound, LotNotTracked, LotRequired, LotShort),
)
@idempotent(required=True)
@blueprint.arguments(AssignLotSchema, as_kwargs=True)
@blueprint.response(200, LevelLotsSchema)
def assign_lot(
    level_id: UUID, quantity: int, lot: str, expires_on: date | None, bin_id: UUID | None
) -> dict[str, object]:
    """Say which lot units on hand are of that are in no lot yet."""
    inventory_service.assign_lot(
        level_id, quantity=quantity, lot=lot, expires_on=expires_on, bin_id=bin_id, by=principal()
    )
    return inventory_queries.lots_of_level(level_id, at=principal().locations)
