"""Waves of batches, for staff."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from api.inventory.errors import LocationNotFound
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.picking import queries, service
from api.picking.errors import BatchNotFound, NothingToPick, TooManyOrders, WaveNotFound
from api.picking.queries import BatchRequest
from api.picking.schemas.waves import (
    NewWaveSchema,
    WaveDetailSchema,
    WavePreviewQuerySchema,
    WavePreviewSchema,
    WaveSchema,
)
from api.platform.auth import check_location, principal, requires
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery

blueprint = Blueprint(
    "picking-waves",
    __name__,
    url_prefix="/api/v1/admin/picking/waves",
    description="Many orders released at once, in batches with short walks.",
)


@blueprint.route("/preview", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(LocationNotFound)
@blueprint.arguments(WavePreviewQuerySchema, location="query")
@blueprint.response(200, WavePreviewSchema)
def preview_wave(query: dict[str, object]) -> dict[str, object]:
    """Estimate the orders, units, walk and minutes of a wave before it is released."""
    request, size = _request(query)
    check_location(principal(), {request.location_id})
    return asdict(queries.preview_wave(request, size))


@blueprint.route("", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(LocationNotFound, NothingToPick, TooManyOrders, WaveNotFound)
@idempotent(required=True)
@blueprint.arguments(NewWaveSchema)
@blueprint.response(201, WaveDetailSchema, headers=LOCATED)
def release_wave(body: dict[str, object]) -> object:
    """Claim the orders of a wave in one transaction, and plan the walks of its batches.

    The choice is checked again: what others took, held or cancelled since the preview is not in it.
    """
    request, size = _request(body)
    wave_id = service.release_wave(request, size, by=principal())
    return queries.wave(wave_id), {"Location": f"{blueprint.url_prefix}/{wave_id}"}


@blueprint.route("", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(WaveSchema))
def list_waves(query: PageQuery) -> dict[str, object]:
    """List waves, the newest first."""
    return queries.waves(at=principal().locations, **query)


@blueprint.route("/<uuid:wave_id>", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(WaveNotFound)
@blueprint.response(200, WaveDetailSchema)
def get_wave(wave_id: UUID) -> dict[str, object]:
    """Read a wave with its batches."""
    return queries.wave(wave_id, at=principal().locations)


@blueprint.route("/<uuid:wave_id>/cancel", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchNotFound, InvalidState, WaveNotFound)
@idempotent(required=True)
@blueprint.response(200, WaveDetailSchema)
def cancel_wave(wave_id: UUID) -> dict[str, object]:
    """Give the orders of all batches back that nobody began; begun ones are picked to their end."""
    service.cancel_wave(wave_id, by=principal())
    return queries.wave(wave_id)


def _request(values: dict[str, Any]) -> tuple[BatchRequest, int]:
    size = values.pop("orders_per_batch")
    location_id = values.pop("location_id") or queries.own_location(principal().locations)
    return BatchRequest(**values, location_id=location_id), size
