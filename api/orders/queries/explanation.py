"""How the sums of an order came about, in words: calculated again from what it stores."""

from typing import Any
from uuid import UUID

from api.kernel.money import Money
from api.orders.queries import get_order, lines_of
from api.pricing import totals
from api.tax.rules import Destination, Rate, Tax, TaxRules, Treatment, millionths_of_fraction

_SHIPPING = "shipping of this order"


def explain(order_id: UUID) -> list[str]:
    """Return each step of an order's sums in words, from the function that calculated them.

    Two statements. Raises `OrderNotFound`.
    """
    order, lines = get_order(order_id), lines_of(order_id)
    place = order.ship_country
    rates = [
        Rate(place, "", "", line.tax_class, tax)
        for line in lines
        for tax in _taxes(line.tax_lines, line.tax_rate_basis_points)
    ]
    shipping_taxes = _taxes(order.shipping_tax_lines, order.shipping_rate_basis_points)
    bases = {one["base"] for one in order.shipping_tax_lines or ()}
    tax_class = totals.LIKE_GOODS if len(bases) > 1 else _SHIPPING
    rates += [Rate(place, "", "", _SHIPPING, tax) for tax in shipping_taxes]
    price = order.shipping_total - (0 if order.prices_include_tax else order.shipping_tax)
    steps: list[str] = []
    figures = totals.calculate_totals(
        [
            totals.LineToPrice(
                *(line.id, line.quantity, line.unit_price, line.tax_class),
                discount=line.discount, name=line.title,
            )
            for line in lines
        ],
        totals.ShippingChoice(price + order.shipping_discount, tax_class, order.shipping_discount),
        TaxRules(rates, Destination(place), order.placed_at.date()),
        order.currency,
        prices_include_tax=order.prices_include_tax,
        explain=steps.append,
    )  # fmt: skip
    if (figures.total, figures.tax) != (order.total, order.tax_total):
        recorded = [str(Money(one, order.currency)) for one in (order.total, order.tax_total)]
        steps.append("The order itself says {}, of which {} is tax.".format(*recorded))
    return steps


def _taxes(stored: list[dict[str, Any]] | None, basis_points: int) -> list[Tax]:
    if not stored:
        return [Tax(basis_points * 100, "Tax")]
    taxes = {
        Tax(
            millionths_of_fraction(one["rate"]), one["name"], one["code"], one["jurisdiction"],
            Treatment(one["treatment"]), one["reason"],
        ): None
        for one in stored
    }  # fmt: skip
    return list(taxes)
