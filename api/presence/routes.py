"""Routes of the change feed and of claims on orders, for staff."""

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
@blueprint.arguments(ChangesQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, ChangesSchema)
def list_changes(after: str | None) -> object:
    """List what changed since a cursor.

    Poll it every second or so, with the `cursor` of the previous answer as `after`: it answers at
    once. A change that began earlier and was committed later is included; none comes twice. Only
    changes that your role may read are listed.
    """
    feed = queries.changes_since(after, principal())
    if not feed["changes"] and not feed["must_reload"]:
        log_as_debug()
    return feed


@blueprint.route("/orders/<uuid:order_id>/claim", methods=["PUT"])
@requires(Permission.ORDERS_READ, in_person=True)
@may_answer(OrderClaimed, OrderNotFound)
@blueprint.arguments(OrderClaimRequestSchema, as_kwargs=True)
@blueprint.response(200, OrderClaimSchema)
def claim_order(order_id: UUID, take_over: bool) -> object:
    """Claim an order that you work on, for five minutes; claim it again to extend that.

    Others see the claim. It stops nobody from changing the order.
    """
    audit.leave_out()
    with transaction():
        return service.claim(order_id, take_over=take_over, by=principal())


@blueprint.route("/orders/<uuid:order_id>/claim", methods=["DELETE"])
@requires(Permission.ORDERS_READ, in_person=True)
@may_answer(OrderNotFound)
@blueprint.response(204)
def release_order_claim(order_id: UUID) -> None:
    """Release your claim on an order; a claim of somebody else stays."""
    audit.leave_out()
    with transaction():
        service.release(order_id, by=principal())
