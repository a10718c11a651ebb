"""Customers, staff, the provider and the clock at the same moment, on real Postgres."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.kernel.ids import new_id
from api.orders.models import Order
from api.payment_sync import flows as payment_sync_flows
from api.payments.errors import GatewayUnavailable
from api.payments.models import Payment, PaymentEvent
from api.platform.attention import AttentionItem
from api.platform.db import session
from api.platform.outbox import OutboxEvent
from api.returns.models import RefundRequest
from tests.support.books import differences
from tests.support.shop import Shop
from tests.support.stock import counters
from tests.support.threads import at_once
from tests.support.work import drain, let_waits_run_out


def test_thirty_checkouts_of_one_cart_make_one_order(shop: Shop) -> None:
    """Without the lock on the cart and the unique cart_id: several orders, goods promised twice."""
    mug = shop.sells("MUG", 100)
    guest = shop.guest()
    guest.adds("MUG", 2)

    outcomes = at_once(shop.app, [lambda: guest.tries_to_check_out()] * 30)

    assert outcomes.of_status(201) == 30
    assert len({answer.json["id"] for answer in outcomes.results}) == 1
    assert session.scalar(select(func.count()).select_from(Order)) == 1
    assert counters(mug).allocated == 2


def test_one_key_sent_thirty_times_is_carried_out_once(shop: Shop) -> None:
    """Without the key's lock in the transaction: the goods of one order are shipped more often."""
    mug = shop.sells("MUG", 100)
    order, owner = shop.an_order(MUG=30), shop.staff()
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}

    outcomes = at_once(
        shop.app,
        [
            lambda: owner.posts(
                f"/orders/{order['id']}/ship",
                {"lines": [line], "carrier": "dhl"},
                idempotency_key="the-same-key-every-time",
            )
        ]
        * 30,
    )

    assert outcomes.of_status(201) + outcomes.of_status(409) == 30
    assert counters(mug).on_hand == 99


def test_forty_guests_and_ten_mugs_make_ten_orders(shop: Shop) -> None:
    """Without the guarded update: more orders than mugs."""
    mug = shop.sells("MUG", 10)
    guests = [shop.guest() for _ in range(40)]
    for guest in guests:
        guest.adds("MUG", 1)

    outcomes = at_once(shop.app, [guest.tries_to_check_out for guest in guests])

    assert (outcomes.of_status(201), outcomes.of_status(409)) == (10, 30)
    assert counters(mug).allocated == 10
    numbers = session.scalars(select(Order.number).order_by(Order.number)).all()
    assert numbers == [str(1001 + i) for i in range(10)]


def test_two_refunds_at_once_give_back_once_what_came_in(shop: Shop) -> None:
    """Without the lock on the order and the guarded promise: 2 x 2488 goes back of 2488."""
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()

    outcomes = at_once(shop.app, [lambda: owner.refunds(order, lines={0: 2}, shipping=True)] * 8)

    assert outcomes.of_status(201) == 1
    assert sum(refund.amount for refund in shop.gateway.refunds.values()) == 2488
    assert session.scalar(select(func.count()).select_from(RefundRequest)) == 1
    assert differences() == []


def test_webhook_customer_and_sweep_at_once_settle_once(shop: Shop) -> None:
    """Without the lock and the unique event: the payment is counted several times."""
    shop.sells("MUG", 10)
    guest = shop.guest()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    shop.gateway.pay(intent)

    def webhook(number: int) -> Any:
        return shop.app.test_client().post(
            "/api/v1/webhooks/stripe",
            data=f"evt_{number % 3} payment_intent.succeeded {intent}",
            headers={"Stripe-Signature": "good"},
        )

    outcomes = at_once(
        shop.app,
        [lambda n=n: webhook(n) for n in range(6)]  # type: ignore[misc]
        + [lambda: guest.confirms(order)] * 6
        + [
            lambda: payment_sync_flows.apply_provider_event(
                new_id(), "payment_intent.succeeded", intent
            )
        ]
        * 6,
    )
    drain()

    assert outcomes.errors == []
    assert session.scalars(select(PaymentEvent.amount)).all() == [2488]
    assert session.scalar(select(Payment.captured)) == 2488
    told = session.scalars(select(OutboxEvent.id).where(OutboxEvent.name == "OrderPaid")).all()
    assert len(told) == 1
    assert differences() == []


