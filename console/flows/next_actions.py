"""What an order needs next, and why it cannot be shipped or refunded now. The shop decides; this
only spares the operator a walk that it would end."""

from __future__ import annotations

from console.client.models import OrderCard, OrderDetail, Person
from console.flows.formatting import NOT_PAID

STILL_OPEN = frozenset({"unfulfilled", "partially_shipped", "partially_delivered"})


def why_not_ship(order: OrderCard, person: Person | None) -> str | None:
    """Why this person cannot ship anything of this order, or None."""
    if person is None or not person.may("fulfilment:write"):
        return "Your role does not ship orders"
    if order.status == "cancelled":
        return "It is cancelled: nothing leaves"
    if order.on_hold:
        return f"It is on hold{_why_held(order)}: u on the order releases it"
    if order.payment_status in NOT_PAID:
        status = order.payment_status.replace("_", " ")
        return f"It is {status}: goods leave when the money is there"
    if order.fulfilment_status not in STILL_OPEN or not order.open_unit_count:
        return "Everything has been shipped"
    return None


def why_not_refund(order: OrderDetail, person: Person | None) -> str | None:
    """Why this person cannot give money back for this order, or None."""
    if person is None or not person.may("orders:refund"):
        return "Your role does not give money back"
    if order.refundable.amount <= 0:
        return "Nothing is left to give back"
    return None


def _why_held(order: OrderCard) -> str:
    if not isinstance(order, OrderDetail):
        return ""
    reasons = [one.reason.replace("_", " ") for one in order.holds if one.released_at is None]
    return f" ({', '.join(reasons)})" if reasons else ""
