"""Saved views of the list of orders, for the person who saved them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from api.kernel.permissions import Permission
from api.orders import service
from api.orders.errors import TooManyViews, ViewNameTaken, ViewNotFound, ViewsArePersonal
from api.orders.queries import handling
from api.orders.schemas.handling import (
    EditViewSchema,
    NewViewSchema,
    OrderViewSchema,
)
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, UncountedPageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import UncountedPageQuery

blueprint = Blueprint(
    "admin-order-views",
    __name__,
    url_prefix="/api/v1/admin/order-views",
    description="Your saved views of the list of orders.",
)


class NewView(TypedDict):
    """A view to save."""

    name: str
    filters: Mapping[str, object]


class EditedView(TypedDict, total=False):
    """What changes of a view."""

    name: str
    filters: Mapping[str, object]


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(ViewsArePersonal)
@blueprint.arguments(UncountedPageQuerySchema, location="query")
@blueprint.response(200, list_schema(OrderViewSchema))
def list_order_views(query: UncountedPageQuery) -> object:
    """List your views, the oldest first."""
    return handling.views(service.owner_of_views(principal()), **query)


@blueprint.route("", methods=["POST"])
@requires(Permission.ORDERS_READ)
@may_answer(TooManyViews, ViewNameTaken, ViewNotFound, ViewsArePersonal)
@idempotent(required=False)
@blueprint.arguments(NewViewSchema)
@blueprint.response(201, OrderViewSchema, headers=LOCATED)
def save_order_view(body: NewView) -> object:
    """Save filters under a name."""
    view_id = service.save_view(body["name"], _as_text(body["filters"]), by=principal())
    view = handling.view(view_id, service.owner_of_views(principal()))
    return view, {"Location": f"{blueprint.url_prefix}/{view_id}"}


@blueprint.route("/<uuid:view_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(ViewNotFound, ViewsArePersonal)
@blueprint.response(200, OrderViewSchema)
def get_order_view(view_id: UUID) -> object:
    """Read one of your views."""
    return handling.view(view_id, service.owner_of_views(principal()))


@blueprint.route("/<uuid:view_id>", methods=["PATCH"])
@requires(Permission.ORDERS_READ)
@may_answer(ViewNameTaken, ViewNotFound, ViewsArePersonal)
@versioned
@blueprint.arguments(EditViewSchema)
@blueprint.response(200, OrderViewSchema)
def update_order_view(changes: EditedView, view_id: UUID, expected_version: int) -> object:
    """Change the name or the filters of one of your views."""
    if "filters" in changes:
        changes["filters"] = _as_text(changes["filters"])
    with transaction():
        service.edit_view(view_id, changes, expected_version=expected_version, by=principal())
    return handling.view(view_id, service.owner_of_views(principal()))


@blueprint.route("/<uuid:view_id>", methods=["DELETE"])
@requires(Permission.ORDERS_READ)
@may_answer(ViewNotFound, ViewsArePersonal)
@versioned
@blueprint.response(204)
def delete_order_view(view_id: UUID, expected_version: int) -> None:
    """Delete one of your views."""
    with transaction():
        service.delete_view(view_id, expected_version=expected_version, by=principal())


def _as_text(filters: Mapping[str, object]) -> dict[str, str]:
    """Return the filters that are set, as they stand in a query."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in filters.items()
        if value is not None
    }
