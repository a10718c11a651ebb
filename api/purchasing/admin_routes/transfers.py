"""Transfers between locations, for staff."""

from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from api.inventory.errors import LocationNotFound
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.purchasing import queries, service
from api.purchasing.admin_routes.refusals import STOCK_REFUSALS
from api.purchasing.errors import (
    CaseQuantityUnknown,
    DamagedExceedsQuantity,
    DifferenceUnexplained,
    NotInTransfer,
    ReceivedCodeUnknown,
    RestUndecided,
    TransferEmpty,
    TransferExcessAboveLimit,
    TransferGoesNowhere,
    TransferLossAboveLimit,
    TransferNotFound,
    TransferReceiptNotUndoable,
)
from api.purchasing.schemas.transfers import (
    CancelTransferSchema,
    CloseTransferSchema,
    NewTransferSchema,
    ReceiveTransferSchema,
    SetTransferLineSchema,
    TransferLineSchema,
    TransferQuerySchema,
    TransferSchema,
)
from api.purchasing.states import RestOfTransfer, TransferReason

blueprint = Blueprint(
    "transfers",
    __name__,
    url_prefix="/api/v1/admin",
    description="Units that go from one location to another.",
)


@blueprint.route("/transfers", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(TransferQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(TransferSchema))
def list_transfers(
    status: str | None, location_id: UUID | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List transfers, the newest first; where somebody works at certain locations, of those."""
    return queries.transfer_page(
        status=status, location_id=location_id, **page, at=principal().locations
    )


class NewTransfer(TypedDict):
    """Units to move, and from where to where."""

    from_location_id: NotRequired[UUID]
    from_location: NotRequired[str]
    to_location_id: NotRequired[UUID]
    to_location: NotRequired[str]
    note: NotRequired[str]
    lines: list[dict[str, object]]


@blueprint.route("/transfers", methods=["POST"])
@requires(Permission.INVENTORY_TRANSFER)
@may_answer(
    *(CaseQuantityUnknown, LocationNotFound, ReceivedCodeUnknown, TransferGoesNowhere),
    TransferNotFound,
)
@idempotent(required=False)
@blueprint.arguments(NewTransferSchema)
@blueprint.response(201, TransferSchema, headers=LOCATED)
def create_transfer(body: NewTransfer) -> object:
    """Draft a transfer. No stock moves until it is shipped."""
    transfer_id = service.create_transfer(**body, by=principal())
    headers = {"Location": f"{blueprint.url_prefix}/transfers/{transfer_id}"}
    return queries.transfer(transfer_id), headers


@blueprint.route("/transfers/<uuid:transfer_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(TransferNotFound)
@blueprint.response(200, TransferSchema)
def get_transfer(transfer_id: UUID) -> dict[str, object]:
    """Read one transfer."""
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/lines", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(TransferNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(TransferLineSchema))
def list_transfer_lines(query: PageQuery, transfer_id: UUID) -> dict[str, object]:
    """List the lines of a transfer."""
    return queries.transfer_line_page(transfer_id, **query)


@blueprint.route("/transfers/<uuid:transfer_id>/lines", methods=["POST"])
@requires(Permission.INVENTORY_TRANSFER)
@may_answer(CaseQuantityUnknown, InvalidState, ReceivedCodeUnknown, TransferNotFound)
@idempotent(required=False)
@blueprint.arguments(SetTransferLineSchema, as_kwargs=True)
@blueprint.response(200, TransferSchema)
def set_transfer_line(transfer_id: UUID, code: str, quantity: int) -> dict[str, object]:
    """Set how much of a variant a draft moves; 0 takes the variant out."""
    service.set_transfer_line(transfer_id, code=code, quantity=quantity, by=principal())
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/ready", methods=["POST"])
@requires(Permission.INVENTORY_TRANSFER)
@may_answer(InvalidState, TransferEmpty, TransferNotFound)
@idempotent(required=False)
@blueprint.response(200, TransferSchema)
def mark_transfer_ready(transfer_id: UUID) -> dict[str, object]:
    """Say that a draft is packed and ready to go."""
    service.mark_ready(transfer_id, by=principal())
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/reopen", methods=["POST"])
@requires(Permission.INVENTORY_TRANSFER)
@may_answer(InvalidState, TransferNotFound)
@idempotent(required=False)
@blueprint.response(200, TransferSchema)
def reopen_transfer(transfer_id: UUID) -> dict[str, object]:
    """Make a transfer that is ready a draft again."""
    service.reopen_transfer(transfer_id, by=principal())
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/ship", methods=["POST"])
@requires(Permission.INVENTORY_TRANSFER)
@may_answer(*STOCK_REFUSALS, InvalidState, TransferNotFound)
@idempotent(required=True)
@blueprint.response(200, TransferSchema)
def ship_transfer(transfer_id: UUID) -> dict[str, object]:
    """Ship a transfer: its units leave the stock, and are incoming where they go."""
    service.ship_transfer(transfer_id, by=principal())
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/receive", methods=["POST"])
@requires(Permission.INVENTORY_RECEIVE)
@may_answer(
    *STOCK_REFUSALS,
    *(CaseQuantityUnknown, DamagedExceedsQuantity, InvalidState, NotInTransfer),
    *(ReceivedCodeUnknown, TransferExcessAboveLimit, TransferNotFound),
)
@idempotent(required=True)
@blueprint.arguments(ReceiveTransferSchema)
@blueprint.response(200, TransferSchema)
def receive_transfer(
    body: dict[str, list[dict[str, object]]], transfer_id: UUID
) -> dict[str, object]:
    """Receive units of a transfer, all at once or in parts."""
    service.receive_transfer(transfer_id, **body, by=principal())
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/undo-receipt", methods=["POST"])
@requires(Permission.INVENTORY_RECEIVE)
@may_answer(InvalidState, TransferNotFound, TransferReceiptNotUndoable, *STOCK_REFUSALS)
@idempotent(required=False)
@blueprint.response(200, TransferSchema)
def undo_transfer_receipt(transfer_id: UUID) -> dict[str, object]:
    """Undo what came last of a transfer, within ten minutes."""
    service.undo_transfer_receipt(transfer_id, by=principal())
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/close", methods=["POST"])
@requires(Permission.INVENTORY_RECEIVE)
@may_answer(DifferenceUnexplained, InvalidState, TransferLossAboveLimit, TransferNotFound)
@idempotent(required=True)
@blueprint.arguments(CloseTransferSchema)
@blueprint.response(200, TransferSchema)
def close_transfer(
    body: dict[str, dict[str, TransferReason]], transfer_id: UUID
) -> dict[str, object]:
    """End a transfer of which other units came than were shipped, with a reason for each."""
    service.close_transfer(transfer_id, **body, by=principal())
    return queries.transfer(transfer_id)


@blueprint.route("/transfers/<uuid:transfer_id>/cancel", methods=["POST"])
@requires(Permission.INVENTORY_TRANSFER)
@may_answer(*STOCK_REFUSALS, InvalidState, RestUndecided, TransferLossAboveLimit, TransferNotFound)
@idempotent(required=True)
@blueprint.arguments(CancelTransferSchema, as_kwargs=True)
@blueprint.response(200, TransferSchema)
def cancel_transfer(
    transfer_id: UUID, reason: str, rest: RestOfTransfer | None
) -> dict[str, object]:
    """Cancel a transfer; units on their way are restocked where they came from, or written off."""
    service.cancel_transfer(transfer_id, reason=reason, rest=rest, by=principal())
    return queries.transfer(transfer_id)
