"""What a bought unit costs when it stands in the stock: with its part of the freight."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from api.kernel.money import allocate, exponent


@dataclass(frozen=True, slots=True)
class LineCost:
    """Units of a purchase order and what one costs, in minor units of the order's currency."""

    quantity: int
    unit_cost: int


def landed_costs(lines: Sequence[LineCost], freight: int) -> list[int]:
    """Return what each line costs with its part of the freight, which is spread by value.

    Lines that cost nothing bear none, unless all do: then it is spread by units. In minor units;
    the sum is what the invoice says.
    """
    if not lines:
        return []
    values = [line.quantity * line.unit_cost for line in lines]
    shares = allocate(freight, values if any(values) else [line.quantity for line in lines])
    return [value + share for value, share in zip(values, shares, strict=True)]


def converted(amount: int, currency: str, into: str, rate: Decimal | None) -> int:
    """Convert minor units of one currency into those of another, half-up.

    `rate` is what one major unit of `currency` costs in `into`; None where both are the same.
    """
    if rate is None:
        return amount
    major = Decimal(amount).scaleb(-exponent(currency)) * rate
    return int(major.scaleb(exponent(into)).quantize(Decimal(1), ROUND_HALF_UP))


SOLD_DAYS: Final = 28
"""Days over which sales are counted: whole weeks, so that every weekday counts alike."""

REVIEW_DAYS: Final = 14
"""Days that an order is to last beyond the supplier's lead time, where no maximum is set."""


@dataclass(frozen=True, slots=True)
class Sales:
    """Units of a level that are for sale, that are to come, and that were sold lately."""

    available: int
    incoming: int
    sold: int

    @property
    def days_left(self) -> int | None:
        """Return for how many days what is there lasts, rounded down; None when nothing sells."""
        return max(0, self.available) * SOLD_DAYS // self.sold if self.sold else None


def order_quantity(
    sales: Sales, *, point: int, maximum: int | None, lead_days: int, pack: int
) -> int:
    """Return how many units to order, in whole packs; 0 when enough are there or to come.

    Up to the maximum; without one, the reorder point and what sells until the next order comes.
    """
    position = sales.available + sales.incoming
    if position > point:
        return 0
    expected = -(-sales.sold * (lead_days + REVIEW_DAYS) // SOLD_DAYS)
    target = point + expected if maximum is None else maximum
    missing = max(target, point + 1) - position
    return -(-missing // pack) * pack
