"""Which orders keep goods for money that has not come."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from api.orders.models import Order
from api.platform.db import session


@dataclass(frozen=True, slots=True)
class Waiting:
    """Unpaid orders and their units."""

    orders: int
    units: int


def unpaid_manual_orders(
    *, email: str, customer_id: UUID | None, postal_key: str, network_key: str
) -> tuple[Waiting, Waiting, Waiting]:
    """Count the orders that wait for a transfer: of a person, of a postal and a network address.

    A person is an e-mail, or a customer whatever e-mail they gave. One statement over a partial
    index that holds such orders alone.
    """
    person = func.lower(Order.email) == email.lower()
    if customer_id is not None:
        person = or_(person, Order.customer_id == customer_id)
    alike = (
        person,
        Order.postal_key == postal_key,
        Order.network_key == network_key,
    )
    figures = [
        figure
        for condition in alike
        for figure in (
            func.count().filter(condition),
            func.coalesce(func.sum(Order.unit_count).filter(condition), 0),
        )
    ]
    row = session.execute(
        select(*figures).where(
            Order.payment_method == "manual", Order.expires_at.is_not(None), or_(*alike)
        )
    ).one()
    of_person, of_postal, of_network = (Waiting(int(row[i]), int(row[i + 1])) for i in (0, 2, 4))
    return of_person, of_postal, of_network
