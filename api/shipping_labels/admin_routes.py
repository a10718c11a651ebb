"""Labels, customs forms and tracking, for staff."""

from typing import TypedDict
from uuid import UUID

from flask import Response

from api.carriers.errors import CarrierAccountNotFound, CredentialsUnreadable
from api.documents import customs_form as customs_paper
from api.fulfilment.errors import FulfilmentNotFound
from api.inventory.errors import LocationNotFound
from api.kernel.errors import InvalidState
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.orders.errors import OrderNotFound, OrderOnHold
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.storage import StorageUnavailable
from api.printing.errors import PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
from api.printing.schemas import PrintAtSchema, PrintedSchema
from api.shipping_labels import flows, formats, queries
from api.shipping_labels.errors import (
    CarrierCannotDo,
    CarrierNotReached,
    CustomsDataMissing,
    LabelFileMissing,
    LabelInProgress,
    LabelNotForPickup,
    LabelNotFound,
    LabelOutcomeUnknown,
    LabelRefused,
    LabelShipped,
    NoCarrierAccount,
    ParcelWithoutWeight,
    SenderAddressMissing,
    TrackingFileInvalid,
)
from api.shipping_labels.flows import LabelWish
from api.shipping_labels.schemas import (
    BuyLabelSchema,
    CustomsFormSchema,
    CustomsQuerySchema,
    PrintedLabelSchema,
    PrintLabelSchema,
    SettleLabelSchema,
    ShippingLabelSchema,
    TrackingEventSchema,
    TrackingFileSchema,
    TrackingResultSchema,
    VoidLabelSchema,
)

_OF_CARRIER = (
    CarrierAccountNotFound, CarrierCannotDo, CarrierNotReached, CredentialsUnreadable, LabelRefused,
)  # fmt: skip

blueprint = Blueprint(
    "shipping-labels",
    __name__,
    url_prefix="/api/v1/admin",
    description="Labels bought from carriers, customs forms, tracking.",
)


