"""The queue, batches and their walk, put-backs and figures, for staff."""

import csv
import io
from datetime import date
from typing import Any, TypedDict, Unpack
from uuid import UUID

from flask import Response

from api.documents import slips
from api.inventory.errors import (
    BinElsewhere,
    BinInactive,
    BinNotFound,
    BinShort,
    InsufficientStock,
    LevelNotFound,
    LocationNotFound,
    LotElsewhere,
    LotNotFound,
    LotShort,
)
from api.kernel.errors import InvalidState
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.orders.errors import OrderNotFound, OrderOnHold
from api.picking import flows, queries, service
from api.picking.errors import (
    NO_PICK,
    AllHaveTotes,
    BatchClaimed,
    BatchNotFound,
    ClaimNeeded,
    LinesToPick,
    NoOtherBin,
    NotABin,
    NotATote,
    NothingReleased,
    NothingToPick,
    NothingToPutBack,
    PickLineNotFound,
    ReasonNeeded,
    TooManyOrders,
    ToteInUse,
    ToteNeeded,
)
from api.picking.queries import BatchRequest
from api.picking.schemas import (
    AssignToteSchema,
    BatchDetailSchema,
    BatchQuerySchema,
    BatchSchema,
    ClaimBatchSchema,
    ClaimNextSchema,
    FiguresSchema,
    GiveBackSchema,
    NewBatchSchema,
    ParkBatchSchema,
    PickAnswerSchema,
    PickSchema,
    PutBackSchema,
    PutBackTasksSchema,
    QueueQuerySchema,
    QueueSchema,
    ShortSchema,
)
from api.picking.service import Scan
from api.platform.auth import PermissionMissing, check_location, principal, requires
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.printing import service as printing_service
from api.printing.errors import PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
from api.printing.schemas import PrintAtSchema, PrintedSchema
from api.printing.states import PaperKind
from api.warehouse.errors import CountTooLarge, NothingToCount
from api.warehouse.schemas import PeriodSchema

blueprint = Blueprint(
    "picking",
    __name__,
    url_prefix="/api/v1/admin/picking",
    description="Which orders are picked next, and the walk through the bins.",
)

_MOVES = (
    *(BinElsewhere, BinInactive, BinNotFound, BinShort, InsufficientStock, LevelNotFound),
    *(LotElsewhere, LotNotFound, LotShort),
)
_FILE = {"type": "string", "format": "binary"}
_PDF = {"200": {"description": "The paper", "content": {"application/pdf": {"schema": _FILE}}}}


