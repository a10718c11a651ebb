"""Record, send, record. The mail server is never spoken to inside a transaction.

One window stays open, and nobody can close it from our side: a worker that dies after the server
took the e-mail and before that is written down leaves an e-mail that looks unsent. When its claim
runs out, the delivery sends it again. Both copies carry the Message-ID of the row, so a mailbox
can recognise them as one e-mail, and most show it once.
"""

from email.utils import parseaddr
from uuid import UUID

import structlog

from api.notifications import service
from api.notifications.flows.attachments import attachments_of
from api.notifications.service import ClaimedEmail, EmailContent
from api.platform.db import end_read_transaction, transaction
from api.platform.mail import Mailer, MailRejected
from api.platform.service_registry import get_service
from api.platform.settings import current_settings

_log = structlog.get_logger("api.notifications")


def send(draft: EmailContent) -> None:
    """Store an e-mail and send it, once for its cause and reader.

    An e-mail that was sent, or refused for good, is left alone. Raises `MailUnavailable` when it
    may work later, and `EmailBeingSent` when another worker has it.
    """
    if (posting := create_and_claim(draft)) is not None:
        deliver(posting, posting.text)


def send_again(email_id: UUID) -> None:
    """Send an e-mail that waits, as staff asked for; one that was sent by then is left alone."""
    with transaction():
        posting = service.claim(email_id)
    if posting is not None:
        deliver(posting, posting.text)


def create_and_claim(draft: EmailContent) -> ClaimedEmail | None:
    """Store an e-mail and claim it; None when it needs no more sending."""
    domain = parseaddr(current_settings().mail_from)[1].rpartition("@")[2] or "localhost"
    with transaction():
        return service.create_and_claim(draft, domain=domain)


def deliver(posting: ClaimedEmail, text: str) -> None:
    """Give a claimed e-mail to the mail server and note how it went.

    A refusal for good is written down and not repeated. Anything else that goes wrong is written
    down and raised: the delivery comes due again, and only this one e-mail is late.
    """
    mailer: Mailer = get_service(Mailer)
    try:
        attachments = attachments_of(posting.attached)
        end_read_transaction()
        mailer.send(
            message_id=posting.message_id,
            to=posting.recipient,
            subject=posting.subject_line,
            text=text,
            request_id=posting.request_id,
            attachments=attachments,
        )
    except MailRejected as refused:
        with transaction():
            service.record_rejected(posting, str(refused))
        _log.warning("email_rejected", email_id=str(posting.email_id))
        return
    except Exception as failure:
        with transaction():
            service.put_back(posting, f"{type(failure).__name__}: {failure}")
        raise
    with transaction():
        service.record_sent(posting)
