"""Pricing lines of an order anew: for its customer before payment, and for staff at any time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from api.orders.service import Order
from api.pricing import totals
from api.promotions.calculation import off_shipping
from api.promotions.queries import admin as promotions_admin
from api.shipping.queries import ShippingOption
from api.tax.queries import Terms


class Repriced(NamedTuple):
    """Lines priced anew; `off` is what each discount of the order takes off the new shipping."""

    figures: totals.Totals
    off: list[int] | None

    @property
    def lines(self) -> dict[UUID, dict[str, Any]]:
        """Return the new columns of the lines."""
        return line_columns(self.figures)


def reprice(
    order: Order,
    lines: Iterable[totals.LineToPrice],
    option: ShippingOption | None,
    terms: Terms,
) -> Repriced:
    """Price lines of an order, and its shipping by an option; without one the shipping stays.

    The order's own discounts reduce the shipping by the rules that were kept with them.
    """
    choice, off = None, None
    if option is not None:
        rules = promotions_admin.shipping_rules(order.id)
        off = off_shipping(rules, option.amount)
        choice = replace(option.choice, discount=sum(off))
    figures = totals.calculate_totals(
        list(lines), choice, terms.rules, order.currency,
        prices_include_tax=order.prices_include_tax,
    )  # fmt: skip
    return Repriced(figures, off)


def as_ordered(order: Order, extra: Mapping[UUID, int] | None = None) -> list[totals.LineToPrice]:
    """Return the lines of an order at their prices, with what more is taken off each."""
    more = extra or {}
    return [
        totals.LineToPrice(
            *(line.id, line.quantity, line.unit_price, line.tax_class),
            discount=line.discount + more.get(line.id, 0),
        )
        for line in order.lines
    ]


def line_columns(figures: totals.Totals) -> dict[UUID, dict[str, Any]]:
    """Return the new values of the lines of an order that was priced anew, by line."""
    return {
        line.key: {
            "discount": line.discount,
            "total": line.total,
            "tax": line.tax,
            "tax_rate_basis_points": line.rate_basis_points,
            "tax_lines": [one.snapshot for one in line.tax_lines],
        }
        for line in figures.lines
    }
