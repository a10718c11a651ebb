"""Stripe answers late, with errors, or does its work and the answer gets lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.support.live import Visitor, key
from tests.support.town import Town
from tests.support.waiting import eventually

INTENTS = "/v1/payment_intents"
ONE_INTENT = "/v1/payment_intents/pi_[^/]*"
REFUNDS = "/v1/refunds"
WEBHOOK = "/api/v1/webhooks/stripe"
LONG_AGO = "now() - interval '1 hour'"
IDLE_IN_TRANSACTION = """
    SELECT query FROM pg_stat_activity
    WHERE application_name = 'stockroom' AND state LIKE 'idle in transaction%'"""


def asks_to_pay(visitor: Visitor, order: dict[str, Any]) -> httpx.Response:
    """Ask for a PaymentIntent and return the answer, whatever it is."""
    wanted = {"order_id": order["id"]}
    return visitor.sends("POST", "/payments/create-payment-intent", wanted)


def gives_back(town: Town, order: dict[str, Any], named: str = "") -> httpx.Response:
    """Refund the first line of an order and return the answer, whatever it is."""
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    return town.owner.sends(
        "POST",
        f"/orders/{order['id']}/refunds",
        {"lines": [line], "reason": "late"},
        headers={"Idempotency-Key": named or key()},
    )


def test_late_answers_hold_nobody_else_up_and_charge_nobody_twice(
    town: Town, at_once: ThreadPoolExecutor
) -> None:
    """Each first answer comes after our patience (10 s) is over: Stripe is asked once more.

    Meanwhile no connection to the database waits inside a transaction, and others buy.
    """
    town.owner.sells("PIANO", 9, price=20_000)
    paying, confirming = (
        town.visitor("paying@example.test"),
        town.visitor("confirming@example.test"),
    )
    refunded = town.a_paid_order("PIANO", by=town.visitor("refunded@example.test"))
    order, paid = paying.orders("PIANO"), confirming.orders("PIANO")
    intent = confirming.asks_to_pay(paid)

    with (
        town.from_stripe.refusing("POST", WEBHOOK, 503),
        town.to_stripe.holding_answers("POST", INTENTS, times=1) as one,
        town.to_stripe.holding_answers("GET", ONE_INTENT, times=1) as two,
        town.to_stripe.holding_answers("POST", REFUNDS, times=1) as three,
    ):
        town.till.pay(intent)
        late = [
            at_once.submit(asks_to_pay, paying, order),
            at_once.submit(confirming.confirms, paid),
            at_once.submit(gives_back, town, refunded),
        ]
        for held in (one, two, three):
            held.wait()
        # The worker is for moments between two statements; whoever waits for Stripe must not be.
        eventually(lambda: not town.shop.sql(IDLE_IN_TRANSACTION), within=6, what="no one idle")
        other = town.visitor("meanwhile@example.test").orders("PIANO", payment_method="manual")
        asked, settled, given = (request.result(40) for request in late)

    assert other["payment_status"] == "unpaid"
    assert asked.status_code == 200
    assert settled["payment_status"] == "paid"
    assert (given.status_code, given.json()["status"]) == (201, "succeeded")
    assert len(town.till.of_order(order["id"])[0]) == 1
    assert [refund["amount"] for refund in town.till.of_order(refunded["id"])[1]] == [20_000]
    assert town.till.pay(asked.json()).status_code == 200
    paying.waits_until(order, payment_status="paid")


def test_while_stripe_fails_customers_are_asked_to_come_again(town: Town) -> None:
    town.owner.sells("FLUTE", 9)
    guest = town.visitor("flute@example.test")
    order = guest.orders("FLUTE")

    with town.to_stripe.refusing("POST", INTENTS, 500):
        refused = asks_to_pay(guest, order)
    intent = guest.asks_to_pay(order)
    town.till.pay(intent)
    with town.to_stripe.refusing("GET", ONE_INTENT, 500):
        unknown = guest.sends("POST", f"/payments/confirm-payment/{order['id']}")

    assert (refused.status_code, refused.json()["code"]) == (503, "gateway_unavailable")
    assert refused.headers["Retry-After"] == "5"
    assert unknown.status_code == 503
    guest.waits_until(order, payment_status="paid")
    assert [i["amount_received"] for i in town.till.of_order(order["id"])[0]] == [999 + 490]


def test_an_intent_whose_answer_was_lost_is_found_again(town: Town) -> None:
    """All three attempts reach Stripe, and no answer comes back: the customer asks once more."""
    town.owner.sells("DRUM", 9, price=11_000)
    guest = town.visitor("drum@example.test")
    order = guest.orders("DRUM")

    with town.to_stripe.losing_answers("POST", INTENTS):
        lost = asks_to_pay(guest, order)
    intent = guest.asks_to_pay(order)

    assert lost.status_code == 503
    there, _ = town.till.of_order(order["id"])
    assert [each["id"] for each in there] == [intent["payment_intent_id"]]
    town.till.pay(intent)
    assert guest.confirms(order)["payment_status"] == "paid"


def test_the_sweep_finds_money_that_nobody_told_us_of(town: Town) -> None:
    """One webhook is lost for good; one customer paid an intent whose answer we never saw.

    And one payment on the same account is none of ours: it is listed, once, for a person.
    """
    town.owner.sells("HARP", 9, price=40_000)
    untold, unseen = town.visitor("untold@example.test"), town.visitor("unseen@example.test")
    first, second = untold.orders("HARP"), unseen.orders("HARP")
    attention_before = town.owner.gets("/overview")["needs_attention"]

    with town.from_stripe.refusing("POST", WEBHOOK, 200):
        town.till.pay(untold.asks_to_pay(first))
        with town.to_stripe.losing_answers("POST", INTENTS):
            asks_to_pay(unseen, second)
        (intent,), _ = town.till.of_order(second["id"])
        town.till.pay({
            "payment_intent_id": intent["id"],
            "client_secret": intent["client_secret"],
            "publishable_key": town.shop.env["STRIPE_PUBLISHABLE_KEY"],
        })  # fmt: skip
        stranger = town.till.charges_for_somebody_else(777)
        untouched = [untold.sees(first), unseen.sees(second)]
        town.shop.sql(f"UPDATE payments SET checked_at = {LONG_AGO} WHERE status <> 'captured'")
        town.wakes("sweep-payments")
        town.wakes("sweep-payments")

    assert [order["payment_status"] for order in untouched] == ["pending", "pending"]
    assert untold.sees(first)["payment_status"] == "paid"
    assert unseen.sees(second)["payment_status"] == "paid"
    listed = "SELECT amount FROM attention_items WHERE kind = 'orphan_money' AND reference = :i"
    orphans = town.shop.sql(listed, i=stranger)
    assert orphans == [(777,)]
    assert town.owner.gets("/overview")["needs_attention"] == attention_before + 1
    town.letter_to("untold@example.test", about="confirmed")
    town.letter_to("unseen@example.test", about="confirmed")


def test_refunds_that_stripe_did_not_answer_are_finished_by_the_shop(town: Town) -> None:
    """One is refused with 500s, one is done and its answer lost: each is given once."""
    town.owner.sells("CELLO", 9, price=15_000)
    failed = town.a_paid_order("CELLO", by=town.visitor("failed@example.test"))
    lost = town.a_paid_order("CELLO", by=town.visitor("lost@example.test"))
    named = key()

    with town.to_stripe.refusing("POST", REFUNDS, 500):
        first = gives_back(town, failed, named)
    with (
        town.from_stripe.refusing("POST", WEBHOOK, 200),  # or its message would finish it at once
        town.to_stripe.losing_answers("POST", REFUNDS),
    ):
        second = gives_back(town, lost)
    pending = [town.owner.opens(order)["refund_pending"]["amount"] for order in (failed, lost)]
    too_much = gives_back(town, lost)
    town.shop.sql(f"UPDATE refunds SET created_at = {LONG_AGO} WHERE status = 'requested'")
    town.wakes("sweep-refunds")
    repeated = gives_back(town, failed, named)

    assert (first.status_code, second.status_code) == (503, 503)
    assert pending == [15_000, 15_000]
    assert (too_much.status_code, too_much.json()["code"]) == (422, "quantity_exceeds_refundable")
    for order in (failed, lost):
        case = town.owner.opens(order)
        assert (case["payment_status"], case["refund_pending"]["amount"]) == ("refunded", 0)
        assert [each["amount"] for each in town.till.of_order(order["id"])[1]] == [15_000]
    assert (repeated.status_code, repeated.json()["status"]) == (201, "succeeded")
    town.letter_to("failed@example.test", about="refund of 150.00 EUR")
    town.letter_to("lost@example.test", about="refund of 150.00 EUR")


def test_an_unpaid_order_does_not_end_while_stripe_cannot_say_whether_it_was_paid(
    town: Town,
) -> None:
    town.owner.sells("VIOLA", 1)
    guest = town.visitor("viola@example.test")
    order = guest.orders("VIOLA")
    guest.asks_to_pay(order)
    town.shop.sql("UPDATE orders SET expires_at = now() WHERE id = :id", id=order["id"])

    with town.to_stripe.refusing("POST", f"{ONE_INTENT}/cancel", 500):
        town.wakes("expire-unpaid-orders")
        meanwhile = guest.sees(order)
    town.hurries()
    town.wakes("expire-unpaid-orders")

    assert meanwhile["status"] == "placed"
    ended = guest.sees(order)
    assert (ended["status"], ended["payment_status"]) == ("cancelled", "voided")
    assert town.owner.level("VIOLA")["available"] == 1
    assert [intent["status"] for intent in town.till.of_order(order["id"])[0]] == ["canceled"]
