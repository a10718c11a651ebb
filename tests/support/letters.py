"""Letters as their readers find them."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default


@dataclass(frozen=True)
class Letter:
    """One copy of a letter. `request_id` names the request that caused it."""

    to: str
    subject: str
    text: str
    message_id: str
    request_id: str


def read(content: bytes) -> Letter:
    """Open a letter."""
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return Letter(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=str(body.get_content()),
        message_id=str(message["Message-ID"]),
        request_id=str(message["X-Request-ID"]),
    )


def read_all(messages: list[Message]) -> list[Letter]:
    """Open the letters of a mailbox."""
    return [read(message.as_bytes()) for message in messages]
