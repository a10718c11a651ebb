"""What customers are written, told by the letters in their mailbox."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.payment_sync.flows.external_changes import sync_dispute
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.work import drain

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def subjects(shop: Shop) -> Any:
    """Deliver everything and return the subjects of the letters that were sent since."""

    def since() -> list[str]:
        before = len(shop.mailer.sent)
        drain()
        return [letter.subject for letter in shop.mailer.sent[before:]]

    return since


def ship(staff: Staff, order: dict[str, Any], **body: Any) -> Any:
    """Send an order off."""
    answer = staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", **body})
    assert answer.status_code == 201, answer.json
    return answer.json


def test_a_paid_order_is_confirmed_in_full(shop: Shop) -> None:
    shop.sells("MUG", 10, title="Blue mug")
    shop.sells("BOWL", 10, title="Bowl & <spoon>", price="20.00 EUR")
    with clock.frozen(NOON):
        order = shop.an_order(MUG=2, BOWL=1)

    drain()

    (letter,) = shop.mailer.sent
    number = order["number"]
    assert letter.to == "guest@example.test"
    assert letter.subject == f"Your order {number} is confirmed"
    assert (
        letter.text
        == f"""\
Hello Carla Customer,

thank you: your order {number} of 5 March 2026 is paid and confirmed.

  2 × Blue mug (MUG): 19.98 EUR
  1 × Bowl & <spoon> (BOWL): 20.00 EUR

  Goods: 39.98 EUR
  Shipping, Parcel: 4.90 EUR
  Total: 44.88 EUR, including 7.16 EUR tax

It goes to:

  Carla Customer
  Marktplatz 3
  28195 Bremen
  GERMANY

We write again when it is on its way.

