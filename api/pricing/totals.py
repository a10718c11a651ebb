"""Pure arithmetic: the totals of an order, and the refund share of a part of a line.

All amounts are minor units of one currency. Totals include tax; unit prices and discounts include
it where the market's prices do. Tax is calculated for each line and rounded half-up, added tax to
what cards can be charged; every total is the sum of its rounded parts, so there are no rounding
differences.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.kernel.money import (
    BASIS_POINTS,
    MILLION,
    Money,
    added_tax,
    allocate,
    divide_half_up,
    included_tax,
)
from api.tax.rules import STANDARD, Tax, TaxRules, percent

LIKE_GOODS: Final = "goods"
"""The tax class of shipping that is taxed in proportion to the goods."""
Explain = Callable[[str], None]
"""Called with each step of a sum, in words."""


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
    name: str = ""
    """What explanations call it."""

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
class TaxLine:
    """One tax on a line or on shipping: `amount` is due on `base`, which is net."""

    tax: Tax
    base: int
    amount: int

    @property
    def snapshot(self) -> dict[str, object]:
        """Return what an order stores of it; amounts are minor units of its currency."""
        return {
            "name": self.tax.name,
            "code": self.tax.code,
            "rate": self.tax.rate,
            "base": self.base,
            "amount": self.amount,
            "jurisdiction": self.tax.jurisdiction,
            "treatment": self.tax.treatment.value,
            "reason": self.tax.reason,
        }


@dataclass(frozen=True, slots=True)
class Amount:
    """What the customer pays for something, the tax contained in it, and of which taxes it is."""

    total: int
    tax: int
    tax_lines: tuple[TaxLine, ...]

    @property
    def rate_basis_points(self) -> int:
        """Return the sum of its rates, rounded; of several bases, the effective rate."""
        if len({line.base for line in self.tax_lines}) > 1:
            return divide_half_up(self.tax * BASIS_POINTS, max(1, self.total - self.tax))
        return divide_half_up(sum(line.tax.millionths for line in self.tax_lines), 100)


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
    tax_lines: tuple[TaxLine, ...]


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
    shipping_tax_lines: tuple[TaxLine, ...]
    tax: int
    total: int
    currency: str
    shipping_discount: int
    discount_total: int
    prices_include_tax: bool


def calculate_totals(
    lines: Sequence[LineToPrice],
    shipping: ShippingChoice | None,
    rules: TaxRules,
    currency: str,
    *,
    prices_include_tax: bool = True,
    explain: Explain | None = None,
) -> Totals:
    """Calculate the totals of an order: lines, shipping and the tax contained in both.

    Without `prices_include_tax`, tax is added to prices, discounts and shipping. `explain` is
    called with each step in words. Raises `TaxRuleMissing`.
    """
    step = _Step(currency, prices_include_tax, explain)
    priced = tuple(_price(line, rules, step) for line in lines)
    carriage = Amount(0, 0, ())
    if shipping is not None:
        carriage = _carriage(shipping, priced, rules, step)
    shipping_discount = shipping.discount if shipping else 0
    subtotal = sum(line.total for line in priced)
    totals = Totals(
        lines=priced,
        subtotal=subtotal,
        shipping=carriage.total,
        shipping_tax=carriage.tax,
        shipping_rate=carriage.rate_basis_points,
        shipping_tax_lines=carriage.tax_lines,
        tax=sum(line.tax for line in priced) + carriage.tax,
        total=subtotal + carriage.total,
        currency=currency,
        shipping_discount=shipping_discount,
        discount_total=sum(line.discount for line in priced) + shipping_discount,
        prices_include_tax=prices_include_tax,
    )
    step.say("Total: goods {} + shipping {} = {}, of which {} is tax.", subtotal, carriage.total,
             totals.total, totals.tax)  # fmt: skip
    return totals


def explain_goods(lines: Sequence[LineToPrice], currency: str) -> list[str]:
    """Return in words what goods cost; their tax and shipping depend on where they go."""
    steps: list[str] = []
    step = _Step(currency, prices_include_tax=True, explain=steps.append)
    step.say("Goods: {}. Shipping and tax follow from an address.",
             sum(_goods(line, step) for line in lines))  # fmt: skip
    return steps


def refund_share(
    total: int, quantity: int, refunded_before: int, quantity_to_refund: int, unit: int = 1
) -> int:
    """Return the share of a line's total for some units, after earlier refunds.

    The share is the difference of two rounded running sums, so that refunds in any number of parts
    add up to exactly the total. Works for the tax of a line too. Of a total that is a multiple of
    `unit`, so is each share.
    """
    after = refunded_before + quantity_to_refund
    if quantity_to_refund < 0 or refunded_before < 0 or after > quantity:
        raise ValueError("more units than the line has")
    unit = 1 if total % unit else unit
    before, now = (
        divide_half_up(total * units, quantity * unit) for units in (refunded_before, after)
    )
    return unit * (now - before)


class _Step:
    """How amounts are taxed in one calculation, and where its steps are told in words."""

    def __init__(self, currency: str, prices_include_tax: bool, explain: Explain | None) -> None:
        self._currency, self._prices_include_tax = currency, prices_include_tax
        self._explain = explain

    def say(self, words: str, *values: int | str) -> None:
        """Tell a step; whole numbers are amounts. Costs nothing while nobody listens."""
        if self._explain is not None:
            self._explain(
                words.format(
                    *(str(Money(one, self._currency)) if isinstance(one, int) else one
                      for one in values)
                )
            )  # fmt: skip

    def tax(self, amount: int, taxes: Sequence[Tax]) -> Amount:
        """Find the tax in an amount, or add it, and split it among its taxes without loss.

        Taxes of one line are added up before rounding, as a combined rate; a cent that rounding
        leaves over goes to the tax with the largest remainder.
        """
        rate = sum(tax.millionths for tax in taxes)
        if self._prices_include_tax:
            tax = included_tax(amount, rate)
            total = amount
        else:
            tax = added_tax(amount, rate, self._currency)
            total = amount + tax
        shares = [tax] if len(taxes) == 1 else allocate(tax, [one.millionths for one in taxes])
        lines = tuple(
            TaxLine(one, total - tax, share) for one, share in zip(taxes, shares, strict=True)
        )
        if self._explain is not None:
            names, how = " + ".join(map(str, taxes)), f"x {percent(rate)} %, added to the price"
            if self._prices_include_tax:
                how = f"x {percent(rate)} / {percent(MILLION + rate)}"
            self.say("  {}: {} {} = {} tax, rounded half-up.", names, amount, how, tax)
        return Amount(total, tax, lines)


def _goods(line: LineToPrice, step: _Step) -> int:
    amount = line.unit_price * line.quantity - line.discount
    step.say("{}: {} x {} = {}.", line.name, str(line.quantity), line.unit_price,
             line.unit_price * line.quantity)  # fmt: skip
    if line.discount:
        step.say("  Less {} discount: {}.", line.discount, amount)
    return amount


def _price(line: LineToPrice, rules: TaxRules, step: _Step) -> LineTotals:
    taxed = step.tax(_goods(line, step), rules.taxes(line.tax_class))
    return LineTotals(
        key=line.key,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=taxed.total,
        tax=taxed.tax,
        rate_basis_points=taxed.rate_basis_points,
        tax_class=line.tax_class,
        discount=line.discount,
        tax_lines=taxed.tax_lines,
    )


def _carriage(
    shipping: ShippingChoice, lines: Sequence[LineTotals], rules: TaxRules, step: _Step
) -> Amount:
    amount = shipping.amount - shipping.discount
    step.say("Shipping: {}.", shipping.amount)
    if shipping.discount:
        step.say("  Less {} discount: {}.", shipping.discount, amount)
    if shipping.tax_class != LIKE_GOODS or not lines:
        tax_class = STANDARD if shipping.tax_class == LIKE_GOODS else shipping.tax_class
        return step.tax(amount, rules.taxes(tax_class))
    # Ancillary to the goods: each tax takes the share of shipping that its goods have of all.
    goods: dict[tuple[Tax, ...], int] = {}
    for line in lines:
        taxes = rules.taxes(line.tax_class)
        goods[taxes] = goods.get(taxes, 0) + line.total - line.tax
    parts = [
        step.tax(share, taxes)
        for share, taxes in zip(allocate(amount, [*goods.values()]), goods, strict=True)
    ]
    return Amount(
        sum(part.total for part in parts),
        sum(part.tax for part in parts),
        tuple(line for part in parts for line in part.tax_lines),
    )


def _check_discount(discount: int, amount: int) -> None:
    if not 0 <= discount <= amount:
        raise ValueError("a discount is not negative, and not more than what it is taken off")
