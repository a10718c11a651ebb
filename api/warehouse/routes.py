"""Counts, put-away and replenishment, for staff."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypedDict, Unpack
from uuid import UUID

from flask import Response

from api.documents import labels as documents
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
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
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.kernel.text_folding import counted
from api.platform.auth import StepUpRequired, principal, requires
from api.platform.external_references import (
    ReferenceTaken,
    TooManySystems,
)
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.reference_schemas import ReferencesSchema, SetReferenceSchema, WrittenReference
from api.platform.settings import current_settings
from api.printing import service as printing_service
from api.printing.errors import PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
from api.printing.schemas import PrintedSchema
from api.printing.states import PaperKind
from api.warehouse import flows, queries, service
from api.warehouse.errors import (
    AloneNeedsFactor,
    BinNotEmptyByBooks,
    CountedAtUnlikely,
    CountedCodeUnknown,
    CountNotFound,
    CountTooLarge,
    LevelsApart,
    LineClosed,
    LinesHeld,
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
    LabelsSchema,
    NewCountSchema,
    PeriodSchema,
    PrintLabelsSchema,
    ShrinkageSchema,
    TasksSchema,
    ValueHistoryQuerySchema,
    ValueHistorySchema,
    ZeroCheckSchema,
)
from api.warehouse.states import CountStatus

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
@blueprint.arguments(CountQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(CountSchema))
def list_counts(
    status: CountStatus | None, bin_id: UUID | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List counts, the newest first."""
    return queries.counts(at=principal().locations, status=status, bin_id=bin_id, **page)


