"""Receipts, for staff."""

from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.platform import approvals
from api.platform.auth import principal, requires
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.purchasing import queries, service
from api.purchasing.admin_routes.refusals import STOCK_REFUSALS
from api.purchasing.errors import (
    CaseQuantityUnknown,
    CurrencyMixed,
    DamagedExceedsQuantity,
    PurchaseOrderNotFound,
    ReceiptNotFound,
    ReceiptTooOld,
    ReceiptUndone,
    ReceivedCodeUnknown,
    TooManyUnits,
)
from api.purchasing.schemas.receipts import NewReceiptSchema, ReceiptQuerySchema, ReceiptSchema

blueprint = Blueprint(
    "receiving",
    __name__,
    url_prefix="/api/v1/admin",
    description="Goods that come.",
)


@blueprint.route("/receipts", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(ReceiptQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(ReceiptSchema))
def list_receipts(
    purchase_order_id: UUID | None, location_id: UUID | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List receipts, the newest first; where somebody works at certain locations, of those."""
    return queries.receipt_page(
        purchase_order_id=purchase_order_id,
        location_id=location_id,
        **page,
        at=principal().locations,
    )


class NewReceipt(TypedDict):
    """Units that came, where and of which order."""

    purchase_order_id: NotRequired[UUID]
    location_id: NotRequired[UUID]
    location: NotRequired[str]
    reference: NotRequired[str]
    note: NotRequired[str]
    lines: list[dict[str, object]]


@blueprint.route("/receipts", methods=["POST"])
@requires(Permission.INVENTORY_RECEIVE)
@may_answer(
    *STOCK_REFUSALS,
    *(CaseQuantityUnknown, CurrencyMixed, DamagedExceedsQuantity, InvalidState),
    *(PurchaseOrderNotFound, ReceiptNotFound, ReceivedCodeUnknown, TooManyUnits),
)
@idempotent(required=True)
@blueprint.arguments(NewReceiptSchema)
@blueprint.response(201, ReceiptSchema, headers=LOCATED)
@blueprint.alt_response(202, **approvals.WAITS)
def create_receipt(body: NewReceipt) -> object:
    """Receive goods, for a purchase order or without one.

    More than was ordered is received too and flagged (`over_quantity`). A code of a case counts as
    many units as the case holds. What nobody has ordered and is above the limits of one's role, in
    units or in value, waits for a second person (202), with all that came beside it.
    """
    command_id = new_id()
    receipt_id = service.receive(**body, by=principal(), command_id=command_id)
    if receipt_id is None:
        return approvals.waiting(command_id)
    headers = {"Location": f"{blueprint.url_prefix}/receipts/{receipt_id}"}
    return queries.receipt(receipt_id), headers


@blueprint.route("/receipts/<uuid:receipt_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(ReceiptNotFound)
@blueprint.response(200, ReceiptSchema)
def get_receipt(receipt_id: UUID) -> dict[str, object]:
    """Read one receipt."""
    return queries.receipt(receipt_id)


@blueprint.route("/receipts/<uuid:receipt_id>/undo", methods=["POST"])
@requires(Permission.INVENTORY_RECEIVE)
@may_answer(*STOCK_REFUSALS, PurchaseOrderNotFound, ReceiptNotFound, ReceiptTooOld, ReceiptUndone)
@idempotent(required=True)
@blueprint.response(200, ReceiptSchema)
def undo_receipt(receipt_id: UUID) -> dict[str, object]:
    """Undo a receipt of the last ten minutes: its units go, and are incoming again."""
    service.undo_receipt(receipt_id, by=principal())
    return queries.receipt(receipt_id)
