"""The terms of a destination; rules that are missing; checked VAT ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    String,
    Table,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
)

from api.catalog.queries.price_lists import NetOf
from api.kernel import clock
from api.kernel.money import included_tax
from api.platform.db import AnyRow, session, table_of
from api.platform.prepared import prepared
from api.platform.settings import current_settings
from api.tax.errors import (
    CountryNotSold,
    MarketMismatch,
    TaxRuleMissing,
)
from api.tax.models import Market, TaxExemption, TaxRate, VatIdCheck
from api.tax.rules import (
    INTRA_COMMUNITY,
    REST_OF_WORLD,
    Buyer,
    Destination,
    Rate,
    Tax,
    TaxRules,
    Treatment,
    is_intra_community,
    is_rest_of_world,
)

RATES: Final = table_of(TaxRate)
MARKETS: Final = table_of(Market)
EXEMPTIONS: Final = table_of(TaxExemption)
CHECKS: Final = table_of(VatIdCheck)
_ANYONE: Final = Buyer()


def tax_day(moment: datetime | None = None) -> date:
    """Return the day of a moment, by default now, in the shop's time zone.

    An order owes the taxes of the day when it was placed.
    """
    return (moment or clock.now()).astimezone(current_settings().zone).date()


@dataclass(frozen=True, slots=True)
class MarketTerms:
    """What a market asks of an order."""

    currency: str
    language: str
    prices_include_tax: bool
    payment_methods: Sequence[str]


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms on which an order to a destination is sold: its market, if any, and its taxes."""

    market: MarketTerms | None
    rules: TaxRules

    @property
    def prices_include_tax(self) -> bool:
        """Whether unit prices contain tax."""
        return self.market is None or self.market.prices_include_tax

    @property
    def language(self) -> str | None:
        """In which its customers are written to; None for the shop's first language."""
        return self.market.language if self.market else None

    def offered(self, payment_methods: Sequence[str]) -> list[str]:
        """Return those payment methods that the market takes."""
        return [
            method
            for method in payment_methods
            if self.market is None or method in self.market.payment_methods
        ]

    def is_unchecked(self, vat_id: Mapping[str, object]) -> bool:
        """Tell whether an order owes no tax for a VAT id that VIES has not confirmed."""
        return self.rules.override is INTRA_COMMUNITY and vat_id["is_valid"] is None

    def check_market(self, country: str, currency: str, payment_method: str | None) -> None:
        """Refuse another currency or payment method than the market's. Raises `MarketMismatch`."""
        market = self.market
        if market is None:
            return
        if currency != market.currency or (
            payment_method is not None and payment_method not in market.payment_methods
        ):
            raise MarketMismatch(
                country=country, currency=market.currency,
                payment_methods=", ".join(market.payment_methods),
            )  # fmt: skip


def terms_for(
    destination: Destination,
    buyer: Buyer = _ANYONE,
    *,
    on: date | None = None,
    has_home_rates: bool = False,
) -> Terms:
    """Return the terms of a destination for a buyer on a day, by default today.

    One statement, and a second one in a shop with markets or for a customer who may be exempt.
    `has_home_rates` taxes it as if it were at home: the shop's sales to other member states are
    below the threshold. Whether a class has a rule is known when it is asked for. Raises
    `CountryNotSold`.
    """
    settings = current_settings()
    day = on or tax_day()
    place = Destination(settings.country) if has_home_rates else destination
    countries = [place.country]
    if is_rest_of_world(place.country, settings.country):
        countries.append(REST_OF_WORLD)
    rows = session.execute(
        _RATES_OF,
        {
            "countries": countries,
            "region": place.region.upper(),
            "postal": place.postal_code,
            "day": day,
        },
    ).all()
    exempt_reason, market = None, None
    if rows[0].has_markets or (rows[0].has_exemptions and buyer.customer_id is not None):
        asked = {"country": destination.country, "customer": buyer.customer_id, "day": day}
        exempt_reason, *of_market = session.execute(_BUYER_AND_MARKET, asked).one()
        if of_market[0] is not None:
            market = MarketTerms(*of_market)
        elif rows[0].has_markets:
            raise CountryNotSold(country=destination.country)
    override = None
    vat_id = buyer.vat_id["vat_id"] if buyer.vat_id else None
    if exempt_reason is not None:
        override = Tax(0, "Exempt", treatment=Treatment.EXEMPT, reason=exempt_reason)
    elif is_intra_community(destination, vat_id, settings.country):
        override = INTRA_COMMUNITY
    rates = [_rate_of(row) for row in rows if row.country is not None]
    return Terms(market, TaxRules(rates, destination, day, override=override))


def net_of(country: str | None) -> NetOf:
    """Return how prices of goods for a country, by default the shop's, are told without tax.

    They follow from the rates of today; None where nothing is sold, or no rule is known.
    """
    settings = current_settings()
    try:
        terms = terms_for(Destination(country or settings.country))
    except CountryNotSold:
        return lambda amount, tax_class: None

    def net(amount: int, tax_class: str) -> int | None:
        if not terms.prices_include_tax:
            return amount
        try:
            rate = sum(tax.millionths for tax in terms.rules.taxes(tax_class))
        except TaxRuleMissing:
            return None
        return amount - included_tax(amount, rate)

    return net


