"""Tax rates and shipping methods, for staff. Every change names the version it is based on."""

from typing import Any
from uuid import UUID

from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.pricing import queries, service
from api.pricing.errors import (
    RegionalRatesUnsupported,
    RuleImpossible,
    ShippingCodeTaken,
    ShippingMethodNotFound,
    TaxRateNotFound,
    TaxRateTaken,
)
from api.pricing.schemas import (
    EditShippingMethodSchema,
    EditTaxRateSchema,
    NewShippingMethodSchema,
    NewTaxRateSchema,
    ShippingMethodSchema,
    TaxRateSchema,
    TaxRatesQuerySchema,
)
from api.pricing.service import ShippingMethodInput

blueprint = Blueprint(
    "admin-pricing",
    __name__,
    url_prefix="/api/v1/admin",
    description="Shipping methods and tax rates, for staff.",
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


@blueprint.route("/tax-rates", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(TaxRatesQuerySchema, location="query")
@blueprint.response(200, list_schema(TaxRateSchema))
def list_tax_rates(query: dict[str, Any]) -> dict[str, Any]:
    """List tax rates by country, including past and future ones."""
    return queries.tax_rates_page(with_total=query.pop("include") == "total", **query)


@blueprint.route("/tax-rates", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(RegionalRatesUnsupported, RuleImpossible, TaxRateNotFound, TaxRateTaken)
@idempotent(required=False)
@blueprint.arguments(NewTaxRateSchema)
@blueprint.response(201, TaxRateSchema, headers=LOCATED)
def create_tax_rate(body: dict[str, Any]) -> Any:
    """Create a tax rate that is valid from a day on; it replaces the earlier one from that day."""
    rate_id = service.create_tax_rate(**body, by=principal())
    return queries.tax_rate(rate_id), {"Location": f"{blueprint.url_prefix}/tax-rates/{rate_id}"}


@blueprint.route("/tax-rates/<uuid:rate_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(TaxRateNotFound)
@blueprint.response(200, TaxRateSchema)
def get_tax_rate(rate_id: UUID) -> dict[str, Any]:
    """Read one tax rate."""
    return queries.tax_rate(rate_id)


@blueprint.route("/tax-rates/<uuid:rate_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, TaxRateNotFound, TaxRateTaken)
@versioned
@blueprint.arguments(EditTaxRateSchema)
@blueprint.response(200, TaxRateSchema)
def update_tax_rate(
    changes: dict[str, Any], rate_id: UUID, expected_version: int
) -> dict[str, Any]:
    """Change a tax rate; existing orders keep their tax."""
    with transaction():
        service.edit_tax_rate(rate_id, changes, expected_version=expected_version, by=principal())
    return queries.tax_rate(rate_id)


@blueprint.route("/tax-rates/<uuid:rate_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(TaxRateNotFound)
@versioned
@blueprint.response(204)
def delete_tax_rate(rate_id: UUID, expected_version: int) -> None:
    """Delete a tax rate."""
    with transaction():
        service.remove_tax_rate(rate_id, expected_version=expected_version, by=principal())
