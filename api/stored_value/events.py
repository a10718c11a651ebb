"""Events of gift cards."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class GiftCardDue(Event):
    """A gift card is to be sent: its code does not exist before.

    `code_version` is which of its codes: one that was replaced meanwhile is not sent.
    """

    card_id: UUID
    code_version: int = 0
