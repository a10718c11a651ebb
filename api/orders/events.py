"""Events of orders."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """An order was placed. Amounts in minor units."""

    order_id: UUID
    total: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class OrderAmended(Event):
    """A customer changed an unpaid order. `amended_at` identifies this change among several."""

    order_id: UUID
    amendment_id: UUID
    amended_at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderPaid(Event):
    """The whole order was paid for the first time."""

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class GiftCardsPaid(Event):
    """An order with gift cards was paid for the first time: they can be sent."""

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """The order was cancelled. `reason` is `expired` when it was not paid in time."""

    order_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(Event):
    """Nothing is left to ship, and the order is paid."""

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderLinkRequested(Event):
    """A link to pay or see an order is to be mailed."""

    link_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderLookUpRequested(Event):
    """Somebody asked for a link to an order, by number and e-mail."""

    look_up_id: UUID
