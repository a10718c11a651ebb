"""Letters leave the house here, and only here."""

import smtplib
import ssl
import threading
import time
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

from api.kernel import clock
from api.kernel.errors import Unavailable
from api.platform.settings import Settings

TIMEOUT_SECONDS = 15
MAX_LETTERS = 100
LONGEST_SECONDS = 60.0
SMTP_OK, SMTP_TOO_MANY = 250, 421


class MailUnavailable(Unavailable):
    """The mail server cannot be reached or did not take the letter for now."""

    code = "mail_unavailable"
    sentence = "The mail server did not take the letter. It will be sent later."


class MailRejected(Exception):
    """The mail server refused the letter for good, as with an address that does not exist."""


class Mailer(Protocol):
    """Whatever can send a letter."""

    def send(self, *, message_id: str, to: str, subject: str, text: str, request_id: str) -> None:
        """Send one plain-text letter; the id of the request that caused it travels as a header.

        Raises `MailUnavailable` when it may work later and `MailRejected` when it will not.
        """

    def hang_up(self) -> None:
        """Say goodbye to the mail server: for now this thread has nothing more to send."""


class SmtpMailer:
    """Sends over SMTP: `smtp://`, `smtp+starttls://` or `smtps://`, with or without a user.

    Each thread keeps its connection for the next letter until it hangs up, for a minute and a
    hundred letters at most: servers count, and end what seems endless.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.smtp_url)
        self._sender = settings.mail_from
        self._own = _Line()

    def send(self, *, message_id: str, to: str, subject: str, text: str, request_id: str) -> None:
        """Send one plain-text letter; see `Mailer`.

        The Message-ID is the letter's own: should the server's answer be lost and the letter be
        sent again, the reader's mailbox can tell that it is the same one (RFC 5322, 3.6.4).
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
        try:
            self._give(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            if all(code >= 500 for code in codes):
                raise MailRejected(f"the mail server refused the recipient ({codes})") from refused
            self.hang_up()
            raise MailUnavailable from refused
        except smtplib.SMTPDataError as refused:
            if refused.smtp_code >= 500:
                raise MailRejected(
                    f"the mail server refused the letter ({refused.smtp_code})"
                ) from refused
            self.hang_up()
            raise MailUnavailable from refused
        except smtplib.SMTPNotSupportedError as refused:
            raise MailRejected("the mail server does not know such addresses") from refused
        except (smtplib.SMTPException, OSError) as lost:
            self.hang_up()
            raise MailUnavailable from lost

    def hang_up(self) -> None:
        """End this thread's connection, if there is one; see `Mailer`."""
        server, self._own.server = self._own.server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()  # it was gone already

    def _give(self, message: EmailMessage) -> None:
        try:
            self._connected().send_message(message)
        except smtplib.SMTPSenderRefused as refused:
            if refused.smtp_code != SMTP_TOO_MANY or self._own.letters == 1:
                raise
            self.hang_up()  # enough for one connection; the letter was not begun
            self._connected().send_message(message)

    def _connected(self) -> smtplib.SMTP:
        """Return a connection that answers: the one that was kept, or a new one."""
        own = self._own
        if own.letters >= MAX_LETTERS or time.monotonic() - own.since > LONGEST_SECONDS:
            self.hang_up()
        if own.server is not None:
            try:
                if own.server.noop()[0] == SMTP_OK:
                    own.letters += 1
                    return own.server
            except (smtplib.SMTPException, OSError):
                pass  # it was ended at the other side, which is its right
            self.hang_up()
        own.server, own.letters, own.since = self._connect(), 1, time.monotonic()
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


class _Line(threading.local):
    """What a thread keeps of its connection."""

    server: smtplib.SMTP | None = None
    letters = 0
    since = 0.0
