"""Orders for staff: the list and the notes. The case file of one order lives in `casefile`."""

from typing import Any
from uuid import UUID

from api.kernel.permissions import Permission
from api.orders import queries, service
from api.orders.schemas import (
    NoteSchema,
    OrderCardSchema,
    OrderListQuerySchema,
    TimelineSchema,
)
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, list_of
from api.platform.idempotency import idempotent

blueprint = Blueprint(
    "admin-orders",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="The order book, for staff.",
)

_SORTS = {"-placed_at": queries.NEWEST, "placed_at": queries.OLDEST}


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(OrderListQuerySchema, location="query")
@blueprint.response(200, list_of(OrderCardSchema))
def list_orders(query: dict[str, Any]) -> Any:
    """List orders."""
    paging = {"limit": query.pop("limit"), "cursor": query.pop("cursor")}
    sort, total = _SORTS[query.pop("sort")], query.pop("include") == "total"
    return queries.cards(queries.OrderFilter(**query), sort, with_total=total, **paging)


@blueprint.route("/<uuid:order_id>/notes", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@idempotent(required=False)
@blueprint.arguments(NoteSchema)
@blueprint.response(201, TimelineSchema)
def add_note(note: dict[str, Any], order_id: UUID) -> Any:
    """Write a note for colleagues into an order's history."""
    service.note(order_id, note["text"], by=principal())
    return {"data": queries.timeline(order_id)}
