"""Money and goods on their way back."""

from typing import Any

import pytest
from sqlalchemy import select

from api.payment_sync.flows import sweeps as payment_sync
from api.payments.models import Payment
from api.platform.db import session
from tests.support.shop import Shop, Staff, key
from tests.support.stock import counters, journal
from tests.support.work import drain


def shipped(staff: Staff, order: dict[str, Any], **lines: int) -> Any:
    """Ship all of an order."""
    answer = staff.posts(
        f"/orders/{order['id']}/ship", {"carrier": "dhl", "tracking_number": "00340434161094"}
    )
    assert answer.status_code == 201, answer.json
    return answer.json


def books() -> tuple[int, int, int]:
    row = session.execute(select(Payment.captured, Payment.refunded, Payment.refund_pending)).one()
    return tuple(row)


def test_half_a_refund_leaves_the_other_half_refundable(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    shipped(owner, order)

    refund = owner.refunds(order, lines={0: 1}, restock=True)
    case = owner.gets(f"/orders/{order['id']}").json

    assert refund.status_code == 201
    assert refund.json["amount"] == {"amount": 999, "currency": "EUR"}
    assert refund.json["status"] == "succeeded"
    assert case["payment_status"] == "partially_refunded"
    assert case["refundable"] == {"amount": 1489, "currency": "EUR"}
    assert case["lines"][0]["refundable_quantity"] == 1
    assert counters(mug).on_hand == 9
    assert journal(mug)[-1] == ("restocked", 1, 0, 0, 9)
    assert books() == (2488, 999, 0)


def test_refunding_units_that_have_not_left_cancels_them(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=3), shop.staff()

    owner.refunds(order, lines={0: 1}, restock=True)
    case = owner.gets(f"/orders/{order['id']}").json

    assert (case["lines"][0]["cancelled_quantity"], case["lines"][0]["open_quantity"]) == (1, 2)
    assert (counters(mug).on_hand, counters(mug).allocated) == (10, 2)
    assert shipped(owner, order)["lines"][0]["quantity"] == 2


def test_everything_refunded_before_it_left_cancels_the_order(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()

    owner.refunds(order, lines={0: 2}, shipping=True)
    case = owner.gets(f"/orders/{order['id']}").json

    assert (case["status"], case["payment_status"]) == ("cancelled", "refunded")
    assert counters(mug).allocated == 0
    assert books() == (2488, 2488, 0)


def test_three_thirds_of_an_odd_price_add_up(shop: Shop) -> None:
    shop.sells("SET", 10, price="3.33 EUR")
    order, owner = shop.an_order(SET=3), shop.staff()

    amounts = [owner.refunds(order, lines={0: 1}).json["amount"]["amount"] for _ in range(3)]

    assert sum(amounts) == 999
    too_many = owner.refunds(order, lines={0: 1})
    assert (too_many.status_code, too_many.json["code"]) == (422, "quantity_exceeds_refundable")


def test_the_quote_says_what_the_refund_will_come_to(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    lines = [{"order_line_id": order["lines"][0]["id"], "quantity": 2}]

    quote = owner.posts(
        f"/orders/{order['id']}/refunds/quote", {"lines": lines, "shipping": True}
    ).json
    wrong = owner.posts(
        f"/orders/{order['id']}/refunds",
        {"lines": lines, "reason": "late", "expected_amount": quote["amount"]},
    )

    assert quote["amount"] == {"amount": 2488, "currency": "EUR"}
    assert quote["shipping"] == {"amount": 490, "currency": "EUR"}
    assert (wrong.status_code, wrong.json["code"]) == (409, "refund_changed")
    assert books() == (2488, 0, 0)


def test_the_same_refund_sent_twice_gives_money_back_once(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner, once = shop.an_order(MUG=2), shop.staff(), key()

    first = owner.refunds(order, lines={0: 1}, idempotency_key=once)
    replay = owner.refunds(order, lines={0: 1}, idempotency_key=once)

    assert replay.headers["Idempotent-Replayed"] == "true"
    assert replay.data == first.data
    assert len(shop.gateway.refunds) == 1


def test_a_refund_whose_answer_was_lost_goes_on_with_the_same_key(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner, once = shop.an_order(MUG=2), shop.staff(), key()
    shop.gateway.loses_answers = 1

    lost = owner.refunds(order, lines={0: 1}, idempotency_key=once)
    pending = books()
    again = owner.refunds(order, lines={0: 1}, idempotency_key=once)

    assert (lost.status_code, lost.json["code"]) == (503, "gateway_unavailable")
    assert pending == (2488, 0, 999)
    assert (again.status_code, again.json["status"]) == (201, "succeeded")
    assert books() == (2488, 999, 0)
    assert len(shop.gateway.refunds) == 1


def test_a_refund_that_nobody_repeats_is_finished_by_the_sweep(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    with shop.gateway.down():
        assert owner.refunds(order, lines={0: 1}).status_code == 503
    monkeypatch.setattr(payment_sync, "REFUND_STALE_AFTER", -payment_sync.REFUND_STALE_AFTER)

    payment_sync.sweep_refunds()

    assert books() == (2488, 999, 0)
    assert owner.gets(f"/orders/{order['id']}").json["refunds"][0]["status"] == "succeeded"


def test_a_refund_that_the_provider_refuses_takes_its_promise_back(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    (intent,) = shop.gateway.intents
    # Someone refunds it all in the provider's own dashboard, between our look and our request.
    shop.gateway.before_answer = lambda call: (
        shop.gateway.refund_in_dashboard(intent, 2488)
        if call == "disputes_of" and not shop.gateway.refunds
        else None
    )

    refund = owner.refunds(order, lines={0: 1})
    drain()
    case = owner.gets(f"/orders/{order['id']}").json

    assert (refund.status_code, refund.json["status"]) == (201, "failed")
    assert "left" in refund.json["failure"]
    assert books() == (2488, 2488, 0)
    assert case["lines"][0]["refunded_quantity"] == 0


def test_goods_come_back_on_the_shelf_once_however_the_refund_goes(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    shipped(owner, order)
    (intent,) = shop.gateway.intents
    shop.gateway.before_answer = lambda call: (
        shop.gateway.refund_in_dashboard(intent, 1)
        if call == "disputes_of" and not shop.gateway.refunds
        else None
    )

    failed = owner.refunds(order, lines={0: 1}, shipping=True, restock=True)
    drain()
    again = owner.refunds(order, lines={0: 1}, restock=True)

    assert (failed.json["status"], again.json["status"]) == ("failed", "succeeded")
    assert counters(mug).on_hand == 10


def test_cancelling_gives_everything_back(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()

    answer = owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    again = owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["payment_status"]) == ("cancelled", "refunded")
    assert (counters(mug).on_hand, counters(mug).allocated) == (10, 0)
    assert books() == (2488, 2488, 0)
    assert (again.status_code, again.json["code"]) == (409, "invalid_state")
    assert again.json["current"] == "cancelled"


def test_cancelling_an_unpaid_order_withdraws_its_payment(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]

    shop.staff().posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

    assert shop.gateway.intents[intent].status == "canceled"
    assert guest.sees(order)["payment_status"] == "voided"


def test_cancelling_the_rest_of_a_partly_shipped_order_completes_it(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=3), shop.staff()
    line = order["lines"][0]["id"]
    owner.posts(
        f"/orders/{order['id']}/ship",
        {"lines": [{"order_line_id": line, "quantity": 1}], "carrier": "dhl"},
    )

    answer = owner.posts(f"/orders/{order['id']}/cancel", {"reason": "out_of_stock"})

    assert (answer.json["status"], answer.json["fulfilment_status"]) == ("completed", "shipped")
    assert books() == (3487, 1998, 0)
    assert (counters(mug).on_hand, counters(mug).allocated) == (9, 0)


def test_support_may_refund_and_the_warehouse_may_not(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)

    refused = shop.staff("warehouse").refunds(order, lines={0: 1})
    allowed = shop.staff("support").refunds(order, lines={0: 1})

    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    assert allowed.status_code == 201
    assert books() == (2488, 999, 0)


def test_a_cash_payment_is_refunded_by_hand_and_recorded(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 1)
    order = guest.checks_out(payment_method="manual")
    owner = shop.staff()
    owner.posts(f"/orders/{order['id']}/mark-paid", {"reference": "cash"})

    refund = owner.refunds(order, lines={0: 1})

    assert refund.json["status"] == "succeeded"
    assert books() == (1489, 999, 0)
    assert shop.gateway.refunds == {}


def test_what_was_paid_in_part_goes_back_when_the_order_is_cancelled(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 1)
    order = guest.checks_out(payment_method="manual")
    owner = shop.staff()
    part = {"amount": 500, "currency": "EUR"}
    owner.posts(f"/orders/{order['id']}/mark-paid", {"reference": "cash", "amount": part})

    owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    case = owner.gets(f"/orders/{order['id']}").json

    assert (case["status"], case["payment_status"]) == ("cancelled", "refunded")
    assert [refund["amount"] for refund in case["refunds"]] == [part]
