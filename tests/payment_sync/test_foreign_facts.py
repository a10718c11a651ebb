"""Refunds, disputes and warnings that the shop did not cause are taken over once, in any order."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.kernel import clock
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync.flows import sweeps
from api.payments.models import Payment, ProviderEvent
from api.platform.attention import IS_OPEN, AttentionItem
from api.platform.db import session
from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.stock import counters, journal
from tests.support.work import drain

MONEY_OF_TWO_MUGS = 2488


def tells(shop: Shop, kind: str, object_id: str, intent: str = "", times: int = 2) -> None:
    """Let the provider send the same message so often, and the worker apply it."""
    for number in range(times):
        answer = shop.app.test_client().post(
            "/api/v1/webhooks/stripe",
            data=f"evt_{kind}_{object_id}_{number} {kind} {object_id} {intent}",
            headers={"Stripe-Signature": "good"},
        )
        assert answer.status_code == 200, answer.json
    drain()


def paid_order(shop: Shop) -> tuple[dict[str, Any], str, Staff]:
    """Have a paid order of two mugs: 24.88 EUR."""
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    (intent,) = shop.gateway.intents
    return order, intent, shop.staff()


def case_of(staff: Staff, order: dict[str, Any]) -> dict[str, Any]:
    return dict(staff.gets(f"/orders/{order['id']}").json)


def ships(staff: Staff, order: dict[str, Any]) -> Any:
    return staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})


def attention() -> list[str]:
    return list(session.scalars(select(AttentionItem.kind).where(IS_OPEN).order_by("kind")))


def held(case: dict[str, Any]) -> list[str]:
    return [hold["reason"] for hold in case["holds"] if hold["released_at"] is None]


def euros(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "EUR"}


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "charge.refund.updated"])
def test_a_refund_made_in_the_dashboard_is_taken_over(shop: Shop, kind: str) -> None:
    order, intent, owner = paid_order(shop)
    before = journal(shop.variants["MUG"])
    refund = shop.gateway.refund_in_dashboard(intent, 2000)

    tells(shop, kind, refund)

    case = case_of(owner, order)
    assert (case["payment_status"], case["refundable"]) == ("partially_refunded", euros(488))
    (shown,) = case["refunds"]
    assert (shown["origin"], shown["status"], shown["amount"]) == (
        "provider", "succeeded", euros(2000),
    )  # fmt: skip
    assert [e["kind"] for e in case["timeline"]].count("foreign_refund") == 1
    assert attention() == ["foreign_refund"]
    assert journal(shop.variants["MUG"]) == before
    assert differences() == []


def test_a_refunded_charge_tells_of_all_its_refunds(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    for _ in range(2):
        shop.gateway.refund_in_dashboard(intent, 1000)

    tells(shop, "charge.refunded", "ch_1", intent)

    assert case_of(owner, order)["refundable"] == euros(488)
    assert differences() == []


def test_the_customer_sees_and_is_told_of_a_foreign_refund(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer = shop.guest()
    order = shop.an_order(MUG=2, buyer=buyer)
    (intent,) = shop.gateway.intents

    tells(shop, "refund.created", shop.gateway.refund_in_dashboard(intent, 2000))

    seen = buyer.sees(order)
    assert (seen["payment_status"], seen["refunded"]) == ("partially_refunded", euros(2000))
    assert any("20.00 EUR" in one.text and one.to == order["email"] for one in shop.mailer.sent)


def test_nothing_ships_when_all_money_went_back_without_us(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)

    tells(shop, "refund.created", shop.gateway.refund_in_dashboard(intent, MONEY_OF_TWO_MUGS))

    case = case_of(owner, order)
    assert (case["status"], case["payment_status"]) == ("placed", "refunded")
    assert held(case) == ["foreign_refund"]
    assert owner.gets("/orders", queue="to_ship").json["data"] == []
    assert [o["id"] for o in owner.gets("/orders", queue="on_hold").json["data"]] == [order["id"]]
    refused = ships(owner, order)
    assert (refused.status_code, refused.json["code"]) == (409, "order_on_hold")
    assert refused.json["holds"][0]["reason"] == "foreign_refund"
    assert counters(shop.variants["MUG"]).allocated == 2
    assert owner.posts(f"/orders/{order['id']}/cancel", {"reason": "fraud"}).status_code == 200
    assert counters(shop.variants["MUG"]).allocated == 0
    assert differences() == []


def test_a_foreign_refund_that_fails_gives_its_amount_back(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    refund = shop.gateway.refund_in_dashboard(intent, MONEY_OF_TWO_MUGS)
    tells(shop, "refund.created", refund)

    shop.gateway.settle_refund(refund, "failed", "lost_or_stolen_card")
    tells(shop, "refund.failed", refund)

    case = case_of(owner, order)
    assert (case["payment_status"], case["refundable"]) == ("paid", euros(MONEY_OF_TWO_MUGS))
    assert held(case) == []
    assert attention() == ["failed_refund"]
    assert ships(owner, order).status_code == 201
    assert differences() == []


def test_an_unknown_status_of_a_refund_is_kept_and_shown(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    refund = shop.gateway.refund_in_dashboard(intent, 500, status="waiting_for_the_moon")

    tells(shop, "refund.created", refund)

    (shown,) = case_of(owner, order)["refunds"]
    assert (shown["status"], shown["provider_status"]) == ("submitted", "waiting_for_the_moon")
    assert case_of(owner, order)["refund_pending"] == euros(500)


def test_news_of_our_own_refund_before_its_answer_makes_no_foreign_one(shop: Shop) -> None:
    order, _, owner = paid_order(shop)
    shop.gateway.loses_answers = 1
    lost = owner.refunds(order, lines={0: 1})
    (refund,) = shop.gateway.refunds

    tells(shop, "refund.created", refund)

    assert lost.status_code == 503
    case = case_of(owner, order)
    assert [(r["origin"], r["status"]) for r in case["refunds"]] == [("shop", "succeeded")]
    assert attention() == []
    assert differences() == []


@pytest.mark.parametrize("units", [1, 2], ids=["room for another", "none"])
def test_a_refund_goes_on_once_after_the_provider_forgot_its_key(shop: Shop, units: int) -> None:
    """Stripe keeps keys for a day. A refund whose answer was lost is looked for before it is sent
    anew, or it would go back twice; or, where nothing is left, count as refused."""
    order, _, owner = paid_order(shop)
    shop.gateway.loses_answers = 1
    owner.refunds(order, lines={0: units}, shipping=units == 2)
    shop.gateway.forget_keys()

    with clock.frozen(clock.now() + timedelta(days=2)):
        payment_sync_flows.sweep_refunds()
    drain()

    assert len(shop.gateway.refunds) == 1
    case = case_of(owner, order)
    assert [(r["origin"], r["status"]) for r in case["refunds"]] == [("shop", "succeeded")]
    assert attention() == []
    assert differences() == []


def test_a_refund_that_the_provider_has_is_not_refused_by_its_own_repetition(shop: Shop) -> None:
    order, _, owner = paid_order(shop)
    shop.gateway.loses_answers = 1
    owner.refunds(order, lines={0: 2}, shipping=True)
    shop.gateway.forget_keys()

    with clock.frozen(clock.now() + timedelta(minutes=5)):
        payment_sync_flows.sweep_refunds()
    drain()

    case = case_of(owner, order)
    assert [r["status"] for r in case["refunds"]] == ["succeeded"]
    assert case["payment_status"] == "refunded"


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "message lost"])
def test_after_a_foreign_part_everything_else_goes_back(shop: Shop, is_told: bool) -> None:
    order, intent, owner = paid_order(shop)
    refund = shop.gateway.refund_in_dashboard(intent, 1000)
    if is_told:
        tells(shop, "refund.created", refund)

    too_much = owner.refunds(order, lines={0: 2}, shipping=True)
    assert (too_much.status_code, too_much.json["code"]) == (409, "refund_exceeds_captured")
    cancelled = owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    drain()

    assert cancelled.status_code == 200
    case = case_of(owner, order)
    assert (case["status"], case["payment_status"]) == ("cancelled", "refunded")
    assert sorted(r["amount"]["amount"] for r in case["refunds"]) == [1000, 1488]
    assert {r["status"] for r in case["refunds"]} == {"succeeded"}
    assert differences() == []


def test_a_refund_that_stripe_refuses_makes_us_read_its_books(shop: Shop) -> None:
    """The dashboard was faster than our request, and no message came."""
    order, intent, owner = paid_order(shop)
    shop.gateway.before_answer = lambda call: (
        shop.gateway.refund_in_dashboard(intent, 2000)
        if call == "disputes_of" and not shop.gateway.refunds
        else None
    )

    refused = owner.refunds(order, lines={0: 1})
    drain()

    assert (refused.status_code, refused.json["status"]) == (201, "failed")
    case = case_of(owner, order)
    assert case["refundable"] == euros(488)
    assert case["lines"][0]["refunded_quantity"] == 0
    assert attention() == ["failed_refund", "foreign_refund"]
    assert differences() == []


def test_a_dispute_holds_the_goods_and_refuses_refunds(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent)

    tells(shop, "charge.dispute.created", dispute)

    case = case_of(owner, order)
    (shown,) = case["disputes"]
    assert (shown["status"], shown["reason"]) == ("needs_response", "fraudulent")
    assert (shown["amount"], shown["fee"]) == (euros(MONEY_OF_TWO_MUGS), euros(2000))
    assert (case["payment_status"], held(case)) == ("paid", ["dispute"])
    assert ships(owner, order).json["code"] == "order_on_hold"
    answer = owner.refunds(order, lines={0: 1})
    assert (answer.status_code, answer.json["code"]) == (409, "dispute_open")
    assert answer.json["evidence_due_by"] == shown["evidence_due_by"]
    assert shop.gateway.refunds == {}
    (told,) = [one for one in shop.mailer.sent if one.to == "office@shop.test"]
    assert told.subject == f"Please look: dispute, 24.88 EUR on order {order['number']}"
    assert "Answer by " in told.text
    (item,) = session.scalars(select(AttentionItem)).all()
    assert item.due_at is not None
    assert differences() == []


@pytest.mark.parametrize(
    ("ends", "left"), [("won", ["late_transfer"]), ("lost", ["dispute"])], ids=["won", "lost"]
)
def test_an_order_in_dispute_can_be_cancelled_and_its_money_waits_for_a_person(
    shop: Shop, ends: str, left: list[str]
) -> None:
    """The provider refunds nothing meanwhile; the goods need not wait for that."""
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent)
    tells(shop, "charge.dispute.created", dispute)

    answer = owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert shop.gateway.refunds == {}
    assert attention() == ["dispute", "late_transfer"]
    assert differences() == []
    shop.gateway.move_dispute(dispute, ends)
    tells(shop, "charge.dispute.closed", dispute)
    assert attention() == left
    if ends == "won":
        (item,) = owner.gets("/attention").json["data"]
        given_back = owner.posts(f"/attention/{item['id']}/refund", {"reason": "other"})
        assert (given_back.status_code, attention()) == (200, []), given_back.json
        assert len(shop.gateway.refunds) == 1
    assert differences() == []


def test_a_dispute_that_is_won_lets_the_goods_go(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent)
    tells(shop, "charge.dispute.created", dispute)

    shop.gateway.move_dispute(dispute, "under_review")
    tells(shop, "charge.dispute.updated", dispute)
    assert ships(owner, order).status_code == 409
    shop.gateway.move_dispute(dispute, "won")
    tells(shop, "charge.dispute.closed", dispute)

    case = case_of(owner, order)
    assert (case["disputes"][0]["outcome"], held(case), attention()) == ("won", [], [])
    assert ships(owner, order).status_code == 201
    assert owner.refunds(order, lines={0: 1}).status_code == 201
    assert differences() == []


def test_a_dispute_that_is_lost_takes_the_money_and_keeps_the_hold(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent)
    tells(shop, "charge.dispute.created", dispute)

    shop.gateway.move_dispute(dispute, "lost")
    tells(shop, "charge.dispute.closed", dispute)

    case = case_of(owner, order)
    assert (case["payment_status"], case["refundable"]) == ("charged_back", euros(0))
    assert case["charged_back"] == euros(MONEY_OF_TWO_MUGS)
    assert "Dispute over 24.88 EUR (fraudulent): lost." in [one["text"] for one in case["timeline"]]
    assert (held(case), attention()) == (["dispute"], ["dispute"])
    assert owner.refunds(order, lines={0: 1}).json["code"] == "refund_exceeds_captured"
    cancelled = owner.posts(f"/orders/{order['id']}/cancel", {"reason": "fraud"})
    assert (cancelled.status_code, cancelled.json["payment_status"]) == (200, "charged_back")
    assert counters(shop.variants["MUG"]).allocated == 0
    assert shop.gateway.refunds == {}
    assert differences() == []


def test_to_cancel_the_order_decides_about_the_goods_of_a_foreign_refund(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    tells(shop, "refund.created", shop.gateway.refund_in_dashboard(intent, 500))
    assert attention() == ["foreign_refund"]

    done = owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    drain()

    assert (done.status_code, attention()) == (200, [])
    assert differences() == []


def test_a_lost_dispute_that_is_won_after_all_gives_its_money_back(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent, status="lost")
    tells(shop, "charge.dispute.closed", dispute)
    shop.gateway.move_dispute(dispute, "won")
    tells(shop, "charge.dispute.funds_reinstated", dispute)

    case = case_of(owner, order)
    assert (case["payment_status"], case["charged_back"]) == ("paid", euros(0))
    assert (held(case), attention()) == ([], [])
    assert differences() == []


def test_old_news_never_undoes_the_decision_of_a_dispute(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent, status="lost")
    tells(shop, "charge.dispute.closed", dispute)

    shop.gateway.move_dispute(dispute, "needs_response")
    tells(shop, "charge.dispute.created", dispute)

    assert case_of(owner, order)["payment_status"] == "charged_back"


def test_an_unknown_status_of_a_dispute_is_kept_shown_and_holds(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)

    tells(shop, "charge.dispute.updated", shop.gateway.dispute(intent, status="pre_arbitration"))

    case = case_of(owner, order)
    assert (case["disputes"][0]["status"], held(case)) == ("pre_arbitration", ["dispute"])


def test_a_mere_inquiry_may_be_refunded(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    tells(shop, "charge.dispute.created", shop.gateway.dispute(intent, "warning_needs_response"))

    assert owner.refunds(order, lines={0: 2}, shipping=True).status_code == 201
    assert case_of(owner, order)["payment_status"] == "refunded"


def test_an_inquiry_that_was_closed_and_becomes_a_chargeback_holds_again(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent, "warning_needs_response")
    tells(shop, "charge.dispute.created", dispute)
    shop.gateway.move_dispute(dispute, "warning_closed")
    tells(shop, "charge.dispute.closed", dispute)
    assert held(case_of(owner, order)) == []

    shop.gateway.move_dispute(dispute, "needs_response", is_refundable=False)
    tells(shop, "charge.dispute.updated", dispute)

    assert (held(case_of(owner, order)), attention()) == (["dispute"], ["dispute"])
    assert ships(owner, order).json["code"] == "order_on_hold"
    assert differences() == []


def test_what_somebody_released_is_not_held_again_by_the_same_dispute(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent)
    tells(shop, "charge.dispute.created", dispute)
    (hold,) = case_of(owner, order)["holds"]
    owner.posts(f"/order-holds/{hold['id']}/release", {"note": "customer called"})

    shop.gateway.move_dispute(dispute, "under_review")
    tells(shop, "charge.dispute.updated", dispute)

    assert held(case_of(owner, order)) == []
    assert ships(owner, order).status_code == 201


def test_a_fraud_warning_holds_until_it_is_acted_upon(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    warning = shop.gateway.warn_of_fraud(intent)
    tells(shop, "radar.early_fraud_warning.created", warning)

    case = case_of(owner, order)
    assert (held(case), attention()) == (["fraud_warning"], ["fraud_warning"])
    assert case["fraud_warnings"][0]["fraud_type"] == "unauthorized_use_of_card"
    assert ships(owner, order).json["code"] == "order_on_hold"
    assert owner.posts(f"/orders/{order['id']}/cancel", {"reason": "fraud"}).status_code == 200
    tells(shop, "radar.early_fraud_warning.updated", warning, times=3)

    case = case_of(owner, order)
    assert (case["payment_status"], held(case), attention()) == ("refunded", [], [])
    assert case["fraud_warnings"][0]["closed_at"] is not None
    assert differences() == []


def test_news_of_a_refund_before_that_of_its_payment(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    shop.gateway.pay(intent)

    tells(shop, "refund.created", shop.gateway.refund_in_dashboard(intent, 2000))

    case = case_of(shop.staff(), order)
    assert (case["captured"], case["refunded"]) == (euros(MONEY_OF_TWO_MUGS), euros(2000))
    assert differences() == []


@pytest.mark.parametrize(
    ("kind", "object_id"),
    [
        ("refund.created", "re_999"),
        ("charge.dispute.created", "dp_999"),
        ("radar.early_fraud_warning.created", "issfr_999"),
        ("payment_intent.succeeded", "pi_999"),
        ("charge.refunded", "ch_999"),
    ],
)
def test_what_belongs_to_another_account_is_the_end_of_a_message(
    shop: Shop, kind: str, object_id: str
) -> None:
    tells(shop, kind, object_id, "pi_998")

    assert set(session.scalars(select(ProviderEvent.outcome))) == {"unknown_object"}
    assert attention() == []


def test_the_sweep_finds_what_no_message_told(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    shop.gateway.refund_in_dashboard(intent, 500)
    shop.gateway.dispute(intent)
    other = shop.an_order(MUG=1)
    last = list(shop.gateway.intents)[-1]
    shop.gateway.warn_of_fraud(last)

    for _ in range(2):
        payment_sync_flows.sweep_payments()
    drain()

    case = case_of(owner, order)
    assert (case["refunded"], held(case)) == (euros(500), ["dispute"])
    assert held(case_of(owner, other)) == ["fraud_warning"]
    assert attention() == ["dispute", "foreign_refund", "fraud_warning"]
    assert differences() == []


def test_the_sweep_looks_thirty_days_back_and_no_further(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    for days, amount in ((29, 100), (31, 10)):
        with clock.frozen(clock.now() - timedelta(days=days)):
            shop.gateway.refund_in_dashboard(intent, amount)
    listed = shop.gateway.recent_refunds(clock.now() - timedelta(days=30), None)
    assert len(listed.items) == 1

    payment_sync_flows.sweep_payments()

    # Both are of one payment: the first one found leads to all of them.
    assert case_of(owner, order)["refunded"] == euros(110)


def test_a_sweep_goes_on_where_it_ended_and_does_not_start_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sells("MUG", 50)
    owner, orders = shop.staff(), []
    for _ in range(5):
        orders.append(shop.an_order(MUG=1))
    for intent in list(shop.gateway.intents):
        shop.gateway.refund_in_dashboard(intent, 100)
    shop.gateway.page_size = 2
    monkeypatch.setattr(sweeps, "PAGES_PER_RUN", 1)

    seen = []
    for _ in range(3):
        shop.gateway.calls.clear()
        payment_sync_flows.sweep_payments()
        assert shop.gateway.calls.count("recent_refunds") == 1
        taken = select(Payment.id).where(Payment.refunded == 100)
        seen.append(len(session.scalars(taken).all()))

    assert seen == [2, 4, 5]
    shop.gateway.refund_in_dashboard(next(iter(shop.gateway.intents)), 50)
    payment_sync_flows.sweep_payments()
    assert case_of(owner, orders[0])["refunded"] == euros(150)


def test_a_lost_end_of_a_dispute_is_found(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    dispute = shop.gateway.dispute(intent)
    tells(shop, "charge.dispute.created", dispute)
    shop.gateway.move_dispute(dispute, "won")

    with clock.frozen(clock.now() + timedelta(hours=2)):
        payment_sync_flows.sweep_disputes()

    assert held(case_of(owner, order)) == []


def test_a_provider_that_is_down_stops_no_sweep_for_good(shop: Shop) -> None:
    order, intent, owner = paid_order(shop)
    shop.gateway.refund_in_dashboard(intent, 500)
    with shop.gateway.down():
        payment_sync_flows.sweep_payments()

    payment_sync_flows.sweep_payments()

    assert case_of(owner, order)["refunded"] == euros(500)


@pytest.mark.parametrize("ends_by", ["cancelling the rest", "shipping the rest"])
def test_what_a_bank_took_back_is_not_payable_any_more_once_the_order_is_completed(
    shop: Shop, ends_by: str
) -> None:
    """A part is shipped, the dispute over it lost, and the customer is about to pay once more."""
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, buyer=guest)
    (paid,) = shop.gateway.intents
    (line,) = order["lines"]
    assert owner.posts(
        f"/orders/{order['id']}/ship",
        {"carrier": "DHL", "lines": [{"order_line_id": line["id"], "quantity": 1}]},
    ).status_code == 201  # fmt: skip
    dispute = shop.gateway.dispute(paid, status="lost", amount=1000)
    tells(shop, "charge.dispute.closed", dispute)
    again = guest.asks_to_pay(order)["payment_intent_id"]

    with shop.gateway.down():
        if ends_by == "cancelling the rest":
            assert owner.cancels(order).status_code == 200
        else:
            assert ships(owner, order).status_code == 201
    assert shop.gateway.intents[again].status == "requires_payment_method"
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        payment_sync_flows.sweep_payments()

    assert case_of(owner, order)["status"] == "completed"
    assert shop.gateway.intents[again].status == "canceled"
    assert session.scalars(select(Payment.status).where(Payment.provider_ref == again)).all() == [
        "voided"
    ]
    assert differences() == []
