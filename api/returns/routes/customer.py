"""Returns of one's own orders: what may come back, requests, slips, photos, proof of posting."""

from uuid import UUID

from flask import Response, request

from api.catalog.errors.media import (
    PictureMissing,
    PictureTooLarge,
    PictureTooManyPixels,
    PictureUnreadable,
)
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.packages import PackageMissing
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound
from api.platform import languages
from api.platform.auth import anyone, principal, public
from api.platform.body_limits import MEGABYTE, body_limit
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent, idempotent_steps
from api.platform.openapi_errors import may_answer
from api.returns.errors import (
    NO_RETURN,
    NO_UNITS_TO_REFUND,
    ExchangeImpossible,
    PhotosFull,
    ReasonUnknown,
    ReturnNotFound,
    ReturnRefusedByPolicy,
    SlipNotValid,
)
from api.returns.flows import exchanges
from api.returns.flows import returns as flows
from api.returns.queries import cases as queries
from api.returns.queries import for_customers
from api.returns.queries import settings as settings_queries
from api.returns.schemas.cases import (
    CustomerReturnSchema,
    NewReturn,
    NewReturnSchema,
    ReturnableSchema,
    ReturnPhotoSchema,
    ReturnPostedSchema,
)
from api.returns.schemas.documents import PDF, pdf
from api.returns.schemas.settings import PublicReturnReasonsSchema
from api.returns.service import cases as service
from api.returns.service.cases import ReturnInput
from api.returns.states import LIVE, ReturnState

MOST_MEGABYTES = 5
_LIMIT = (MOST_MEGABYTES * MEGABYTE) + 64 * 1024
_FILE = {"type": "string", "format": "binary"}
_RAW = ("image/jpeg", "image/png", "image/webp")
_PHOTO = {"required": True, "content": {kind: {"schema": _FILE} for kind in _RAW}}
blueprint = Blueprint(
    "returns", __name__, url_prefix="/api/v1/orders", description="Returns of a customer's orders."
)
own = Blueprint(
    "own-returns",
    __name__,
    url_prefix="/api/v1/returns",
    description="Returns of a customer or guest.",
)
reasons_blueprint = Blueprint(
    "return-reasons",
    __name__,
    url_prefix="/api/v1/return-reasons",
    description="Why goods come back.",
)


@reasons_blueprint.route("", methods=["GET"])
@public
@reasons_blueprint.response(200, PublicReturnReasonsSchema)
def list_return_reasons() -> object:
    """List the reasons that a return may have, in the language of the request."""
    language = languages.negotiate_language()
    return {
        "reasons": [
            {"code": one.code, "label": one.label(language)}
            for one in settings_queries.reasons()
            if one.is_active
        ]
    }


@blueprint.route("/<uuid:order_id>/returnable", methods=["GET"])
@anyone
@may_answer(OrderNotFound)
@blueprint.response(200, ReturnableSchema)
def get_returnable(order_id: UUID) -> object:
    """Read what of an order may come back, until when, and its returns so far."""
    orders_queries.order_id_of_customer(order_id, principal())
    return {
        "status": queries.return_status(order_id),
        "lines": queries.returnable(order_id),
        "returns": [one["id"] for one in queries.returns_of_order(order_id)],
    }


@blueprint.route("/<uuid:order_id>/returns", methods=["POST"])
@anyone
@may_answer(*NO_RETURN, ReasonUnknown, ReturnRefusedByPolicy)
@idempotent(required=True)
@blueprint.arguments(NewReturnSchema)
@blueprint.response(201, CustomerReturnSchema)
def request_return(body: NewReturn, order_id: UUID) -> object:
    """Ask to return goods. The shop approves or rejects it; an e-mail says which.

    Who withdraws from the contract, as consumers in the European Union may within 14 days, uses
    POST /withdrawals instead.
    """
    order = orders_queries.get_order(order_id, principal())
    return_id = new_id()
    values = ReturnInput(**body, language=order.language or languages.negotiate_language())
    flows.request_return(order_id, values, return_id=return_id, is_binding=True, by=principal())
    return for_customers.return_of_order(order_id, return_id)


