"""Outgoing e-mail over SMTP: the only place that sends any."""

import smtplib
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

from api.kernel import clock
from api.kernel.errors import Unavailable
from api.platform.settings import Settings

TIMEOUT_SECONDS = 15
MAX_EMAILS = 100
LONGEST_SECONDS = 60.0
SMTP_OK, SMTP_TOO_MANY = 250, 421


class MailUnavailable(Unavailable):
    """The mail server cannot be reached, or refused the e-mail temporarily."""

    code = "mail_unavailable"
    sentence = "The mail server did not take the e-mail. It will be sent later."


class MailRejected(Exception):
    """The mail server refused the e-mail for good, as with an address that does not exist."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with an e-mail; `content_type` as in `application/pdf`."""

    name: str
    content_type: str
    content: bytes


class Mailer(Protocol):
    """Sends e-mails; `SmtpMailer`, or a fake in tests."""

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
        """Send one plain-text e-mail with files, and the id of its request as a header.

        Raises `MailUnavailable` when it may work later and `MailRejected` when it will not.
        """

    def close(self) -> None:
        """Close this thread's connection: it has nothing more to send for now."""


class SmtpMailer:
    """Sends over SMTP: `smtp://`, `smtp+starttls://` or `smtps://`, with or without a user.

    Each thread reuses its connection until `close`, for a minute and a hundred e-mails at most:
    servers limit both.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.smtp_url)
        self._sender = settings.mail_from
        self._own = _ThreadConnection()

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
        """Send one plain-text e-mail; see `Mailer`.

        A repetition has the same Message-ID: if the server's answer is lost and the e-mail is sent
        again, the recipient's mailbox can recognise the duplicate (RFC 5322, 3.6.4).
        """
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        message["X-Request-ID"] = request_id
        message.set_content(text)
        for one in attachments:
            main, _, sub = one.content_type.partition("/")
            message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
        try:
            self._give(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            if all(code >= 500 for code in codes):
                raise MailRejected(f"the mail server refused the recipient ({codes})") from refused
            self.close()
            raise MailUnavailable from refused
        except smtplib.SMTPDataError as refused:
            if refused.smtp_code >= 500:
                raise MailRejected(
                    f"the mail server refused the e-mail ({refused.smtp_code})"
                ) from refused
            self.close()
            raise MailUnavailable from refused
        except smtplib.SMTPNotSupportedError as refused:
            raise MailRejected("the mail server does not support such addresses") from refused
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise MailUnavailable from error

    def close(self) -> None:
        """Close this thread's connection, if there is one; see `Mailer`."""
        server, self._own.server = self._own.server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()  # the server closed it first

    def _give(self, message: EmailMessage) -> None:
        try:
            self._connected().send_message(message)
        except smtplib.SMTPSenderRefused as refused:
            if refused.smtp_code != SMTP_TOO_MANY or self._own.sent == 1:
                raise
            self.close()  # the connection's limit; this e-mail was not started
            self._connected().send_message(message)

    def _connected(self) -> smtplib.SMTP:
        """Return a connection that answers: the open one, or a new one."""
        own = self._own
        if own.sent >= MAX_EMAILS or time.monotonic() - own.since > LONGEST_SECONDS:
            self.close()
        if own.server is not None:
            try:
                if own.server.noop()[0] == SMTP_OK:
                    own.sent += 1
                    return own.server
            except (smtplib.SMTPException, OSError):
                pass  # the server closed it, as it may at any time
            self.close()
        own.server, own.sent, own.since = self._connect(), 1, time.monotonic()
        return own.server

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port
        server: smtplib.SMTP
        if self._url.scheme == "smtps":
            server = smtplib.SMTP_SSL(
                host, port or 465, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_SECONDS)
        try:
            if self._url.scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if self._url.username:
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except BaseException:
            server.close()
            raise
        return server


class _ThreadConnection(threading.local):
    """The connection of a thread, with its age and how many e-mails it has carried."""

    server: smtplib.SMTP | None = None
    sent = 0
    since = 0.0
