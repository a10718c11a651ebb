"""Shipping methods, for staff. Every change names the version it is based on."""

from typing import Any
from uuid import UUID

from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.versioned_rows import RuleImpossible
from api.pricing import queries, service
from api.pricing.errors import ShippingCodeTaken, ShippingMethodNotFound
from api.pricing.schemas import (
    EditShippingMethodSchema,
    NewShippingMethodSchema,
    ShippingMethodSchema,
)
from api.pricing.service import ShippingMethodInput

blueprint = Blueprint(
    "admin-pricing",
    __name__,
    url_prefix="/api/v1/admin",
    description="Shipping methods, for staff.",
)


@blueprint.route("/shipping-methods", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ShippingMethodSchema))
def list_shipping_methods(query: dict[str, Any]) -> dict[str, Any]:
    """List all shipping methods, in the order in which storefronts show them."""
    return queries.shipping_methods(with_total=query.pop("include") == "total", **query)


@blueprint.route("/shipping-methods", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, ShippingCodeTaken, ShippingMethodNotFound)
@idempotent(required=False)
@blueprint.arguments(NewShippingMethodSchema)
@blueprint.response(201, ShippingMethodSchema, headers=LOCATED)
def create_shipping_method(values: ShippingMethodInput) -> Any:
    """Create a shipping method."""
    method_id = service.create_shipping_method(values, by=principal())
    location = f"{blueprint.url_prefix}/shipping-methods/{method_id}"
    return queries.shipping_method(method_id), {"Location": location}


@blueprint.route("/shipping-methods/<uuid:method_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(ShippingMethodNotFound)
@blueprint.response(200, ShippingMethodSchema)
def get_shipping_method(method_id: UUID) -> dict[str, Any]:
    """Read one shipping method."""
    return queries.shipping_method(method_id)


@blueprint.route("/shipping-methods/<uuid:method_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, ShippingCodeTaken, ShippingMethodNotFound)
@versioned
@blueprint.arguments(EditShippingMethodSchema)
@blueprint.response(200, ShippingMethodSchema)
def update_shipping_method(
    changes: dict[str, Any], method_id: UUID, expected_version: int
) -> dict[str, Any]:
    """Change a shipping method; existing orders stay as they are."""
    with transaction():
        service.edit_shipping_method(
            method_id, changes, expected_version=expected_version, by=principal()
        )
    return queries.shipping_method(method_id)


@blueprint.route("/shipping-methods/<uuid:method_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(ShippingMethodNotFound)
@versioned
@blueprint.response(204)
def delete_shipping_method(method_id: UUID, expected_version: int) -> None:
    """Delete a shipping method; existing orders stay as they are."""
    with transaction():
        service.remove_shipping_method(method_id, expected_version=expected_version, by=principal())
