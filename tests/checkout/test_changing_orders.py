"""A customer corrects or cancels an order that is not paid yet; nobody pays an old total."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.orders.models import Order
from api.payments.models import Payment
from api.platform.db import session, transaction
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import service as tax_service
from tests.support.books import differences
from tests.support.shop import ADDRESS, Buyer, Shop
from tests.support.sql import count_statements
from tests.support.stock import counters, journal
from tests.support.work import drain

TOKYO = {**ADDRESS, "city": "Tokyo", "postal_code": "100-0001", "country": "JP"}
VIENNA = {**ADDRESS, "line1": "Ring 1", "city": "Wien", "postal_code": "1010", "country": "AT"}


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """The shop ships to Austria too, and faster for more money."""
    with transaction():
        tax_service.set_tax_rate("AT", "standard", 2000, name="USt", by=SYSTEM)
        for code, price in (("express", 990), ("abroad", 1500)):
            draft = ShippingMethodInput(
                code=code, name=code.title(), countries=["DE", "AT"], price=Money(price, "EUR")
            )
            shipping_service.create_shipping_method(draft, by=SYSTEM)
    shop.sells("MUG", 10)
    return shop


def an_unpaid_order(shop: Shop, buyer: Buyer | None = None, **form: Any) -> tuple[Buyer, Any]:
    """Have an order of two mugs for 19.98 and shipping for 4.90 to Germany."""
    who = buyer or shop.guest()
    who.adds("MUG", 2)
    return who, who.checks_out(**form)


def told(shop: Shop, order: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what staff read of an order's history."""
    file = shop.staff().gets(f"/orders/{order['id']}").json
    return [(line["kind"], line["text"], line["actor"]) for line in file["timeline"]]


def payable(shop: Shop) -> list[int]:
    """Return the amounts that a card could pay at the provider right now."""
    return [i.amount for i in shop.gateway.intents.values() if i.status.startswith("requires")]


def test_a_guest_corrects_address_and_e_mail(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)

    changed = guest.changes(
        order, email="right@example.test", shipping_address={**ADDRESS, "line1": "Markt 4"}
    )

    assert changed["email"] == "right@example.test"
    assert changed["shipping_address"]["line1"] == "Markt 4"
    assert changed["billing_address"]["line1"] == "Markt 4"  # it was the shipping address
    assert changed["total"] == order["total"]
    assert changed["amended_at"] is not None
    assert told(shop, order)[-1] == (
        "amended",
        "Changed by the customer: e-mail address, shipping address, billing address.",
        "Guest",
    )
    assert shop.staff().gets(f"/orders/{order['id']}").json["email"] == "right@example.test"
    for typed, count in (("right@example.test", 1), ("guest@example.test", 0)):
        assert len(shop.staff().gets("/orders", q=typed).json["data"]) == count


def test_a_note_is_changed_and_taken_back_and_stays_when_left_out(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop, customer_note="Ring twice")

    moved = guest.changes(order, email="right@example.test")
    changed = guest.changes(moved, customer_note="  Ring at the back door ")
    told_of = told(shop, order)[-1]
    gone = guest.changes(changed, customer_note=None)
    too_long = guest.tries_to_change(gone, customer_note="x" * 501)

    assert moved["customer_note"] == "Ring twice"
    assert changed["customer_note"] == "Ring at the back door"
    assert changed["total"] == order["total"]
    assert told_of == ("amended", "Changed by the customer: note.", "Guest")
    assert gone["customer_note"] is None
    assert guest.sees(order)["customer_note"] is None
    assert too_long.status_code == 422


def test_another_country_and_method_are_taxed_and_shipped_anew(shop: Shop) -> None:
    customer, order = an_unpaid_order(shop, shop.customer())
    billed = {**ADDRESS, "name": "Works Council"}

    changed = customer.changes(
        order, shipping_address=VIENNA, billing_address=billed, shipping_method="express"
    )

    assert changed["subtotal"] == order["subtotal"]
    assert changed["shipping_method"] == {"code": "express", "name": "Express"}
    assert changed["shipping_total"]["amount"] == 990
    assert changed["total"]["amount"] == 1998 + 990
    assert changed["tax_total"]["amount"] == 333 + 165  # 20 % instead of 19 %
    assert changed["lines"][0]["tax_rate"] == "0.2000"
    assert changed["billing_address"]["name"] == "Works Council"
    assert differences() == []
    paid = customer.pays(changed)
    assert paid["payment_status"] == "paid"
    drain()
    assert [letter.to for letter in shop.mailer.sent][-1:] == [paid["email"]]


