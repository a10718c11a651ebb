"""Pricing lines of an order anew: for its customer before payment, and for staff at any time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

from api.orders.service import Order
from api.pricing import totals
from api.promotions.queries import admin as promotions_admin
from api.promotions.shares import off_shipping
from api.shipping.queries import ShippingOption
from api.tax.queries import Terms


class Repriced(NamedTuple):
    """Lines priced anew; `off` is what each discount of the order takes off the new shipping."""

    figures: totals.Totals
    off: list[int] | None

    @property
    def lines(self) -> dict[UUID, dict[str, Any]]:
        """Return the new columns of the lines."""
        return {line.key: dict(line_columns(line)) for line in self.figures.lines}


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
        off = off_shipping(rules, option.amount, order.currency)
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


class LineColumns(TypedDict):
    """What a line costs, as order lines store it."""

    discount: int
    total: int
    tax: int
    tax_rate_basis_points: int
    tax_lines: list[dict[str, object]]


class ShippingColumns(TypedDict):
    """What shipping costs, as orders store it."""

    shipping_total: int
    shipping_tax: int
    shipping_rate_basis_points: int
    shipping_tax_lines: list[dict[str, object]]
    shipping_discount: int


class TotalsColumns(ShippingColumns):
    """What an order comes to, as orders store it."""

    subtotal: int
    discount_total: int
    tax_total: int
    prices_include_tax: bool


def line_columns(line: totals.LineTotals) -> LineColumns:
    """Return what a line costs, by column of an order line."""
    return {
        "discount": line.discount,
        "total": line.total,
        "tax": line.tax,
        "tax_rate_basis_points": line.rate_basis_points,
        "tax_lines": [one.snapshot for one in line.tax_lines],
    }


def shipping_columns(figures: totals.Totals) -> ShippingColumns:
    """Return what shipping costs, by column of an order."""
    return {
        "shipping_total": figures.shipping,
        "shipping_tax": figures.shipping_tax,
        "shipping_rate_basis_points": figures.shipping_rate,
        "shipping_tax_lines": [line.snapshot for line in figures.shipping_tax_lines],
        "shipping_discount": figures.shipping_discount,
    }


def totals_columns(figures: totals.Totals) -> TotalsColumns:
    """Return what an order comes to, by column of an order."""
    return {
        **shipping_columns(figures),
        "subtotal": figures.subtotal,
        "discount_total": figures.discount_total,
        "tax_total": figures.tax,
        "prices_include_tax": figures.prices_include_tax,
    }
