"""One letter for one cause, through repetitions, crashes and bad mail servers."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from api.accounts.events import CustomerRegistered
from api.accounts.queries import contact
from api.kernel import clock
from api.notifications import jobs as notifications_jobs
from api.notifications.errors import EmailBeingSent
from api.notifications.flows import sending
from api.notifications.models import EmailMessage
from api.notifications.service import CLAIM_LIFETIME, EmailContent
from api.notifications.states import EMAIL, EmailKind
from api.orders.events import OrderPaid
from api.platform import jobs, outbox
from api.platform.db import session, transaction
from api.platform.mail import Mailer, MailRejected, MailUnavailable
from api.platform.outbox import Delivery, emit
from api.platform.service_registry import register
from tests.support.mailer import RecordingMailer
from tests.support.people import a_customer
from tests.support.shop import Shop
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.work import drain

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


class PowerCut(BaseException):
    """The worker dies at this point."""


def letter() -> EmailMessage:
    """Return the only letter of the book as it stands."""
    session.rollback()
    return session.scalars(select(EmailMessage).execution_options(populate_existing=True)).one()


def deliveries() -> list[tuple[str, str | None]]:
    """Return the deliveries that are not done, with why."""
    rows = session.execute(
        select(Delivery.subscriber, Delivery.last_error).where(Delivery.done_at.is_(None))
    )
    return [tuple(row) for row in rows]


def welcome_waits() -> UUID:
    """Have a new customer whose letter is not written yet."""
    customer = a_customer()
    with transaction():
        emit(CustomerRegistered(customer_id=customer.id))
    return customer.id


def come_due() -> None:
    """Let the time pass until every delivery is due again."""
    with transaction():
        session.execute(update(Delivery).values(due_at=clock.now()))


def test_a_fact_told_twice_makes_one_letter(app: Flask, mailer: RecordingMailer) -> None:
    customer_id = welcome_waits()
    with transaction():
        emit(CustomerRegistered(customer_id=customer_id))

    drain()

    assert len(mailer.sent) == 1
    assert letter().attempts == 1


def test_a_delivery_carried_out_again_sends_nothing(app: Flask, mailer: RecordingMailer) -> None:
    """The ledger may not know yet that it was done; the letter book does."""
    fact = CustomerRegistered(customer_id=welcome_waits())

    for _ in range(3):
        notifications_jobs.on_customer_registered(fact)

    assert len(mailer.sent) == 1
    drain()
    assert len(mailer.sent) == 1


def test_the_letter_remembers_who_caused_it(shop: Shop) -> None:
    """One id from the key press to the mailbox."""
    shop.sells("MUG", 10)
    staff, order = shop.staff(), shop.an_order(MUG=1)
    drain()
    staff.headers["X-Request-ID"] = "counter-7.abc-123"

    staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    drain()

    assert shop.mailer.sent[-1].request_id == "counter-7.abc-123"


def test_a_mail_server_that_is_away_makes_the_letter_late_and_not_lost(
    app: Flask, mailer: RecordingMailer
) -> None:
    welcome_waits()
    mailer.failures = [MailUnavailable("No route to the mail server.")]

    drain(may_fail=True)
    waiting = letter()
    assert (waiting.status, waiting.attempts, waiting.sent_at) == ("pending", 1, None)
    assert waiting.last_error == "MailUnavailable: No route to the mail server."
    assert [name for name, _ in deliveries()] == ["notifications.jobs.on_customer_registered"]

    come_due()
    drain()
    assert len(mailer.sent) == 1
    assert (letter().status, letter().attempts, letter().last_error) == ("sent", 2, None)


def test_a_refused_letter_is_not_tried_again_and_staff_see_why(
    app: Flask, mailer: RecordingMailer, shop: Shop
) -> None:
    customer_id = welcome_waits()
    mailer.failures = [MailRejected("the mail server refused the recipient ([550])")]

    drain()
    notifications_jobs.on_customer_registered(CustomerRegistered(customer_id=customer_id))

    assert mailer.sent == []
    assert deliveries() == []
    (card,) = shop.staff().gets("/emails", status="failed").json["data"]
    assert (card["status"], card["attempts"]) == ("failed", 1)
    assert card["last_error"] == "the mail server refused the recipient ([550])"


def test_one_bad_letter_stops_only_itself(shop: Shop) -> None:
    shop.sells("MUG", 10)
    for _ in range(3):
        shop.an_order(MUG=1)
    shop.mailer.failures = [ValueError("a letter that no server understands")]

    drain(may_fail=True)

    assert len(shop.mailer.sent) == 2
    assert [name for name, _ in deliveries()] == ["notifications.jobs.on_order_paid"]


class DyingMailer(RecordingMailer):
    """Sends the letter and then takes the worker down with it."""

    def send(self, **given: str) -> None:  # type: ignore[override]
        """Keep the letter; nobody hears of it."""
        super().send(**given)
        raise PowerCut


def test_a_crash_after_sending_sends_the_same_letter_under_the_same_id(
    app: Flask, mailer: RecordingMailer
) -> None:
    """The window that nobody can close: the mailbox recognises the copy by its Message-ID."""
    welcome_waits()
    dying = DyingMailer()
    register(app, Mailer, dying)
    try:
        with clock.frozen(clock.now()), pytest.raises(PowerCut):
            drain()
    finally:
        register(app, Mailer, mailer)
    assert (letter().status, letter().sent_at) == ("sending", None)

    with clock.frozen(clock.now() + timedelta(minutes=2)):
        come_due()
        drain(may_fail=True)
    assert mailer.sent == []
    assert "EmailBeingSent" in str(deliveries())

    with clock.frozen(clock.now() + CLAIM_LIFETIME + timedelta(seconds=1)):
        come_due()
        drain()
    assert [copy.message_id for copy in mailer.sent] == [dying.sent[0].message_id]
    assert mailer.sent[0].message_id == f"<{letter().id}@example.test>"
    assert mailer.sent[0].text == dying.sent[0].text
    assert (letter().status, letter().attempts) == ("sent", 2)


def test_the_first_text_stands_when_the_world_changes_before_the_letter_is_sent(
    app: Flask, mailer: RecordingMailer
) -> None:
    customer_id = welcome_waits()
    draft = {"kind": EmailKind.WELCOME, "subject_id": customer_id, "recipient": "a@example.test"}
    mailer.failures = [MailUnavailable()]

    with pytest.raises(MailUnavailable):
        sending.send(EmailContent(**draft, subject_line="First", text="first\n"))
    sending.send(EmailContent(**draft, subject_line="Second", text="second\n"))

    assert [(one.subject, one.text) for one in mailer.sent] == [("First", "first\n")]


class SlowMailer(RecordingMailer):
    """Takes letters one at a time and lets go when told, so that others can come in between."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.may_go_on = threading.Event(), threading.Event()

    def send(self, **given: str) -> None:  # type: ignore[override]
        """Wait for the word, then keep the letter."""
        self.began.set()
        assert self.may_go_on.wait(30)
        super().send(**given)


