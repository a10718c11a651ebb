"""Changes and claims, for staff."""

from typing import Any
from uuid import UUID

from api.kernel.permissions import Permission
from api.orders.errors import OrderNotFound
from api.platform import audit
from api.platform.auth import principal, requires, staff_only
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.observability import log_as_debug
from api.platform.openapi_errors import may_answer
from api.platform.pagination import CursorInvalid
from api.presence import queries, service
from api.presence.errors import OrderClaimed
from api.presence.schemas import (
    ChangesQuerySchema,
    ChangesSchema,
    OrderClaimRequestSchema,
    OrderClaimSchema,
)

blueprint = Blueprint(
    "presence",
    __name__,
    url_prefix="/api/v1/admin",
    description="What changed, and who has what open.",
)


@blueprint.route("/changes", methods=["GET"])
@staff_only
@may_answer(CursorInvalid)
@blueprint.arguments(ChangesQuerySchema, location="query")
@blueprint.response(200, ChangesSchema)
def list_changes(query: dict[str, Any]) -> Any:
    """List what changed since the last look.

    Ask every second or so, with the `cursor` of the answer before as `after`: it answers at once.
    What began earlier and was committed later is told, too; nothing is told twice. You hear of
    what your role may read.
    """
    found = queries.changes_since(query["after"], principal())
    if not found["changes"] and not found["must_reload"]:
        log_as_debug()
    return found


@blueprint.route("/orders/<uuid:order_id>/claim", methods=["PUT"])
@requires(Permission.ORDERS_READ, in_person=True)
@may_answer(OrderClaimed, OrderNotFound)
@blueprint.arguments(OrderClaimRequestSchema)
@blueprint.response(200, OrderClaimSchema)
def claim_order(wanted: dict[str, Any], order_id: UUID) -> Any:
    """Say that you work at an order, for five minutes; again, to go on.

    Others see it. It refuses nobody to change the order.
    """
    audit.leave_out()
    with transaction():
        return service.claim(order_id, **wanted, by=principal())


@blueprint.route("/orders/<uuid:order_id>/claim", methods=["DELETE"])
@requires(Permission.ORDERS_READ, in_person=True)
@blueprint.response(204)
def release_order_claim(order_id: UUID) -> None:
    """Say that you no longer work at an order; a claim of somebody else stays."""
    audit.leave_out()
    with transaction():
        service.release(order_id, by=principal())