Stockroom Demo
http://127.0.0.1:8000
"""
    )


def test_an_unpaid_card_order_is_not_written_about(shop: Shop, subjects: Any) -> None:
    shop.sells("MUG", 10)
    buyer = shop.guest()
    order = shop.an_order(paid=False, buyer=buyer, MUG=1)

    assert subjects() == []
    buyer.pays(order)
    assert subjects() == [f"Your order {order['number']} is confirmed"]


def test_who_pays_by_transfer_is_told_how_and_until_when(shop: Shop, subjects: Any) -> None:
    shop.sells("MUG", 10)
    buyer, staff = shop.guest(), shop.staff()
    buyer.adds("MUG", 2)
    with clock.frozen(NOON):
        order = buyer.checks_out(payment_method="manual")

    assert subjects() == [f"Your order {order['number']}: how to pay"]
    text = shop.mailer.sent[-1].text
    assert f"Please pay 24.88 EUR and name {order['number']} as the reference." in text
    assert "We keep the goods for you until 7 March 2026, 12:00 UTC." in text
    staff.posts(f"/orders/{order['id']}/mark-paid", {"reference": "transfer of 6 March"})
    assert subjects() == [f"Your order {order['number']} is confirmed"]


def test_each_parcel_is_announced_with_what_still_follows(shop: Shop, subjects: Any) -> None:
    shop.sells("MUG", 10, title="Blue mug")
    shop.sells("BOWL", 10, title="Bowl")
    order, staff = shop.an_order(MUG=2, BOWL=1), shop.staff()
    subjects()
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}

    with clock.frozen(NOON):
        ship(staff, order, lines=[line], tracking_number="JD014600")
        first = subjects()
        ship(staff, order, carrier="Bike courier")
        second = subjects()

    assert first == second == [f"Your order {order['number']} is on its way"]
    part, rest = (letter.text for letter in shop.mailer.sent[-2:])
    assert "a part of your order" in part
    assert "left us on 5 March 2026 with DHL." in part
    assert "Tracking number: JD014600\nhttps://www.dhl.com/" in part
    assert "In the parcel:\n\n  1 × Blue mug (MUG)\n\nThis still follows:\n\n" in part
    assert "This still follows:\n\n  1 × Blue mug (MUG)\n  1 × Bowl (BOWL)\n\n" in part
    number = order["number"]
    assert f"the rest of your order {number} left us on 5 March 2026 with Bike courier." in rest
    assert "Tracking number" not in rest
    assert "still follows" not in rest
    assert "In the parcel:\n\n  1 × Blue mug (MUG)\n  1 × Bowl (BOWL)\n\nIt goes to:" in rest


def test_a_late_letter_tells_what_was_true_when_its_parcel_left(shop: Shop) -> None:
    shop.sells("MUG", 10, title="Blue mug")
    order, staff = shop.an_order(MUG=3), shop.staff()
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    ship(staff, order, lines=[line], tracking_number="FIRST-1")
    ship(staff, order, tracking_number="SECOND-2")

    drain()

    texts = [letter.text for letter in shop.mailer.sent]
    first = next(text for text in texts if "FIRST-1" in text)
    assert "a part of your order" in first
    assert "In the parcel:\n\n  1 × Blue mug (MUG)\n\nThis still follows:\n\n  2 × Blue" in first
    assert "the rest of your order" in next(text for text in texts if "SECOND-2" in text)


def test_a_refund_is_announced_when_the_money_is_on_its_way(shop: Shop, subjects: Any) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    ship(staff, order)
    subjects()

    staff.refunds(order, lines={0: 1}, restock=True)

    assert subjects() == [f"Your refund of 9.99 EUR for order {order['number']}"]
    assert "It goes back the way you paid." in shop.mailer.sent[-1].text


def test_a_cancelled_order_tells_that_its_money_comes_back(shop: Shop, subjects: Any) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    subjects()

    staff.posts(f"/orders/{order['id']}/cancel", {"reason": "customer", "note": "by phone"})

    number = order["number"]
    assert sorted(subjects()) == [
        f"Your order {number} was cancelled",
        f"Your refund of 24.88 EUR for order {number}",
    ]
    cancelled = next(one for one in shop.mailer.sent if "cancelled" in one.subject)
    assert "What you paid goes back the way it came." in cancelled.text
    assert "by phone" not in cancelled.text


def test_a_cancelled_order_tells_of_no_money_that_a_bank_took(shop: Shop, subjects: Any) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    (intent,) = shop.gateway.intents
    dispute = shop.gateway.dispute(intent, status="lost")
    sync_dispute(shop.gateway.fetch_dispute(dispute))
    subjects()

    staff.posts(f"/orders/{order['id']}/cancel", {"reason": "fraud"})

    assert subjects() == [f"Your order {order['number']} was cancelled"]
    assert "What you paid" not in shop.mailer.sent[-1].text


def test_an_order_that_ran_out_is_told_why(shop: Shop, subjects: Any) -> None:
    shop.sells("MUG", 10)
    with clock.frozen(NOON):
        order = shop.an_order(paid=False, MUG=1)
    subjects()

    with clock.frozen(NOON.replace(day=6)):
        checkout_flows.expire_unpaid_orders()
        told = subjects()

    assert told == [f"Your order {order['number']} was cancelled"]
    text = shop.mailer.sent[-1].text
    assert "its payment did not arrive in time" in text
    assert "goes back" not in text


def test_what_customers_type_cannot_change_the_form_of_a_letter(shop: Shop) -> None:
    """Names are data: braces stay braces, and nothing becomes a header or a template."""
    shop.sells("MUG", 10, title="{{ 7 * 7 }} %s {% raise %}")
    buyer = shop.guest()
    buyer.adds("MUG")
    address = {**ADDRESS, "name": "Carla {{ config }}"}
    buyer.pays(buyer.checks_out(shipping_address=address))

    drain()

    (letter,) = shop.mailer.sent
    assert "Hello Carla {{ config }}," in letter.text
    assert "1 × {{ 7 * 7 }} %s {% raise %} (MUG): 9.99 EUR" in letter.text


def test_people_with_accounts_are_written_to(shop: Shop, subjects: Any) -> None:
    client = shop.app.test_client()
    form = {"email": "carla@example.test", "password": "a quiet harbour at dawn",
            "full_name": "Carla Customer"}  # fmt: skip

    client.post("/api/v1/auth/register", json=form)
    assert subjects() == ["Welcome to Stockroom Demo"]
    client.post("/api/v1/auth/register", json=form)
    client.post("/api/v1/auth/register", json=form)
    assert subjects() == ["You already have an account at Stockroom Demo"] * 2
    assert {letter.to for letter in shop.mailer.sent} == {"carla@example.test"}


def test_a_forgotten_password_is_set_by_the_link_in_the_letter(shop: Shop, subjects: Any) -> None:
    client = shop.app.test_client()
    form = {"email": "carla@example.test", "password": "a quiet harbour at dawn",
            "full_name": "Carla Customer"}  # fmt: skip
    client.post("/api/v1/auth/register", json=form)
    subjects()

    client.post("/api/v1/auth/forgot-password", json={"email": "CARLA@example.test"})
    client.post("/api/v1/auth/forgot-password", json={"email": "nobody@example.test"})
    assert subjects() == ["Set a new password at Stockroom Demo"]
    letter = shop.mailer.sent[-1]
    assert letter.to == "carla@example.test"
    assert "Hello Carla Customer," in letter.text
    token = letter.text.partition("/reset-password#token=")[2].split()[0]
    changed = client.post(
        "/api/v1/auth/reset-password",
        json={"token": token, "password": "another harbour at dusk"},
    )

    assert changed.status_code == 204, changed.json
    assert subjects() == ["Your password at Stockroom Demo was changed"]
    kept = shop.staff().gets("/emails", include="total").json["data"]
    reset = next(one for one in kept if one["kind"] == "password_reset")
    stored = shop.staff().gets(f"/emails/{reset['id']}").json
    assert token not in str(stored)
    assert "(the link stands only in the e-mail itself)" in stored["text"]
