"""Whoever brings the news of a payment, and however often, the order is settled once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.payment_sync import flows as payment_sync_flows
from api.payments.models import PaymentEvent
from api.platform.attention import IS_OPEN, AttentionItem
from api.platform.db import session
from api.platform.outbox import OutboxEvent
from tests.support.shop import Buyer, Shop
from tests.support.stock import counters, journal
from tests.support.work import drain


def tells(shop: Shop, event_id: str, kind: str, object_id: str) -> Any:
    """Let the provider send a message."""
    return shop.app.test_client().post(
        "/api/v1/webhooks/stripe",
        data=f"{event_id} {kind} {object_id}",
        headers={"Stripe-Signature": "good"},
    )


def ordered(shop: Shop) -> tuple[Buyer, dict[str, Any], str]:
    """Have an order of two mugs with an open PaymentIntent."""
    shop.sells("MUG", 10)
    guest = shop.guest()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    return guest, order, guest.asks_to_pay(order)["payment_intent_id"]


def captured_events() -> list[int]:
    return list(session.scalars(select(PaymentEvent.amount).where(PaymentEvent.kind == "captured")))


def facts(name: str) -> int:
    return len(session.scalars(select(OutboxEvent.id).where(OutboxEvent.name == name)).all())


def test_the_webhook_settles_an_order_whose_customer_closed_the_tab(shop: Shop) -> None:
    guest, order, intent = ordered(shop)
    shop.gateway.pay(intent)

    answer = tells(shop, "evt_1", "payment_intent.succeeded", intent)
    drain()

    assert answer.status_code == 200
    assert guest.sees(order)["payment_status"] == "paid"
    assert captured_events() == [2488]


def test_webhook_and_customer_together_pay_once(shop: Shop) -> None:
    guest, order, intent = ordered(shop)
    shop.gateway.pay(intent)

    for number in range(3):
        tells(shop, f"evt_{number}", "payment_intent.succeeded", intent)
    guest.confirms(order)
    drain()
    guest.confirms(order)

    assert captured_events() == [2488]
    assert facts("OrderPaid") == 1


def test_the_same_message_is_stored_once(shop: Shop) -> None:
    _, _, intent = ordered(shop)

    for _ in range(3):
        assert tells(shop, "evt_1", "payment_intent.succeeded", intent).status_code == 200

    assert facts("ProviderEventReceived") == 1


def test_a_message_with_a_bad_signature_is_refused_and_not_stored(shop: Shop) -> None:
    answer = shop.app.test_client().post(
        "/api/v1/webhooks/stripe", data="evt_1 x y", headers={"Stripe-Signature": "forged"}
    )

    assert (answer.status_code, answer.json["code"]) == (400, "signature_invalid")
    assert facts("ProviderEventReceived") == 0


def test_messages_in_reversed_order_end_the_same(shop: Shop) -> None:
    guest, order, intent = ordered(shop)
    shop.gateway.pay(intent)

    tells(shop, "evt_2", "payment_intent.succeeded", intent)
    drain()
    tells(shop, "evt_1", "payment_intent.created", intent)
    tells(shop, "evt_0", "payment_intent.payment_failed", intent)
    drain()

    assert guest.sees(order)["payment_status"] == "paid"
    assert captured_events() == [2488]


def test_a_declined_card_is_told_and_the_customer_may_try_again(shop: Shop) -> None:
    guest, order, intent = ordered(shop)
    shop.gateway.decline(intent, "insufficient_funds")

    declined = guest.confirms(order)
    again = guest.asks_to_pay(order)
    shop.gateway.pay(intent)
    paid = guest.confirms(order)

    assert (declined.status_code, declined.json["code"]) == (402, "payment_declined")
    assert declined.json["decline_code"] == "insufficient_funds"
    assert again["payment_intent_id"] == intent
    assert paid.json["payment_status"] == "paid"


def test_a_lost_webhook_is_made_up_for_by_the_sweep(shop: Shop) -> None:
    guest, order, intent = ordered(shop)
    shop.gateway.pay(intent)

    with clock.frozen(clock.now() + timedelta(minutes=10)):
        payment_sync_flows.sweep_payments()

    assert guest.sees(order)["payment_status"] == "paid"


def test_a_lost_answer_of_the_provider_leads_back_to_the_same_intent(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    shop.gateway.loses_answers = 1
    lost = guest.client.post(
        "/api/v1/payments/create-payment-intent",
        json={"order_id": order["id"]},
        headers=guest.headers,
    )

    again = guest.asks_to_pay(order)

    assert (lost.status_code, lost.json["code"]) == (503, "gateway_unavailable")
    assert "Retry-After" in lost.headers
    assert list(shop.gateway.intents) == [again["payment_intent_id"]]


def test_money_for_a_cancelled_order_is_flagged_and_moves_no_stock(shop: Shop) -> None:
    guest, order, intent = ordered(shop)
    with clock.frozen(clock.now() + timedelta(hours=2)):
        checkout_flows.expire_unpaid_orders()
    mug = shop.variants["MUG"]
    before = journal(mug)
    # A payment that was on its way when the intent was cancelled, as with slow bank debits.
    paid = shop.gateway.intents[intent]
    shop.gateway.intents[intent] = type(paid)(
        id=intent, status="succeeded", amount=2488, currency="EUR", received=2488
    )

    tells(shop, "evt_1", "payment_intent.succeeded", intent)
    drain()

    seen = guest.sees(order)
    assert (seen["status"], seen["payment_status"]) == ("cancelled", "overpaid")
    assert journal(mug) == before
    assert session.scalars(select(AttentionItem.kind).where(IS_OPEN)).all() == ["late_transfer"]
    assert facts("AttentionRaised") == 1


def test_money_that_names_no_payment_of_ours_is_listed_once(shop: Shop) -> None:
    shop.gateway.create_intent(amount=500, currency="EUR", idempotency_key="x", metadata={})
    shop.gateway.pay("pi_1")

    for number in range(2):
        tells(shop, f"evt_{number}", "payment_intent.succeeded", "pi_1")
    drain()
    payment_sync_flows.sweep_payments()

    assert session.execute(select(AttentionItem.kind, AttentionItem.reference)).all() == [
        ("orphan_money", "pi_1")
    ]


def test_a_bank_transfer_is_marked_as_paid_by_staff(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 1)
    order = guest.checks_out(payment_method="manual")
    owner, picker = shop.staff(), shop.staff("warehouse")
    path = f"/orders/{order['id']}/mark-paid"

    refused = picker.posts(path, {"reference": "bank 12 Nov"})
    paid = owner.posts(path, {"reference": "bank 12 Nov"})
    twice = owner.posts(path, {"reference": "bank 12 Nov"})

    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    assert paid.json["payment_status"] == "paid"
    assert (twice.status_code, twice.json["code"]) == (409, "nothing_due")


def test_a_refund_that_the_bank_refuses_days_later_can_be_made_again(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    owner = shop.staff()
    owner.refunds(order, lines={0: 1})
    (refund_ref,) = shop.gateway.refunds

    shop.gateway.settle_refund(refund_ref, "failed", "lost_or_stolen_card")
    tells(shop, "evt_r", "refund.failed", refund_ref)
    drain()
    case = owner.gets(f"/orders/{order['id']}").json
    again = owner.refunds(order, lines={0: 1})

    assert case["payment_status"] == "paid"
    assert case["refunds"][0]["status"] == "failed"
    assert case["lines"][0]["refunded_quantity"] == 0
    assert again.status_code == 201
    assert counters(shop.variants["MUG"]).allocated == 1
