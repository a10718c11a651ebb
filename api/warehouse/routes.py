"""Counts, put-away and replenishment, for staff."""

from typing import Any, Final
from uuid import UUID

from flask import Response

from api.documents import labels as documents
from api.inventory.errors import (
    BinElsewhere,
    BinInactive,
    BinNotFound,
    BinShort,
    InsufficientStock,
    LevelNotFound,
    LocationNotFound,
    QuantityTooLarge,
    StateShort,
    StockCountOutdated,
)
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.platform.auth import StepUpRequired, principal, requires
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.warehouse import flows, queries, service
from api.warehouse.errors import (
    AloneNeedsFactor,
    CountedAtUnlikely,
    CountNotFound,
    CountTooLarge,
    LineClosed,
    LinesOpen,
    NothingToCount,
    NothingToPrint,
    SecondPersonNeeded,
)
from api.warehouse.models import Place
from api.warehouse.schemas import (
    CountDetailSchema,
    CountQuerySchema,
    CountSchema,
    EntrySchema,
    FinishSchema,
    LabelQuerySchema,
    NewCountSchema,
    PeriodSchema,
    ShrinkageSchema,
    TasksSchema,
)

blueprint = Blueprint(
    "warehouse",
    __name__,
    url_prefix="/api/v1/admin",
    description="Counting, put-away and replenishment, for staff.",
)

_FILE: Final = {"type": "string", "format": "binary"}
_ENTRY_REFUSED = (
    *(BinElsewhere, BinInactive, BinNotFound, LevelNotFound, QuantityTooLarge, StateShort),
    *(StockCountOutdated, CountNotFound, CountTooLarge, CountedAtUnlikely, InvalidState),
    *(LineClosed, SecondPersonNeeded, AloneNeedsFactor, StepUpRequired),
    *(BinShort, InsufficientStock),
)


@blueprint.route("/counts", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(CountQuerySchema, location="query")
@blueprint.response(200, list_schema(CountSchema))
def list_counts(query: dict[str, Any]) -> dict[str, Any]:
    """List counts, the newest first."""
    return queries.counts(
        with_total=query.pop("include") == "total", at=principal().locations, **query
    )


@blueprint.route("/counts", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(
    *(BinNotFound, CountNotFound, CountTooLarge, LevelNotFound, LocationNotFound, NothingToCount)
)
@idempotent(required=True)
@blueprint.arguments(NewCountSchema)
@blueprint.response(201, CountDetailSchema, headers=LOCATED)
def start_count(body: dict[str, Any]) -> Any:
    """Start a count, or plan it for a day: of a bin, a zone, a class, levels or a location."""
    count_id = flows.start_count(body, by=principal())
    return queries.count(count_id), {"Location": f"{blueprint.url_prefix}/counts/{count_id}"}


@blueprint.route("/counts/<uuid:count_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(CountNotFound)
@blueprint.response(200, CountDetailSchema)
def get_count(count_id: UUID) -> dict[str, Any]:
    """Read a count with its lines, in the order of the walk."""
    return queries.count(count_id, at=principal().locations)


@blueprint.route("/counts/<uuid:count_id>/entries", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(*_ENTRY_REFUSED)
@idempotent(required=True)
@blueprint.arguments(EntrySchema)
@blueprint.response(200, CountDetailSchema)
def enter_count(body: dict[str, Any], count_id: UUID) -> dict[str, Any]:
    """Enter what was counted in a bin, or in no bin.

    It is compared with what was there at `counted_at`, so picking goes on. A small difference is
    posted at once; a larger one is counted again by somebody else, until two in a row agree.
    """
    place = Place(body.pop("level_id"), body.pop("bin_id"))
    service.enter(count_id, place, **body, by=principal())
    return queries.count(count_id)


@blueprint.route("/counts/<uuid:count_id>/finish", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(LinesOpen, *_ENTRY_REFUSED)
@idempotent(required=True)
@blueprint.arguments(FinishSchema)
@blueprint.response(200, CountDetailSchema)
def finish_count(body: dict[str, Any], count_id: UUID) -> dict[str, Any]:
    """Finish a count whose lines are all posted.

    With `missing_are_zero` lines that were not counted are entered as 0; where that is too large a
    difference the count stays open for a recount.
    """
    service.finish(count_id, **body, by=principal())
    return queries.count(count_id)


@blueprint.route("/counts/<uuid:count_id>/discard", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(CountNotFound, InvalidState)
@idempotent(required=False)
@blueprint.response(200, CountDetailSchema)
def discard_count(count_id: UUID) -> dict[str, Any]:
    """End a count without counting the rest; what was posted stays posted."""
    service.discard(count_id, by=principal())
    return queries.count(count_id)


@blueprint.route("/warehouse/shrinkage", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(PeriodSchema, location="query")
@blueprint.response(200, ShrinkageSchema)
def get_shrinkage(query: dict[str, Any]) -> dict[str, Any]:
    """Sum what counts changed in a period, by location and reason, with its value."""
    return {"rows": queries.shrinkage(query["first"], query["last"], at=principal().locations)}


@blueprint.route("/warehouse/labels", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(NothingToPrint)
@blueprint.arguments(LabelQuerySchema, location="query")
@blueprint.doc(
    responses={
        "200": {
            "description": "The labels",
            "content": {"application/pdf": {"schema": _FILE}, "text/plain": {"schema": _FILE}},
        }
    }
)
def print_labels(query: dict[str, Any]) -> Response:
    """Print labels of bins or products, or the sheet of command barcodes, as PDF or ZPL.

    A sheet has 24 labels of 70 x 37 mm. At most 200 bins are printed at once.
    """
    kind, dots_per_mm = query.pop("format"), query.pop("dots_per_mm")
    labels = queries.labels(**query, at=principal().locations)
    if not labels:
        raise NothingToPrint
    if kind == "zpl":
        text = documents.zpl(labels, dots_per_mm=dots_per_mm)
        return Response(text, content_type="text/plain; charset=utf-8")
    return Response(documents.sheet(labels), content_type="application/pdf")


@blueprint.route("/warehouse/put-away", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.response(200, TasksSchema)
def list_put_away() -> dict[str, Any]:
    """List units in receiving bins or in no bin, with the bin where they belong."""
    return {"tasks": queries.to_put_away(at=principal().locations)}


@blueprint.route("/warehouse/replenishment", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.response(200, TasksSchema)
def list_replenishment() -> dict[str, Any]:
    """List preferred bins below their minimum, with where to take how many units from."""
    return {"tasks": queries.to_replenish(at=principal().locations)}
