"""Wire models of parcels, and of those that two orders share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.money import Money


@dataclass(frozen=True, slots=True)
class PackedWith:
    """The parcel of another order in the same box."""

    number: str
    order_number: str


@dataclass(frozen=True, slots=True)
class ShippingSaving:
    """Shipping that an order paid in vain, as it went in the parcel of another one."""

    order_number: str
    amount: Money
    decision: str | None
    can_refund: bool


@dataclass(frozen=True, slots=True)
class FulfilmentLine:
    """Units of one order line inside a parcel."""

    order_line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A parcel that left, or is about to."""

    id: str
    number: str
    status: str
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    shipped_at: datetime | None
    lines: tuple[FulfilmentLine, ...]
    packed_with: PackedWith | None
