"""What happened to letters."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class EmailResendRequested(Event, stored_as="LetterResendAsked"):
    """Someone on the staff wants a letter to go out again."""

    letter_id: UUID
