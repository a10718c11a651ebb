"""Refunds and cancellations, for staff."""

from typing import Any
from uuid import UUID

from api.kernel.permissions import Permission
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound, QuantityExceedsRefundable, UnknownOrderLine
from api.orders.schemas import OrderSchema
from api.payments.errors import (
    RefundExceedsCaptured,
    WrongCurrency,
)
from api.platform import audit
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent_flow
from api.platform.openapi_errors import may_answer
from api.returns import flows, queries
from api.returns.errors import NO_REFUND, NO_UNITS_TO_REFUND, RefundNotFound
from api.returns.flows import RefundForm
from api.returns.schemas import (
    CancelSchema,
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
    OrderNotFound, QuantityExceedsRefundable, RefundExceedsCaptured, UnknownOrderLine, WrongCurrency
)
@blueprint.arguments(RefundQuoteRequestSchema)
@blueprint.response(200, RefundQuoteSchema)
def quote_refund(wanted: dict[str, Any], order_id: UUID) -> Any:
    """Work out what a refund would come to.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    audit.leave_out()
    with transaction():
        return flows.quote(order_id, **wanted)


@blueprint.route("/<uuid:order_id>/refunds", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(*NO_UNITS_TO_REFUND, RefundNotFound)
@idempotent_flow
@blueprint.arguments(RefundRequestSchema)
@blueprint.response(201, RefundSchema)
def refund_order(wanted: dict[str, Any], order_id: UUID, operation_id: UUID) -> Any:
    """Give money back for units of an order, its shipping, or a free amount.

    Returned goods go back on the shelf. When the payment provider does not answer, the refund
    stays pending (503) and the shop goes on with it; repeating the command with the same key goes
    on with the same refund.
    """
    flows.refund_order(order_id, RefundForm(**wanted), case_id=operation_id, by=principal())
    return queries.refund(operation_id)


@blueprint.route("/<uuid:order_id>/cancel", methods=["POST"])
@requires(Permission.ORDERS_CANCEL)
@may_answer(*NO_REFUND)
@idempotent_flow
@blueprint.arguments(CancelSchema)
@blueprint.response(200, OrderSchema)
def cancel_order(wanted: dict[str, Any], order_id: UUID, operation_id: UUID) -> Any:
    """Cancel what has not left the house, release its goods and give its money back.

    What the payment provider refuses, such as money in dispute, is on the attention list then.
    While it does not answer the order is cancelled all the same: the shop goes on withdrawing what
    could still be paid, and with the refund, which stays pending until then.
    """
    flows.cancel_order(order_id, **wanted, case_id=operation_id, by=principal())
    return orders_queries.customer_view(order_id)