def test_expiry_against_payment_ends_in_one_of_two_truths(shop: Shop) -> None:
    """Without asking the provider first, and the lock: cancelled and paid, goods given away."""
    mug = shop.sells("MUG", 100)
    for _ in range(10):
        guest = shop.guest()
        order = shop.an_order(MUG=1, paid=False, buyer=guest)
        intent = guest.asks_to_pay(order)["payment_intent_id"]

        def pay(intent: str = intent) -> None:
            if shop.gateway.intents[intent].status == "requires_payment_method":
                shop.gateway.pay(intent)

        with clock.frozen(clock.now() + timedelta(hours=2)):
            outcomes = at_once(
                shop.app,
                [checkout_flows.expire_unpaid_orders, pay, lambda g=guest, o=order: g.confirms(o)],  # type: ignore[misc]
            )
            assert outcomes.errors == []
            guest.confirms(order)
        seen = guest.sees(order)
        assert (seen["status"], seen["payment_status"]) in (
            ("placed", "paid"),
            ("cancelled", "voided"),
        )
    paid = session.scalar(select(func.count()).select_from(Order).where(Order.status == "placed"))
    assert counters(mug).allocated == paid
    assert differences() == []


def test_staff_cancel_in_an_outage_against_payment_loses_no_money(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be withdrawn. What the shop knew of goes back, of what it did not a person is
    told; afterwards nobody can pay any more.
    """
    mug, owner = shop.sells("MUG", 100), shop.staff()
    for _ in range(10):
        guest = shop.guest()
        order = shop.an_order(MUG=1, paid=False, buyer=guest)
        intent = guest.asks_to_pay(order)["payment_intent_id"]

        def pay(guest: Any = guest, order: Any = order, intent: str = intent) -> None:
            shop.gateway.pay(intent)
            guest.confirms(order)

        def says_nothing(_: str) -> Any:
            raise GatewayUnavailable(retry_after=5)

        with monkeypatch.context() as silence:
            silence.setattr(shop.gateway, "cancel_intent", says_nothing)
            outcomes = at_once(
                shop.app,
                [lambda o=order: owner.cancels(o), pay, lambda o=order: owner.cancels(o)],  # type: ignore[misc]
            )
        assert outcomes.errors == []
        answers = [answer.status_code for answer in outcomes.results if answer is not None]
        assert sorted(answers) == [200, 409], outcomes.results
        let_waits_run_out()
        with clock.frozen(clock.now() + timedelta(minutes=10)):
            payment_sync_flows.sweep_payments()
            payment_sync_flows.sweep_refunds()
        case = owner.opens(order)
        assert case["status"] == "cancelled"
        assert shop.gateway.intents[intent].status == "succeeded"
        session.rollback()
        late = session.scalar(
            select(func.count())
            .select_from(AttentionItem)
            .where(AttentionItem.kind == "late_transfer", AttentionItem.order_id == order["id"])
        )
        captured, back = case["captured"]["amount"], case["refunded"]["amount"]
        assert (captured, back, late) in ((1489, 1489, 0), (1489, 0, 1))
    assert counters(mug).allocated == 0
    assert differences() == []


def test_a_refund_and_a_shipment_at_once_do_not_touch_the_same_unit(shop: Shop) -> None:
    """Without the lock on the order: the loser meets a CHECK and a 500 instead of a refusal."""
    mug = shop.sells("MUG", 100)
    for _ in range(6):
        order, owner = shop.an_order(MUG=2), shop.staff()

        outcomes = at_once(
            shop.app,
            [
                lambda o=order, w=owner: w.refunds(o, lines={0: 2}),  # type: ignore[misc]
                lambda o=order, w=owner: w.posts(f"/orders/{o['id']}/ship", {"carrier": "dhl"}),  # type: ignore[misc]
            ],
        )

        assert {answer.status_code for answer in outcomes.results} <= {201, 409, 422}
        line = owner.gets(f"/orders/{order['id']}").json["lines"][0]
        assert line["shipped_quantity"] + line["cancelled_quantity"] == 2
    assert counters(mug).allocated == 0
    assert differences() == []


def test_the_last_use_of_a_code_goes_to_one_of_thirty(shop: Shop) -> None:
    """Without the guarded update of its uses: one code for one use takes money off many orders."""
    mug = shop.sells("MUG", 100)
    enter_code(shop, max_uses=1)
    guests = [shop.guest() for _ in range(30)]
    for guest in guests:
        guest.adds("MUG", 1)
        guest.client.post("/api/v1/cart/codes", json={"code": "LAST"}, headers=guest.headers)

    total = {"amount": 899 + 490, "currency": "EUR"}
    outcomes = at_once(
        shop.app,
        [lambda guest=guest: guest.tries_to_check_out(expected_total=total) for guest in guests],
    )

    assert (outcomes.of_status(201), outcomes.of_status(409)) == (1, 29)
    assert counters(mug).allocated == 1
    assert session.execute(text("SELECT uses FROM discounts")).scalars().all() == [1]
    assert session.execute(text("SELECT count(*) FROM order_discounts")).scalar_one() == 1


def test_one_customer_uses_a_code_once_from_thirty_carts(shop: Shop) -> None:
    """Without the counter of each person: thirty carts with one e-mail take it thirty times."""
    shop.sells("MUG", 100)
    enter_code(shop, max_uses_per_customer=1)
    guests = [shop.guest() for _ in range(30)]
    for guest in guests:
        guest.email = "one@example.test"
        guest.adds("MUG", 1)
        guest.client.post("/api/v1/cart/codes", json={"code": "LAST"}, headers=guest.headers)

    total = {"amount": 899 + 490, "currency": "EUR"}
    outcomes = at_once(
        shop.app,
        [lambda guest=guest: guest.tries_to_check_out(expected_total=total) for guest in guests],
    )

    assert (outcomes.of_status(201), outcomes.of_status(409)) == (1, 29)
    assert session.execute(text("SELECT uses FROM discount_customer_uses")).scalars().all() == [1]


def test_uses_are_given_back_once_by_thirty_cancellations(shop: Shop) -> None:
    """Without the lock on the order: one cancelled order gives several uses back."""
    shop.sells("MUG", 100)
    enter_code(shop, max_uses=5, max_uses_per_customer=5)
    guest = shop.guest()
    orders = []
    for _ in range(2):
        guest.adds("MUG", 1)
        guest.client.post("/api/v1/cart/codes", json={"code": "LAST"}, headers=guest.headers)
        orders.append(guest.checks_out())

    at_once(shop.app, [lambda: guest.cancels(orders[0])] * 30)

    assert session.execute(text("SELECT uses FROM discounts")).scalars().all() == [1]
    assert session.execute(text("SELECT uses FROM discount_codes")).scalars().all() == [1]
    assert session.execute(text("SELECT uses FROM discount_customer_uses")).scalars().all() == [1]


def enter_code(shop: Shop, **limits: int) -> None:
    """Create a discount of ten per cent with the code LAST."""
    owner = shop.staff()
    made = owner.posts(
        "/discounts", {"name": "Last", "kind": "percent", "basis_points": 1000, **limits}
    ).json
    assert owner.posts(f"/discounts/{made['id']}/codes", {"codes": ["LAST"]}).status_code == 201