class WantedLabel(TypedDict):
    """With which service a label is bought, and for what."""

    account: str | None
    service: str | None
    weight_grams: int | None
    size_mm: tuple[int, int, int] | None
    location_id: UUID | None


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/label", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *_OF_CARRIER,
    CustomsDataMissing,
    FulfilmentNotFound,
    InvalidState,
    LabelInProgress,
    LabelNotFound,
    LabelNotForPickup,
    LabelOutcomeUnknown,
    LocationNotFound,
    NoCarrierAccount,
    OrderNotFound,
    OrderOnHold,
    ParcelWithoutWeight,
    SenderAddressMissing,
)
@idempotent_flow
@blueprint.arguments(BuyLabelSchema)
@blueprint.response(201, ShippingLabelSchema)
def buy_label(form: WantedLabel, fulfilment_id: UUID, operation_id: UUID) -> object:
    """Buy the label of an open parcel, once however often it is asked for.

    A parcel that has one gets that one again. When the carrier's answer got lost
    (`label_outcome_unknown`), nothing is bought again until somebody settles it.
    """
    label_id = flows.buy_label(fulfilment_id, LabelWish(**form), by=principal())
    return queries.label(label_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/labels", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(FulfilmentNotFound)
@blueprint.response(200, list_schema(ShippingLabelSchema))
def list_labels(fulfilment_id: UUID) -> dict[str, object]:
    """List all labels of a parcel, also those that failed or were voided."""
    return _whole(queries.labels_of(fulfilment_id))


@blueprint.route("/orders/<uuid:order_id>/labels", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.response(200, list_schema(ShippingLabelSchema))
def list_labels_of_order(order_id: UUID) -> dict[str, object]:
    """List the labels of all parcels of an order, the newest first; up to a hundred."""
    return _whole(queries.labels_of_order(order_id))


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/customs", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(FulfilmentNotFound, LocationNotFound, SenderAddressMissing)
@blueprint.arguments(CustomsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, CustomsFormSchema)
def read_customs_form(fulfilment_id: UUID, location_id: UUID | None) -> dict[str, object]:
    """Read what a customs form (CN23) says of a parcel, and what is missing for it."""
    return flows.customs_form(fulfilment_id, location_id=location_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/customs/paper", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    CustomsDataMissing,
    FulfilmentNotFound,
    LocationNotFound,
    PackageMissing,
    SenderAddressMissing,
)
@blueprint.doc(
    responses={
        200: {
            "description": "The form to sign",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
)
def get_customs_paper(fulfilment_id: UUID) -> Response:
    """Print a customs form (CN23) of a parcel as PDF."""
    paper = customs_paper.paper(flows.customs_paper_of(fulfilment_id))
    return Response(paper, content_type="application/pdf")


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/customs/print", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(CustomsDataMissing, FulfilmentNotFound, LocationNotFound, PackageMissing),
    *(PrinterFormatWrong, PrinterNotFound, SenderAddressMissing, StationHasNoPrinter),
)
@idempotent(required=True)
@blueprint.arguments(PrintAtSchema, as_kwargs=True)
@blueprint.response(200, PrintedSchema)
def print_customs_form(fulfilment_id: UUID, station: str) -> dict[str, object]:
    """Print a customs form (CN23) of a parcel on the printer of a station."""
    return {"jobs": [flows.print_customs(fulfilment_id, station=station, by=principal())]}


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/tracking", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(FulfilmentNotFound)
@blueprint.response(200, list_schema(TrackingEventSchema))
def read_tracking(fulfilment_id: UUID) -> dict[str, object]:
    """Read what the carrier said of a parcel, the newest first; up to a hundred events."""
    return _whole(queries.tracking(fulfilment_id))


@blueprint.route("/labels/<uuid:label_id>", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(LabelNotFound)
@blueprint.response(200, ShippingLabelSchema)
def get_label(label_id: UUID) -> dict[str, object]:
    """Read one label."""
    return queries.label(label_id)


@blueprint.route("/labels/<uuid:label_id>/file", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(LabelFileMissing, LabelNotFound, StorageUnavailable)
@blueprint.doc(
    responses={
        200: {
            "description": "The label as the carrier made it, PDF or ZPL.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in queries.MEDIA_TYPES.values()
            },
        }
    }
)
def get_label_file(label_id: UUID) -> Response:
    """Download the file of a label. It is stored encrypted, and has no public address."""
    file = queries.file_of(label_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Cache-Control": "no-store",
    }
    return Response(file.content, headers=headers, content_type=file.media_type)


@blueprint.route("/labels/<uuid:label_id>/print", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(InvalidState, LabelFileMissing, LabelNotFound, PrinterFormatWrong, PrinterNotFound,
            StationHasNoPrinter, StorageUnavailable)  # fmt: skip
@idempotent_flow
@blueprint.arguments(PrintLabelSchema)
@blueprint.response(200, PrintedLabelSchema)
def print_label(form: dict[str, str], label_id: UUID, operation_id: UUID) -> dict[str, object]:
    """Print a bought label at a station, once however often it is asked.

    Another copy is a reprint of its print job.
    """
    return {"job_id": flows.print_label(label_id, **form, by=principal())}


@blueprint.route("/labels/<uuid:label_id>/void", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*_OF_CARRIER, FulfilmentNotFound, InvalidState, LabelNotFound, LabelShipped,
            OrderNotFound)  # fmt: skip
@idempotent_flow
@blueprint.arguments(VoidLabelSchema, as_kwargs=True)
@blueprint.response(200, ShippingLabelSchema)
def void_label(label_id: UUID, operation_id: UUID, is_voided_elsewhere: bool) -> dict[str, object]:
    """Void a label at its carrier, so that another one may be bought."""
    flows.void_label(label_id, is_voided_elsewhere=is_voided_elsewhere, by=principal())
    return queries.label(label_id)


@blueprint.route("/labels/<uuid:label_id>/settle", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(FulfilmentNotFound, InvalidState, LabelInProgress, LabelNotFound, OrderNotFound)
@idempotent(required=True)
@blueprint.arguments(SettleLabelSchema, as_kwargs=True)
@blueprint.response(200, ShippingLabelSchema)
def settle_label(label_id: UUID, tracking_number: str | None) -> dict[str, object]:
    """Say what became of a request whose answer never came.

    With the tracking number that the carrier's pages show for its reference it counts as bought;
    without one it was not bought, and may be asked for again.
    """
    flows.settle_label(label_id, tracking_number=tracking_number, by=principal())
    return queries.label(label_id)


@blueprint.route("/tracking/import", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(FulfilmentNotFound, InvalidState, OrderNotFound, TrackingFileInvalid)
@idempotent(required=False)
@blueprint.arguments(TrackingFileSchema)
@blueprint.response(200, TrackingResultSchema)
def import_tracking(body: dict[str, str]) -> dict[str, int]:
    """Import a carrier's file of tracking events, all of it or nothing.

    Events that came before change nothing. One that says delivered delivers the parcel.
    """
    return flows.import_tracking(formats.read_file(body["csv"]), by=principal())


def _whole(rows: list[dict[str, object]]) -> dict[str, object]:
    page = {"limit": queries.MOST_EVENTS, "next_cursor": None, "has_more": False}
    return {"data": rows, "page": page}
