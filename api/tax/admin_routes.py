"""Markets, tax rates and exemptions, for staff. Every change names the version it is based on."""

from collections.abc import Mapping
from typing import Any, Unpack
from uuid import UUID

from flask import Response

from api.accounts.errors import AccountNotFound
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.body_limits import FILES, body_limit
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.versioned_rows import RuleImpossible
from api.tax import flows, service
from api.tax.errors import (
    MarketNotFound,
    MarketTaken,
    TaxExemptionNotFound,
    TaxExemptionTaken,
    TaxRateNotFound,
    TaxRatesClash,
    TaxRatesUnreadable,
    TaxRateTaken,
    VatIdInvalid,
)
from api.tax.queries import admin as queries
from api.tax.schemas import (
    AdminMarketSchema,
    EditMarketSchema,
    EditTaxExemptionSchema,
    EditTaxRateSchema,
    ImportTaxRatesSchema,
    NewMarketSchema,
    NewTaxExemptionSchema,
    NewTaxRateSchema,
    TaxExemptionSchema,
    TaxRateSchema,
    TaxRatesImportedSchema,
    TaxRatesQuerySchema,
    VatIdRequestSchema,
    VatIdSchema,
)
from api.tax.service import TaxRateInput

blueprint = Blueprint(
    "admin-tax",
    __name__,
    url_prefix="/api/v1/admin",
    description="Markets, tax rates, exempt customers and VAT ids, for staff.",
)