@blueprint.route("/counts", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(
    *(BinNotFound, CountNotFound, CountTooLarge, LevelNotFound, LocationNotFound, NothingToCount),
    *(CountedCodeUnknown, LevelsApart),
)
@idempotent(required=True)
@blueprint.arguments(NewCountSchema)
@blueprint.response(201, CountDetailSchema, headers=LOCATED)
def start_count(body: dict[str, object]) -> object:
    """Start a count, or plan it for a day: of a bin, a zone, a class, levels or a location."""
    count_id = flows.start_count(body, by=principal())
    return queries.count(count_id), {"Location": f"{blueprint.url_prefix}/counts/{count_id}"}


@blueprint.route("/counts/<uuid:count_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(CountNotFound)
@blueprint.response(200, CountDetailSchema)
def get_count(count_id: UUID) -> dict[str, object]:
    """Read a count with its lines, in the order of the walk."""
    return queries.count(count_id, at=principal().locations)


@blueprint.route("/counts/<uuid:count_id>/entries", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(*_ENTRY_REFUSED)
@idempotent(required=True)
@blueprint.arguments(EntrySchema)
@blueprint.response(200, CountDetailSchema)
def enter_count(body: dict[str, Any], count_id: UUID) -> dict[str, object]:
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
@blueprint.arguments(FinishSchema, as_kwargs=True)
@blueprint.response(200, CountDetailSchema)
def finish_count(count_id: UUID, missing_are_zero: bool) -> dict[str, object]:
    """Finish a count whose lines are all posted.

    With `missing_are_zero` lines that were not counted are entered as 0; where that is too large a
    difference the count stays open for a recount.
    """
    service.finish(count_id, missing_are_zero=missing_are_zero, by=principal())
    return queries.count(count_id)


@blueprint.route("/counts/<uuid:count_id>/discard", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(CountNotFound, InvalidState, LinesHeld)
@idempotent(required=False)
@blueprint.response(200, CountDetailSchema)
def discard_count(count_id: UUID) -> dict[str, object]:
    """End a count without counting the rest; what was posted stays posted."""
    service.discard(count_id, by=principal())
    return queries.count(count_id)


@blueprint.route("/bins/<uuid:bin_id>/zero-check", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(BinNotEmptyByBooks, LinesOpen, NothingToCount, *_ENTRY_REFUSED)
@idempotent(required=True)
@blueprint.arguments(ZeroCheckSchema, as_kwargs=True)
@blueprint.response(200, CountDetailSchema)
def check_zero(bin_id: UUID, is_empty: bool) -> dict[str, object]:
    """Say whether a bin that is empty by the books is empty.

    An empty bin is a finished count. Where something is in it, a count of the bin begins.
    """
    return queries.count(flows.zero_check(bin_id, is_empty=is_empty, by=principal()))


@blueprint.route("/warehouse/shrinkage", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(PeriodSchema, location="query", as_kwargs=True)
@blueprint.response(200, ShrinkageSchema)
def get_shrinkage(first: date, last: date) -> dict[str, object]:
    """Sum what counts changed in a period, by location and reason, with its value."""
    return {"rows": queries.shrinkage(first, last, at=principal().locations)}


@blueprint.route("/inventory/valuation/history", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(ValueHistoryQuerySchema, location="query")
@blueprint.response(200, ValueHistorySchema)
def get_value_history(query: dict[str, Any]) -> dict[str, object]:
    """Show how units on hand and their value changed in the days until a moment.

    Units of receipts without a cost are worth nothing here.
    """
    days, points = query.pop("days"), query.pop("points")
    # Before the first days that Python knows there was no stock either.
    earliest = datetime.min.replace(tzinfo=UTC) + timedelta(days=days)
    last = max(query.pop("moment") or clock.now(), earliest)
    moments = [last - timedelta(days=days) * (points - 1 - n) / (points - 1) for n in range(points)]
    return {"points": _values(moments, query["location_id"])}


@blueprint.route("/warehouse/labels", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(PackageMissing, NothingToPrint)
@blueprint.arguments(LabelQuerySchema, location="query")
@blueprint.doc(
    responses={
        "200": {
            "description": "The labels",
            "content": {"application/pdf": {"schema": _FILE}, "text/plain": {"schema": _FILE}},
        }
    }
)
def get_labels(query: dict[str, Any]) -> Response:
    """Read labels of bins or products, or the sheet of command barcodes, as PDF or ZPL.

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


class WantedLabels(TypedDict):
    """What labels are printed for."""

    kind: str
    ids: tuple[UUID, ...] | None
    location_id: UUID | None
    zone: str | None


class WhereToPrint(TypedDict):
    """Where labels are printed, and how many of each."""

    station: str
    copies: int


@blueprint.route("/warehouse/labels/print", methods=["POST"])
@requires(Permission.INVENTORY_READ)
@may_answer(
    PackageMissing, NothingToPrint, PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
)
@idempotent(required=True)
@blueprint.arguments(LabelsSchema, location="query")
@blueprint.arguments(PrintLabelsSchema)
@blueprint.response(200, PrintedSchema)
def print_labels(query: WantedLabels, body: WhereToPrint) -> dict[str, object]:
    """Print labels of bins or products, or the command barcodes, on the label printer of a station.

    At most 200 bins are printed at once.
    """
    labels = queries.labels(**query, copies=body["copies"], at=principal().locations)
    if not labels:
        raise NothingToPrint
    kind = PaperKind.PRODUCT_LABEL if query["kind"] == "products" else PaperKind.BIN_LABEL
    title = f"{counted(len(labels), 'label')} of {query['kind']}"
    job = printing_service.print_drawn(
        body["station"], kind, printing_service.label_makers(labels), title=title, by=principal()
    )
    return {"jobs": [job]}


@blueprint.route("/warehouse/put-away", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.response(200, TasksSchema)
def list_put_away() -> dict[str, object]:
    """List units in receiving bins or in no bin, with the bin where they belong."""
    return {"tasks": queries.to_put_away(at=principal().locations)}


@blueprint.route("/warehouse/replenishment", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.response(200, TasksSchema)
def list_replenishment() -> dict[str, object]:
    """List preferred bins below their minimum, with where to take how many units from."""
    return {"tasks": queries.to_replenish(at=principal().locations)}


@blueprint.route("/locations/<uuid:location_id>/references", methods=["POST"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(LocationNotFound, ReferenceTaken, TooManySystems)
@idempotent(required=False)
@blueprint.arguments(SetReferenceSchema)
@blueprint.response(200, ReferencesSchema)
def set_location_reference(body: WrittenReference, location_id: UUID) -> object:
    """Write what another system keeps about a location; nothing removes it."""
    return {"data": inventory_service.set_location_reference(location_id, **body, by=principal())}


def _values(moments: list[datetime], location_id: UUID | None) -> list[dict[str, object]]:
    return inventory_queries.value_history(
        moments,
        currency=current_settings().currency,
        location_id=location_id,
        at=principal().locations,
    )
