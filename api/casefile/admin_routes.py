"""The case file, for staff."""

from typing import Any
from uuid import UUID

from api.casefile import queries
from api.casefile.schemas import CaseFileSchema
from api.kernel.permissions import Permission
from api.orders.errors import OrderNotFound
from api.platform.auth import principal, requires
from api.platform.http import Blueprint
from api.platform.refusals import refuses

blueprint = Blueprint(
    "casefile",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Everything about one order.",
)


@blueprint.route("/<uuid:order_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@refuses(OrderNotFound)
@blueprint.response(200, CaseFileSchema)
def get_order(order_id: UUID) -> Any:
    """Read an order with its lines, money, refunds, parcels and history."""
    return queries.case_file(order_id, principal())