def test_two_workers_with_the_same_delivery_send_one_letter(
    app: Flask, mailer: RecordingMailer
) -> None:
    """Without the claim both would find a letter that is not sent yet, and send it."""
    fact = CustomerRegistered(customer_id=welcome_waits())
    slow = SlowMailer()

    def second() -> None:
        assert slow.began.wait(30)
        try:
            notifications_jobs.on_customer_registered(fact)
        finally:
            slow.may_go_on.set()

    register(app, Mailer, slow)
    try:
        outcomes = at_once(app, [lambda: notifications_jobs.on_customer_registered(fact), second])
    finally:
        register(app, Mailer, mailer)

    assert len(slow.sent) == 1
    assert outcomes.refused_by(EmailBeingSent) == 1
    assert letter().status == "sent"


def test_ten_workers_at_once_send_one_letter(app: Flask, mailer: RecordingMailer) -> None:
    """Without the unique key the letter would be written down more than once."""
    fact = CustomerRegistered(customer_id=welcome_waits())

    at_once(app, [lambda: notifications_jobs.on_customer_registered(fact)] * 10)

    assert len(mailer.sent) == 1
    assert (letter().status, letter().attempts) == ("sent", 1)


def test_workers_who_queue_for_one_late_letter_send_it_once(
    app: Flask, mailer: RecordingMailer
) -> None:
    """Without the lock on its row they would all have read it as pending while they queued."""
    fact = CustomerRegistered(customer_id=welcome_waits())
    mailer.failures = [MailUnavailable()]
    with pytest.raises(MailUnavailable):
        notifications_jobs.on_customer_registered(fact)
    held = threading.Event()

    def hold_until_all_queue() -> None:
        with transaction():
            session.execute(select(EmailMessage.id).with_for_update())
            held.set()
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            deadline = time.monotonic() + 30
            while session.scalar(waiting) != 4 and time.monotonic() < deadline:
                pass

    def queue() -> None:
        assert held.wait(30)
        notifications_jobs.on_customer_registered(fact)

    at_once(app, [hold_until_all_queue, *[queue] * 4]).refused_by(EmailBeingSent)

    assert len(mailer.sent) == 1
    assert (letter().status, letter().attempts) == ("sent", 2)


def test_who_finds_a_letter_in_hand_leaves_the_delivery_due(
    app: Flask, mailer: RecordingMailer
) -> None:
    """If it called the delivery done, and the first worker died, nobody would send the letter."""
    customer_id = welcome_waits()
    with transaction():
        outbox.relay(jobs.registry().names())
    sending.create_and_claim(
        EmailContent(
            kind=EmailKind.WELCOME,
            subject_id=customer_id,
            recipient=contact(customer_id).email,
            subject_line="Welcome",
            text="Welcome\n",
        )
    )

    drain(may_fail=True)

    assert mailer.sent == []
    assert len(deliveries()) == 1


def test_the_mail_server_is_never_spoken_to_inside_a_transaction(shop: Shop) -> None:
    seen: list[Any] = []

    class Watching(RecordingMailer):
        def send(self, **given: str) -> None:  # type: ignore[override]
            seen.append(session().info.get("in_transaction", False) or session().in_transaction())
            super().send(**given)

    shop.sells("MUG", 10)
    shop.an_order(MUG=1)
    a_customer(email="carla@example.test")
    shop.app.test_client().post(
        "/api/v1/auth/forgot-password", json={"email": "carla@example.test"}
    )
    register(shop.app, Mailer, Watching())
    try:
        drain()
    finally:
        register(shop.app, Mailer, shop.mailer)

    assert seen == [False, False]


def test_a_letter_costs_the_same_for_a_large_order(shop: Shop) -> None:
    for number in range(20):
        shop.sells(f"CARD-{number}", 5)
    counts = []
    for numbers in (range(1), range(20)):
        order = shop.an_order(**{f"CARD-{number}": 1 for number in numbers})
        with count_statements() as statements:
            notifications_jobs.on_order_paid(OrderPaid(order_id=UUID(order["id"])))
        counts.append(statements)

    assert counts[0].count == counts[1].count == 6, counts[1]


def test_every_command_on_a_letter_is_decided() -> None:
    assert {command: EMAIL.allowed(command) for command in sorted(EMAIL.states)} == {
        "failed": ["resend"],
        "pending": ["claim", "resend"],
        "sending": ["claim", "put_back", "record", "reject", "resend"],
        "sent": ["resend"],
    }