def test_the_goods_keep_the_price_that_was_agreed(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    with transaction():
        tax_service.set_tax_rate("DE", "standard", 1600, name="VAT", by=SYSTEM)

    same_place = guest.changes(order, shipping_address={**ADDRESS, "line1": "Markt 4"})
    same_method = guest.changes(order, shipping_method="standard")

    for changed in (same_place, same_method):
        assert changed["tax_total"] == order["tax_total"]
        assert changed["total"] == order["total"]


def test_a_changed_total_withdraws_what_could_be_paid_before(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    old = guest.asks_to_pay(order)
    assert payable(shop) == [2488]

    guest.changes(order, shipping_method="express")

    assert payable(shop) == []
    new = guest.asks_to_pay(order)
    assert (new["payment_intent_id"] != old["payment_intent_id"], payable(shop)) == (True, [2988])
    assert guest.pays(order)["payment_status"] == "paid"
    assert session.scalar(select(func.sum(Payment.captured))) == 2988
    assert differences() == []


def test_the_same_total_leaves_the_open_payment_as_it_is(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    old = guest.asks_to_pay(order)

    guest.changes(order, email="right@example.test")

    assert guest.asks_to_pay(order)["payment_intent_id"] == old["payment_intent_id"]


def test_a_payment_that_came_first_is_taken_over_and_nothing_changes(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    seen = guest.sees(order)["version"]
    shop.gateway.pay(intent)  # the webhook is still on its way

    answer = guest.tries_to_change(order, version=seen, shipping_method="express")

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")
    assert answer.json["current"] == "paid"
    now = guest.sees(order)
    assert (now["payment_status"], now["total"]) == ("paid", order["total"])
    refused = guest.tries_to_change(order, email="late@example.test")
    assert (refused.status_code, refused.json["code"]) == (409, "invalid_state")
    assert guest.cancels(order).json["refunded"] == order["total"]


def test_nothing_changes_while_a_bank_carries_a_payment_out(shop: Shop) -> None:
    mug = shop.variants["MUG"]
    guest, order = an_unpaid_order(shop)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    shop.gateway.intents[intent] = replace(shop.gateway.intents[intent], status="processing")
    guest.confirms(order)

    changed = guest.tries_to_change(order, shipping_method="express")
    cancelled = guest.cancels(order)

    for answer in (changed, cancelled):
        assert (answer.status_code, answer.json["code"]) == (409, "payment_in_progress")
    assert guest.sees(order)["allowed_actions"] == []
    assert guest.sees(order)["total"] == order["total"]
    assert counters(mug).allocated == 2


def test_while_the_provider_is_away_nothing_changes(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    guest.asks_to_pay(order)

    with shop.gateway.down():
        changed = guest.tries_to_change(order, shipping_method="express")
        cancelled = guest.cancels(order)

    assert (changed.status_code, cancelled.status_code) == (503, 503)
    assert guest.sees(order)["total"] == order["total"]
    assert guest.sees(order)["status"] == "placed"


def test_what_is_wrong_with_a_change_is_said(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    path = f"/api/v1/orders/{order['id']}"

    stale = guest.tries_to_change(order, version=1, email="a@example.test")
    stale_again = guest.tries_to_change(order, version=99, email="a@example.test")
    nothing = guest.tries_to_change(order)
    nowhere = guest.tries_to_change(order, shipping_address=TOKYO)
    unknown = guest.tries_to_change(order, shipping_method="pigeon")
    drift = guest.tries_to_change(
        order, shipping_method="express", expected_total={"amount": 2488, "currency": "EUR"}
    )
    without = guest.client.patch(path, json={"email": "a@b.test"}, headers=guest.headers)

    assert stale.status_code in (200, 412)
    assert (stale_again.status_code, stale_again.json["code"]) == (412, "stale_version")
    assert nothing.status_code == 422
    assert (nowhere.status_code, nowhere.json["code"]) == (422, "shipping_not_available")
    assert (unknown.status_code, unknown.json["code"]) == (404, "shipping_method_not_found")
    for refused in (nowhere, unknown):
        assert [wrong["pointer"] for wrong in refused.json["errors"]] == ["/shipping_method"]
    assert (drift.status_code, drift.json["code"]) == (409, "cart_changed")
    assert drift.json["quote"]["total"]["amount"] == 2988
    assert without.status_code == 428
    assert guest.sees(order)["total"] == order["total"]


def test_only_its_customer_changes_or_cancels_an_order(shop: Shop) -> None:
    _, order = an_unpaid_order(shop)
    stranger, customer = shop.guest(), shop.customer()
    stranger.headers = {"X-Cart-Token": "a-token-that-nobody-was-given-out-to"}

    for who in (shop.guest(), stranger, customer):
        path, matched = f"/api/v1/orders/{order['id']}", {**who.headers, "If-Match": '"1"'}
        changed = who.client.patch(path, json={"email": "thief@example.test"}, headers=matched)
        assert (changed.status_code, changed.json["code"]) == (404, "order_not_found")
        assert who.cancels(order).status_code == 404
    assert session.scalar(select(Order.email)) == order["email"]


@pytest.mark.parametrize("kind", ["guest", "customer"])
def test_a_cancelled_order_gives_goods_and_cart_back(shop: Shop, kind: str) -> None:
    mug = shop.variants["MUG"]
    buyer = shop.guest() if kind == "guest" else shop.customer()
    _, order = an_unpaid_order(shop, buyer)
    buyer.asks_to_pay(order)

    cancelled = buyer.cancels(order)

    assert cancelled.status_code == 200, cancelled.json
    assert (cancelled.json["status"], cancelled.json["payment_status"]) == ("cancelled", "voided")
    assert payable(shop) == []
    assert counters(mug).allocated == 0
    assert [row[0] for row in journal(mug)][-1] == "released"
    cart = buyer.client.get("/api/v1/cart", headers=buyer.headers).json
    assert [(item["sku"], item["quantity"]) for item in cart["items"]] == [("MUG", 2)]
    assert cart["warnings"] == []
    assert told(shop, order)[-1][:2] == ("cancelled", "Cancelled by the customer.")
    again = buyer.cancels(order)
    assert (again.status_code, again.json["current"]) == (409, "cancelled")
    # The same token goes on: corrected, the goods become another order.
    second = buyer.checks_out(shipping_address=VIENNA)
    assert second["id"] != order["id"]
    assert buyer.pays(second)["payment_status"] == "paid"
    drain()
    assert differences() == []


def test_a_cart_begun_meanwhile_is_joined(shop: Shop) -> None:
    shop.sells("JUG", 5)
    guest, order = an_unpaid_order(shop)
    guest.adds("JUG", 1)
    guest.adds("MUG", 1)

    guest.cancels(order)

    cart = guest.client.get("/api/v1/cart", headers=guest.headers).json
    assert {item["sku"]: item["quantity"] for item in cart["items"]} == {"JUG": 1, "MUG": 3}


def test_who_pays_by_transfer_is_told_the_new_amount_once(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop, payment_method="manual")
    drain()
    guest.changes(order, shipping_method="express")
    guest.changes(order, shipping_method="abroad", email="right@example.test")
    drain()

    sent = [(letter.to, letter.subject) for letter in shop.mailer.sent]
    assert sent == [
        ("guest@example.test", "Your order 1001: how to pay"),
        ("right@example.test", "Your changed order 1001: how to pay"),
    ]
    assert "34.98 EUR" in shop.mailer.sent[-1].text


def test_an_order_changed_before_its_first_e_mail_is_told_once_as_it_is_now(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop, payment_method="manual")
    guest.changes(order, shipping_method="express", email="right@example.test")
    drain()

    (letter,) = shop.mailer.sent
    assert (letter.to, letter.subject) == (
        "right@example.test",
        "Your order 1001: how to pay",
    )
    assert "29.88 EUR" in letter.text


def test_what_may_be_done_follows_from_where_the_order_stands(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    assert guest.sees(order)["allowed_actions"] == ["pay", "amend", "cancel"]

    guest.pays(order)

    assert guest.sees(order)["allowed_actions"] == ["cancel"]
    other, unpaid = an_unpaid_order(shop)
    half = {"amount": {"amount": 1000, "currency": "EUR"}, "reference": "transfer"}
    shop.staff().posts(f"/orders/{unpaid['id']}/mark-paid", half)
    assert other.sees(unpaid)["allowed_actions"] == ["pay"]
    refused = other.tries_to_change(unpaid, email="late@example.test")
    assert (refused.status_code, refused.json["current"]) == (409, "partially_paid")


def test_a_change_costs_the_same_however_many_lines_there_are(shop: Shop) -> None:
    skus = [f"SKU-{i}" for i in range(8)]
    for sku in skus:
        shop.sells(sku, 5)
    small, large = shop.guest(), shop.guest()
    few = shop.an_order(buyer=small, paid=False, **{skus[0]: 1})
    many = shop.an_order(buyer=large, paid=False, **dict.fromkeys(skus, 1))

    with count_statements() as one:
        small.tries_to_change(few, version=1, shipping_address=VIENNA)
    with count_statements() as eight:
        large.tries_to_change(many, version=1, shipping_address=VIENNA)

    assert eight.count == one.count


def meanwhile(shop: Shop, what: Callable[[], Any], *, at: str = "cancel_intent") -> None:
    """Let something happen once while the provider answers."""

    def once(call: str) -> None:
        if call == at:
            shop.gateway.before_answer = None
            what()

    shop.gateway.before_answer = once


def test_a_payment_opened_meanwhile_is_withdrawn_too(shop: Shop) -> None:
    """Without looking again under the lock: 24.88 stays payable for an order of 29.88."""
    guest, order = an_unpaid_order(shop)
    guest.asks_to_pay(order)
    meanwhile(shop, lambda: guest.asks_to_pay(order))

    changed = guest.changes(order, shipping_method="express")

    assert changed["total"]["amount"] == 2988
    assert payable(shop) == []
    assert len(shop.gateway.intents) == 2
    assert differences() == []


def test_a_change_that_somebody_overtook_is_stale(shop: Shop) -> None:
    """Without comparing what was seen: the second change is undone by the first."""
    guest, order = an_unpaid_order(shop)
    guest.asks_to_pay(order)
    seen = guest.sees(order)["version"]
    meanwhile(shop, lambda: guest.changes(order, email="second@example.test"))

    answer = guest.tries_to_change(
        order, version=seen, email="first@example.test", shipping_method="express"
    )

    assert (answer.status_code, answer.json["code"]) == (412, "stale_version")
    now = guest.sees(order)
    assert (now["email"], now["total"]["amount"]) == ("second@example.test", 2488)


def test_an_order_that_expired_meanwhile_is_not_changed(shop: Shop) -> None:
    guest, order = an_unpaid_order(shop)
    guest.asks_to_pay(order)

    def time_runs_out() -> None:
        with clock.frozen(clock.now() + timedelta(hours=2)):
            checkout_flows.expire_unpaid_orders()

    meanwhile(shop, time_runs_out)
    answer = guest.tries_to_change(order, shipping_method="express")

    assert (answer.status_code, answer.json["current"]) == (409, "cancelled")
    assert guest.sees(order)["total"] == order["total"]
    assert counters(shop.variants["MUG"]).allocated == 0


@pytest.mark.parametrize("command", ["change", "cancel"])
def test_the_old_total_paid_at_the_last_moment_is_kept(shop: Shop, command: str) -> None:
    """Without withdrawing first: 24.88 is paid for an order of 29.88, or for a cancelled one."""
    guest, order = an_unpaid_order(shop)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    seen = guest.sees(order)["version"]
    shop.gateway.pay(intent)

    if command == "change":
        answer = guest.tries_to_change(order, version=seen, shipping_method="express")
    else:
        answer = guest.cancels(order)

    assert answer.status_code == 409
    now = guest.sees(order)
    assert (now["status"], now["payment_status"], now["total"]["amount"]) == (
        "placed", "paid", 2488,
    )  # fmt: skip
    cart = guest.client.get("/api/v1/cart", headers=guest.headers).json
    assert cart["items"] == []
