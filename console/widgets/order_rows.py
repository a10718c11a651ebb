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
    styles: Styles, pending: Callable[[str], bool], shop: Shop
) -> Callable[[OrderCard], Sequence[Part]]:
    """Draw a row of what waits to be shipped; `pending` tells what has a command under way."""

    def draw(order: OrderCard) -> Sequence[Part]:
        return (
            (order.number, styles.bright),
            (_beside(order), styles.ink),
            (_units(order), styles.ink),
            (listed(order.total, shop.currency), styles.ink),
            (order.ship_country or "", styles.dim),
            # Without a colour: the shop promises no day, so no age is late by itself.
            (age(order.placed_at), styles.ink),
            _state(styles, order, pending(order.id), shop.working_at(order.id)),
        )

    return draw


def list_row(
    styles: Styles,
    pending: Callable[[str], bool],
    shop: Shop,
    marked: Callable[[str], bool] = lambda _: False,
) -> Callable[[OrderCard], Sequence[Part]]:
    """Draw a row of any list of orders; `marked` tells which are chosen."""

    def draw(order: OrderCard) -> Sequence[Part]:
        paid = mark(PAYMENT, order.payment_status)
        is_marked = marked(order.id)
        return (
            (f"▪{order.number}" if is_marked else order.number, styles.bright),
            (day(order.placed_at), styles.dim),
            (_named(order), styles.ink),
            (_units(order), styles.ink),
            (listed(order.total, shop.currency), styles.ink),
            (order.ship_country or "", styles.dim),
            _state(styles, order, pending(order.id), shop.working_at(order.id)),
            (f"{paid.glyph} {paid.word}", styles.senses[paid.sense]),
            (age(order.placed_at), styles.dim),
        )

    return draw


def _named(order: OrderCard) -> str:
    """The customer, and the tags of the order behind."""
    return f"{order.customer_name}  #{' #'.join(order.tags)}" if order.tags else order.customer_name


def _beside(order: OrderCard) -> str:
    """The customer, and the orders that could leave in one parcel with it."""
    return (
        f"{order.customer_name}  +{' +'.join(order.ships_with)}"
        if order.ships_with
        else (order.customer_name)
    )


def _units(order: OrderCard) -> str:
    """What is left to ship, and of how many: `2 of 5`; all of them where nothing is left."""
    left = order.open_unit_count
    return f"{left} of {order.unit_count}" if 0 < left < order.unit_count else str(order.unit_count)


def _state(styles: Styles, order: OrderCard, pending: bool, working: str) -> Part:
    if pending:
        return ("◔ being sent", styles.senses[Sense.PART])
    if working:
        return (f"⚑ {working}", styles.senses[Sense.PART])
    state = fulfilment(order)
    return (f"{state.glyph} {state.word}", styles.senses[state.sense])
