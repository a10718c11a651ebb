"""What happens on the shelves, told to whoever listens."""

from dataclasses import dataclass, field
from uuid import UUID

from api.kernel.events import Event
from api.kernel.ids import new_id


@dataclass(frozen=True, kw_only=True)
class StockLow(Event, stored_as="StockRanLow"):
    """A level fell to its threshold or below; told once, and again only after it recovered.

    `available` counts what lies there and is promised to no order. `crossing_id` names this one
    fall, so that whoever writes about it writes once for each.
    """

    level_id: UUID
    variant_id: UUID
    location_id: UUID
    available: int
    threshold: int
    crossing_id: UUID = field(default_factory=new_id, compare=False)


@dataclass(frozen=True, kw_only=True)
class BackInStock(Event, stored_as="StockReturned"):
    """Variants that could not be had can be had again, somewhere. Opening balances are not told."""

    variant_ids: tuple[UUID, ...]
