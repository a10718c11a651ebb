"""The stand-in for Stripe, asked through Stripe's own SDK: payments, keys, pages and messages."""

import urllib.error
from typing import Any

import pytest
import stripe

from tests.dev.conftest import eventually
from tests.support.fake_stripe import FakeStripe


def test_a_customer_pays_with_the_publishable_key_and_the_secret(fake: FakeStripe) -> None:
    intent = fake.intent()

    paid = fake.pay_as_customer(intent, intent.client_secret or "")

    assert paid["status"] == "succeeded"
    assert paid["amount_received"] == 1299
    eventually(lambda: "payment_intent.succeeded" in fake.kinds())


def test_a_stranger_cannot_pay_with_a_wrong_secret(fake: FakeStripe) -> None:
    intent = fake.intent()

    with pytest.raises(urllib.error.HTTPError) as refused:
        fake.pay_as_customer(intent, "pi_wrong")

    refused.value.close()
    assert refused.value.code == 401
    assert fake.sdk.payment_intents.retrieve(intent.id).status == "requires_payment_method"


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_declined_card_says_why_and_another_card_may_follow(
    fake: FakeStripe, card: str, code: str, decline_code: str
) -> None:
    intent = fake.intent()

    with pytest.raises(stripe.CardError) as declined:
        fake.sdk.payment_intents.confirm(intent.id, {"payment_method": card})

    assert declined.value.code == code
    assert declined.value.error is not None
    assert declined.value.error.decline_code == decline_code
    again = fake.sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert again.status == "succeeded"
    eventually(
        lambda: {"payment_intent.payment_failed", "payment_intent.succeeded"} <= set(fake.kinds())
    )


def test_the_same_idempotency_key_is_the_same_payment(fake: FakeStripe) -> None:
    asked = {"amount": 500, "currency": "eur"}
    first = fake.sdk.payment_intents.create(asked, {"idempotency_key": "order-1"})

    again = fake.sdk.payment_intents.create(asked, {"idempotency_key": "order-1"})

    assert again.id == first.id
    with pytest.raises(stripe.IdempotencyError):
        fake.sdk.payment_intents.create(asked | {"amount": 501}, {"idempotency_key": "order-1"})


def test_no_more_is_refunded_than_was_paid(fake: FakeStripe) -> None:
    intent = fake.intent(1000, confirm=True, payment_method="pm_card_visa")

    refund = fake.sdk.refunds.create(
        {"payment_intent": intent.id, "amount": 600, "reason": "requested_by_customer"}
    )

    assert (refund.status, refund.amount) == ("succeeded", 600)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        fake.sdk.refunds.create({"payment_intent": intent.id, "amount": 401})
    fake.sdk.refunds.create({"payment_intent": intent.id, "amount": 400})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        fake.sdk.refunds.create({"payment_intent": intent.id, "amount": 1})
    assert refused.value.code == "charge_already_refunded"
    eventually(lambda: fake.kinds().count("refund.created") == 2)


def test_a_paid_intent_is_not_cancelled(fake: FakeStripe) -> None:
    paid = fake.intent(confirm=True, payment_method="pm_card_visa")
    unpaid = fake.intent()

    with pytest.raises(stripe.InvalidRequestError) as refused:
        fake.sdk.payment_intents.cancel(paid.id)
    cancelled = fake.sdk.payment_intents.cancel(unpaid.id, {"cancellation_reason": "abandoned"})

    assert refused.value.code == "payment_intent_unexpected_state"
    assert cancelled.status == "canceled"
    eventually(lambda: "payment_intent.canceled" in fake.kinds())


def test_a_card_that_is_held_is_captured_later(fake: FakeStripe) -> None:
    held = fake.intent(800, capture_method="manual", confirm=True, payment_method="pm_card_visa")

    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture",
        800,
        0,
    )
    captured = fake.sdk.payment_intents.capture(held.id)
    assert (captured.status, captured.amount_received) == ("succeeded", 800)
    eventually(lambda: "payment_intent.amount_capturable_updated" in fake.kinds())


def test_recent_intents_come_newest_first(fake: FakeStripe) -> None:
    older, newer = fake.intent(), fake.intent()

    listed = fake.sdk.payment_intents.list({"created": {"gte": older.created - 60}, "limit": 2})

    assert [intent.id for intent in listed.data] == [newer.id, older.id]
    everyone = [intent.id for intent in listed.auto_paging_iter()]
    assert len(everyone) == len(set(everyone)) > 2
    assert fake.sdk.payment_intents.list({"created": {"lt": 1}}).data == []


def test_events_reach_a_shop_that_was_away(fake: FakeStripe) -> None:
    fake.is_away = True
    intent = fake.intent(confirm=True, payment_method="pm_card_visa")

    fake.is_away = False

    eventually(
        lambda: any(
            event.type == "payment_intent.succeeded" and event.data.object["id"] == intent.id
            for event in fake.events
        )
    )


def test_nothing_is_forgotten_over_a_kill(stage: tuple[FakeStripe, Any], fake: FakeStripe) -> None:
    _, running = stage
    fake.is_away = True
    intent = fake.intent(confirm=True, payment_method="pm_card_visa")

    running.kill()
    fake.is_away = False
    running.start()

    assert fake.sdk.payment_intents.retrieve(intent.id).status == "succeeded"
    eventually(lambda: "payment_intent.succeeded" in fake.kinds())
