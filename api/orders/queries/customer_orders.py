"""Reads of a customer's own orders."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import queries, states
from api.orders.models import Order, OrderLine
from api.platform.db import AnyRow, session


def order_with_actions(
    order_id: UUID, principal: Principal, *, is_in_progress: Callable[[UUID], bool]
) -> tuple[dict[str, Any], bool]:
    """Return an order as `queries.order_of_customer` does, plus `due` and `allowed_actions`.

    `has_notes` tells whether the shop wrote some for the customer, `has_back_orders` whether units
    are back-ordered. Also returns whether anything was ever captured: without that there are no
    refunds.
    `is_in_progress` is called for an order with an open payment, to check whether its bank is
    processing it. Raises `OrderNotFound`.
    """
    order = queries.get_order(order_id, principal)
    lines = queries.lines_of(order.id)
    _, due = queries.price_and_due(order, lines)
    money = (
        order.authorized,
        order.captured - order.tendered,
        order.refunded,
        order.refund_pending,
    )
    is_unpaid = states.is_unpaid(order.status, order.paid_at, *money)
    in_progress = bool(order.attempt_open) and is_in_progress(order_id)
    view = {
        **queries.order_fields(order),
        "lines": [queries.line_fields(row, order.currency) for row in lines],
        "has_notes": order.customer_notes > 0,
        "has_back_orders": order.has_back_orders,
        "is_picked": order.picking_started_at is not None,
        "due": Money(due, order.currency),
        "allowed_actions": states.allowed_actions(
            order.status, due=due, is_unpaid=is_unpaid, is_in_progress=in_progress
        ),
    }
    return view, order.captured > 0


def sums_of_customer(customer_id: UUID) -> dict[str, object]:
    """Return how many orders a customer placed, the last one's time, and what was kept of each."""
    kept = Order.captured - Order.refunded - Order.charged_back
    rows = session.execute(
        select(
            Order.currency,
            func.count().label("orders"),
            func.max(Order.placed_at).label("last"),
            cast(func.sum(kept), BigInteger).label("kept"),
        )
        .where(Order.customer_id == customer_id)
        .group_by(Order.currency)
        .order_by(Order.currency)
    ).all()
    return {
        "order_count": sum(row.orders for row in rows),
        "last_order_at": max((row.last for row in rows), default=None),
        "spent": [Money(row.kept, row.currency) for row in rows],
    }


def order_of_cart(cart_id: UUID) -> AnyRow:
    """Return the order that an ordered cart became: `id`, `number`, `checkout_fingerprint`."""
    return session.execute(
        select(Order.id, Order.number, Order.checkout_fingerprint).where(Order.cart_id == cart_id)
    ).one()


def ordered_lines(order_id: UUID) -> Sequence[AnyRow]:
    """Return an order's lines: `variant_id`, `quantity`, `unit_price`, `note`, `properties`.

    And the order's `currency` with each.
    """
    return session.execute(
        select(
            *(OrderLine.variant_id, OrderLine.quantity, OrderLine.unit_price),
            *(OrderLine.note, OrderLine.properties, Order.currency),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
    ).all()
