"""A mailer that keeps what it is given, and can be told to fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.platform.mail import Attachment


@dataclass(frozen=True)
class SentLetter:
    """One letter as it would have left the house."""

    message_id: str
    to: str
    subject: str
    text: str
    request_id: str = "-"
    attachments: tuple[Attachment, ...] = ()


@dataclass
class RecordingMailer:
    """Keeps letters in `sent`; raises the errors of `failures` first, one per call."""

    sent: list[SentLetter] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def close(self) -> None:
        """Leave nothing open: there is nothing."""

    def send(
        self,
        *,
        message_id: str,
        to: str,
        subject: str,
        text: str,
        request_id: str,
        attachments: Sequence[Attachment] = (),
    ) -> None:
        """Keep one letter."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(SentLetter(message_id, to, subject, text, request_id, tuple(attachments)))
