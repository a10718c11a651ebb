"""What happens to those who wait."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class BackInStockDue(Event, stored_as="StockRequestAnswered"):
    """What somebody waited for is there again, and it is their turn to be told."""

    request_id: UUID
