"""Codes that are replaced, what staff give alone, and how long cards are valid in each market."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from api.accounts.models import StaffRole
from api.kernel import clock
from api.platform.db import session, transaction
from api.tax.queries import gift_card_min_days
from tests.stored_value.test_bought_cards import cards as cards
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.shop import Shop
from tests.support.stored_value import a_gift_card, balance
from tests.support.work import drain

CODE = re.compile(r"[2-9A-HJKMNP-Z]{4}(?:-[2-9A-HJKMNP-Z]{4}){3}")


def euros(amount: int) -> dict[str, Any]:
    """Write an amount of euros."""
    return {"amount": amount, "currency": "EUR"}


def holds(shop: Shop, code: str) -> int | None:
    """Look up what a code holds; None when it pays no more."""
    answer = shop.app.test_client().post("/api/v1/gift-cards/balance", json={"code": code})
    return answer.json["balance"]["amount"] if answer.status_code == 200 else None


def mailed(shop: Shop, to: str) -> str:
    """Find the code in the newest e-mail to somebody."""
    drain()
    text = next(one.text for one in reversed(shop.mailer.sent) if one.to == to)
    (code,) = CODE.findall(text)
    return str(code)


def limited(amount: int | None) -> None:
    """Let managers give so much alone."""
    with transaction():
        limits = None if amount is None else {"credit_max": amount}
        session.execute(update(StaffRole).where(StaffRole.name == "manager").values(limits=limits))


def test_another_code_kills_the_one_before_and_is_shown_once(shop: Shop) -> None:
    card, owner = a_gift_card(500), shop.staff()
    path = f"/gift-cards/{card.id}/replace-code"

    answer = owner.posts(path, {"reason": "lost"})

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert holds(shop, answer.json["code"]) == 500
    assert holds(shop, card.code) is None
    again = owner.posts(path, {"reason": "lost again"}).json["code"]
    assert again != answer.json["code"]
    assert (holds(shop, again), holds(shop, answer.json["code"])) == (500, None)
    entries = [one for one in owner.gets("/audit").json["data"] if "replaced" in one["action"]]
    assert len(entries) == 2
    assert again not in str(entries)


def test_a_code_is_sent_again_to_another_address_and_never_shown(shop: Shop) -> None:
    owner = shop.staff()
    issued = owner.posts(
        "/gift-cards", {"amount": euros(800), "reason": "sorry", "recipient": "a@example.test"}
    )
    assert (issued.status_code, issued.json["code"]) == (201, None)
    first = mailed(shop, "a@example.test")
    assert holds(shop, first) == 800

    sent = owner.posts(
        f"/gift-cards/{issued.json['id']}/replace-code",
        {"reason": "wrong address", "recipient": "b@example.test"},
    )
    assert (sent.json["code"], sent.json["recipient"]) == (None, "b@example.test")
    second = mailed(shop, "b@example.test")
    assert (holds(shop, first), holds(shop, second)) == (None, 800)
    assert sum(one.to == "b@example.test" for one in shop.mailer.sent) == 1


def test_a_code_that_waits_to_be_sent_is_not_sent_once_it_was_replaced(cards: Shop) -> None:
    buyer = cards.guest()
    buyer.adds("GIFT")
    later = (clock.now() + timedelta(days=2)).isoformat()
    gift = {"email": "wrong@example.test", "message": None, "send_at": later}
    order = buyer.checks_out(gift=gift)
    assert buyer.sees(order)["gift"]["email"] == "wrong@example.test"
    buyer.pays(order)
    drain()
    owner = cards.staff()
    assert owner.gets(f"/orders/{order['id']}").json["gift"]["send_at"] == later.replace(
        "+00:00", "Z"
    )
    (card,) = owner.gets("/gift-cards").json["data"]
    body = {"reason": "typing error", "recipient": "right@example.test"}
    owner.posts(f"/gift-cards/{card['id']}/replace-code", body)
    code = mailed(cards, "right@example.test")

    assert holds(cards, code) == card["balance"]["amount"]
    assert not any(one.to == "wrong@example.test" for one in cards.mailer.sent)
    assert owner.gets(f"/gift-cards/{card['id']}").json["send_at"] is None


def test_the_buyer_of_a_card_is_not_told_of_a_parcel(cards: Shop) -> None:
    buyer = cards.guest()
    buyer.adds("GIFT")
    buyer.pays(buyer.checks_out())
    drain()

    assert any("gift card" in one.subject for one in cards.mailer.sent)
    assert not any("on its way" in one.subject for one in cards.mailer.sent)


def test_a_spent_or_disabled_card_gets_no_other_code(shop: Shop) -> None:
    shop.sells("MUG", 5)
    spent, off, owner = a_gift_card(100), a_gift_card(100), shop.staff()
    guest = shop.guest()
    guest.adds("MUG")
    guest.checks_out(gift_cards=[spent.code])
    owner.posts(f"/gift-cards/{off.id}/disable", {"reason": "theft"})

    for card, code in ((spent, "gift_card_spent"), (off, "gift_card_disabled")):
        refused = owner.posts(f"/gift-cards/{card.id}/replace-code", {"reason": "lost"})
        assert (refused.status_code, refused.json["code"]) == (409, code)
    assert balance(off.id) == 100


def test_what_exceeds_a_limit_is_given_once_a_second_person_approved(shop: Shop) -> None:
    manager, owner, person = shop.staff("manager"), shop.staff(), a_customer()
    limited(1000)
    small = manager.posts("/gift-cards", {"amount": euros(1000), "reason": "x"})
    assert small.status_code == 201, small.json
    large = {"amount": euros(1001), "reason": "x"}
    alone = manager.posts("/gift-cards", large)
    assert (alone.status_code, alone.json["errors"][0]["pointer"]) == (422, "/recipient")
    held = manager.posts("/gift-cards", {**large, "recipient": "c@example.test"})
    credit = manager.posts("/store-credit", {**large, "email": person.email})
    rich = a_gift_card(5000)
    code = manager.posts(
        f"/gift-cards/{rich.id}/replace-code", {"reason": "lost", "recipient": "d@example.test"}
    )
    dollars = {"amount": 1, "currency": "USD"}
    other = manager.posts("/store-credit", {**large, "amount": dollars, "email": person.email})
    waiting = (held, credit, code, other)

    assert [one.status_code for one in waiting] == [202] * 4
    assert [one.json["kind"] for one in waiting] == [
        "gift_card", "store_credit", "gift_card_code", "store_credit",
    ]  # fmt: skip
    drain()
    assert len(owner.gets("/gift-cards").json["data"]) == 2
    assert owner.gets("/store-credit").json["data"] == []
    assert holds(shop, rich.code) == 5000
    for one in waiting[:3]:
        approved = owner.posts(f"/approvals/{one.json['id']}/approve")
        assert approved.status_code == 200, approved.json
    assert holds(shop, mailed(shop, "c@example.test")) == 1001
    assert holds(shop, mailed(shop, "d@example.test")) == 5000
    assert owner.gets("/store-credit").json["data"][0]["balance"] == euros(1001)
    deducted = manager.posts(
        "/store-credit", {**large, "amount": euros(-1001), "email": person.email}
    )
    assert deducted.status_code == 200  # taking away has no limit
    limited(None)
    assert differences() == []


def test_how_long_a_card_is_valid_is_asked_by_the_market(shop: Shop) -> None:
    owner = shop.staff()
    days = {"eu": (["DE"], 1095), "us": (["US"], 2000), "rest": (["*"], None)}
    for code, (countries, least) in days.items():
        body = {"code": code, "name": code, "countries": countries, "currency": "EUR"}
        made = owner.posts("/markets", {**body, "gift_card_min_days": least})
        assert made.status_code == 201, made.json
        assert made.json["gift_card_min_days"] == least

    def issue(days: int) -> Any:
        until = (clock.now() + timedelta(days=days)).isoformat()
        return owner.posts("/gift-cards", {"amount": euros(1), "reason": "x", "expires_at": until})

    # Nobody knows where it will be used: the strictest market decides.
    assert issue(1999).json["code"] == "expiry_too_early"
    assert issue(2001).status_code == 201
    asked = [gift_card_min_days(country) for country in ("DE", "US", "FR", None)]
    assert asked == [1095, 2000, 1826, 2000]
