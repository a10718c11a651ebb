"""How an order looks as a row of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from console.client.models import OrderCard
from console.flows.formatting import PAYMENT, Sense, age, day, fulfilment, listed, mark
from console.theme import Styles
from console.widgets.text_layout import Column, Part


class Shop(Protocol):
    """What rows need to know of the shop."""

    currency: str

    def working_at(self, order_id: str) -> str:
        """Who else has an order open, or nothing."""


QUEUE_COLUMNS = (
    Column("Order", 10),
    Column("Customer", 12, grow=3),
    Column("Units", 6, right=True),
    Column("Total", 10, right=True, from_width=70),
    Column("To", 2),
    Column("Waits", 5, right=True),
    Column("State", 16),
)

LIST_COLUMNS = (
    Column("Order", 10),
    Column("Placed", 12, from_width=82),
    Column("Customer", 15, grow=3),
    Column("Units", 6, right=True),
    Column("Total", 12, right=True),
    Column("To", 2, from_width=86),
    Column("State", 16),
    Column("Paid", 17, from_width=104),
    Column("Age", 4, right=True, from_width=92),
)


def queue_row(
    paints: Styles, pending: Callable[[str], bool], shop: Shop
) -> Callable[[OrderCard], Sequence[Part]]:
    """Draw a row of what waits to be shipped; `pending` tells what has a command under way."""

    def draw(order: OrderCard) -> Sequence[Part]:
        return (
            (order.number, paints.bright),
            (order.customer_name, paints.ink),
            (_units(order), paints.ink),
            (listed(order.total, shop.currency), paints.ink),
            (order.ship_country or "", paints.dim),
            # Without a colour: the shop promises no day, so no age is late by itself.
            (age(order.placed_at), paints.ink),
            _state(paints, order, pending(order.id), shop.working_at(order.id)),
        )

    return draw


def list_row(
    paints: Styles, pending: Callable[[str], bool], shop: Shop
) -> Callable[[OrderCard], Sequence[Part]]:
    """Draw a row of any list of orders."""

    def draw(order: OrderCard) -> Sequence[Part]:
        paid = mark(PAYMENT, order.payment_status)
        return (
            (order.number, paints.bright),
            (day(order.placed_at), paints.dim),
            (order.customer_name, paints.ink),
            (_units(order), paints.ink),
            (listed(order.total, shop.currency), paints.ink),
            (order.ship_country or "", paints.dim),
            _state(paints, order, pending(order.id), shop.working_at(order.id)),
            (f"{paid.glyph} {paid.word}", paints.senses[paid.sense]),
            (age(order.placed_at), paints.dim),
        )

    return draw


def _units(order: OrderCard) -> str:
    """What is left to ship, and of how many: `2 of 5`; all of them where nothing is left."""
    left = order.open_unit_count
    return f"{left} of {order.unit_count}" if 0 < left < order.unit_count else str(order.unit_count)


def _state(paints: Styles, order: OrderCard, pending: bool, working: str) -> Part:
    if pending:
        return ("◔ being sent", paints.senses[Sense.PART])
    if working:
        return (f"⚑ {working}", paints.senses[Sense.PART])
    state = fulfilment(order)
    return (f"{state.glyph} {state.word}", paints.senses[state.sense])