@blueprint.route("/queue", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(LocationNotFound)
@blueprint.arguments(QueueQuerySchema, location="query")
@blueprint.response(200, QueueSchema)
def get_queue(query: dict[str, UUID | None]) -> dict[str, object]:
    """Read the orders to pick, by the time they were promised to leave."""
    by = principal()
    location_id = query["location_id"] or queries.own_location(by.locations)
    check_location(by, {location_id})
    return queries.queue(location_id)


@blueprint.route("/batches", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(BatchQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(BatchSchema))
def list_batches(
    is_open: bool | None, location_id: UUID | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List batches, the newest first."""
    return queries.batches(
        at=principal().locations, is_open=is_open, location_id=location_id, **page
    )


@blueprint.route("/batches", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchNotFound, LocationNotFound, NothingToPick, TooManyOrders)
@idempotent(required=True)
@blueprint.arguments(NewBatchSchema)
@blueprint.response(201, BatchDetailSchema, headers=LOCATED)
def release_batch(body: dict[str, object]) -> object:
    """Claim the next orders for a batch and plan its walk.

    Nobody else gets these orders until they are shipped or given back.
    """
    batch_id = service.release_batch(_request(body), by=principal())
    return queries.batch(batch_id), {"Location": f"{blueprint.url_prefix}/batches/{batch_id}"}


def _request(body: dict[str, Any]) -> BatchRequest:
    location_id = body.pop("location_id") or queries.own_location(principal().locations)
    return BatchRequest(**body, location_id=location_id)


@blueprint.route("/batches/claim-next", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(BatchClaimed, BatchNotFound, InvalidState, LocationNotFound, NothingReleased, ReasonNeeded)
)
@idempotent(required=True)
@blueprint.arguments(ClaimNextSchema)
@blueprint.response(200, BatchDetailSchema)
def claim_next_batch(body: dict[str, UUID | None]) -> dict[str, object]:
    """Begin the first released batch that nobody has; of two who ask, each gets another one."""
    by = principal()
    location_id = body["location_id"] or queries.own_location(by.locations)
    return queries.batch(service.claim_next_batch(location_id, by=by))


@blueprint.route("/batches/<uuid:batch_id>", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchNotFound)
@blueprint.response(200, BatchDetailSchema)
def get_batch(batch_id: UUID) -> dict[str, object]:
    """Read a batch with its lines, in the order of the walk."""
    return queries.batch(batch_id, at=principal().locations)


@blueprint.route("/batches/<uuid:batch_id>/paper", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(PackageMissing, BatchNotFound)
@blueprint.doc(responses=_PDF)
def get_pick_list(batch_id: UUID) -> Response:
    """Read a batch as a paper, as PDF: what is still to be picked, in the order of the walk."""
    of = queries.pick_slip(batch_id, at=principal().locations)
    return Response(slips.slip(of), content_type="application/pdf")


@blueprint.route("/batches/<uuid:batch_id>/print", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(PackageMissing, BatchNotFound, PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter)
@idempotent(required=True)
@blueprint.arguments(PrintAtSchema)
@blueprint.response(200, PrintedSchema)
def print_pick_list(body: dict[str, str], batch_id: UUID) -> dict[str, object]:
    """Print what is still to be picked of a batch on the printer of a station."""
    of = queries.pick_slip(batch_id, at=principal().locations)
    job = printing_service.print_drawn(
        body["station"],
        PaperKind.PICK_LIST,
        printing_service.slip_makers(of),
        title=of.title,
        by=principal(),
        subject_id=batch_id,
    )
    return {"jobs": [job]}


@blueprint.route("/batches/<uuid:batch_id>/claim", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchClaimed, BatchNotFound, InvalidState, ReasonNeeded)
@idempotent(required=True)
@blueprint.arguments(ClaimBatchSchema, as_kwargs=True)
@blueprint.response(200, BatchDetailSchema)
def claim_batch(batch_id: UUID, take_over: bool, reason: str | None) -> dict[str, object]:
    """Start or resume a batch; it is yours while you scan, and for five minutes after."""
    service.claim_batch(batch_id, take_over=take_over, reason=reason, by=principal())
    return queries.batch(batch_id)


@blueprint.route("/batches/<uuid:batch_id>/park", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchNotFound, InvalidState, ReasonNeeded)
@idempotent(required=True)
@blueprint.arguments(ParkBatchSchema, as_kwargs=True)
@blueprint.response(200, BatchDetailSchema)
def park_batch(batch_id: UUID, reason: str | None) -> dict[str, object]:
    """Stop for now; anybody may resume on any terminal. Somebody else's needs a reason."""
    service.park_batch(batch_id, reason=reason, by=principal())
    return queries.batch(batch_id)


@blueprint.route("/batches/<uuid:batch_id>/finish", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchNotFound, ClaimNeeded, InvalidState, LinesToPick)
@idempotent(required=True)
@blueprint.response(200, BatchDetailSchema)
def finish_batch(batch_id: UUID) -> dict[str, object]:
    """End a batch whose lines are all picked or short; its orders wait to be packed."""
    service.finish_batch(batch_id, by=principal())
    return queries.batch(batch_id)


@blueprint.route("/batches/<uuid:batch_id>/cancel", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchNotFound, InvalidState)
@idempotent(required=True)
@blueprint.response(200, BatchDetailSchema)
def cancel_batch(batch_id: UUID) -> dict[str, object]:
    """Give all orders back to the queue; what was picked is put back."""
    service.cancel_batch(batch_id, by=principal())
    return queries.batch(batch_id)


@blueprint.route("/batches/<uuid:batch_id>/totes", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(AllHaveTotes, BatchNotFound, ClaimNeeded, InvalidState, NotATote, PickLineNotFound),
    ToteInUse,
)
@idempotent(required=True)
@blueprint.arguments(AssignToteSchema, as_kwargs=True)
@blueprint.response(200, BatchDetailSchema)
def assign_tote(batch_id: UUID, tote: str, order_id: UUID | None) -> dict[str, object]:
    """Put a scanned tote on the cart, for one order or for a batch of single items."""
    service.assign_tote(batch_id, tote, order_id, by=principal())
    return queries.batch(batch_id)


@blueprint.route("/batches/<uuid:batch_id>/give-back", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BatchNotFound, OrderNotFound, PickLineNotFound)
@idempotent(required=True)
@blueprint.arguments(GiveBackSchema, as_kwargs=True)
@blueprint.response(200, BatchDetailSchema)
def give_back_order(batch_id: UUID, order_id: UUID) -> dict[str, object]:
    """Take an order out of a batch; it is in the queue again once it may ship."""
    service.give_back_order(batch_id, order_id, by=principal())
    return queries.batch(batch_id)


class Picked(TypedDict):
    """What was scanned at a bin."""

    quantity: int
    bin: str | None
    item: str | None
    tote: str | None
    lot: str | None


@blueprint.route("/lines/<uuid:line_id>/pick", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*NO_PICK, *_MOVES, OrderOnHold, PermissionMissing, ToteNeeded)
@idempotent(required=True)
@blueprint.arguments(PickSchema)
@blueprint.response(200, PickAnswerSchema)
def pick(body: Picked, line_id: UUID) -> dict[str, object]:
    """Confirm units of a line by what was scanned.

    A wrong scan answers 200 with its `result`: nothing changed, and the scan is on record.
    """
    answer = service.pick(line_id, Scan(**body), by=principal())
    return {
        "result": answer.result,
        "message": answer.message,
        "is_bin_empty": answer.is_bin_empty,
        "batch": queries.batch_of_line(line_id),
    }


@blueprint.route("/lines/<uuid:line_id>/skip", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*NO_PICK)
@idempotent(required=True)
@blueprint.response(200, BatchDetailSchema)
def skip_line(line_id: UUID) -> dict[str, object]:
    """Move a line to the end of the walk."""
    service.skip_line(line_id, by=principal())
    return queries.batch_of_line(line_id)


@blueprint.route("/lines/<uuid:line_id>/short", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*NO_PICK, CountTooLarge, NoOtherBin, NothingToCount)
@idempotent(required=True)
@blueprint.arguments(ShortSchema, as_kwargs=True)
@blueprint.response(200, BatchDetailSchema)
def report_short(line_id: UUID, other_bin: bool) -> dict[str, object]:
    """Report that the rest of a line is not in its bin: a count is planned, the stock stays."""
    return queries.batch(flows.report_short(line_id, other_bin=other_bin, by=principal()))


@blueprint.route("/put-backs", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.response(200, PutBackTasksSchema)
def list_put_backs() -> dict[str, object]:
    """List units in totes that no order needs any more, with the bin they came from."""
    return {"tasks": queries.put_backs(at=principal().locations)}


@blueprint.route("/lines/<uuid:line_id>/put-back", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_MOVES, NotABin, NothingToPutBack, PickLineNotFound)
@idempotent(required=True)
@blueprint.arguments(PutBackSchema, as_kwargs=True)
@blueprint.response(200, PutBackTasksSchema)
def put_back(line_id: UUID, quantity: int, bin: str | None) -> dict[str, object]:
    """Put units back into the bin they came from, or into the one that was scanned."""
    service.put_back(line_id, quantity, code=bin, by=principal())
    return {"tasks": queries.put_backs(at=principal().locations)}


@blueprint.route("/figures", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(PeriodSchema, location="query", as_kwargs=True)
@blueprint.response(200, FiguresSchema)
def get_figures(first: date, last: date) -> dict[str, object]:
    """Read each day's picking of all people together."""
    return {"rows": queries.figures(first, last, at=principal().locations)}


@blueprint.route("/figures/file", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(PeriodSchema, location="query", as_kwargs=True)
@blueprint.doc(responses={"200": {"description": "The figures", "content": {"text/csv": {}}}})
def get_figures_file(first: date, last: date) -> Response:
    """Read each day's picking as CSV."""
    rows = queries.figures(first, last, at=principal().locations)
    file = io.StringIO()
    names = (
        *("day", "batches", "lines", "units", "short", "wrong_scans", "hours", "lines_an_hour"),
        *("walked", "walk_length_alone"),
    )
    writer = csv.DictWriter(file, names)
    writer.writeheader()
    writer.writerows(rows)
    return Response(file.getvalue(), content_type="text/csv; charset=utf-8")
