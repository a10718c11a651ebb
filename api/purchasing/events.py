"""Events of purchasing."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderEmailRequested(Event):
    """Staff want a purchase order sent to its supplier; `command_id` is this one wish."""

    purchase_order_id: UUID
    command_id: UUID
