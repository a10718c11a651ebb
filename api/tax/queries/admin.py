"""Tax rates, markets and exempt customers, as staff see them."""

from typing import Final, Unpack
from uuid import UUID

from sqlalchemy import select

from api.accounts.models import User
from api.platform import pagination
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import PageQuery, Sort
from api.tax.errors import MarketNotFound, TaxExemptionNotFound, TaxRateNotFound
from api.tax.queries import EXEMPTIONS, MARKETS, RATES, millionths_of_row
from api.tax.rules import percent

_USERS: Final = table_of(User)
_LISTED: Final = select(RATES)
_MARKETS: Final = select(*(column for column in MARKETS.c if column.name != "created_at"))
_EXEMPTIONS: Final = select(
    *(column for column in EXEMPTIONS.c if column.name != "created_at"), _USERS.c.email
).join(_USERS, _USERS.c.id == EXEMPTIONS.c.customer_id)


def tax_rate(rate_id: UUID) -> dict[str, object]:
    """Return a tax rate. Raises `TaxRateNotFound`."""
    row = session.execute(_LISTED.where(RATES.c.id == rate_id)).one_or_none()
    if row is None:
        raise TaxRateNotFound
    return rate_fields(row)


def tax_rates_page(
    *, country: str | None, region: str | None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of all tax rates by country, including past and future ones."""
    filters = {"country": country, "region": region}
    where = [RATES.c[name] == value for name, value in filters.items() if value]
    return pagination.page_response(
        _LISTED.where(*where),
        Sort((RATES.c.country, RATES.c.id)),
        rate_fields,
        filters=[value for value in filters.values() if value] or None,
        **asked,
    )


def market(market_id: UUID) -> dict[str, object]:
    """Return a market. Raises `MarketNotFound`."""
    row = session.execute(_MARKETS.where(MARKETS.c.id == market_id)).one_or_none()
    if row is None:
        raise MarketNotFound
    return row._asdict()


def markets_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of all markets by code."""
    return pagination.page_response(_MARKETS, Sort((MARKETS.c.code, MARKETS.c.id)), **asked)


def tax_exemption(exemption_id: UUID) -> dict[str, object]:
    """Return a tax exemption. Raises `TaxExemptionNotFound`."""
    row = session.execute(_EXEMPTIONS.where(EXEMPTIONS.c.id == exemption_id)).one_or_none()
    if row is None:
        raise TaxExemptionNotFound
    return row._asdict()


def tax_exemptions_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of all tax exemptions, oldest first."""
    return pagination.page_response(
        _EXEMPTIONS, Sort((EXEMPTIONS.c.id,)), counted=select(EXEMPTIONS.c.id), **asked
    )


def rate_fields(row: AnyRow) -> dict[str, object]:
    """Return a rate as staff see it."""
    fields = {
        name: getattr(row, name)
        for name in (
            "id", "country", "region", "postal_from", "postal_to", "jurisdiction", "tax_class",
            "basis_points", "name", "code", "treatment", "reason", "to_check", "valid_from",
            "valid_to", "version",
        )
    }  # fmt: skip
    return {**fields, "rate": percent(millionths_of_row(row))}
