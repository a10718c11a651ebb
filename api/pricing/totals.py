"""Pure arithmetic: the totals of an order, and the refund share of a part of a line.

All amounts are minor units of one currency and include tax. Tax is calculated for each line and
rounded half-up; every total is the sum of its rounded parts, so there are no rounding differences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.kernel.money import divide_half_up, included_tax

STANDARD: Final = "standard"
"""The tax class whose rate applies to classes without a rate of their own."""


@dataclass(frozen=True, slots=True)
class LineToPrice:
    """Units at one price; `key` is the caller's id of the line.

    `discount` is taken off the whole line before tax, in the basis of the unit price.
    """

    key: UUID
    quantity: int
    unit_price: int
    tax_class: str = STANDARD
    discount: int = 0

    def __post_init__(self) -> None:
        if self.quantity <= 0 or self.unit_price < 0:
            raise ValueError("a line has at least one unit, and no negative price")
        _check_discount(self.discount, self.unit_price * self.quantity)


@dataclass(frozen=True, slots=True)
class ShippingChoice:
    """Price and tax class of the chosen shipping method; `discount` is taken off before tax."""

    amount: int
    tax_class: str = STANDARD
    discount: int = 0

    def __post_init__(self) -> None:
        _check_discount(self.discount, self.amount)


@dataclass(frozen=True, slots=True)
class LineTotals:
    """A line with its total after discounts, and the tax contained in it."""

    key: UUID
    quantity: int
    unit_price: int
    total: int
    tax: int
    rate_basis_points: int
    tax_class: str
    discount: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of an order. `total` = `subtotal` + `shipping`; `tax` is contained in it.

    All of them are after discounts; `discount_total` is what lines and shipping were reduced by.
    """

    lines: tuple[LineTotals, ...]
    subtotal: int
    shipping: int
    shipping_tax: int
    shipping_rate: int
    tax: int
    total: int
    currency: str
    shipping_discount: int
    discount_total: int


def calculate_totals(
    lines: Sequence[LineToPrice],
    shipping: ShippingChoice | None,
    rates: Mapping[str, int],
    currency: str,
) -> Totals:
    """Calculate the totals of an order: lines, shipping and the tax contained in both.

    `rates` are basis points by tax class, as `queries.tax_rates` returns them.
    """
    priced = tuple(_price(line, rates) for line in lines)
    shipping_amount = shipping.amount - shipping.discount if shipping else 0
    shipping_discount = shipping.discount if shipping else 0
    shipping_rate = rate_for(shipping.tax_class, rates) if shipping else 0
    shipping_tax = included_tax(shipping_amount, shipping_rate)
    subtotal = sum(line.total for line in priced)
    return Totals(
        lines=priced,
        subtotal=subtotal,
        shipping=shipping_amount,
        shipping_tax=shipping_tax,
        shipping_rate=shipping_rate,
        tax=sum(line.tax for line in priced) + shipping_tax,
        total=subtotal + shipping_amount,
        currency=currency,
        shipping_discount=shipping_discount,
        discount_total=sum(line.discount for line in priced) + shipping_discount,
    )


def rate_for(tax_class: str, rates: Mapping[str, int]) -> int:
    """Return the rate of a class in basis points: its own, else the standard one, else 0."""
    return rates.get(tax_class, rates.get(STANDARD, 0))


def refund_share(total: int, quantity: int, refunded_before: int, quantity_to_refund: int) -> int:
    """Return the share of a line's total for some units, after earlier refunds.

    The share is the difference of two rounded running sums, so that refunds in any number of parts
    add up to exactly the total. Works for the tax of a line too.
    """
    after = refunded_before + quantity_to_refund
    if quantity_to_refund < 0 or refunded_before < 0 or after > quantity:
        raise ValueError("more units than the line has")
    return divide_half_up(total * after, quantity) - divide_half_up(
        total * refunded_before, quantity
    )


def _price(line: LineToPrice, rates: Mapping[str, int]) -> LineTotals:
    rate = rate_for(line.tax_class, rates)
    total = line.unit_price * line.quantity - line.discount
    return LineTotals(
        key=line.key,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=total,
        tax=included_tax(total, rate),
        rate_basis_points=rate,
        tax_class=line.tax_class,
        discount=line.discount,
    )


def _check_discount(discount: int, amount: int) -> None:
    if not 0 <= discount <= amount:
        raise ValueError("a discount is not negative, and not more than what it is taken off")
