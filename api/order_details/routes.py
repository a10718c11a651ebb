"""One order for the customer who placed it."""

from uuid import UUID

from api.order_details import queries
from api.order_details.schemas import CustomerOrderSchema
from api.orders.errors import OrderNotFound
from api.orders.queries.explanation import explain
from api.platform.auth import anyone, principal
from api.platform.http import Blueprint, ExplainQuerySchema
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "own-order", __name__, url_prefix="/api/v1/orders", description="One order of a customer."
)


@blueprint.route("/<uuid:order_id>", methods=["GET"], tags=["orders"])
@anyone
@may_answer(OrderNotFound)
@blueprint.arguments(ExplainQuerySchema, location="query")
@blueprint.response(200, CustomerOrderSchema)
def get_order(query: dict[str, bool], order_id: UUID) -> object:
    """Read one of your orders; a guest sends the X-Cart-Token that it was placed with.

    Includes its parcels with tracking, its refunds and their status, and the actions that are
    allowed now.
    """
    order = queries.customer_order(order_id, principal())
    return {**order, "explanation": explain(order_id)} if query["explain"] else order
