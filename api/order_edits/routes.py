"""Cancelling one's own order, and ordering again."""

from uuid import UUID

from api.inventory.errors import LocationNotFound
from api.kernel.errors import InvalidState
from api.order_edits.errors import AlreadyPacked, NothingToReorder
from api.order_edits.flows import customers
from api.order_edits.schemas import ReorderedSchema
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound
from api.orders.schemas import OrderSchema
from api.payments.errors import PaymentInProgress
from api.platform.auth import anyone, principal
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent, idempotent_steps
from api.platform.openapi_errors import may_answer
from api.returns.errors import NO_REFUND

blueprint = Blueprint(
    "own-order-changes",
    __name__,
    url_prefix="/api/v1/orders",
    description="Cancelling one's own order, and ordering again.",
)


@blueprint.route("/<uuid:order_id>/cancel", methods=["POST"], tags=["orders"])
@anyone
@may_answer(*NO_REFUND, AlreadyPacked, InvalidState, LocationNotFound, PaymentInProgress)
@idempotent_steps()
@blueprint.response(200, OrderSchema)
def cancel_order(order_id: UUID) -> object:
    """Cancel your order until a parcel of it is packed.

    The items of an unpaid order go back into your cart, with the same token; its open PaymentIntent
    is cancelled first. What you paid for another goes back the way you paid.
    """
    customers.cancel_order(order_id, by=principal())
    return orders_queries.order_of_customer(order_id, principal())


@blueprint.route("/<uuid:order_id>/reorder", methods=["POST"], tags=["orders"])
@anyone
@may_answer(NothingToReorder, OrderNotFound)
@idempotent(required=False)
@blueprint.response(200, ReorderedSchema)
def reorder(order_id: UUID) -> object:
    """Put the goods of your order into your cart again, at the prices of today.

    `gone` names what is no longer for sale; the cart's warnings tell of other prices and of too few
    units.
    """
    again = customers.reorder(order_id, by=principal())
    answer: dict[str, object] = {"cart": again.cart, "gone": again.gone}
    return answer if again.token is None else {**answer, "token": again.token}
