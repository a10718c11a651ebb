"""Rates and ways of delivery for staff: every change names the version that it is based on."""

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
from api.pricing.service import ShippingDraft

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
    """List all ways of delivery, in the order in which storefronts show them."""
    return queries.shipping_methods(with_total=query.pop("include") == "total", **query)


@blueprint.route("/shipping-methods", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, ShippingCodeTaken, ShippingMethodNotFound)
@idempotent(required=False)
@blueprint.arguments(NewShippingMethodSchema)
@blueprint.response(201, ShippingMethodSchema, headers=LOCATED)
def create_shipping_method(draft: ShippingDraft) -> Any:
    """Offer a way of delivery."""
    method_id = service.create_shipping_method(draft, by=principal())
    location = f"{blueprint.url_prefix}/shipping-methods/{method_id}"
    return queries.shipping_method(method_id), {"Location": location}


@blueprint.route("/shipping-methods/<uuid:method_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(ShippingMethodNotFound)
@blueprint.response(200, ShippingMethodSchema)
def get_shipping_method(method_id: UUID) -> dict[str, Any]:
    """Read one way of delivery."""
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
    """Change a way of delivery; orders that chose it stay as they are."""
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
    """Withdraw a way of delivery; orders that chose it stay as they are."""
    with transaction():
        service.remove_shipping_method(method_id, expected_version=expected_version, by=principal())


@blueprint.route("/tax-rates", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(TaxRatesQuerySchema, location="query")
@blueprint.response(200, list_schema(TaxRateSchema))
def list_tax_rates(query: dict[str, Any]) -> dict[str, Any]:
    """List tax rates by country, past and future ones too."""
    return queries.tax_rates_page(with_total=query.pop("include") == "total", **query)


@blueprint.route("/tax-rates", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(RegionalRatesUnsupported, RuleImpossible, TaxRateNotFound, TaxRateTaken)
@idempotent(required=False)
@blueprint.arguments(NewTaxRateSchema)
@blueprint.response(201, TaxRateSchema, headers=LOCATED)
def create_tax_rate(body: dict[str, Any]) -> Any:
    """Add a rate from a day on; the one that began earlier ends by that."""
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
    """Change a tax rate; orders keep the tax that they were placed with."""
    with transaction():
        service.edit_tax_rate(rate_id, changes, expected_version=expected_version, by=principal())
    return queries.tax_rate(rate_id)


@blueprint.route("/tax-rates/<uuid:rate_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(TaxRateNotFound)
@versioned
@blueprint.response(204)
def delete_tax_rate(rate_id: UUID, expected_version: int) -> None:
    """Withdraw a tax rate."""
    with transaction():
        service.remove_tax_rate(rate_id, expected_version=expected_version, by=principal())
