"""The letter book: what staff see of letters, and how one is sent again."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from api.accounts import service as accounts_service
from api.kernel import clock
from api.kernel.permissions import Permission
from api.kernel.principal import SYSTEM
from api.notifications import jobs as notifications_jobs
from api.notifications.service import MOOT
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.platform.mail import MailRejected, MailUnavailable
from api.platform.outbox import Delivery
from tests.support.shop import Shop, Staff, key
from tests.support.sql import count_statements
from tests.support.work import drain


def book(staff: Staff, **query: Any) -> list[dict[str, Any]]:
    """Read a page of the letter book."""
    answer = staff.gets("/emails", **query)
    assert answer.status_code == 200, answer.json
    return list(answer.json["data"])


def test_the_letters_of_an_order_are_found_by_it(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, other, staff = shop.an_order(MUG=1), shop.an_order(MUG=1), shop.staff()
    drain()

    (card,) = book(staff, subject_id=order["id"])

    assert (card["kind"], card["status"]) == ("order_confirmed", "sent")
    assert card["recipient"] == "guest@example.test"
    assert card["subject_line"] == f"Your order {order['number']} is confirmed"
    assert (card["attempts"], card["resends"], card["last_error"]) == (1, 0, None)
    assert card["message_id"] in [letter.message_id for letter in shop.mailer.sent]
    assert "text" not in card
    read = staff.gets(f"/emails/{card['id']}").json
    assert read == {**card, "text": read["text"]}
    assert read["text"] in [letter.text for letter in shop.mailer.sent]
    assert [one["subject_id"] for one in book(staff)] == [other["id"], order["id"]]


def test_the_book_is_read_in_pages_and_by_status(shop: Shop) -> None:
    shop.sells("MUG", 10)
    for _ in range(3):
        shop.an_order(MUG=1)
    shop.mailer.failures = [MailRejected("no"), MailUnavailable("later")]
    drain(may_fail=True)
    staff = shop.staff()

    first = staff.gets("/emails", limit=2, include="total").json
    rest = staff.gets("/emails", limit=2, cursor=first["page"]["next_cursor"]).json

    assert (len(first["data"]), len(rest["data"]), first["page"]["total"]) == (2, 1, 3)
    assert [len(book(staff, status=status)) for status in ("failed", "pending", "sent")] == [1] * 3
    with count_statements() as statements:
        book(staff)
    assert statements.count == 2, statements
    assert staff.gets("/emails", status="lost").status_code == 422
    assert staff.gets("/emails", colour="blue").status_code == 422


def test_a_letter_is_sent_again_under_a_new_message_id(shop: Shop) -> None:
    """With the old one the mailbox would take it for a copy and hide it."""
    shop.sells("MUG", 10)
    shop.an_order(MUG=1)
    drain()
    staff = shop.staff()
    (card,) = book(staff)

    asked = staff.posts(f"/emails/{card['id']}/resend")
    drain()

    assert (asked.status_code, asked.json["status"], asked.json["resends"]) == (202, "pending", 1)
    first, second = shop.mailer.sent
    assert (first.to, first.subject, first.text) == (second.to, second.subject, second.text)
    assert first.message_id == f"<{card['id']}@example.test>"
    assert second.message_id == f"<{card['id']}.1@example.test>"
    (after,) = book(staff)
    assert (after["status"], after["attempts"]) == ("sent", 2)
    assert "email.resent" in session.scalars(select(AuditEntry.action)).all()


def test_asking_twice_with_one_key_sends_once(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.an_order(MUG=1)
    drain()
    staff, once = shop.staff(), key()
    (card,) = book(staff)

    for _ in range(2):
        staff.posts(f"/emails/{card['id']}/resend", idempotency_key=once)
        drain()

    assert len(shop.mailer.sent) == 2


def test_a_refused_letter_can_be_sent_again_as_it_is(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.an_order(MUG=1)
    shop.mailer.failures = [MailRejected("no such mailbox")]
    drain()
    staff = shop.staff()
    (card,) = book(staff, status="failed")

    staff.posts(f"/emails/{card['id']}/resend")
    drain()

    (letter,) = shop.mailer.sent
    assert letter.message_id == card["message_id"]
    (after,) = book(staff, status="sent")
    assert (after["resends"], after["last_error"]) == (0, None)


def test_a_letter_that_held_a_secret_is_not_sent_again(shop: Shop) -> None:
    shop.customer()
    shop.app.test_client().post(
        "/api/v1/auth/register",
        json={"email": "c@example.test", "password": "a quiet harbour", "full_name": "C"},
    )
    shop.app.test_client().post("/api/v1/auth/forgot-password", json={"email": "c@example.test"})
    drain()
    staff = shop.staff()
    card = next(one for one in book(staff) if one["kind"] == "password_reset")

    answer = staff.posts(f"/emails/{card['id']}/resend")

    assert (answer.status_code, answer.json["code"]) == (422, "email_holds_secret")
    drain()
    assert len(shop.mailer.sent) == 2


def test_who_may_read_may_not_always_resend(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.an_order(MUG=1)
    drain()
    with transaction():
        accounts_service.create_role("reader", {Permission.CUSTOMERS_READ}, by=SYSTEM)
    reader, support = shop.staff("reader"), shop.staff("support")
    (card,) = book(reader)

    assert reader.posts(f"/emails/{card['id']}/resend").status_code == 403
    assert support.posts(f"/emails/{card['id']}/resend").status_code == 202
    assert support.posts(f"/emails/{uuid4()}/resend").json["code"] == "email_not_found"
    assert support.gets(f"/emails/{uuid4()}").status_code == 404
    assert shop.app.test_client().get("/api/v1/admin/emails").status_code == 401


def test_a_letter_that_nobody_will_send_any_more_is_given_up(shop: Shop) -> None:
    """Paid in the meantime: how to pay needs no telling, and the letter must not wait for ever."""
    shop.sells("MUG", 10)
    owner, buyer = shop.staff(), shop.guest()
    buyer.adds("MUG", 1)
    shop.mailer.failures = [MailUnavailable("No route to the mail server.")]
    order = buyer.checks_out(payment_method="manual")
    drain(may_fail=True)

    def gives_up(**later: int) -> list[tuple[str, str]]:
        with clock.frozen(clock.now() + timedelta(**later)):
            notifications_jobs.cancel_outdated_emails()
        return [(card["kind"], card["status"]) for card in book(owner, subject_id=order["id"])]

    still_due = gives_up(hours=3)
    assert owner.marks_paid(order).status_code == 200
    with transaction():
        session.execute(update(Delivery).values(due_at=clock.now()))
    drain()
    too_early = gives_up(minutes=9)
    ended = gives_up(minutes=11)

    assert still_due == [("order_received", "pending")], "its delivery comes due again"
    assert too_early == [("order_confirmed", "sent"), ("order_received", "pending")]
    assert ended == [("order_confirmed", "sent"), ("order_received", "failed")]
    (card,) = book(owner, status="failed")
    assert card["last_error"] == MOOT
    assert [letter.subject for letter in shop.mailer.sent if "pay" in letter.subject.lower()] == []
