"""Events of gift cards."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class GiftCardDue(Event):
    """A gift card that was bought is to be sent: its code does not exist before."""

    card_id: UUID
