"""What a bought unit costs when it stands in the stock: with its part of the freight."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from api.kernel.money import allocate, divide_half_up, exponent


@dataclass(frozen=True, slots=True)
class LineCost:
    """Units of a purchase order and what one costs, in minor units of the order's currency."""

    quantity: int
    unit_cost: int


def landed_unit_costs(lines: Sequence[LineCost], freight: int) -> list[int]:
    """Return what one unit of each line costs with freight, which is spread by value.

    Lines that cost nothing bear none, unless all do: then it is spread by units. In minor units,
    half-up; the parts of the freight sum up exactly before they are divided by the units.
    """
    if not lines:
        return []
    values = [line.quantity * line.unit_cost for line in lines]
    shares = allocate(freight, values if any(values) else [line.quantity for line in lines])
    return [
        divide_half_up(value + share, line.quantity)
        for line, value, share in zip(lines, values, shares, strict=True)
    ]


def converted(amount: int, currency: str, into: str, rate: Decimal | None) -> int:
    """Convert minor units of one currency into those of another, half-up.

    `rate` is what one major unit of `currency` costs in `into`; None where both are the same.
    """
    if rate is None:
        return amount
    major = Decimal(amount).scaleb(-exponent(currency)) * rate
    return int(major.scaleb(exponent(into)).quantize(Decimal(1), ROUND_HALF_UP))
