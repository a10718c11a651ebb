"""The provider refuses, or knows nothing of it: orders end all the same, and a person is told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.orders.models import Order
from api.payment_sync import flows as payment_sync_flows
from api.payments.errors import GatewayObjectUnknown, GatewayRefused
from api.platform.attention import IS_OPEN, AttentionItem
from api.platform.db import session
from tests.support.books import differences
from tests.support.shop import Shop, key
from tests.support.stock import counters
from tests.support.work import drain, let_waits_run_out

LATER = timedelta(days=3)


def an_order_to_pay(shop: Shop) -> tuple[dict[str, Any], str]:
    """Have a guest begin to pay; returns the order and its PaymentIntent."""
    before = set(shop.gateway.intents)
    buyer = shop.guest()
    order = shop.an_order(paid=False, buyer=buyer, MUG=1)
    buyer.asks_to_pay(order)
    drain()
    (intent,) = set(shop.gateway.intents) - before
    return order, intent


def refuses(shop: Shop, monkeypatch: pytest.MonkeyPatch, intent: str, error: Exception) -> None:
    """Let the provider refuse to withdraw a PaymentIntent, whatever becomes of it."""
    withdraw = shop.gateway.cancel_intent

    def cancel_intent(intent_id: str) -> Any:
        if intent_id == intent:
            raise error
        return withdraw(intent_id)

    monkeypatch.setattr(shop.gateway, "cancel_intent", cancel_intent)


def status(order: dict[str, Any]) -> str:
    """Read how an order stands."""
    session.rollback()
    found = session.scalars(select(Order).where(Order.number == order["number"])).one()
    return str(found.status)


def listed() -> list[tuple[str, str]]:
    """Return what is on the attention list: its kind and why."""
    session.rollback()
    rows = session.execute(select(AttentionItem.kind, AttentionItem.reason).where(IS_OPEN))
    return [(row.kind.value, row.reason) for row in rows]


@pytest.mark.parametrize(
    "error",
    [GatewayRefused(reason="no"), GatewayObjectUnknown(object_id="pi_1"), ZeroDivisionError("bug")],
    ids=["refused", "of-another-account", "a-fault"],
)
def test_one_order_that_cannot_be_withdrawn_keeps_no_other_from_expiring(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    shop.sells("MUG", 10)
    orders = [an_order_to_pay(shop) for _ in range(4)]
    refuses(shop, monkeypatch, orders[0][1], error)

    with clock.frozen(clock.now() + LATER):
        checkout_flows.expire_unpaid_orders()

    assert [status(order) for order, _ in orders[1:]] == ["cancelled"] * 3
    is_bug = isinstance(error, ZeroDivisionError)
    assert status(orders[0][0]) == ("placed" if is_bug else "cancelled")
    assert [kind for kind, _ in listed()] == ([] if is_bug else ["failing_job"])


def test_staff_cancel_an_order_whose_payment_cannot_be_withdrawn_and_money_for_it_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is payable still is tried again until it is not; what was paid goes before a person."""
    shop.sells("MUG", 10)
    order, intent = an_order_to_pay(shop)
    with monkeypatch.context() as patch:
        refuses(shop, patch, intent, GatewayRefused(reason="the intent is locked"))
        answer = shop.staff().posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

        assert (answer.status_code, answer.json["status"]) == (200, "cancelled"), answer.json
        ((kind, reason),) = listed()
        assert kind == "failing_job"
        assert "the intent is locked" in reason
        let_waits_run_out()
        payment_sync_flows.sweep_payments()
        assert [kind for kind, _ in listed()] == ["failing_job"]
    let_waits_run_out()
    payment_sync_flows.sweep_payments()

    assert shop.gateway.intents[intent].status == "canceled"
    assert listed() == []
    shop.gateway.pay_though_withdrawn(intent)
    payment_sync_flows.sweep_payments()
    assert [kind for kind, _ in listed()] == ["late_transfer"]


def test_staff_cancel_an_unpaid_order_while_the_provider_does_not_answer(shop: Shop) -> None:
    """It is payable there until the sweep has withdrawn it; hours of silence ask for a person."""
    mug = shop.sells("MUG", 10)
    order, intent = an_order_to_pay(shop)
    with shop.gateway.down():
        answer = shop.staff().posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

        assert (answer.status_code, answer.json["status"]) == (200, "cancelled"), answer.json
        assert answer.json["payment_status"] == "voided"
        assert counters(mug).allocated == 0
        assert shop.gateway.intents[intent].status == "requires_payment_method"
        for _ in range(12):
            assert listed() == []
            let_waits_run_out()
            payment_sync_flows.sweep_payments()
        assert [kind for kind, _ in listed()] == ["failing_job"]
    let_waits_run_out()
    payment_sync_flows.sweep_payments()

    assert shop.gateway.intents[intent].status == "canceled"
    assert listed() == []
    assert differences() == []


def test_money_that_came_while_the_provider_did_not_answer_is_put_before_a_person(
    shop: Shop,
) -> None:
    """Staff cannot know that the order was paid: it stays cancelled, and the money is listed."""
    shop.sells("MUG", 10)
    order, intent = an_order_to_pay(shop)
    shop.gateway.pay(intent)
    with shop.gateway.down():
        answer = shop.staff().posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    payment_sync_flows.sweep_payments()

    assert (answer.status_code, status(order)) == (200, "cancelled")
    assert [kind for kind, _ in listed()] == ["late_transfer"]
    assert differences() == []


def test_a_paid_order_is_cancelled_in_an_outage_and_its_refund_carried_out_once_after_it(
    shop: Shop,
) -> None:
    shop.sells("MUG", 10)
    order, owner, once = shop.an_order(MUG=1), shop.staff(), key()
    drain()
    path, body = f"/orders/{order['id']}/cancel", {"reason": "customer"}
    with shop.gateway.down():
        answer = owner.posts(path, body, idempotency_key=once)
        again = owner.posts(path, body, idempotency_key=once)
    pending = owner.opens(order)["refund_pending"]["amount"]
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        payment_sync_flows.sweep_refunds()
        payment_sync_flows.sweep_refunds()

    assert (answer.status_code, answer.json["status"]) == (200, "cancelled"), answer.json
    assert (again.status_code, again.data) == (200, answer.data)
    case = owner.opens(order)
    assert pending == case["captured"]["amount"] == case["refunded"]["amount"] > 0
    assert case["refund_pending"]["amount"] == 0
    assert len(shop.gateway.refunds) == 1
    assert listed() == []
    assert differences() == []


def test_a_paid_order_of_another_account_is_cancelled_and_its_refund_listed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the shop's keys were changed for those of another account."""
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=1)
    drain()
    unknown = GatewayObjectUnknown(object_id="pi_1")

    def knows_nothing(*_: Any, **__: Any) -> Any:
        raise unknown

    for question in ("refunds_of", "disputes_of", "refund", "fetch_intent", "cancel_intent"):
        monkeypatch.setattr(shop.gateway, question, knows_nothing)
    answer = shop.staff().posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

    assert (answer.status_code, answer.json["status"]) == (200, "cancelled"), answer.json
    drain()
    assert [kind for kind, _ in listed()] == ["failed_refund"]
