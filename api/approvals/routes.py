"""What waits for a second person, for staff."""

from typing import Unpack
from uuid import UUID

from api.approvals import flows, queries
from api.approvals.errors import AloneNeedsFactor, ApprovalDecided, ApprovalNotYours
from api.approvals.schemas import ApprovalQuerySchema, RejectionSchema
from api.draft_orders.errors import DraftNotFound, DraftPriceChanged
from api.inventory.errors import (
    BinElsewhere,
    BinInactive,
    BinNotFound,
    BinShort,
    InsufficientStock,
    LevelNotFound,
    LotDateDiffers,
    LotDateRequired,
    LotNotFound,
    LotNotTracked,
    LotRequired,
    LotShort,
    QuantityTooLarge,
    StateShort,
    StockCountOutdated,
)
from api.kernel.permissions import Permission
from api.platform.approvals import URL, ApprovalNotFound, WaitingCommandSchema
from api.platform.auth import principal, requires, staff_only
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.returns.errors import NO_UNITS_TO_REFUND

blueprint = Blueprint(
    "approvals",
    __name__,
    url_prefix=URL,
    description="Commands above a limit, which wait for a second person.",
)

_NOT_DECIDED = (ApprovalDecided, ApprovalNotFound, ApprovalNotYours)


@blueprint.route("", methods=["GET"])
@staff_only
@blueprint.arguments(ApprovalQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(WaitingCommandSchema))
def list_approvals(state: str, **page: Unpack[PageQuery]) -> dict[str, object]:
    """List what waits for a second person.

    Whoever may not approve sees what they asked for themselves.
    """
    return queries.commands(principal(), state=state, **page)


@blueprint.route("/<uuid:command_id>", methods=["GET"])
@staff_only
@may_answer(ApprovalNotFound)
@blueprint.response(200, WaitingCommandSchema)
def get_approval(command_id: UUID) -> dict[str, object]:
    """Read one command, and what became of it."""
    return queries.command(command_id, principal())


@blueprint.route("/<uuid:command_id>/approve", methods=["POST"])
@requires(Permission.APPROVALS_WRITE, in_person=True, fresh_code=True)
@may_answer(
    *_NOT_DECIDED,
    *NO_UNITS_TO_REFUND,
    AloneNeedsFactor,
    *(DraftNotFound, DraftPriceChanged),
    *(BinElsewhere, BinInactive, BinNotFound, BinShort, StateShort),
    *(InsufficientStock, LevelNotFound, QuantityTooLarge, StockCountOutdated),
    *(LotDateDiffers, LotDateRequired, LotNotFound, LotNotTracked, LotRequired, LotShort),
)
@idempotent_flow
@blueprint.response(200, WaitingCommandSchema)
def approve_command(command_id: UUID, operation_id: UUID) -> dict[str, object]:
    """Carry a waiting command out, once, as things stand now.

    What no longer fits is refused as the command itself would be, and keeps waiting. Nobody
    approves their own commands, except the only active person of a shop, with a second factor.
    """
    flows.approve(command_id, by=principal())
    return queries.command(command_id, principal())


@blueprint.route("/<uuid:command_id>/reject", methods=["POST"])
@staff_only
@may_answer(*_NOT_DECIDED)
@idempotent(required=False)
@blueprint.arguments(RejectionSchema)
@blueprint.response(200, WaitingCommandSchema)
def reject_command(body: dict[str, str], command_id: UUID) -> dict[str, object]:
    """Leave a waiting command undone: by whoever may approve it, or who asked for it."""
    flows.reject(command_id, **body, by=principal())
    return queries.command(command_id, principal())
