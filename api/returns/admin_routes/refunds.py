"""Refunds and cancellations, for staff."""

from typing import TypedDict
from uuid import UUID

from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound, QuantityExceedsRefundable, UnknownOrderLine
from api.orders.schemas import OrderSchema
from api.payments.errors import (
    AmountNotChargeable,
    RefundExceedsCaptured,
    WrongCurrency,
)
from api.platform import approvals, audit
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent_flow
from api.platform.openapi_errors import may_answer
from api.returns import flows, queries
from api.returns.errors import NO_REFUND, NO_UNITS_TO_REFUND, CancellationChanged, RefundNotFound
from api.returns.flows import RefundForm, bulk
from api.returns.flows.amounts import LineToRefund
from api.returns.schemas import (
    CancelManySchema,
    CancelPreviewSchema,
    CancelResultsSchema,
    CancelSchema,
    ManyOrdersSchema,
    RefundQuoteRequestSchema,
    RefundQuoteSchema,
    RefundRequestSchema,
    RefundSchema,
)

blueprint = Blueprint(
    "admin-returns",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Refunds and cancellations, for staff.",
)


@blueprint.route("/<uuid:order_id>/refunds/quote", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(
    AmountNotChargeable,
    OrderNotFound,
    QuantityExceedsRefundable,
    RefundExceedsCaptured,
    UnknownOrderLine,
    WrongCurrency,
)
@blueprint.arguments(RefundQuoteRequestSchema, as_kwargs=True)
@blueprint.response(200, RefundQuoteSchema)
def quote_refund(
    order_id: UUID, lines: list[LineToRefund], shipping: bool, amount: Money | None
) -> object:
    """Calculate the amount of a refund.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    audit.leave_out()
    with transaction():
        return flows.quote(order_id, lines=lines, shipping=shipping, amount=amount)


class NewRefund(TypedDict):
    """What is refunded, and why."""

    lines: list[LineToRefund]
    shipping: bool
    amount: Money | None
    reason: str
    note: str | None
    expected_amount: Money | None
    to_store_credit: bool


@blueprint.route("/<uuid:order_id>/refunds", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(*NO_UNITS_TO_REFUND, AmountNotChargeable, RefundNotFound)
@idempotent_flow
@blueprint.arguments(RefundRequestSchema)
@blueprint.response(201, RefundSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def refund_order(body: NewRefund, order_id: UUID, operation_id: UUID) -> object:
    """Refund units of an order, its shipping, or a free amount.

    Money is refunded before store credit, and store credit before gift cards: the newest payment
    first. Returned units are restocked. If the payment provider does not answer, the refund stays
    pending (503) and the shop continues it; repeating the command with the same key continues the
    same refund. An amount above the limit of one's role waits for a second person (202).
    """
    if flows.refund_order(order_id, RefundForm(**body), case_id=operation_id, by=principal()):
        return queries.refund(operation_id)
    return approvals.waiting(operation_id)


@blueprint.route("/batch-cancel/preview", methods=["POST"])
@requires(Permission.ORDERS_CANCEL)
@blueprint.arguments(ManyOrdersSchema, as_kwargs=True)
@blueprint.response(200, CancelPreviewSchema)
def preview_batch_cancel(order_ids: list[UUID]) -> object:
    """Calculate what cancelling up to 100 orders would give back, with totals to confirm.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    audit.leave_out()
    with transaction():
        return bulk.preview_cancellation(order_ids, by=principal())


@blueprint.route("/batch-cancel", methods=["POST"])
@requires(Permission.ORDERS_CANCEL)
@may_answer(CancellationChanged)
@idempotent_flow
@blueprint.arguments(CancelManySchema, as_kwargs=True)
@blueprint.response(200, CancelResultsSchema)
def cancel_orders(
    operation_id: UUID,
    order_ids: list[UUID],
    reason: str,
    note: str | None,
    expected_refunds: list[Money] | None,
) -> object:
    """Cancel up to 100 orders, each with a result of its own.

    What is refused for one changes nothing for the others. An order whose refund is above the limit
    of one's role is `waiting` for a second person. Orders that one request does not reach in time
    are refused as `not_reached`: send the request again, under another key.
    """
    return bulk.cancel_many(
        order_ids,
        reason=reason,
        note=note,
        expected=expected_refunds,
        operation_id=operation_id,
        by=principal(),
    )


@blueprint.route("/<uuid:order_id>/cancel", methods=["POST"])
@requires(Permission.ORDERS_CANCEL)
@may_answer(*NO_REFUND)
@idempotent_flow
@blueprint.arguments(CancelSchema, as_kwargs=True)
@blueprint.response(200, OrderSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def cancel_order(order_id: UUID, operation_id: UUID, reason: str, note: str | None) -> object:
    """Cancel all units that are not shipped, release them and refund them.

    What the payment provider refuses, such as a refund during a dispute, goes to the attention
    list. If it does not answer, the order is cancelled all the same: the shop cancels the open
    PaymentIntent and completes the refund later, which stays pending until then. If more goes back
    than the limit of one's role, all of it waits for a second person (202).
    """
    if flows.cancel_order(order_id, reason=reason, note=note, case_id=operation_id, by=principal()):
        return orders_queries.customer_view(order_id)
    return approvals.waiting(operation_id)
