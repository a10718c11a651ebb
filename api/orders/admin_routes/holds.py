"""Releasing holds of orders."""

from uuid import UUID

from api.kernel.permissions import Permission
from api.orders import queries, service
from api.orders.errors import HoldNotFound, HoldReleased, OrderNotFound
from api.orders.schemas import OrderHoldReleaseSchema, OrderHoldSchema
from api.platform import audit
from api.platform.auth import principal, requires
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "admin-order-holds",
    __name__,
    url_prefix="/api/v1/admin/order-holds",
    description="Reasons not to ship an order yet, for staff.",
)


@blueprint.route("/<uuid:hold_id>/release", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(HoldNotFound, HoldReleased, OrderNotFound)
@idempotent(required=True)
@blueprint.arguments(OrderHoldReleaseSchema, as_kwargs=True)
@blueprint.response(200, OrderHoldSchema)
def release_hold(hold_id: UUID, note: str | None) -> object:
    """Release one hold of an order; the order may ship when none is left."""
    order = service.lock(queries.hold(hold_id)["order_id"])
    hold = service.release_hold(order, hold_id, note=note, by=principal())
    audit.record(
        "order.hold_released", by=principal(), subject_id=order.id, reason=hold.reason.value
    )
    return queries.hold(hold_id)
