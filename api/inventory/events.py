"""Events of the inventory."""

from dataclasses import dataclass, field
from uuid import UUID

from api.kernel.events import Event
from api.kernel.ids import new_id


@dataclass(frozen=True, kw_only=True)
class StockLow(Event, stored_as="StockRanLow"):
    """A level fell to its threshold or below; emitted once, and again only after it recovered.

    `available` is on hand less unavailable and allocated. `crossing_id` identifies this one fall,
    so that one e-mail is sent for each.
    """

    level_id: UUID
    variant_id: UUID
    location_id: UUID
    available: int
    threshold: int
    crossing_id: UUID = field(default_factory=new_id, compare=False)


@dataclass(frozen=True, kw_only=True)
class BackOrdersAllocated(Event):
    """Units arrived that lines of these orders had waited for, and are allocated to them."""

    order_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class BackInStock(Event, stored_as="StockReturned"):
    """Variants that were out of stock are in stock again; not emitted for opening stock."""

    variant_ids: tuple[UUID, ...]
