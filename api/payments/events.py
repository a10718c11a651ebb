"""What happened to money."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ProviderEventReceived(Event):
    """The provider told us something. Whoever applies it asks the provider how things stand."""

    event_id: UUID
    kind: str
    object_id: str


@dataclass(frozen=True, kw_only=True)
class RefundSucceeded(Event):
    """Money went back to the customer. Amount in minor units."""

    refund_id: UUID
    order_id: UUID
    amount: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class RefundFailed(Event):
    """Money could not go back, perhaps days after the provider said that it would."""

    refund_id: UUID
    order_id: UUID
    amount: int
    currency: str
    reason: str
