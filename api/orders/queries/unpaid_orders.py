"""Counts of unpaid orders whose units are allocated."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from api.orders.models import Order
from api.platform.db import session


@dataclass(frozen=True, slots=True)
class UnpaidOrders:
    """Number of unpaid orders and of their units."""

    orders: int
    units: int


def unpaid_manual_orders(
    *, email: str, customer_id: UUID | None, postal_key: str, network_key: str
) -> tuple[UnpaidOrders, UnpaidOrders, UnpaidOrders]:
    """Count the orders awaiting a transfer: of a person, a postal address and a network address.

    A person is an e-mail, or a customer with any e-mail. One statement over a partial index of
    such orders.
    """
    person = func.lower(Order.email) == email.lower()
    if customer_id is not None:
        person = or_(person, Order.customer_id == customer_id)
    matches = (
        person,
        Order.postal_key == postal_key,
        Order.network_key == network_key,
    )
    figures = [
        figure
        for condition in matches
        for figure in (
            func.count().filter(condition),
            func.coalesce(func.sum(Order.unit_count).filter(condition), 0),
        )
    ]
    row = session.execute(
        select(*figures).where(
            Order.payment_method == "manual", Order.expires_at.is_not(None), or_(*matches)
        )
    ).one()
    of_person, of_postal, of_network = (
        UnpaidOrders(int(row[i]), int(row[i + 1])) for i in (0, 2, 4)
    )
    return of_person, of_postal, of_network