@blueprint.route("/tax-rates", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(TaxRatesQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(TaxRateSchema))
def list_tax_rates(
    country: str | None, region: str | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List tax rates by country, including past and future ones."""
    return queries.tax_rates_page(country=country, region=region, **page)


@blueprint.route("/tax-rates", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, TaxRateNotFound, TaxRatesClash, TaxRateTaken)
@idempotent(required=False)
@blueprint.arguments(NewTaxRateSchema)
@blueprint.response(201, TaxRateSchema, headers=LOCATED)
def create_tax_rate(values: TaxRateInput) -> object:
    """Create a tax rate that is valid from a day on; it replaces the earlier one from that day."""
    rate_id = service.create_tax_rate(values, by=principal())
    return queries.tax_rate(rate_id), {"Location": f"{blueprint.url_prefix}/tax-rates/{rate_id}"}


@blueprint.route("/tax-rates/import", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@body_limit(FILES)
@may_answer(RuleImpossible, TaxRatesClash, TaxRatesUnreadable, TaxRateTaken)
@idempotent(required=False)
@blueprint.arguments(ImportTaxRatesSchema, as_kwargs=True)
@blueprint.response(200, TaxRatesImportedSchema)
def import_tax_rates(csv: str, dry_run: bool) -> dict[str, int]:
    """Replace the series of rates that a CSV names, all rows or none."""
    return service.import_tax_rates(csv, is_dry_run=dry_run, by=principal())


@blueprint.route("/tax-rates/export")
@requires(Permission.PRICING_WRITE)
@blueprint.doc(
    responses={
        200: {
            "description": "All tax rates.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
)
def export_tax_rates() -> Response:
    """Download all tax rates as CSV, as the import takes it."""
    headers = {"Content-Disposition": 'attachment; filename="tax-rates.csv"'}
    return Response(
        service.export_tax_rates(), headers=headers, content_type="text/csv; charset=utf-8"
    )


@blueprint.route("/tax-rates/<uuid:rate_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(TaxRateNotFound)
@blueprint.response(200, TaxRateSchema)
def get_tax_rate(rate_id: UUID) -> dict[str, object]:
    """Read one tax rate."""
    return queries.tax_rate(rate_id)


@blueprint.route("/tax-rates/<uuid:rate_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, TaxRateNotFound, TaxRatesClash, TaxRateTaken)
@versioned
@blueprint.arguments(EditTaxRateSchema)
@blueprint.response(200, TaxRateSchema)
def update_tax_rate(
    changes: Mapping[str, object], rate_id: UUID, expected_version: int
) -> dict[str, object]:
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


@blueprint.route("/markets", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(AdminMarketSchema))
def list_markets(query: PageQuery) -> dict[str, object]:
    """List all markets by code."""
    return queries.markets_page(**query)


@blueprint.route("/markets", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(MarketNotFound, MarketTaken, RuleImpossible)
@idempotent(required=False)
@blueprint.arguments(NewMarketSchema)
@blueprint.response(201, AdminMarketSchema, headers=LOCATED)
def create_market(values: Mapping[str, object]) -> object:
    """Create a market. From the first one on, the shop sells to the countries of markets only."""
    market_id = service.create_market(values, by=principal())
    return queries.market(market_id), {"Location": f"{blueprint.url_prefix}/markets/{market_id}"}


@blueprint.route("/markets/<uuid:market_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(MarketNotFound)
@blueprint.response(200, AdminMarketSchema)
def get_market(market_id: UUID) -> dict[str, object]:
    """Read one market."""
    return queries.market(market_id)


@blueprint.route("/markets/<uuid:market_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(MarketNotFound, MarketTaken, RuleImpossible)
@versioned
@blueprint.arguments(EditMarketSchema)
@blueprint.response(200, AdminMarketSchema)
def update_market(
    changes: Mapping[str, object], market_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a market; existing orders stay as they are."""
    with transaction():
        service.edit_market(market_id, changes, expected_version=expected_version, by=principal())
    return queries.market(market_id)


@blueprint.route("/markets/<uuid:market_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(MarketNotFound)
@versioned
@blueprint.response(204)
def delete_market(market_id: UUID, expected_version: int) -> None:
    """Delete a market; existing orders stay as they are."""
    with transaction():
        service.remove_market(market_id, expected_version=expected_version, by=principal())


@blueprint.route("/tax-exemptions", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(TaxExemptionSchema))
def list_tax_exemptions(query: PageQuery) -> dict[str, object]:
    """List the customers who owe no tax."""
    return queries.tax_exemptions_page(**query)


@blueprint.route("/tax-exemptions", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(AccountNotFound, RuleImpossible, TaxExemptionNotFound, TaxExemptionTaken)
@idempotent(required=False)
@blueprint.arguments(NewTaxExemptionSchema)
@blueprint.response(201, TaxExemptionSchema, headers=LOCATED)
def create_tax_exemption(values: dict[str, Any]) -> object:
    """Exempt a registered customer from tax, everywhere or in one country."""
    email = values.pop("email")
    exemption_id = service.create_tax_exemption(email, values, by=principal())
    location = f"{blueprint.url_prefix}/tax-exemptions/{exemption_id}"
    return queries.tax_exemption(exemption_id), {"Location": location}


@blueprint.route("/tax-exemptions/<uuid:exemption_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(TaxExemptionNotFound)
@blueprint.response(200, TaxExemptionSchema)
def get_tax_exemption(exemption_id: UUID) -> dict[str, object]:
    """Read one exemption."""
    return queries.tax_exemption(exemption_id)


@blueprint.route("/tax-exemptions/<uuid:exemption_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, TaxExemptionNotFound, TaxExemptionTaken)
@versioned
@blueprint.arguments(EditTaxExemptionSchema)
@blueprint.response(200, TaxExemptionSchema)
def update_tax_exemption(
    changes: Mapping[str, object], exemption_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change an exemption; existing orders stay as they are."""
    with transaction():
        service.edit_tax_exemption(
            exemption_id, changes, expected_version=expected_version, by=principal()
        )
    return queries.tax_exemption(exemption_id)


@blueprint.route("/tax-exemptions/<uuid:exemption_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(TaxExemptionNotFound)
@versioned
@blueprint.response(204)
def delete_tax_exemption(exemption_id: UUID, expected_version: int) -> None:
    """End an exemption."""
    with transaction():
        service.remove_tax_exemption(
            exemption_id, expected_version=expected_version, by=principal()
        )


@blueprint.route("/vat-ids/check", methods=["POST"])
@requires(Permission.ORDERS_READ)
@may_answer(VatIdInvalid)
@blueprint.arguments(VatIdRequestSchema, as_kwargs=True)
@blueprint.response(200, VatIdSchema)
def check_vat_id(vat_id: str, country: str) -> dict[str, object]:
    """Check a VAT id now, and ask VIES if it is of another member state.

    Takes no `Idempotency-Key`: each call asks anew.
    """
    return flows.check_vat_id(vat_id, country, is_fresh=True)
