"""Wire models of a parcel that two orders share."""

from __future__ import annotations

from dataclasses import dataclass

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
