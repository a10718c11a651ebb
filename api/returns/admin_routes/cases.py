"""Returns for staff: list, open, decide, receive by scan, inspect, refund, close."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypedDict, TypeVar
from uuid import UUID

from flask import Response

from api.inventory.errors import (
    BinElsewhere,
    BinInactive,
    BinNotFound,
    BinShort,
    InsufficientStock,
    LocationNotFound,
    LotNotFound,
    LotNotTracked,
    LotRequired,
    LotShort,
    LotsNotSellable,
    QuantityTooLarge,
    StateShort,
    VariantUnknown,
)
from api.kernel.errors import DomainError, InvalidState
from api.kernel.ids import new_id
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound
from api.orders.service import Order
from api.platform import approvals, audit
from api.platform.auth import LocationNotYours, principal, requires
from api.platform.db import transaction
from api.platform.http import LOCATED, Blueprint, Schema, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.printing import service as printing_service
from api.printing.errors import PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
from api.printing.schemas import PrintAtSchema, PrintedSchema
from api.printing.states import PaperKind
from api.returns import queries
from api.returns.errors import (
    NO_RETURN,
    NO_UNITS_TO_REFUND,
    DispositionExceedsReceived,
    ExchangeImpossible,
    NothingReturned,
    QuantityExceedsReturnable,
    ReasonUnknown,
    RefundNotFound,
    ReturnChanged,
    ReturnLineNotFound,
    ReturnNotFound,
    ReturnRefusedByPolicy,
)
from api.returns.flows import exchanges
from api.returns.flows import returns as flows
from api.returns.flows.returns import ReturnRefundForm
from api.returns.models import Return
from api.returns.queries import cases as case_queries
from api.returns.queries import settings as settings_queries
from api.returns.queries import slips as slip_queries
from api.returns.schemas import RefundSchema
from api.returns.schemas.cases import (
    InspectReturnSchema,
    NewReturn,
    NewReturnSchema,
    ReceiveReturnSchema,
    RejectReturnSchema,
    ReturnableSchema,
    ReturnCardSchema,
    ReturnNoteSchema,
    ReturnPostedSchema,
    ReturnSchema,
    ReturnsQuerySchema,
)
from api.returns.schemas.documents import PDF, pdf
from api.returns.schemas.return_refunds import (
    ReturnRefundQuoteSchema,
    ReturnRefundSchema,
    ReturnRefundSumsSchema,
)
from api.returns.service import cases as service
from api.returns.service import receiving
from api.returns.service.cases import ReturnInput
from api.returns.service.receiving import DisposedUnits, ReceivedUnits

blueprint = Blueprint(
    "admin-return-cases",
    __name__,
    url_prefix="/api/v1/admin",
    description="Returns, for staff.",
)

Body = TypeVar("Body")
Act = Callable[[Order, Return, Body], None]
_STOCK = (
    *(LotNotFound, LotNotTracked, LotRequired, LotShort, LotsNotSellable),
    DispositionExceedsReceived,
    InvalidState,
    OrderNotFound,
    ReturnLineNotFound,
    ReturnNotFound,
    BinElsewhere,
    BinInactive,
    BinNotFound,
    BinShort,
    InsufficientStock,
    LocationNotFound,
    LocationNotYours,
    QuantityTooLarge,
    StateShort,
    VariantUnknown,
)


class ReturnsQuery(PageQuery):
    """Which returns are listed."""

    state: str | None
    kind: str | None
    order_id: UUID | None
    variant_id: UUID | None
    created_before: datetime | None


@blueprint.route("/returns", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(ReturnsQuerySchema, location="query")
@blueprint.response(200, list_schema(ReturnCardSchema))
def list_returns(query: ReturnsQuery) -> dict[str, object]:
    """List returns by state and age."""
    return case_queries.returns_page(**query)


@blueprint.route("/returns/<uuid:return_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(ReturnNotFound)
@blueprint.response(200, ReturnSchema)
def get_return(return_id: UUID) -> dict[str, object]:
    """Read a return with its lines, dispositions, photos and refunds."""
    return case_queries.a_return(return_id)


@blueprint.route("/returns/<uuid:return_id>/slip", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(PackageMissing, ReturnNotFound)
@blueprint.doc(responses=PDF)
def get_return_slip(return_id: UUID) -> Response:
    """Read the slip of a return as PDF."""
    return pdf(return_id)


@blueprint.route("/returns/<uuid:return_id>/print", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(
    PackageMissing, PrinterFormatWrong, PrinterNotFound, ReturnNotFound, StationHasNoPrinter
)
@idempotent(required=True)
@blueprint.arguments(PrintAtSchema)
@blueprint.response(200, PrintedSchema)
def print_return_slip(body: dict[str, str], return_id: UUID) -> dict[str, Any]:
    """Print the slip of a return on the printer of a station."""
    of = slip_queries.slip_of(return_id)
    job = printing_service.print_drawn(
        body["station"],
        PaperKind.RETURN_SLIP,
        printing_service.slip_makers(of),
        title=f"{of.title} {of.code}",
        by=principal(),
        subject_id=return_id,
    )
    return {"jobs": [job]}


@blueprint.route("/orders/<uuid:order_id>/returnable", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.response(200, ReturnableSchema)
def get_admin_returnable(order_id: UUID) -> object:
    """Read what of an order may come back, what the policy says, and its returns so far."""
    return {
        "status": case_queries.return_status(order_id),
        "lines": case_queries.returnable(order_id),
        "returns": [one["id"] for one in case_queries.returns_of_order(order_id)],
    }


@blueprint.route("/orders/<uuid:order_id>/returns", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(*NO_RETURN, ReasonUnknown, ReturnRefusedByPolicy)
@idempotent(required=True)
@blueprint.arguments(NewReturnSchema)
@blueprint.response(201, ReturnSchema, headers=LOCATED)
def open_return(body: NewReturn, order_id: UUID) -> object:
    """Open a return for a customer; it is approved at once.

    What the policy says against it is noted on the return as `advice`, and refuses nothing.
    """
    language = settings_queries.language_for(orders_queries.get_order(order_id))
    return_id = new_id()
    values = ReturnInput(**body, language=language)
    flows.request_return(order_id, values, return_id=return_id, is_binding=False, by=principal())
    headers = {"Location": f"{blueprint.url_prefix}/returns/{return_id}"}
    return case_queries.a_return(return_id), headers


def _command(
    path: str, schema: type[Schema], *errors: type[DomainError], needs_key: bool = False
) -> Callable[[Act[Body]], Act[Body]]:
    """Make a function a command of a return: it is locked after its order, and answered as it is.

    All of them are POSTs below the return, for who may `returns:write`.
    """

    def register(act: Act[Body]) -> Act[Body]:
        @functools.wraps(act)
        def view(body: Body, return_id: UUID) -> dict[str, object]:
            order, parent = flows.locked(return_id)
            act(order, parent, body)
            return case_queries.a_return(return_id)

        answered = blueprint.arguments(schema)(blueprint.response(200, ReturnSchema)(view))
        guarded = may_answer(*errors)(idempotent(required=needs_key)(answered))
        rule = f"/returns/<uuid:return_id>/{path}"
        blueprint.route(rule, methods=["POST"])(requires(Permission.RETURNS_WRITE)(guarded))
        return act

    return register


_REFUSED = (InvalidState, OrderNotFound, ReturnNotFound)
_CALLED_OFF = (*NO_UNITS_TO_REFUND, ExchangeImpossible)


@_command("approve", ReturnNoteSchema, *_REFUSED)
def approve_return(order: Order, parent: Return, body: dict[str, str | None]) -> None:
    """Approve a return; its customer gets the slip and the instructions."""
    service.approve(order, parent, **body, by=principal())


@_command("reject", RejectReturnSchema, *_REFUSED)
def reject_return(order: Order, parent: Return, body: dict[str, str]) -> None:
    """Reject a return; its customer is told why."""
    service.reject(order, parent, **body, by=principal())


@_command("cancel", ReturnNoteSchema, *_CALLED_OFF)
def cancel_return(order: Order, parent: Return, body: dict[str, str | None]) -> None:
    """Cancel a return of which nothing came; its units may be returned another time."""
    exchanges.cancel_return(order, parent, reason=body["note"], by=principal())


class Posted(TypedDict):
    """With which carrier a return is on its way."""

    carrier: str
    tracking_number: str | None


@_command("posted", ReturnPostedSchema, *_REFUSED)
def post_return(order: Order, parent: Return, body: Posted) -> None:
    """Record the proof that the goods were sent."""
    service.post(order, parent, **body, by=principal())


class Received(TypedDict):
    """Units that came, and where."""

    location_id: UUID | None
    units: list[ReceivedUnits]


@_command("receive", ReceiveReturnSchema, *_STOCK, ReturnChanged, needs_key=True)
def receive_return(order: Order, parent: Return, body: Received) -> None:
    """Receive units at any location, in part; unexpected ones are recorded, too."""
    receiving.receive(order, parent, body["units"], location_id=body["location_id"], by=principal())


class Inspected(TypedDict):
    """What becomes of units, and where."""

    location_id: UUID | None
    units: list[DisposedUnits]


@_command("inspect", InspectReturnSchema, *_STOCK, needs_key=True)
def inspect_return(order: Order, parent: Return, body: Inspected) -> None:
    """Say what becomes of units: restock, damaged, quarantine, discard, or missing."""
    receiving.dispose(order, parent, body["units"], location_id=body["location_id"], by=principal())


@_command("close", ReturnNoteSchema, *_CALLED_OFF)
def close_return(order: Order, parent: Return, body: dict[str, str | None]) -> None:
    """Close a return, with or without a refund; units that never came may come another time."""
    exchanges.close_return(order, parent, **body, by=principal())


@blueprint.route("/returns/<uuid:return_id>/refunds/quote", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(*NO_UNITS_TO_REFUND, QuantityExceedsReturnable, ReturnNotFound)
@blueprint.arguments(ReturnRefundQuoteSchema)
@blueprint.response(200, ReturnRefundSumsSchema)
def quote_return_refund(form: ReturnRefundForm, return_id: UUID) -> dict[str, object]:
    """Work out what a return gives back, which way, and why.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    audit.leave_out()
    with transaction():
        return flows.quote_refund(return_id, form)


@blueprint.route("/returns/<uuid:return_id>/refunds", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(
    *NO_UNITS_TO_REFUND,
    NothingReturned,
    QuantityExceedsReturnable,
    RefundNotFound,
    ReturnNotFound,
)
@idempotent_flow
@blueprint.arguments(ReturnRefundSchema)
@blueprint.response(201, RefundSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def refund_return(form: ReturnRefundForm, return_id: UUID, operation_id: UUID) -> object:
    """Refund what came with a return, or, with named units, before it came.

    The shares of the lines, fees, shipping and the order of payments are those of the quote. An
    amount above the limit of one's role waits for a second person (202).
    """
    if flows.refund_return(return_id, form, case_id=operation_id, by=principal()):
        return queries.refund(operation_id)
    return approvals.waiting(operation_id)
