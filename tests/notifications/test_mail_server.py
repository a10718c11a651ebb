"""Letters over SMTP: what goes over the wire, and what each answer of the server means."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.dev.processes import free_port
from api.platform.mail import MAX_EMAILS, MailRejected, MailUnavailable, SmtpMailer
from api.platform.settings import Settings

LETTER = {
    "message_id": "<01a@shop.test>",
    "to": "ada@example.test",
    "subject": "Your order 1001 is confirmed",
    "text": "Hello Ada,\n\n2 × Blue mug: 19.98 EUR\n",
    "request_id": "counter-7.abc",
}


@dataclass
class PostOffice:
    """Answers as it is told and keeps what it accepts."""

    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"
    letters: list[EmailMessage] = field(default_factory=list)
    port: int = 0
    most_per_connection: int = 1_000
    connections: int = 0
    mailers: list[SmtpMailer] = field(default_factory=list)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        """Count who comes."""
        self.connections += 1
        session.host_name, session.taken = hostname, 0
        return answers

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Take a letter more on a connection, or say that it was enough."""
        session.taken += 1
        if session.taken > self.most_per_connection:
            return "421 Too many letters on this connection"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Accept or refuse a recipient."""
        envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept or refuse a letter."""
        if self.data_answer.startswith("250"):
            content = envelope.original_content
            assert content is not None
            self.letters.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        return self.data_answer

    def mailer(self) -> SmtpMailer:
        """Return a mailer that sends here."""
        self.mailers.append(
            SmtpMailer(
                Settings(
                    smtp_url=f"smtp://127.0.0.1:{self.port}",
                    mail_from="The Mug Shop <shop@shop.test>",
                )
            )
        )
        return self.mailers[-1]


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server on this machine."""
    office = PostOffice(port=free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    yield office
    for mailer in office.mailers:
        mailer.close()
    controller.stop()


def test_a_letter_arrives_as_it_was_written(office: PostOffice) -> None:
    office.mailer().send(**LETTER)

    (letter,) = office.letters
    assert letter.get_content().splitlines() == LETTER["text"].splitlines()
    assert {name: letter[name] for name in ("From", "To", "Subject", "Message-ID")} == {
        "From": "The Mug Shop <shop@shop.test>",
        "To": "ada@example.test",
        "Subject": "Your order 1001 is confirmed",
        "Message-ID": "<01a@shop.test>",
    }
    assert letter["X-Request-ID"] == "counter-7.abc"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("recipient_answer", "data_answer", "error"),
    [
        ("550 No such mailbox", "250 OK", MailRejected),
        ("450 Mailbox busy", "250 OK", MailUnavailable),
        ("250 OK", "554 This is spam", MailRejected),
        ("250 OK", "451 Out of space for now", MailUnavailable),
    ],
)
def test_a_final_no_is_told_from_a_not_now(
    office: PostOffice, recipient_answer: str, data_answer: str, error: type[Exception]
) -> None:
    office.recipient_answer, office.data_answer = recipient_answer, data_answer

    with pytest.raises(error):
        office.mailer().send(**LETTER)

    assert office.letters == []


def test_a_server_that_is_not_there_is_asked_again_later() -> None:
    with pytest.raises(MailUnavailable):
        PostOffice(port=free_port()).mailer().send(**LETTER)


def test_many_letters_share_a_connection_and_not_for_ever(office: PostOffice) -> None:
    mailer = office.mailer()
    for _ in range(MAX_EMAILS + 5):
        mailer.send(**LETTER)

    assert (len(office.letters), office.connections) == (MAX_EMAILS + 5, 2)


def test_a_connection_that_the_server_has_enough_of_is_replaced(office: PostOffice) -> None:
    office.most_per_connection = 2
    mailer = office.mailer()
    for _ in range(5):
        mailer.send(**LETTER)

    assert (len(office.letters), office.connections) == (5, 3)


def test_a_connection_that_was_ended_at_the_other_side_is_replaced(office: PostOffice) -> None:
    mailer = office.mailer()
    mailer.send(**LETTER)
    server = mailer._own.server
    assert server is not None
    server.sock.shutdown(socket.SHUT_RDWR)
    mailer.send(**LETTER)
    mailer.close()
    mailer.send(**LETTER)

    assert (len(office.letters), office.connections) == (3, 3)
