"""Orders for the customers who placed them."""

from typing import Any
from uuid import UUID

from api.orders import queries
from api.orders.errors import OrderNotFound
from api.orders.schemas import OrderSchema, OwnOrderCardSchema
from api.platform.auth import anyone, customers_only, principal
from api.platform.http import Blueprint, UncountedPageQuerySchema, list_of
from api.platform.refusals import refuses

blueprint = Blueprint(
    "orders", __name__, url_prefix="/api/v1/orders", description="What a customer has ordered."
)


@blueprint.route("", methods=["GET"])
@customers_only
@blueprint.arguments(UncountedPageQuerySchema, location="query")
@blueprint.response(200, list_of(OwnOrderCardSchema))
def list_orders(query: dict[str, Any]) -> Any:
    """List your orders, newest first."""
    who = principal()
    assert who.id is not None
    return queries.own_orders(who.id, limit=query["limit"], cursor=query["cursor"])


@blueprint.route("/<uuid:order_id>", methods=["GET"])
@anyone
@refuses(OrderNotFound)
@blueprint.response(200, OrderSchema)
def get_order(order_id: UUID) -> Any:
    """Read one of your orders; a guest sends the X-Cart-Token that it was placed with."""
    return queries.own_order(order_id, principal())