def countries_with_rules(on: date) -> frozenset[str]:
    """Return the countries, and perhaps `*`, that have any tax rule on a day."""
    return frozenset(
        session.scalars(select(RATES.c.country).where(_holds_on(RATES, on)).distinct())
    )


def rules_to_check() -> tuple[tuple[UUID, str], ...]:
    """Return the rules that a migration wrote and nobody has edited: id, country and treatment."""
    rows = session.execute(
        select(RATES.c.id, RATES.c.country, RATES.c.tax_class, RATES.c.treatment)
        .where(RATES.c.to_check)
        .order_by(RATES.c.country, RATES.c.id)
    )
    return tuple((row.id, f"{row.country} {row.tax_class} {row.treatment}") for row in rows)


def gift_card_min_days(country: str | None) -> int:
    """Return how many days a gift card is valid at least that is bought in a country.

    Without a country, what the strictest market asks: nobody knows where the card will be used.
    """
    markets = active_markets()
    if country is not None:
        named = [one for one in markets if country in one["countries"]]
        markets = named or [one for one in markets if REST_OF_WORLD in one["countries"]]
    days = [one["gift_card_min_days"] for one in markets]
    least = current_settings().gift_card_min_days
    return max((least if one is None else one for one in days), default=least)


def active_markets() -> list[dict[str, Any]]:
    """Return the markets that storefronts may sell in, by code."""
    rows = session.execute(select(MARKETS).where(MARKETS.c.is_active).order_by(MARKETS.c.code))
    return [row._asdict() for row in rows]


def vat_id_fields(vat_id: str, check: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return what is known of a VAT id: the text, and what VIES said, if it was asked."""
    known = check or {}
    return {
        "vat_id": vat_id,
        **{name: known.get(name) for name in ("is_valid", "checked_at", "name", "consultation")},
    }


def latest_check(vat_id: str) -> dict[str, Any] | None:
    """Return the latest answer about a VAT id, as `vat_id_fields`, or None."""
    row = session.execute(
        select(CHECKS)
        .where(CHECKS.c.vat_id == vat_id)
        .order_by(CHECKS.c.checked_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else vat_id_fields(vat_id, row._asdict())


def millionths_of_row(row: Any) -> int:
    """Return the rate of a row in millionths."""
    return int(row.basis_points * 100 + row.extra_millionths)


def _holds_on(table: Table, day: object) -> ColumnElement[bool]:
    return and_(table.c.valid_from <= day, or_(table.c.valid_to.is_(None), table.c.valid_to >= day))


# Built once: every checkout runs it, and building costs more than running.
_POSTAL: Final = bindparam("postal", type_=String)
_DAY: Final = bindparam("day", type_=Date)
_COUNTRY: Final = bindparam("country", type_=String)
_MARKET: Final = (
    select(*MARKETS.c["currency", "language", "prices_include_tax", "payment_methods"])
    .where(
        MARKETS.c.is_active,
        or_(MARKETS.c.countries.has_key(_COUNTRY), MARKETS.c.countries.has_key(REST_OF_WORLD)),
    )
    .order_by(MARKETS.c.countries.has_key(_COUNTRY).desc())
    .limit(1)
    .subquery("market")
)
_EXEMPT: Final = (
    select(
        EXEMPTIONS.c.reason
        + case((EXEMPTIONS.c.certificate == "", ""), else_=" " + EXEMPTIONS.c.certificate)
    )
    .where(
        EXEMPTIONS.c.customer_id == bindparam("customer", type_=Uuid),
        EXEMPTIONS.c.country.in_(("", _COUNTRY)),
        _holds_on(EXEMPTIONS, _DAY),
    )
    .order_by(EXEMPTIONS.c.country.desc())
    .limit(1)
    .scalar_subquery()
)
_APPLIES: Final = and_(
    RATES.c.country == func.any(bindparam("countries")),
    or_(RATES.c.region == "", func.upper(RATES.c.region) == bindparam("region")),
    or_(
        RATES.c.postal_from == "",
        and_(
            func.left(_POSTAL, func.length(RATES.c.postal_from)).collate("C")
            >= RATES.c.postal_from,
            func.left(_POSTAL, func.length(RATES.c.postal_to)).collate("C") <= RATES.c.postal_to,
        ),
    ),
    _holds_on(RATES, _DAY),
)
_IS_ONE: Final = select(true().label("is_one")).subquery("one")
_BUYER_AND_MARKET: Final = prepared(
    select(_EXEMPT, *_MARKET.c).select_from(_IS_ONE.outerjoin(_MARKET, true()))
)
_HAS: Final = select(
    exists().where(MARKETS.c.is_active).label("has_markets"),
    exists().where(EXEMPTIONS.c.id.is_not(None)).label("has_exemptions"),
).subquery("has")
_RATES_OF: Final = prepared(
    select(
        *_HAS.c,
        *RATES.c["country", "region", "postal_from", "tax_class", "basis_points",
                 "extra_millionths", "name", "code", "jurisdiction", "treatment", "reason"],
    )
    .select_from(_HAS.outerjoin(RATES, _APPLIES))
    # Where periods overlap, as an older release allowed, the one that began later applies.
    .order_by(RATES.c.valid_from)
)  # fmt: skip


def _rate_of(row: AnyRow) -> Rate:
    tax = Tax(
        millionths_of_row(row), row.name, row.code, row.jurisdiction, row.treatment, row.reason
    )
    return Rate(row.country, row.region, row.postal_from, row.tax_class, tax)
