"""What happened to e-mails."""

from dataclasses import dataclass, field
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class EmailResendRequested(Event, stored_as="LetterResendAsked"):
    """Someone on the staff wants an e-mail to go out again."""

    email_id: UUID = field(metadata={"stored_as": "letter_id"})
