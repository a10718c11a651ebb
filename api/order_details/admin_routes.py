"""The details of an order, for staff."""

from uuid import UUID

from api.kernel.permissions import Permission
from api.order_details import queries
from api.order_details.schemas import OrderDetailSchema
from api.orders.errors import OrderNotFound
from api.orders.queries.explanation import explain
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, ExplainQuerySchema, PageQuerySchema, list_schema
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.promotions.schemas import OrderDiscountSchema

blueprint = Blueprint(
    "order_details",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Everything about one order.",
)


@blueprint.route("/<uuid:order_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.arguments(ExplainQuerySchema, location="query")
@blueprint.response(200, OrderDetailSchema)
def get_order(query: dict[str, bool], order_id: UUID) -> object:
    """Read an order with its lines, payments, refunds, parcels and history."""
    order = queries.admin_order(order_id, principal())
    return {**order, "explanation": explain(order_id)} if query["explain"] else order


@blueprint.route("/<uuid:order_id>/discounts", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(OrderDiscountSchema))
def list_order_discounts(query: PageQuery, order_id: UUID) -> dict[str, object]:
    """List what discounts took off an order, in the order in which they did."""
    return queries.discounts_of_order(order_id, **query)
