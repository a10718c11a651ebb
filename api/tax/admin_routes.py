"""Tax rates, for staff. Every change names the version it is based on."""

from typing import Any
from uuid import UUID

from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.versioned_rows import RuleImpossible
from api.tax import queries, service
from api.tax.errors import TaxRateNotFound, TaxRatesClash, TaxRateTaken
from api.tax.schemas import (
    EditTaxRateSchema,
    NewTaxRateSchema,
    TaxRateSchema,
    TaxRatesQuerySchema,
)
from api.tax.service import TaxRateInput

blueprint = Blueprint(
    "admin-tax",
    __name__,
    url_prefix="/api/v1/admin",
    description="Tax rates, for staff.",
)


@blueprint.route("/tax-rates", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(TaxRatesQuerySchema, location="query")
@blueprint.response(200, list_schema(TaxRateSchema))
def list_tax_rates(query: dict[str, Any]) -> dict[str, Any]:
    """List tax rates by country, including past and future ones."""
    return queries.tax_rates_page(with_total=query.pop("include") == "total", **query)


@blueprint.route("/tax-rates", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, TaxRateNotFound, TaxRatesClash, TaxRateTaken)
@idempotent(required=False)
@blueprint.arguments(NewTaxRateSchema)
@blueprint.response(201, TaxRateSchema, headers=LOCATED)
def create_tax_rate(values: TaxRateInput) -> Any:
    """Create a tax rate that is valid from a day on; it replaces the earlier one from that day."""
    rate_id = service.create_tax_rate(values, by=principal())
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
@may_answer(RuleImpossible, TaxRateNotFound, TaxRatesClash, TaxRateTaken)
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
@may_answer(TaxRateNotFound, TaxRatesClash)
@versioned
@blueprint.response(204)
def delete_tax_rate(rate_id: UUID, expected_version: int) -> None:
    """Delete a tax rate."""
    with transaction():
        service.remove_tax_rate(rate_id, expected_version=expected_version, by=principal())
