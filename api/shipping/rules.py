"""Pure rules of shipping: where zones are, what bands cost, and which goods a method carries.

Amounts are minor units, weights grams, weekdays ISO numbers (1 is Monday).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from api.kernel.text_folding import counted, fold
from api.platform.postal_rules import rules

REST_OF_WORLD: Final = "*"
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SEPARATORS = re.compile(r"[\s-]")

Specificity = tuple[int, float]
"""How narrow an area is: its level, and within postal codes the length of what must agree."""


class MethodKind(StrEnum):
    """How goods reach the customer."""

    DELIVERY = "delivery"
    PICKUP = "pickup"


class BandUnit(StrEnum):
    """What the price bands of a method measure."""

    WEIGHT = "weight"
    VALUE = "value"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order goes, as zones compare it: codes without separators, folded regions."""

    country: str
    region: str = ""
    postal_code: str = ""

    @classmethod
    def of(cls, country: str, region: str | None = None, postal_code: str | None = None) -> "Place":
        """Return the place of an address as people type it."""
        code = rules(country).postal_code(postal_code) if postal_code else None
        return cls(country, region_key(country, region), code or (postal_code or "").upper())


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a zone: `*`, a country, a region of it, or postal codes of it.

    `postal_code` is a code, a beginning (`27*`; `E1 *` ends at the space) or a range of
    beginnings (`27000-27999`). An `excluded` area is left out of the zone.
    """

    country: str
    region: str = ""
    postal_code: str = ""
    excluded: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Area":
        """Return the area of a stored or requested object."""
        return cls(
            stored["country"],
            stored.get("region") or "",
            stored.get("postal_code") or "",
            bool(stored.get("excluded")),
        )

    @property
    def stored(self) -> dict[str, object]:
        """Return the area as JSON, without what is empty."""
        members = {
            "country": self.country,
            "region": self.region,
            "postal_code": self.postal_code,
            "excluded": self.excluded,
        }
        return {name: value for name, value in members.items() if value}

    def match(self, place: Place) -> Specificity | None:
        """Return how closely the area fits a place; None when the place is outside."""
        if self.country == REST_OF_WORLD:
            return (0, 0)
        if self.country != place.country:
            return None
        if self.region and region_key(self.country, self.region) != place.region:
            return None
        if not self.postal_code:
            return (2, 0) if self.region else (1, 0)
        agreed = _agreement(self.postal_code, place.postal_code)
        return None if agreed is None else (3, agreed)


def zone_match(areas: Iterable[Area], place: Place) -> Specificity | None:
    """Return how closely a zone fits a place, by its narrowest area there.

    None when the place is outside, or the narrowest area is an excluded one.
    """
    found = [(fit, area.excluded) for area in areas if (fit := area.match(place)) is not None]
    if not found:
        return None
    closest, is_excluded = max(found)
    return None if is_excluded else closest


def region_key(country: str, region: str | None) -> str:
    """Return the code of a region by its code or any of its names; else the folded text."""
    if not region or country == REST_OF_WORLD:
        return ""
    known = rules(country).region(region)
    return known.code if known else fold(region)


def _agreement(pattern: str, code: str) -> float | None:
    """Return how many signs a postal code must share with a pattern it fits; None if it does not.

    Patterns with a space keep the spaces of the code, all others ignore them.
    """
    if not code:
        return None
    plain = _SEPARATORS.sub("", code)
    if pattern.endswith("*"):
        prefix = pattern[:-1].upper()
        fits = code.startswith(prefix) if " " in prefix else plain.startswith(prefix)
        return len(prefix) if fits else None
    first, separator, last = pattern.upper().partition("-")
    if separator and len(first) == len(last):
        fits = first <= plain[: len(first)] <= last
        shared = next((at for at, sign in enumerate(first) if last[at] != sign), len(first))
        return shared + 0.5 if fits else None
    return 100 if plain == _SEPARATORS.sub("", pattern.upper()) else None


@dataclass(frozen=True, slots=True)
class Band:
    """A price for measures from `start` to `end`, both included; without an end for all above."""

    start: int
    end: int | None
    amount: int

    def __str__(self) -> str:
        return f"{self.start}-{'' if self.end is None else self.end}"


def band_problems(bands: Sequence[Band]) -> list[tuple[int, str]]:
    """Return what is wrong with price bands: the row (from 0) and a sentence; [] if nothing.

    They begin at 0 or 1 and follow one another without a gap or an overlap.
    """
    problems = []
    if bands and bands[0].start > 1:
        problems.append((0, f"The first band begins at {bands[0].start}: begin at 0."))
    for row, band in enumerate(bands):
        if band.end is not None and band.end < band.start:
            problems.append((row, f"Row {row + 1} ends before it begins: {band}."))
        if row == 0:
            continue
        before = bands[row - 1]
        if before.end is None:
            problems.append((row, f"Row {row} has no end, so row {row + 1} overlaps it."))
        elif band.start <= before.end:
            problems.append((row, f"Rows {row} and {row + 1} overlap: {before} and {band}."))
        elif band.start > before.end + 1:
            problems.append(
                (row, f"There is a gap between rows {row} and {row + 1}: {before} and {band}.")
            )
    return problems


def band_amount(bands: Sequence[Band], measure: int) -> int | None:
    """Return the price of the band that a measure falls into; None above the last."""
    for band in bands:
        if band.end is None or measure <= band.end:
            return band.amount
    return None


@dataclass(frozen=True, slots=True)
class Consignment:
    """What would be shipped: sums of a cart, and what its lines demand of a method."""

    subtotal: int = 0
    weight_grams: int = 0
    quantity: int = 0
    profiles: Mapping[str, str] = field(default_factory=dict)
    """The title of a line by the shipping profile that it needs."""
    products: Mapping[UUID, str] = field(default_factory=dict)
    """The title by product."""
    customer_id: UUID | None = None
    weekday: int | None = None
    is_digital: bool = False
    """Whether all of it is sent by e-mail, as gift cards are: that costs no shipping."""

    def measure(self, unit: BandUnit) -> int:
        """Return what the bands of a unit compare."""
        return {
            BandUnit.WEIGHT: self.weight_grams,
            BandUnit.VALUE: self.subtotal,
            BandUnit.QUANTITY: self.quantity,
        }[unit]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Which consignments a method takes, apart from its price. Empty sets take all.

    `profiles` are those that it carries besides goods without one.
    """

    profiles: frozenset[str] = frozenset()
    only_products: frozenset[UUID] = frozenset()
    excluded_products: frozenset[UUID] = frozenset()
    customer_groups: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Conditions":
        """Return the conditions of a stored object."""
        products = ("only_products", "excluded_products")
        return cls(
            **{
                name: frozenset(map(UUID, members) if name in products else members)
                for name, members in stored.items()
            }
        )

    def refusal(self, consignment: Consignment, groups: frozenset[str]) -> str | None:
        """Say why a method does not take goods of a customer in groups; None if it does."""
        for profile, title in consignment.profiles.items():
            if profile not in self.profiles:
                return f"It does not carry {profile} goods such as {title}."
        for product_id, title in consignment.products.items():
            if product_id in self.excluded_products or (
                self.only_products and product_id not in self.only_products
            ):
                return f"It does not carry {title}."
        if self.customer_groups and not self.customer_groups & groups:
            return "It is offered to certain customers only."
        if self.weekdays and consignment.weekday not in self.weekdays:
            days = ", ".join(WEEKDAYS[day - 1] for day in sorted(self.weekdays))
            return f"It is offered on {days} only."
        return None


def too_much(unit: BandUnit, bands: Sequence[Band]) -> str:
    """Say up to which measure a method takes goods."""
    most = bands[-1].end or 0
    if unit is BandUnit.WEIGHT:
        return f"It carries up to {most / 1000:g} kg."
    return (
        f"It carries up to {counted(most, 'unit')}."
        if unit is BandUnit.QUANTITY
        else ("It is for orders of less value.")
    )
