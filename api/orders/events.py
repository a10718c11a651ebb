"""What happened to orders."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """A customer and the shop agreed. Amounts in minor units."""

    order_id: UUID
    total: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class OrderAmended(Event):
    """A customer changed an unpaid order. `amended_at` tells this change from a later one."""

    order_id: UUID
    amendment_id: UUID
    amended_at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderPaid(Event):
    """The money for the whole order is here, for the first time."""

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """The order will not be carried out. `reason` is `expired` when nobody paid in time."""

    order_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(Event):
    """Everything that was owed has left the house and was paid."""

    order_id: UUID
