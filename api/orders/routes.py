"""A customer's list of orders. The view of one order is in `order_details`."""

from api.orders import queries
from api.orders.schemas import OwnOrderCardSchema
from api.platform.auth import customers_only, principal
from api.platform.http import Blueprint, UncountedPageQuerySchema, list_schema
from api.platform.pagination import UncountedPageQuery

blueprint = Blueprint(
    "orders", __name__, url_prefix="/api/v1/orders", description="A customer's orders."
)


@blueprint.route("", methods=["GET"])
@customers_only
@blueprint.arguments(UncountedPageQuerySchema, location="query")
@blueprint.response(200, list_schema(OwnOrderCardSchema))
def list_orders(query: UncountedPageQuery) -> object:
    """List your orders, newest first."""
    who = principal()
    assert who.id is not None
    return queries.orders_of_customer(who.id, limit=query["limit"], cursor=query["cursor"])
