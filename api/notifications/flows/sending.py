"""Record, send, record. The mail server is never spoken to inside a transaction.

One window stays open, and nobody can close it from our side: a worker that dies after the server
took the letter and before that is written down leaves a letter that looks unsent. When its claim
runs out, the delivery sends it again. Both copies carry the Message-ID of the row, so a mailbox
can recognise them as one letter, and most show it once.
"""

from email.utils import parseaddr
from uuid import UUID

import structlog

from api.notifications import service
from api.notifications.service import ClaimedEmail, EmailContent
from api.platform.db import transaction
from api.platform.mail import Mailer, MailRejected
from api.platform.service_registry import get_service
from api.platform.settings import Settings

_log = structlog.get_logger("api.notifications")


def send(draft: EmailContent) -> None:
    """Write a letter down and send it, once for its cause and reader.

    A letter that was sent, or refused for good, is left alone. Raises `MailUnavailable` when it
    may work later, and `LetterInHand` when another worker has it.
    """
    if (posting := create_and_claim(draft)) is not None:
        deliver(posting, posting.text)


def send_again(letter_id: UUID) -> None:
    """Send a letter that waits, as staff asked for; one that was sent by then is left alone."""
    with transaction():
        posting = service.claim(letter_id)
    if posting is not None:
        deliver(posting, posting.text)


def create_and_claim(draft: EmailContent) -> ClaimedEmail | None:
    """Write a letter down and claim it; None when it needs no more sending."""
    settings: Settings = get_service(Settings)
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    with transaction():
        return service.create_and_claim(draft, domain=domain)


def deliver(posting: ClaimedEmail, text: str) -> None:
    """Give a claimed letter to the mail server and note how it went.

    A refusal for good is written down and not repeated. Anything else that goes wrong is written
    down and raised: the delivery comes due again, and only this one letter is late.
    """
    mailer: Mailer = get_service(Mailer)
    try:
        mailer.send(
            message_id=posting.message_id,
            to=posting.recipient,
            subject=posting.subject_line,
            text=text,
            request_id=posting.request_id,
        )
    except MailRejected as refused:
        with transaction():
            service.record_rejected(posting, str(refused))
        _log.warning("letter_rejected", letter=str(posting.letter_id))
        return
    except Exception as failure:
        with transaction():
            service.put_back(posting, f"{type(failure).__name__}: {failure}")
        raise
    with transaction():
        service.record_sent(posting)
