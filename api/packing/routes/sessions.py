"""Packing sessions, for staff: a parcel in the making."""

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from flask import Response

from api.documents import slips
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.errors import (
    FulfilmentNotFound,
    FulfilmentOutdated,
    OrderIsDelivered,
    OrderIsPickedUp,
    UnitsNotVerified,
    VerifiedExceedsQuantity,
)
from api.fulfilment.schemas import FulfilmentSchema
from api.inventory.errors import LocationNotFound, LotsNotSellable, NotAllocated
from api.kernel.errors import InvalidState
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.orders.errors import (
    NotesUnread,
    NothingToShip,
    OrderNotFound,
    OrderOnHold,
    QuantityExceedsOpen,
    UnknownOrderLine,
)
from api.packing import flows, queries, service
from api.packing.errors import (
    BoxTypeNotFound,
    CarrierMissing,
    LabelNotBought,
    NothingToPack,
    PackingLineNotFound,
    ParcelNotReady,
    SessionClaimed,
    SessionClaimNeeded,
    SessionNotFound,
    TooManyUnits,
)
from api.packing.flows import Finish
from api.packing.schemas.sessions import (
    ChooseBoxSchema,
    FinishParcelSchema,
    PackAnswerSchema,
    PackingSessionSchema,
    PackingStartedSchema,
    PackParcelSchema,
    PackScanSchema,
    ParcelUnitsSchema,
    PrintPapersSchema,
    SlipQuerySchema,
    StartPackingSchema,
    WaitingToPackSchema,
    WeighParcelAnswerSchema,
    WeighParcelSchema,
)
from api.packing.service import ScanAnswer
from api.packing.states import Paper
from api.platform.auth import PermissionMissing, principal, requires
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.storage import StorageUnavailable
from api.printing.errors import PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
from api.printing.schemas import PrintedSchema
from api.shipping_labels import queries as label_queries
from api.shipping_labels.errors import LabelFileMissing, LabelNotForPickup, LabelNotFound

blueprint = Blueprint(
    "packing",
    __name__,
    url_prefix="/api/v1/admin/packing",
    description="Parcels in the making: verified, boxed, weighed and shipped.",
)

_STEP = (InvalidState, SessionClaimNeeded, SessionNotFound)
_SHIPS = (FulfilmentNotFound, NothingToShip, OrderNotFound, OrderOnHold, QuantityExceedsOpen)


