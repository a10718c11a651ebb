"""Pure rules of tax: treatments, the taxes of a destination, and the EU as VAT law sees it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from api.kernel.money import MILLION, Money, exponent
from api.tax.errors import TaxRuleMissing

STANDARD: Final = "standard"
GIFT_CARD: Final = "gift_card"
"""The tax class of gift cards: goods of it are sold without tax, and become a code once paid."""
"""The tax class whose rates apply to classes without a rate of their own."""
REST_OF_WORLD: Final = "*"
PAYMENT_METHODS: Final = ("manual", "stripe")
"""How an order may be paid; a market takes some of them."""


class Treatment(StrEnum):
    """Why a line is taxed as it is: a rate of 0 % needs its cause on the invoice and the return."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    INTRA_COMMUNITY = "intra_community"
    EXPORT = "export"
    OUT_OF_SCOPE = "out_of_scope"


UNTAXED: Final = frozenset(Treatment) - {Treatment.STANDARD, Treatment.REDUCED}
"""Treatments whose rate must be 0."""

# Article 5 of Directive 2006/112/EC. Monaco counts as France (article 7). Northern Ireland (XI)
# follows EU rules for goods: Protocol on Ireland/Northern Ireland, article 8.
EU: Final = frozenset(
    (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
    )
)  # fmt: skip
# Parts of member states outside the VAT area: article 6 of the directive; Livigno, Campione and
# the Italian waters of Lake Lugano by paragraph 2.
_OUTSIDE_VAT_AREA: Final = {
    "DE": ("27498", "78266"),  # Heligoland, Buesingen
    "ES": ("35", "38", "51", "52"),  # Canary Islands, Ceuta, Melilla
    "FI": ("22",),  # Aland
    "FR": ("971", "972", "973", "974", "976"),
    "GR": ("63086",),  # Mount Athos
    "IT": ("22061", "23041"),  # Campione, Livigno
}
_SEPARATORS = re.compile(r"[\s-]+")


def normalize_postal_code(code: str | None) -> str:
    """Return a postal code in upper case without blanks and hyphens, as ranges compare it."""
    return _SEPARATORS.sub("", code or "").upper()


def vat_territory(country: str, postal_code: str | None) -> str:
    """Return the country whose VAT law applies: XI for Northern Ireland, FR for Monaco."""
    if country == "GB" and normalize_postal_code(postal_code).startswith("BT"):
        return "XI"
    return "FR" if country == "MC" else country


def is_in_eu(country: str, postal_code: str | None) -> bool:
    """Tell whether a place is inside the VAT area of the EU; the United Kingdom is not."""
    code = normalize_postal_code(postal_code)
    if any(code.startswith(outside) for outside in _OUTSIDE_VAT_AREA.get(country, ())):
        return False
    return vat_territory(country, postal_code) in EU


def is_rest_of_world(country: str, shop_country: str) -> bool:
    """Tell whether rules for `*` may apply: not at home, and not inside the EU for an EU shop.

    A shop that does not say where it is may be in the EU.
    """
    is_abroad = country != shop_country
    return is_abroad and not (country in EU and (shop_country in EU or not shop_country))


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes to, as far as it is known."""

    country: str
    region: str = ""
    postal_code: str = ""

    @classmethod
    def of(cls, address: Mapping[str, Any]) -> "Destination":
        """Return the destination of a postal address."""
        return cls(address["country"], address.get("region") or "",
                   normalize_postal_code(address.get("postal_code")))  # fmt: skip

    def __str__(self) -> str:
        return " ".join(part for part in (self.country, self.region, self.postal_code) if part)


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax that applies to a tax class: a rate in millionths, and what an invoice says of it."""

    millionths: int
    name: str
    code: str = ""
    jurisdiction: str = ""
    treatment: Treatment = Treatment.STANDARD
    reason: str | None = None

    @property
    def rate(self) -> str:
        """Return the rate as a decimal fraction: `0.1900`, `0.08875`."""
        return fraction(self.millionths)

    def __str__(self) -> str:
        place = f" ({self.jurisdiction})" if self.jurisdiction else ""
        if self.treatment in UNTAXED:
            why = f": {self.reason}" if self.reason else ""
            return f"{self.name}{place} 0 %, {self.treatment.value.replace('_', ' ')}{why}"
        return f"{self.name}{place} {percent(self.millionths)} %"


@dataclass(frozen=True, slots=True)
class Rate:
    """A stored rate that holds at a destination on a day: its tax, and how narrow its place is."""

    country: str
    region: str
    postal_from: str
    tax_class: str
    tax: Tax