@own.route("/<uuid:return_id>", methods=["GET"])
@anyone
@may_answer(OrderNotFound, ReturnNotFound)
@own.response(200, CustomerReturnSchema)
def get_own_return(return_id: UUID) -> object:
    """Read a return of your own."""
    return for_customers.return_of_order(_own_order(return_id), return_id)


@own.route("/<uuid:return_id>/cancel", methods=["POST"])
@anyone
@may_answer(*NO_UNITS_TO_REFUND, ExchangeImpossible)
@idempotent(required=False)
@own.response(200, CustomerReturnSchema)
def cancel_own_return(return_id: UUID) -> object:
    """Cancel a return of which nothing has come. A withdrawal cannot be cancelled."""
    order_id = _own_order(return_id)
    order, parent = flows.locked(return_id)
    if parent.withdrawn_at is not None:
        raise InvalidState(
            "A withdrawal has ended the contract. Order again instead.",
            machine="The return", current=parent.status.value, allowed=[],
        )  # fmt: skip
    exchanges.cancel_return(order, parent, reason=None, by=principal())
    return for_customers.return_of_order(order_id, return_id)


@own.route("/<uuid:return_id>/posted", methods=["POST"])
@anyone
@may_answer(InvalidState, OrderNotFound, ReturnNotFound)
@idempotent(required=False)
@own.arguments(ReturnPostedSchema, as_kwargs=True)
@own.response(200, CustomerReturnSchema)
def post_own_return(return_id: UUID, carrier: str, tracking_number: str | None) -> object:
    """Say that the goods were sent, with the tracking number as proof."""
    order_id = _own_order(return_id)
    order, parent = flows.locked(return_id)
    service.post(order, parent, carrier=carrier, tracking_number=tracking_number, by=principal())
    return for_customers.return_of_order(order_id, return_id)


@own.route("/<uuid:return_id>/slip", methods=["GET"])
@anyone
@may_answer(PackageMissing, OrderNotFound, ReturnNotFound, SlipNotValid)
@own.doc(responses=PDF)
def get_own_return_slip(return_id: UUID) -> Response:
    """Download the slip that goes into the parcel, as PDF, once the return is approved."""
    status = for_customers.return_of_order(_own_order(return_id), return_id)["status"]
    if status == ReturnState.REQUESTED or status not in LIVE:
        raise SlipNotValid(status=status)
    return pdf(return_id)


@blueprint.route("/<uuid:order_id>/return-photos", methods=["POST"])
@anyone
@body_limit(_LIMIT)
@may_answer(
    OrderNotFound,
    PackageMissing,
    PhotosFull,
    PictureMissing,
    PictureTooLarge,
    PictureTooManyPixels,
    PictureUnreadable,
)
@idempotent_steps()
@blueprint.doc(requestBody=_PHOTO)
@blueprint.response(201, ReturnPhotoSchema)
def upload_return_photo(order_id: UUID) -> object:
    """Upload a photo of the goods: JPEG, PNG or WebP of up to 5 MB, as the body.

    What the camera noted in it, such as the place, is taken out.
    """
    orders_queries.order_id_of_customer(order_id, principal())
    if request.mimetype not in _RAW:
        raise PictureMissing(content_type=request.mimetype)
    content = request.get_data(cache=False)
    if not content:
        raise PictureMissing
    if len(content) > MOST_MEGABYTES * MEGABYTE:
        raise PictureTooLarge(most_megabytes=MOST_MEGABYTES)
    return queries.photo(flows.add_photo(order_id, content, by=principal()))


def _own_order(return_id: UUID) -> UUID:
    """Return the order of a return of one's own. Raises `ReturnNotFound` and `OrderNotFound`."""
    return orders_queries.order_id_of_customer(queries.order_of(return_id), principal())
