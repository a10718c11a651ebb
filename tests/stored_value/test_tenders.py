"""Orders paid with gift cards and store credit, with a card for the rest, and their way back."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.payments.gateways.stripe_amounts import MINIMUM, least_charge
from api.payments.models import Payment
from api.platform.db import session, transaction
from api.shipping import service as shipping_service
from api.stored_value import service as stored_value_service
from api.stored_value.models import StoredValueAccount
from api.stored_value.policy import split
from api.stored_value.service import ledger
from api.stored_value.states import EntryKind
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.shop import Buyer, Shop, Staff
from tests.support.stock import counters
from tests.support.stored_value import a_gift_card, balance, some_store_credit
from tests.support.threads import at_once
from tests.support.work import drain

# Two mugs of 9.99 and a parcel of 4.90.
TOTAL = 2488


def payments() -> list[tuple[str, str, int, int]]:
    """Return provider, status, captured and refunded of all payments, oldest first."""
    return [
        (row.provider, row.status.value, row.captured, row.refunded)
        for row in session.scalars(
            select(Payment).order_by(Payment.id).execution_options(populate_existing=True)
        )
    ]


def quoted(buyer: Buyer, **more: Any) -> Any:
    """Ask what the cart would cost."""
    body = {"country": "DE", "shipping_method": "standard", **more}
    return buyer.client.post("/api/v1/checkout/quote", json=body, headers=buyer.headers)


def places(shop: Shop, buyer: Buyer | None = None, **more: Any) -> tuple[Buyer, dict[str, Any]]:
    """Order two mugs."""
    who = buyer or shop.guest()
    who.adds("MUG", 2)
    return who, who.checks_out(**more)


def test_a_gift_card_pays_its_part_and_a_card_the_rest(shop: Shop) -> None:
    shop.sells("MUG", 10)
    card = a_gift_card(1000)
    guest = shop.guest()
    guest.adds("MUG", 2)

    quote = quoted(guest, gift_cards=[card.code]).json
    guest, order = places(shop, shop.guest(), gift_cards=[card.code])

    assert quote["total"]["amount"] == TOTAL
    assert quote["due"]["amount"] == 1488
    assert [(one["kind"], one["amount"]["amount"]) for one in quote["tenders"]] == [
        ("gift_card", 1000)
    ]
    assert (order["payment_status"], order["total"]["amount"]) == ("partially_paid", TOTAL)
    assert order["tendered"]["amount"] == 1000
    assert guest.sees(order)["allowed_actions"] == ["pay", "amend", "cancel"]
    assert balance(card.id) == 0
    intent = guest.asks_to_pay(order)
    assert intent["amount"]["amount"] == 1488
    scanned = shop.staff().gets(f"/scan/{order['number']}").json
    assert scanned["next"] == []  # nothing leaves before the rest is there
    assert guest.pays(order)["payment_status"] == "paid"
    assert shop.staff().gets(f"/scan/{order['number']}").json["next"] == ["ship"]
    assert payments() == [("gift_card", "captured", 1000, 0), ("stripe", "captured", 1488, 0)]
    assert differences() == []


def test_what_gift_cards_and_store_credit_pay_in_full_needs_no_card(shop: Shop) -> None:
    shop.sells("MUG", 10)
    person = a_customer()
    card, credit = a_gift_card(2000), some_store_credit(person.id, 10_000)

    _, order = places(shop, shop.customer(person), gift_cards=[card.code], store_credit=True)
    drain()

    assert (order["payment_status"], order["expires_at"]) == ("paid", None)
    assert (balance(card.id), balance(credit)) == (0, 10_000 - 488)
    assert shop.gateway.calls == []
    owner = shop.staff()
    assert owner.opens(order)["payments"][0]["reference"] == f"gift card ••••{card.code[-4:]}"
    (confirmation,) = [one for one in shop.mailer.sent if "confirmed" in one.subject]
    assert "Paid with gift cards and store credit: 24.88 EUR" in confirmation.text
    assert owner.posts(f"/orders/{order['id']}/ship", {"carrier": "dhl"}).status_code == 201
    assert differences() == []


def test_the_rest_is_nothing_or_what_a_card_can_be_charged(shop: Shop) -> None:
    shop.sells("MUG", 10)
    card = a_gift_card(TOTAL - 20)

    guest, order = places(shop, gift_cards=[card.code])

    assert guest.asks_to_pay(order)["amount"]["amount"] == MINIMUM["EUR"]
    assert balance(card.id) == MINIMUM["EUR"] - 20
    shop.sells("PIN", 5, price="0.30 EUR")
    with transaction():
        free_shipping(shop)
    buyer, little = shop.guest(), a_gift_card(20)
    buyer.adds("PIN")
    refused = buyer.tries_to_check_out(gift_cards=[little.code], shipping_method="pickup")
    assert (refused.status_code, refused.json["code"]) == (422, "amount_below_minimum")
    assert "minimum is 0.50 EUR" in refused.json["detail"]
    enough = a_gift_card(30)
    paid = buyer.tries_to_check_out(gift_cards=[enough.code], shipping_method="pickup")
    assert (paid.status_code, paid.json["payment_status"]) == (201, "paid")
    assert (balance(little.id), balance(enough.id)) == (20, 0)


def free_shipping(shop: Shop) -> None:
    """Add a way to pick goods up that costs nothing."""
    shipping_service.create_shipping_method(
        shipping_service.ShippingMethodInput(
            code="pickup", name="Pick-up", countries=["DE"], price=Money(0, "EUR")
        ),
        by=SYSTEM,
    )


@pytest.mark.parametrize("case", ["unknown", "disabled", "empty", "expired", "dollars", "twice"])
def test_a_card_that_cannot_pay_is_refused_alike_and_nothing_is_ordered(
    shop: Shop, case: str
) -> None:
    mug = shop.sells("MUG", 10)
    card, owner = a_gift_card(500, "USD" if case == "dollars" else "EUR"), shop.staff()
    given = [card.code]
    if case == "unknown":
        given = ["XXXX-XXXX-XXXX-XXXX"]
    if case == "twice":
        given = [card.code, card.code.lower()]
    if case == "disabled":
        owner.posts(f"/gift-cards/{card.id}/disable", {"reason": "stolen"})
    if case in ("empty", "expired"):
        change = {"empty": {"balance": 0}, "expired": {"expires_at": clock.now()}}[case]
        with transaction() as current:
            account = current.get(StoredValueAccount, card.id)
            for name, value in change.items():
                setattr(account, name, value)
    guest = shop.guest()
    guest.adds("MUG", 2)

    quote = quoted(guest, gift_cards=given)
    answer = guest.tries_to_check_out(gift_cards=given)

    assert (answer.status_code, answer.json["code"]) == (422, "gift_card_not_usable")
    assert quote.json["code"] == "gift_card_not_usable"
    at = 1 if case == "twice" else 0
    assert [one["pointer"] for one in answer.json["errors"]] == [f"/gift_cards/{at}"]
    assert f"Gift card {at + 1} cannot pay" in answer.json["detail"]
    assert counters(mug).allocated == 0


def test_a_guest_has_no_store_credit(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 2)

    answer = guest.tries_to_check_out(store_credit=True)

    assert (answer.status_code, answer.json["code"]) == (422, "store_credit_needs_account")


@pytest.mark.parametrize("ends", ["customer", "expiry", "staff"])
def test_an_order_that_ends_unpaid_returns_what_was_claimed(shop: Shop, ends: str) -> None:
    mug = shop.sells("MUG", 10)
    person = a_customer()
    card, credit = a_gift_card(1000), some_store_credit(person.id, 300)
    customer, order = places(shop, shop.customer(person), gift_cards=[card.code], store_credit=True)
    intent = customer.asks_to_pay(order)["payment_intent_id"]
    shop.gateway.decline(intent)
    assert customer.confirms(order).status_code == 402
    assert (balance(card.id), balance(credit)) == (0, 0)

    if ends == "customer":
        assert customer.cancels(order).status_code == 200
    elif ends == "staff":
        assert shop.staff().cancels(order).status_code == 200
    else:
        with clock.frozen(clock.now() + timedelta(hours=2)):
            assert checkout_flows.expire_unpaid_orders() == 1
    drain()

    assert (balance(card.id), balance(credit)) == (1000, 300)
    assert counters(mug).allocated == 0
    assert shop.gateway.intents[intent].status == "canceled"
    assert customer.sees(order)["status"] == "cancelled"
    told = shop.mailer.sent[-1].text
    assert "is there again" in told or "store credit now" in told or "same code pays" in told
    assert differences() == []


def test_a_card_payment_that_wins_against_expiry_keeps_the_claim(shop: Shop) -> None:
    shop.sells("MUG", 10)
    card = a_gift_card(1000)
    guest, order = places(shop, gift_cards=[card.code])
    shop.gateway.pay(guest.asks_to_pay(order)["payment_intent_id"])

    with clock.frozen(clock.now() + timedelta(hours=2)):
        checkout_flows.expire_unpaid_orders()

    assert guest.sees(order)["payment_status"] == "paid"
    assert balance(card.id) == 0
    assert differences() == []


def test_a_part_refund_returns_money_first_and_the_card_last(shop: Shop) -> None:
    shop.sells("MUG", 10)
    person, owner = a_customer(), shop.staff()
    card, credit = a_gift_card(1000), some_store_credit(person.id, 500)
    customer, order = places(shop, shop.customer(person), gift_cards=[card.code], store_credit=True)
    order = customer.pays(order)

    first = owner.refunds(order, lines={0: 1}).json
    second = owner.refunds(order, lines={0: 1}, shipping=True).json

    told = [
        [(one["provider"], one["amount"]["amount"]) for one in refund["transactions"]]
        for refund in (first, second)
    ]
    assert [sorted(parts) for parts in told] == [
        sorted([("stripe", 988), ("store_credit", 11)]),
        sorted([("store_credit", 489), ("gift_card", 1000)]),
    ]
    assert (balance(card.id), balance(credit)) == (1000, 500)
    assert sum(one.amount for one in shop.gateway.refunds.values()) == 988
    assert owner.opens(order)["payment_status"] == "refunded"
    drain()
    texts = " ".join(one.text for one in shop.mailer.sent)
    assert "the same code pays with it" in texts
    assert "It is store credit now" in texts
    assert differences() == []


def test_staff_may_give_store_credit_in_place_of_money(shop: Shop) -> None:
    shop.sells("MUG", 10)
    person, owner = a_customer(), shop.staff()
    card = a_gift_card(1000)
    customer, order = places(shop, shop.customer(person), gift_cards=[card.code])
    order = customer.pays(order)
    guest, other = places(shop)
    other = guest.pays(other)

    refund = owner.refunds(order, lines={0: 2}, shipping=True, to_store_credit=True)
    to_guest = owner.refunds(other, lines={0: 1}, to_store_credit=True)

    assert refund.json["status"] == "succeeded"
    assert Counter(
        (one["provider"], one["to_store_credit"], one["amount"]["amount"])
        for one in refund.json["transactions"]
    ) == Counter([("stripe", True, 1488), ("gift_card", False, 1000)])
    assert shop.gateway.refunds == {}
    own = customer.client.get("/api/v1/store-credit", headers=customer.headers).json
    assert own == {"balances": [{"amount": 1488, "currency": "EUR"}]}
    assert balance(card.id) == 1000
    assert (to_guest.status_code, to_guest.json["code"]) == (422, "store_credit_needs_account")
    assert differences() == []


def test_a_refund_follows_a_merged_card_and_renews_an_expired_one(shop: Shop) -> None:
    shop.sells("MUG", 10)
    person, owner = a_customer(), shop.staff()
    merged, expired = a_gift_card(1500), a_gift_card(2000)
    _, order = places(shop, gift_cards=[merged.code, expired.code])
    with transaction() as current:
        account = current.get(StoredValueAccount, expired.id)
        account.expires_at = clock.now() - timedelta(days=1)
    # What came back of another order, so that there is something to merge.
    with transaction():
        (card,) = ledger.locked(StoredValueAccount.id == merged.id)
        ledger.move(
            card,
            EntryKind.ADJUSTED,
            1,
            reference="x",
            by=person.principal,
        )
    with transaction():
        credit = stored_value_service.merge_gift_card(
            merged.code, customer_id=person.id, by=person.principal
        )

    owner.cancels(order)

    assert balance(credit) == 1 + 1500
    assert balance(merged.id) == 0
    assert owner.gets(f"/gift-cards/{expired.id}").json["status"] == "active"
    assert differences() == []


def test_changing_an_order_keeps_its_claim_within_the_total(shop: Shop) -> None:
    shop.sells("MUG", 10)
    with transaction():
        free_shipping(shop)
    guest, order = places(shop, gift_cards=[a_gift_card(1998).code])
    other, second = places(shop, gift_cards=[a_gift_card(2200).code])

    changed = guest.changes(order, shipping_method="pickup")
    refused = other.tries_to_change(second, shipping_method="pickup")

    assert changed["payment_status"] == "paid"
    assert (refused.status_code, refused.json["code"]) == (409, "total_below_tendered")
    assert other.cancels(second).status_code == 200
    assert differences() == []


def test_a_transfer_is_asked_for_what_the_gift_card_left(shop: Shop) -> None:
    shop.sells("MUG", 10)
    _, order = places(shop, gift_cards=[a_gift_card(1000).code], payment_method="manual")
    drain()

    assert "Please pay 14.88 EUR" in shop.mailer.sent[-1].text
    assert shop.staff().marks_paid(order).json["payment_status"] == "paid"
    assert differences() == []


def test_thirty_orders_and_the_last_cents_of_one_card(shop: Shop) -> None:
    """Without the lock on the balance: more is paid than the card held."""
    shop.sells("MUG", 100)
    card = a_gift_card(TOTAL + 1)
    guests = [shop.guest() for _ in range(30)]
    for guest in guests:
        guest.adds("MUG", 2)

    outcomes = at_once(
        shop.app,
        [lambda g=g: g.tries_to_check_out(gift_cards=[card.code]) for g in guests],  # type: ignore[misc]
    )

    assert (outcomes.of_status(201), outcomes.of_status(422)) == (2, 28)
    assert balance(card.id) == 0
    assert sum(one[2] for one in payments()) == TOTAL + 1
    assert differences() == []


def test_cancelling_paying_and_expiring_at_once_return_a_claim_once(shop: Shop) -> None:
    """Without the order's lock around the claim: it returns twice, or returns of a paid order."""
    shop.sells("MUG", 10)
    card = a_gift_card(1000)
    guest, order = places(shop, gift_cards=[card.code])
    shop.gateway.pay(guest.asks_to_pay(order)["payment_intent_id"])

    with clock.frozen(clock.now() + timedelta(hours=2)):
        at_once(
            shop.app,
            [lambda: guest.cancels(order)] * 6
            + [lambda: guest.confirms(order)] * 6
            + [checkout_flows.expire_unpaid_orders] * 6,
        )

    state = guest.sees(order)
    assert (state["payment_status"], balance(card.id)) in [("paid", 0), ("voided", 1000)]
    assert differences() == []


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_refunds_in_any_sequence_return_exactly_what_each_tender_paid(
    shop: Shop, owner: Staff, data: st.DataObject
) -> None:
    person = a_customer()
    amounts = data.draw(st.lists(st.integers(1, 1500), max_size=2))
    cards = [a_gift_card(amount) for amount in amounts]
    held = data.draw(st.integers(0, 1200))
    credit = some_store_credit(person.id, held) if held else None
    buyer = shop.customer(person)
    buyer.adds("MUG", 2)
    order = buyer.checks_out(gift_cards=[one.code for one in cards], store_credit=True)
    if order["payment_status"] != "paid":
        order = buyer.pays(order)
    cuts = sorted(data.draw(st.sets(st.integers(1, TOTAL - 1), max_size=4)))
    for amount in [after - before for before, after in pairwise([0, *cuts, TOTAL])]:
        refund = owner.refunds(order, amount=amount)
        assert refund.status_code == 201, refund.json
        assert sum(one["amount"]["amount"] for one in refund.json["transactions"]) == amount

    detail = owner.opens(order)
    for payment in detail["payments"]:
        assert payment["refunded"] == payment["captured"]
    assert [balance(one.id) for one in cards] == amounts
    assert credit is None or balance(credit) == held


@pytest.fixture
def owner(shop: Shop) -> Staff:
    """Someone who refunds, in a shop with mugs."""
    shop.sells("MUG", 1000)
    return shop.staff()


@given(
    total=st.integers(1, 10_000),
    balances=st.lists(st.integers(1, 6000), max_size=4),
    currency=st.sampled_from(["EUR", "JPY", "KWD", "ISK", "CLP"]),
)
def test_a_split_is_whole_and_leaves_nothing_or_enough(
    total: int, balances: list[int], currency: str
) -> None:
    parts = split(total, balances, least_rest=lambda rest: least_charge(rest, currency))
    rest = total - sum(parts)

    assert all(0 <= part <= held for part, held in zip(parts, balances, strict=True))
    assert rest in (0, total) or rest == least_charge(rest, currency)
    if sum(balances) >= total:
        assert rest == 0
