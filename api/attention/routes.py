"""The attention list, for staff."""

from typing import Any
from uuid import UUID

from api.attention import flows, queries
from api.attention.errors import AttentionCommandUnfit, JobNotWaiting
from api.attention.schemas import (
    AttentionItemSchema,
    AttentionLinkSchema,
    AttentionNoteSchema,
    AttentionQuerySchema,
    AttentionRefundSchema,
)
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.orders.errors import OrderNotFound
from api.payments.errors import (
    REFUSED_BY_GATEWAY,
    WrongCurrency,
)
from api.platform import approvals
from api.platform.attention import AttentionItemNotFound, AttentionItemResolved
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.returns.errors import NO_UNITS_TO_REFUND

blueprint = Blueprint(
    "attention",
    __name__,
    url_prefix="/api/v1/admin/attention",
    description="Problems that staff must look at, and the commands that resolve them.",
)

_NOT_THIS_ITEM = (AttentionCommandUnfit, AttentionItemNotFound, AttentionItemResolved)


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(AttentionQuerySchema, location="query")
@blueprint.response(200, list_schema(AttentionItemSchema))
def list_attention(query: dict[str, Any]) -> object:
    """List open items, oldest first, or resolved ones, newest first."""
    paging = PageQuery(
        limit=query.pop("limit"), cursor=query.pop("cursor"), with_total=query.pop("with_total")
    )
    return queries.items(queries.AttentionFilter(**query), by=principal(), **paging)


@blueprint.route("/<uuid:item_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(AttentionItemNotFound)
@blueprint.response(200, AttentionItemSchema)
def get_attention(item_id: UUID) -> object:
    """Read one item."""
    return queries.item(item_id, principal())


@blueprint.route("/<uuid:item_id>/refund", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(*_NOT_THIS_ITEM, *NO_UNITS_TO_REFUND)
@idempotent_flow
@blueprint.arguments(AttentionRefundSchema, as_kwargs=True)
@blueprint.response(200, AttentionItemSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def refund_attention(item_id: UUID, operation_id: UUID, reason: str, note: str | None) -> object:
    """Refund the amount of an item, as a refund of its order.

    If the payment provider does not answer, the refund stays pending (503) and the shop continues
    it. An amount above the limit of one's role waits for a second person (202).
    """
    if flows.refund_item(item_id, reason=reason, note=note, case_id=operation_id, by=principal()):
        return queries.item(item_id, principal())
    return approvals.waiting(operation_id)


@blueprint.route("/<uuid:item_id>/link", methods=["POST"])
@requires(Permission.PAYMENTS_WRITE)
@may_answer(*_NOT_THIS_ITEM, *REFUSED_BY_GATEWAY, InvalidState, OrderNotFound, WrongCurrency)
@idempotent_flow
@blueprint.arguments(AttentionLinkSchema, as_kwargs=True)
@blueprint.response(200, AttentionItemSchema)
def link_attention(
    item_id: UUID, operation_id: UUID, order_number: str, note: str | None
) -> object:
    """Record an unmatched payment as a payment of an order; an excess is then overpaid."""
    flows.link_item(item_id, order_number=order_number, note=note, by=principal())
    return queries.item(item_id, principal())


@blueprint.route("/<uuid:item_id>/accept", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_NOT_THIS_ITEM)
@idempotent(required=True)
@blueprint.arguments(AttentionNoteSchema, as_kwargs=True)
@blueprint.response(200, AttentionItemSchema)
def accept_attention(item_id: UUID, note: str) -> object:
    """Resolve an item without a change, with a note."""
    flows.accept_item(item_id, note=note, by=principal())
    return queries.item(item_id, principal())


@blueprint.route("/<uuid:item_id>/retry", methods=["POST"])
@requires(Permission.JOBS_WRITE)
@may_answer(*_NOT_THIS_ITEM, JobNotWaiting)
@idempotent(required=True)
@blueprint.response(200, AttentionItemSchema)
def retry_attention(item_id: UUID) -> object:
    """Retry a failing job now."""
    flows.retry_item(item_id, by=principal())
    return queries.item(item_id, principal())


@blueprint.route("/<uuid:item_id>/discard", methods=["POST"])
@requires(Permission.JOBS_WRITE)
@may_answer(*_NOT_THIS_ITEM, JobNotWaiting)
@idempotent(required=True)
@blueprint.arguments(AttentionNoteSchema, as_kwargs=True)
@blueprint.response(200, AttentionItemSchema)
def discard_attention(item_id: UUID, note: str) -> object:
    """Discard a failing job: its work is not done."""
    flows.discard_item(item_id, note=note, by=principal())
    return queries.item(item_id, principal())
