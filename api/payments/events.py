"""Events of payments."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ProviderEventReceived(Event):
    """A webhook was stored. Its handler fetches the current state from the provider."""

    event_id: UUID
    kind: str
    object_id: str


@dataclass(frozen=True, kw_only=True)
class RefundSucceeded(Event):
    """A refund succeeded. Amount in minor units."""

    refund_id: UUID
    order_id: UUID
    amount: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class RefundFailed(Event):
    """A refund failed, possibly days after the provider had reported success."""

    refund_id: UUID
    order_id: UUID
    amount: int
    currency: str
    reason: str
