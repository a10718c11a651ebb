"""Gift cards sold as goods: without tax, sent once they are paid, disabled by a refund."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.kernel import clock
from api.platform.db import session
from api.stored_value import codes, jobs
from api.stored_value.models import StoredValueAccount
from tests.support.books import differences
from tests.support.shop import ADDRESS, Buyer, Shop
from tests.support.stock import counters
from tests.support.work import drain

CODE = re.compile(r"Its code: (\S+)")


@pytest.fixture
def cards(shop: Shop) -> Shop:
    """A shop that sells gift cards of 25.00, and mugs."""
    shop.sells("GIFT", 10, price="25.00 EUR", tax_class="gift_card")
    shop.sells("MUG", 10)
    return shop


def buys(shop: Shop, units: int = 1, **more: Any) -> tuple[Buyer, dict[str, Any]]:
    """Buy gift cards, and let the worker do its part."""
    guest = shop.guest()
    guest.adds("GIFT", units)
    order = guest.pays(guest.checks_out(**more))
    drain()
    return guest, order


def codes_sent(shop: Shop, to: str) -> list[str]:
    """Return the codes in the e-mails to somebody."""
    return [m[1] for one in shop.mailer.sent if one.to == to and (m := CODE.search(one.text))]


def balance_of(shop: Shop, code: str) -> Any:
    """Ask what a code holds."""
    return shop.app.test_client().post("/api/v1/gift-cards/balance", json={"code": code})


def test_a_bought_card_is_untaxed_and_sent_once_it_is_paid(cards: Shop) -> None:
    guest = cards.guest()
    guest.adds("GIFT", 2)
    guest.adds("MUG")
    order = guest.checks_out()
    drain()
    before = codes_sent(cards, "guest@example.test")
    guest.pays(order)
    drain()
    drain()

    by_sku = {line["sku"]: line for line in guest.sees(order)["lines"]}
    sent = codes_sent(cards, "guest@example.test")

    assert before == []
    assert (by_sku["GIFT"]["tax"]["amount"], by_sku["GIFT"]["tax_rate"]) == (0, "0.0000")
    assert by_sku["MUG"]["tax"]["amount"] > 0
    assert (by_sku["GIFT"]["shipped_quantity"], by_sku["MUG"]["shipped_quantity"]) == (2, 0)
    assert len(set(sent)) == 2
    assert [balance_of(cards, code).json["balance"]["amount"] for code in sent] == [2500, 2500]
    assert not any(sent[0] in str(row) for row in session.execute(select(StoredValueAccount)))
    buyer = cards.guest()
    buyer.adds("MUG", 2)
    assert buyer.checks_out(gift_cards=sent[:1])["payment_status"] == "paid"
    assert differences() == []


def test_cards_alone_cost_no_shipping(cards: Shop) -> None:
    guest, owner = cards.guest(), cards.staff()
    guest.adds("GIFT")
    alone = guest.checks_out()
    moved = guest.changes(
        alone, shipping_address={**ADDRESS, "country": "AT", "city": "Wien", "postal_code": "1010"}
    )
    mixed = cards.guest()
    mixed.adds("GIFT")
    mixed.adds("MUG")
    draft = owner.posts("/draft-orders", {
        "email": "ada@example.test", "currency": "EUR", "shipping_method": "standard",
        "shipping_address": ADDRESS, "lines": [{"sku": "GIFT", "quantity": 1}],
    }).json  # fmt: skip
    tried = owner.posts("/estimates", {
        "items": [{"sku": "GIFT", "quantity": 1}], "country": "DE", "currency": "EUR",
    }).json  # fmt: skip

    assert alone["total"]["amount"] == moved["total"]["amount"] == 2500
    assert draft["costs"]["shipping_total"]["amount"] == 0
    assert tried["shipping_total"]["amount"] == 0
    # With goods there is a parcel.
    assert mixed.checks_out()["shipping_total"]["amount"] == 490


def test_a_card_goes_to_somebody_else_at_its_date(cards: Shop) -> None:
    birthday = clock.now() + timedelta(days=3)
    gift = {"email": "anna@example.test", "message": "Happy birthday", "send_at": birthday}
    buys(cards, gift={**gift, "send_at": birthday.isoformat()})
    owner = cards.staff()
    early = codes_sent(cards, "anna@example.test")
    (waiting,) = owner.gets("/gift-cards").json["data"]

    with clock.frozen(birthday + timedelta(minutes=1)):
        jobs.send_due_gift_cards()
        jobs.send_due_gift_cards()
        drain()

    assert early == []
    assert (waiting["recipient"], waiting["last_four"]) == ("anna@example.test", None)
    (code,) = codes_sent(cards, "anna@example.test")
    (told,) = [one.text for one in cards.mailer.sent if one.to == "anna@example.test"]
    assert "Happy birthday" in told
    assert "Carla Customer bought this gift card of 25.00 EUR" in told
    assert balance_of(cards, code).status_code == 200
    assert codes_sent(cards, "guest@example.test") == []


def test_an_email_that_is_sent_again_tells_the_same_code(cards: Shop) -> None:
    cards.mailer.failures += [RuntimeError("the server went away")] * 2
    guest = cards.guest()
    guest.adds("GIFT")
    guest.pays(guest.checks_out())
    drain(may_fail=True)
    first = session.scalar(select(StoredValueAccount.code_digest))
    with clock.frozen(clock.now() + timedelta(hours=1)):
        drain()

    sent = codes_sent(cards, "guest@example.test")

    assert len(sent) == 1
    assert first == codes.digest(sent[0])
    assert len(session.scalars(select(StoredValueAccount)).all()) == 1
    assert balance_of(cards, sent[0]).json["balance"]["amount"] == 2500


def test_a_refund_disables_unused_cards_and_refuses_used_ones(cards: Shop) -> None:
    _, order = buys(cards, 3)
    owner, sent = cards.staff(), codes_sent(cards, "guest@example.test")
    buyer = cards.guest()
    buyer.adds("MUG", 2)
    buyer.checks_out(gift_cards=sent[:1])

    refused = owner.refunds(order, lines={0: 3})
    refund = owner.refunds(order, lines={0: 2})
    again = owner.refunds(order, lines={0: 1})

    assert (refused.status_code, refused.json["code"]) == (409, "gift_card_used")
    assert "2 can still be refunded" in refused.json["detail"]
    assert (refund.status_code, refund.json["amount"]["amount"]) == (201, 5000)
    assert (again.status_code, again.json["code"]) == (409, "gift_card_used")
    assert [balance_of(cards, code).status_code for code in sent] == [200, 404, 404]
    assert differences() == []


def test_a_failed_refund_lets_the_card_pay_again(cards: Shop) -> None:
    _, order = buys(cards)
    (code,) = codes_sent(cards, "guest@example.test")
    cards.gateway.refund_status = "failed"

    cards.staff().refunds(order, lines={0: 1})
    failed = balance_of(cards, code).status_code
    drain()

    assert (failed, balance_of(cards, code).status_code) == (404, 200)
    assert differences() == []


def test_an_order_cancelled_before_its_cards_are_sent_issues_none(cards: Shop) -> None:
    guest = cards.guest()
    guest.adds("GIFT")
    order = guest.pays(guest.checks_out())
    assert cards.staff().cancels(order).status_code == 200
    drain()

    assert session.scalars(select(StoredValueAccount)).all() == []
    assert counters(cards.variants["GIFT"]).on_hand == 10
    assert codes_sent(cards, "guest@example.test") == []
    assert differences() == []
