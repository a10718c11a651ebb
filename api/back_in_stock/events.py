"""Events of back-in-stock subscriptions."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class BackInStockDue(Event, stored_as="StockRequestAnswered"):
    """A subscribed variant is available again, and it is this subscriber's turn."""

    request_id: UUID
