"""The interface to carriers; one adapter per carrier. No method belongs inside a transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from api.carriers.rules import Carrier
from api.kernel.money import Money, exponent


class CarrierRefused(Exception):
    """The carrier understood and said no, in its own words; nothing was bought."""


class CarrierUnreachable(Exception):
    """Nothing reached the carrier, so nothing was bought: it may be tried again."""


class CarrierUnclear(Exception):
    """A request was sent and no answer that can be read came: it may have been carried out."""


class NotOffered(Exception):
    """The carrier's interface cannot do this; the text says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sends or receives a parcel, as the order's address has it."""

    name: str
    line1: str
    city: str
    country: str
    company: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    region: str | None = None
    phone: str | None = None
    email: str | None = None

    @classmethod
    def of(cls, address: Mapping[str, Any], *, email: str | None = None) -> "Party":
        """Return the party of a stored address."""
        return cls(
            name=address["name"],
            company=address.get("company"),
            line1=address["line1"],
            line2=address.get("line2"),
            city=address["city"],
            postal_code=address.get("postal_code"),
            region=address.get("region"),
            country=address["country"],
            phone=address.get("phone_e164") or address.get("phone"),
            email=email,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Units of one article in a parcel, as customs asks: value and weight are of one unit."""

    sku: str
    title: str
    quantity: int
    unit_value: Money
    weight_grams: int
    hs_code: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomsDeclaration:
    """What customs is told about a sale; `invoice` is the order's number."""

    goods: tuple[Goods, ...]
    currency: str
    invoice: str

    @property
    def value(self) -> int:
        """The value of all goods, in minor units."""
        return sum(one.unit_value.amount * one.quantity for one in self.goods)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOrder:
    """One label to buy. `reference` names it at the carrier and never comes twice."""

    reference: str
    service: str
    sender: Party
    recipient: Party
    weight_grams: int
    size_mm: tuple[int, int, int] | None = None
    """Length, width and height, the longest first."""
    customs: CustomsDeclaration | None = None
    label_format: str = "PDF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An account as an adapter needs it."""

    carrier: Carrier
    is_live: bool
    credentials: Mapping[str, str] = field(repr=False)
    country: str = "DE"

    @property
    def billing_numbers(self) -> Mapping[str, str]:
        """DHL's billing number by service: `V01PAK=3333..., V53WPAK=...`; `` for all others."""
        pairs = (
            part.partition("=") for part in self.credentials.get("billing_number", "").split(",")
        )
        return {
            (name.strip() if separator else ""): (number if separator else name).strip()
            for name, separator, number in pairs
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtLabel:
    """A label as the carrier gave it."""

    tracking_number: str
    shipment_id: str
    content: bytes = field(repr=False)
    label_format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRequest:
    """What a parcel to a place would weigh."""

    service: str
    sender: Party
    country: str
    postal_code: str
    region: str
    weight_grams: int
    currency: str


class CarrierGateway(Protocol):
    """Buys and voids labels at one carrier, and asks for its rates."""

    def check(self, connection: Connection) -> None:
        """Sign in with the credentials of an account; nothing is bought.

        Raises `CarrierRefused` for those that are not taken, `CarrierUnreachable`, and `NotOffered`
        where there is no sign-in.
        """

    def buy(self, connection: Connection, order: LabelOrder) -> BoughtLabel:
        """Buy a label.

        Raises `CarrierRefused`, `CarrierUnreachable` and `NotOffered`, after which nothing was
        bought, and `CarrierUnclear`, after which it may have been.
        """

    def void(self, connection: Connection, *, tracking_number: str, shipment_id: str) -> None:
        """Void a label. Raises what `buy` raises; one that is void already is no error."""

    def rate(self, connection: Connection, request: RateRequest) -> Money:
        """Return the price of a service. Raises `NotOffered`, `CarrierRefused` and the others."""


def decimal_text(amount: Money) -> str:
    """Return an amount as carriers write it: `12.99`."""
    digits = exponent(amount.currency)
    return f"{Decimal(amount.amount).scaleb(-digits):.{digits}f}"


def minor_units(text: str, currency: str) -> int:
    """Return the minor units of an amount as carriers write it; ValueError for anything else."""
    value = Decimal(text).scaleb(exponent(currency))
    if not value.is_finite() or value < 0 or value != value.to_integral_value():
        raise ValueError(text)
    return int(value)
