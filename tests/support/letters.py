"""Letters as their readers find them."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


@dataclass(frozen=True)
class Letter:
    """One copy of a letter. `request_id` names the request that caused it."""

    to: str
    subject: str
    text: str
    message_id: str
    request_id: str


class Mailbox:
    """A Maildir; each letter is opened once, however often one looks."""

    def __init__(self, folder: Path) -> None:
        self._new = folder / "new"
        self._opened: dict[str, Letter] = {}

    def letters(self) -> list[Letter]:
        """Return every copy that lies there, in the order of arrival."""
        for file in sorted(self._new.iterdir()) if self._new.exists() else ():
            if file.name not in self._opened:
                self._opened[file.name] = _read(file.read_bytes())
        return list(self._opened.values())


def _read(content: bytes) -> Letter:
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
