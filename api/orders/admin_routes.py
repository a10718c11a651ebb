"""Orders for staff: the list, notes and holds. The view of one order is in `order_details`."""

from typing import Any
from uuid import UUID

from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.orders import queries, service
from api.orders.errors import HoldNotFound, HoldReleased, OrderNotFound
from api.orders.schemas import (
    NoteSchema,
    OrderCardSchema,
    OrderHoldReleaseSchema,
    OrderHoldRequestSchema,
    OrderHoldSchema,
    OrderListQuerySchema,
    TimelineSchema,
)
from api.orders.states import HoldReason
from api.platform import audit
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "admin-orders",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Orders, for staff.",
)

holds = Blueprint(
    "admin-order-holds",
    __name__,
    url_prefix="/api/v1/admin/order-holds",
    description="Reasons not to ship an order yet, for staff.",
)

_SORTS = {"-placed_at": queries.NEWEST, "placed_at": queries.OLDEST}


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(OrderListQuerySchema, location="query")
@blueprint.response(200, list_schema(OrderCardSchema))
def list_orders(query: dict[str, Any]) -> Any:
    """List orders."""
    paging = {"limit": query.pop("limit"), "cursor": query.pop("cursor")}
    sort, total = _SORTS[query.pop("sort")], query.pop("include") == "total"
    return queries.list_orders(
        queries.OrderFilter(**query), sort, with_total=total, by=principal(), **paging
    )


@blueprint.route("/<uuid:order_id>/notes", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(OrderNotFound)
@idempotent(required=False)
@blueprint.arguments(NoteSchema)
@blueprint.response(201, TimelineSchema)
def add_order_note(note: dict[str, Any], order_id: UUID) -> Any:
    """Add a note for colleagues to an order's history."""
    service.note(order_id, note["text"], by=principal())
    # The text is only in the order's history, where it can be erased on request.
    audit.record("order.noted", by=principal(), subject_id=order_id, characters=len(note["text"]))
    return {"data": queries.timeline(order_id)}


@blueprint.route("/<uuid:order_id>/holds", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(HoldNotFound, InvalidState, OrderNotFound)
@idempotent(required=True)
@blueprint.arguments(OrderHoldRequestSchema)
@blueprint.response(201, OrderHoldSchema)
def hold_order(body: dict[str, Any], order_id: UUID) -> Any:
    """Put an order on hold. It is out of the queue until all of its holds are released."""
    order = service.lock(order_id)
    hold = service.hold(order, HoldReason(body["reason"]), note=body["note"], by=principal())
    audit.record("order.held", by=principal(), subject_id=order_id, reason=body["reason"])
    return queries.hold(hold.id)


@holds.route("/<uuid:hold_id>/release", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(HoldNotFound, HoldReleased, OrderNotFound)
@idempotent(required=True)
@holds.arguments(OrderHoldReleaseSchema)
@holds.response(200, OrderHoldSchema)
def release_hold(body: dict[str, Any], hold_id: UUID) -> Any:
    """Release one hold of an order; the order may ship when none is left."""
    order = service.lock(queries.hold(hold_id)["order_id"])
    hold = service.release_hold(order, hold_id, note=body["note"], by=principal())
    audit.record(
        "order.hold_released", by=principal(), subject_id=order.id, reason=hold.reason.value
    )
    return queries.hold(hold_id)