class TaxRules:
    """The taxes of each tax class at one destination.

    `override` is the one tax of an order that owes none whatever its classes: an exempt customer's
    or an intra-community supply's.
    """

    def __init__(
        self,
        rates: Iterable[Rate],
        destination: Destination,
        on: date,
        *,
        override: Tax | None = None,
    ) -> None:
        rates = list(rates)
        named = [rate for rate in rates if rate.country != REST_OF_WORLD]
        self._by_class: dict[str, dict[str, Rate]] = {}
        for rate in sorted(named or rates, key=lambda one: (one.postal_from != "", one.region)):
            # Sorted from wide to narrow: of one jurisdiction, the narrowest stays.
            self._by_class.setdefault(rate.tax_class, {})[rate.tax.jurisdiction] = rate
        self._destination, self._on, self.override = destination, on, override

    def taxes(self, tax_class: str) -> tuple[Tax, ...]:
        """Return the taxes of a class: its own, else the standard ones. Raises `TaxRuleMissing`."""
        if self.override is not None:
            return (self.override,)
        if tax_class == GIFT_CARD:
            return (VOUCHER,)
        rates = self._by_class.get(tax_class) or self._by_class.get(STANDARD)
        if not rates:
            raise TaxRuleMissing(
                tax_class=tax_class, place=str(self._destination), day=self._on.isoformat(),
                country=self._destination.country,
            )  # fmt: skip
        return tuple(rates[jurisdiction].tax for jurisdiction in sorted(rates))


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who an order is taxed for. `vat_id` is what is known of their VAT id, as orders store it.

    Its member `is_valid` is None while VIES has not answered; the order is flagged then.
    """

    customer_id: UUID | None = None
    vat_id: Mapping[str, Any] | None = None


def to_stored(vat_id: Mapping[str, Any] | None) -> dict[str, object] | None:
    """Return what is known of a VAT id as orders store it."""
    if vat_id is None:
        return None
    checked_at = vat_id["checked_at"]
    return {**vat_id, "checked_at": checked_at and checked_at.isoformat()}


def from_stored(vat_id: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what an order stores of a VAT id, as it is known."""
    if vat_id is None:
        return None
    checked_at = vat_id["checked_at"]
    return {**vat_id, "checked_at": checked_at and datetime.fromisoformat(checked_at)}


VOUCHER: Final = Tax(
    0,
    "VAT",
    treatment=Treatment.OUT_OF_SCOPE,
    reason="Multi-purpose voucher: Article 30b (2) Directive 2006/112/EC",
)
"""Of a voucher that pays for goods of any tax: what it pays for is taxed, and not the voucher."""

INTRA_COMMUNITY: Final = Tax(
    0, "VAT", treatment=Treatment.INTRA_COMMUNITY, reason="Article 138 Directive 2006/112/EC"
)


def is_intra_community(destination: Destination, vat_id: str | None, shop_country: str) -> bool:
    """Tell whether goods go to a business in another member state, which pays the tax itself.

    Article 138 (1): the goods leave the shop's member state, and the buyer has a VAT id of another
    one than that. The prefix of a VAT id tells its country.
    """
    if vat_id is None or not is_distance_sale(destination, shop_country):
        return False
    of = "GR" if vat_id.startswith("EL") else vat_id[:2]
    return of in EU and of != shop_country


def is_distance_sale(destination: Destination, shop_country: str) -> bool:
    """Tell whether an EU shop sends goods to another member state."""
    place = (destination.country, destination.postal_code)
    return shop_country in EU and is_in_eu(*place) and vat_territory(*place) != shop_country


def is_within_threshold(
    sales: Iterable[Money], threshold: int, currency: str, rates: Mapping[str, Decimal]
) -> bool:
    """Tell whether sales add up to a threshold at most, in whole units of a currency.

    `rates` are how much of another currency is worth one unit of it. Sales in a currency without a
    rate are never taken as below: their tax would be the wrong state's.
    """
    total = Decimal(0)
    for sale in sales:
        rate = Decimal(1) if sale.currency == currency else rates.get(sale.currency)
        if rate is None and sale.amount:
            return False
        total += Decimal(sale.amount).scaleb(-exponent(sale.currency)) / (rate or 1)
    return total <= threshold


def fraction(millionths: int) -> str:
    """Write a rate as a decimal fraction with at least four digits: `0.1900`, `0.08875`."""
    text = f"{millionths // MILLION}.{millionths % MILLION:06d}"
    return text[:6] + text[6:].rstrip("0")


def percent(millionths: int) -> str:
    """Write a rate in percent, as owners enter it: `19`, `8.875`."""
    text = f"{millionths // 10_000}.{millionths % 10_000:04d}"
    return text.rstrip("0").rstrip(".")


def millionths_of_fraction(text: str) -> int:
    """Read a rate as a fraction, as `fraction` writes it."""
    return int(Decimal(text).scaleb(6))


def millionths_of(percent: str) -> int:
    """Read a rate in percent, as `percent` writes it."""
    return int(Decimal(percent).scaleb(4))
