"""Pure rules of carriers: which there are, what their accounts need, how streets are written."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID


class Carrier(StrEnum):
    """A carrier whose labels can be bought."""

    DHL = "dhl"
    DPD = "dpd"
    GLS = "gls"
    POSTNL = "postnl"
    UPS = "ups"


class AccountMode(StrEnum):
    """Whether labels are real: `test` talks to the carrier's sandbox."""

    TEST = "test"
    LIVE = "live"


class CheckResult(StrEnum):
    """What a carrier said to the credentials of an account."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNCHECKED = "unchecked"
    """It has no sign-in, or its package is not installed."""


@dataclass(frozen=True, slots=True)
class CarrierTerms:
    """The name of a carrier on labels and tracking pages, and what an account of it holds."""

    name: str
    credentials: tuple[str, ...]
    optional: tuple[str, ...] = ()


TERMS: Final = {
    Carrier.DHL: CarrierTerms(
        "DHL", ("username", "password", "client_id", "client_secret", "billing_number")
    ),
    Carrier.DPD: CarrierTerms(
        "DPD", ("login", "password", "business_unit", "customer_id"), ("customer_account_number",)
    ),
    Carrier.GLS: CarrierTerms("GLS", ("client_id", "client_secret", "contact_id")),
    Carrier.POSTNL: CarrierTerms(
        "PostNL", ("api_key", "customer_code", "customer_number"), ("collection_location",)
    ),
    Carrier.UPS: CarrierTerms("UPS", ("client_id", "client_secret", "account_number")),
}

_NUMBER_FIRST: Final = frozenset(
    {
        *("AU", "CA", "FR", "GB", "GG", "IE", "IM", "IN", "JE", "LU"),
        *("MC", "MT", "MY", "NZ", "SG", "TH", "US", "ZA"),
    }
)
"""Where people write the number before the street."""
_NUMBER: Final = (
    r"\d+(?:\s?(?:bis|ter|quater)\b|\s?[a-zA-Z](?![a-zA-Z]))?(?:\s?[-/+]\s?\d*[a-zA-Z]?)*"
)
_LAST: Final = re.compile(rf"(.*[^\s,\d].*?)[\s,]+({_NUMBER})")
_FIRST: Final = re.compile(rf"({_NUMBER})[\s,]+(.*[^\W\d_].*)")
_DUTCH: Final = re.compile(
    # A year is of the name where another number follows: `Plein 1944 7A`.
    r"(.*?[^\s,\d].*?(?:\s1[89]\d\d)?)[\s,]+(\d+)\s*[- ]?\s*([a-zA-Z0-9/ -]*)"
)


@dataclass(frozen=True, slots=True)
class RateQuery:
    """What the price of a parcel depends on."""

    account_id: UUID
    service: str
    country: str
    region: str
    postal_code: str
    weight_grams: int
    currency: str

    @property
    def key(self) -> str:
        """The name under which its answer is kept."""
        parts = (
            *(self.account_id, self.service, self.country, self.region, self.postal_code),
            *(self.weight_grams, self.currency),
        )
        return "carrier-rate:" + "|".join(map(str, parts))


@dataclass(frozen=True, slots=True)
class Street:
    """A street line in parts; without a number that could be told apart it is whole."""

    name: str
    number: str = ""
    extension: str = ""


def split_street(line: str, country: str) -> Street:
    """Tell the number from the name of a street: `Straße des 17. Juni 135` has 135, not 17.

    The number is the last thing on the line, or the first where people write it so. A line in
    which neither fits is returned whole: a carrier that needs no number gets what was typed.
    """
    text = " ".join(line.split())
    first, last = _FIRST.fullmatch(text), _LAST.fullmatch(text)
    if first and (country in _NUMBER_FIRST or not last):
        return Street(first[2], first[1])
    return Street(last[1].rstrip(","), last[2]) if last else Street(text)


def split_dutch_street(line: str) -> Street:
    """Tell name, number and extension apart: `Damrak 12-2 hoog`. The number is digits alone."""
    found = _DUTCH.fullmatch(" ".join(line.split()))
    return Street(found[1], found[2], found[3].strip(" -")) if found else Street(line)