@blueprint.route("/waiting", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.response(200, WaitingToPackSchema)
def list_waiting() -> dict[str, object]:
    """List picked orders that wait to be packed, by the time they were promised to leave."""
    return {"orders": queries.waiting(principal())}


@blueprint.route("/sessions", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(InvalidState, NothingToPack, NothingToShip, OrderNotFound, OrderOnHold, SessionClaimed),
    *(SessionClaimNeeded, SessionNotFound),
)
@idempotent(required=True)
@blueprint.arguments(StartPackingSchema, as_kwargs=True)
@blueprint.response(200, PackingStartedSchema)
def start_session(code: str, tote: str | None, station: str, take_over: bool) -> dict[str, object]:
    """Begin to pack what was scanned, or go on with its open session.

    An order and a tote of one order begin at once. A tote of single items answers without a
    session: scan one of its items, and send that with `tote`. The order is yours while you scan,
    and for five minutes after.
    """
    started = flows.start(
        code=code, tote=tote, station=station, take_over=take_over, by=principal()
    )
    if started.session_id is None:
        return {"session": None, "message": "Scan an item of this tote."}
    read = queries.packing_session(started.session_id, principal())
    words = f"Order {read['order_number']}"
    return {"session": read, "message": started.answer.message if started.answer else words}


@blueprint.route("/sessions/<uuid:packing_session_id>", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(SessionNotFound)
@blueprint.response(200, PackingSessionSchema)
def get_packing_session(packing_session_id: UUID) -> object:
    """Read a parcel in the making."""
    return queries.packing_session(packing_session_id, principal())


@blueprint.route("/sessions/<uuid:packing_session_id>/scans", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP)
@idempotent(required=True)
@blueprint.arguments(PackScanSchema, as_kwargs=True)
@blueprint.response(200, PackAnswerSchema)
def scan_into_parcel(packing_session_id: UUID, code: str, quantity: int) -> dict[str, object]:
    """Verify units by a scan, or choose the box by its label.

    A wrong scan answers 200 with its `result`: no unit is verified, the scan is on record, and the
    parcel is blocked until the next right scan, or until it is put right.
    """
    answer = service.scan(packing_session_id, code, quantity, by=principal())
    return _answer(packing_session_id, answer)


@blueprint.route("/sessions/<uuid:packing_session_id>/confirm", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP, PackingLineNotFound, PermissionMissing, TooManyUnits)
@idempotent(required=True)
@blueprint.arguments(ParcelUnitsSchema, as_kwargs=True)
@blueprint.response(200, PackAnswerSchema)
def confirm_units(packing_session_id: UUID, line_id: UUID, quantity: int) -> dict[str, object]:
    """Verify units without a scan, which is on record.

    Where units must be scanned (`SHIP_VERIFICATION`), it needs `fulfilment:override`.
    """
    answer = service.confirm(packing_session_id, line_id=line_id, quantity=quantity, by=principal())
    return _answer(packing_session_id, answer)


@blueprint.route("/sessions/<uuid:packing_session_id>/take-out", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP, PackingLineNotFound, TooManyUnits)
@idempotent(required=True)
@blueprint.arguments(ParcelUnitsSchema, as_kwargs=True)
@blueprint.response(200, PackAnswerSchema)
def take_units_out(packing_session_id: UUID, line_id: UUID, quantity: int) -> dict[str, object]:
    """Take verified units out of the parcel again."""
    answer = service.take_out(
        packing_session_id, line_id=line_id, quantity=quantity, by=principal()
    )
    return _answer(packing_session_id, answer)


@blueprint.route("/sessions/<uuid:packing_session_id>/put-right", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP)
@idempotent(required=True)
@blueprint.response(200, PackingSessionSchema)
def put_right(packing_session_id: UUID) -> object:
    """Say that what was scanned wrongly is out of the parcel."""
    service.put_right(packing_session_id, by=principal())
    return queries.packing_session(packing_session_id, principal())


@blueprint.route("/sessions/<uuid:packing_session_id>/box", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP, BoxTypeNotFound)
@idempotent(required=True)
@blueprint.arguments(ChooseBoxSchema, as_kwargs=True)
@blueprint.response(200, PackingSessionSchema)
def choose_box(packing_session_id: UUID, box_type_id: UUID | None) -> object:
    """Choose the box. Its weight is asked for again."""
    service.choose_box(packing_session_id, box_type_id, by=principal())
    return queries.packing_session(packing_session_id, principal())


@blueprint.route("/sessions/<uuid:packing_session_id>/weight", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP)
@idempotent(required=True)
@blueprint.arguments(WeighParcelSchema, as_kwargs=True)
@blueprint.response(200, WeighParcelAnswerSchema)
def weigh_parcel(
    packing_session_id: UUID, weight_grams: int, is_rechecked: bool
) -> dict[str, object]:
    """Record what the parcel weighs, and compare it with past parcels.

    More than 3 % and more than 20 g off, it leaves only once somebody has looked into it and sends
    the weight again with `is_rechecked`.
    """
    answer = service.weigh(
        packing_session_id,
        weight_grams,
        is_rechecked=is_rechecked,
        by=principal(),
    )
    read = queries.packing_session(packing_session_id, principal())
    return {"is_off": answer.is_off, "message": answer.message, "session": read}


@blueprint.route("/sessions/<uuid:packing_session_id>/pack", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP, *_SHIPS, ParcelNotReady, PermissionMissing, UnknownOrderLine)
@idempotent(required=True)
@blueprint.arguments(PackParcelSchema, as_kwargs=True)
@blueprint.response(200, PackingSessionSchema)
def pack_parcel(packing_session_id: UUID, is_partial: bool, override_reason: str | None) -> object:
    """Claim the units of a parcel that is ready, so that it can get its label and its slip.

    Refused with what is missing until everything is verified, boxed and weighed.
    """
    flows.pack(
        packing_session_id, is_partial=is_partial, override_reason=override_reason, by=principal()
    )
    return queries.packing_session(packing_session_id, principal())


@blueprint.route("/sessions/<uuid:packing_session_id>/reopen", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP, FulfilmentNotFound, OrderNotFound)
@idempotent(required=True)
@blueprint.response(200, PackingSessionSchema)
def reopen_parcel(packing_session_id: UUID) -> object:
    """Open a packed parcel again; what was verified stays."""
    flows.reopen(packing_session_id, by=principal())
    return queries.packing_session(packing_session_id, principal())


@blueprint.route("/sessions/<uuid:packing_session_id>/cancel", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_STEP, FulfilmentNotFound, OrderNotFound)
@idempotent(required=True)
@blueprint.response(200, PackingSessionSchema)
def cancel_packing(packing_session_id: UUID) -> object:
    """Give the parcel up: its units are open again."""
    flows.cancel(packing_session_id, by=principal())
    return queries.packing_session(packing_session_id, principal())


class FinishedParcel(TypedDict):
    """How a parcel leaves."""

    is_partial: bool
    override_reason: str | None
    carrier: str | None
    tracking_number: str | None
    buys_label: bool
    acknowledged_notes: Sequence[UUID]


@blueprint.route("/sessions/<uuid:packing_session_id>/finish", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(*_STEP, *_SHIPS, CarrierMissing, FulfilmentOutdated, LotsNotSellable, NotAllocated),
    *(LabelNotBought, LabelNotForPickup, LabelNotFound, LocationNotFound),
    *(NotesUnread, OrderIsDelivered, OrderIsPickedUp, ParcelNotReady, PermissionMissing),
    *(UnitsNotVerified, UnknownOrderLine, VerifiedExceedsQuantity),
)
@idempotent_flow
@blueprint.arguments(FinishParcelSchema)
@blueprint.response(200, FulfilmentSchema)
def finish_parcel(body: FinishedParcel, packing_session_id: UUID, operation_id: UUID) -> object:
    """Ship the parcel; an order that is picked up waits for its customer instead.

    Without a `tracking_number` its label is bought first, where its shipping method has a carrier
    account. A carrier that gives none leaves it packed (`label_not_bought`); ask again then. Asked
    again, with another key too, it answers with the same parcel. Refused with what is missing
    until everything is verified, boxed and weighed. With `is_partial` the verified units leave;
    scan the order again for its next parcel.
    """
    return fulfilment_queries.fulfilment(
        flows.finish(packing_session_id, Finish(**body), by=principal())
    )


_FILE = {"type": "string", "format": "binary"}
_PDF = {"200": {"description": "The paper", "content": {"application/pdf": {"schema": _FILE}}}}
_LABEL = {
    "200": {
        "description": "The label",
        "content": {kind: {"schema": _FILE} for kind in label_queries.MEDIA_TYPES.values()},
    }
}


@blueprint.route("/sessions/<uuid:packing_session_id>/slip", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(PackageMissing, FulfilmentNotFound, ParcelNotReady, SessionNotFound)
@blueprint.arguments(SlipQuerySchema, location="query")
@blueprint.doc(responses=_PDF)
def get_packing_slip(query: dict[str, str], packing_session_id: UUID) -> Response:
    """Read a slip of a parcel as PDF, in the language of its order. Refused until it is packed.

    Without prices it is a gift slip where the order has a gift message.
    """
    of = flows.slip_of(flows.check_ready(packing_session_id), Paper(query["paper"]))
    return Response(slips.slip(of), content_type="application/pdf")


@blueprint.route("/sessions/<uuid:packing_session_id>/label", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(FulfilmentNotFound, LabelFileMissing, LabelNotFound, PackageMissing, ParcelNotReady),
    *(SessionNotFound, StorageUnavailable),
)
@blueprint.doc(responses=_LABEL)
def get_parcel_label(packing_session_id: UUID) -> Response:
    """Read the label of a parcel: the one that was bought, else one with its address and number.

    Refused until the parcel is packed.
    """
    label = flows.label_file(packing_session_id)
    return Response(label.content, content_type=label.media_type)


class WantedPapers(TypedDict):
    """Which papers are printed, and where."""

    papers: list[Paper]
    station: str | None


@blueprint.route("/sessions/<uuid:packing_session_id>/print", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    PackageMissing,
    *(FulfilmentNotFound, InvalidState, LabelFileMissing, LabelNotFound, ParcelNotReady),
    *(PrinterFormatWrong, PrinterNotFound, SessionNotFound, StationHasNoPrinter),
    StorageUnavailable,
)
@idempotent_flow
@blueprint.arguments(PrintPapersSchema)
@blueprint.response(200, PrintedSchema)
def print_papers(
    body: WantedPapers, packing_session_id: UUID, operation_id: UUID
) -> dict[str, object]:
    """Print papers of a parcel at its station, each once: the slip and the label when left out.

    The label is the one that was bought for it, else one with its address and number. Refused with
    what is missing until the parcel is packed. A dead printer delays nothing: the papers wait.
    """
    jobs = flows.print_papers(
        packing_session_id, body["papers"], station=body["station"], by=principal()
    )
    return {"jobs": jobs}


def _answer(session_id: UUID, answer: ScanAnswer) -> dict[str, object]:
    return {
        "result": answer.result,
        "message": answer.message,
        "session": queries.packing_session(session_id, principal()),
    }
