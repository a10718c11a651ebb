"""Nobody can pay for an order that is cancelled or settled, and nobody pays twice."""

from datetime import timedelta

from sqlalchemy import select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.payment_sync import flows as payment_sync_flows
from api.payments.models import Payment
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.platform.idempotency import IdempotencyRow
from tests.support.shop import Shop, key
from tests.support.work import drain


def later(minutes: int = 10) -> None:
    """Let the timetable come by."""
    with clock.frozen(clock.now() + timedelta(minutes=minutes)):
        payment_sync_flows.sweep_payments()


def test_recording_a_transfer_withdraws_what_the_customer_could_still_pay(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]

    paid = owner.marks_paid(order)

    assert (paid.status_code, paid.json["payment_status"]) == (200, "paid")
    assert shop.gateway.intents[intent].status == "canceled"
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "order.marked_paid")
    ).one()
    assert str(entry.subject_id) == order["id"]
    assert entry.changes == {
        "amount": 2488, "currency": "EUR", "reference": "bank statement of today",
    }  # fmt: skip


def test_an_order_that_the_card_has_paid_meanwhile_is_not_marked_as_paid(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    shop.gateway.pay(guest.asks_to_pay(order)["payment_intent_id"])

    answer = owner.marks_paid(order)

    assert (answer.status_code, answer.json["code"]) == (409, "nothing_due")
    case = owner.opens(order)
    assert (case["payment_status"], case["captured"]["amount"]) == ("paid", 2488)


def test_no_more_is_recorded_than_is_due_unless_it_is_said_so(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2, paid=False), shop.staff()

    refused = owner.marks_paid(order, 2489)
    part = owner.marks_paid(order, 2000)
    rest = owner.marks_paid(order, 500)
    allowed = owner.marks_paid(order, 500, allow_overpayment=True)
    nothing = owner.marks_paid(order, allow_overpayment=True)

    assert (refused.status_code, refused.json["code"]) == (422, "amount_exceeds_due")
    assert refused.json["due"] == {"amount": 2488, "currency": "EUR"}
    assert [error["pointer"] for error in refused.json["errors"]] == ["/amount"]
    assert part.json["payment_status"] == "partially_paid"
    assert rest.json["due"] == {"amount": 488, "currency": "EUR"}
    assert (allowed.status_code, allowed.json["payment_status"]) == (200, "overpaid")
    assert (nothing.status_code, nothing.json["code"]) == (409, "nothing_due")


def test_an_amount_that_makes_no_sense_is_refused_with_its_place(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2, paid=False), shop.staff()
    path = f"/orders/{order['id']}/mark-paid"

    foreign = owner.posts(path, {"reference": "x", "amount": {"amount": 100, "currency": "USD"}})
    nothing = owner.marks_paid(order, 0)

    assert (foreign.status_code, foreign.json["code"]) == (422, "wrong_currency")
    assert [error["pointer"] for error in foreign.json["errors"]] == ["/amount/currency"]
    assert (nothing.status_code, nothing.json["errors"][0]["pointer"]) == (422, "/amount/amount")


def test_the_same_command_records_the_transfer_once(shop: Shop) -> None:
    """Also when its answer was lost after the money was recorded."""
    shop.sells("MUG", 10)
    order, owner, once = shop.an_order(MUG=2, paid=False), shop.staff(), key()
    body = {"reference": "bank", "amount": {"amount": 1000, "currency": "EUR"}}
    path = f"/orders/{order['id']}/mark-paid"

    first = owner.posts(path, body, idempotency_key=once)
    with transaction():
        session.execute(update(IdempotencyRow).values(status=None, body=None, headers=None))
    again = owner.posts(path, body, idempotency_key=once)

    assert (first.status_code, again.status_code) == (200, 200)
    assert owner.opens(order)["captured"]["amount"] == 1000


def test_a_payment_that_the_bank_carries_out_stands_in_the_way(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    shop.gateway.process(intent)

    refused = owner.marks_paid(order)
    allowed = owner.marks_paid(order, 2488, allow_overpayment=True)

    assert (refused.status_code, refused.json["code"]) == (409, "payment_in_progress")
    assert allowed.status_code == 200


def test_while_the_provider_is_away_nothing_is_recorded(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    guest.asks_to_pay(order)

    with shop.gateway.down():
        answer = owner.marks_paid(order)

    assert (answer.status_code, answer.json["code"]) == (503, "gateway_unavailable")
    assert owner.opens(order)["captured"]["amount"] == 0


def test_after_a_part_came_by_transfer_the_card_pays_the_rest(shop: Shop) -> None:
    """The PaymentIntent of the whole amount is withdrawn: it would be paid twice."""
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    whole = guest.asks_to_pay(order)["payment_intent_id"]
    owner.marks_paid(order, 1000)

    rest = guest.asks_to_pay(order)

    assert rest["amount"]["amount"] == 1488
    assert shop.gateway.intents[whole].status == "canceled"


def test_a_payment_of_another_amount_than_is_due_is_withdrawn_for_the_new_one(
    shop: Shop,
) -> None:
    """A customer is never handed two payments for one order."""
    shop.sells("MUG", 10)
    guest = shop.guest()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    before = guest.asks_to_pay(order)["payment_intent_id"]
    with transaction():
        session.execute(update(Payment).values(amount=2000))

    now = guest.asks_to_pay(order)

    assert now["amount"]["amount"] == 2488
    assert shop.gateway.intents[before].status == "canceled"


def test_a_refund_is_no_new_debt(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, buyer=guest)
    owner.refunds(order, amount=500, reason="goodwill")

    again = guest.client.post(
        "/api/v1/payments/create-payment-intent",
        json={"order_id": order["id"]},
        headers=guest.headers,
    )

    assert (again.status_code, again.json["code"]) == (409, "nothing_due")
    assert owner.marks_paid(order).json["code"] == "nothing_due"


def test_an_intent_that_is_created_while_the_order_is_cancelled_cannot_be_paid(
    shop: Shop,
) -> None:
    """Its answer comes after the cancellation: it must not make the voided payment pending."""
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    # The first answer is lost: the payment is open here and its PaymentIntent unknown.
    shop.gateway.loses_answers = 1
    lost = guest.client.post(
        "/api/v1/payments/create-payment-intent",
        json={"order_id": order["id"]},
        headers=guest.headers,
    )

    owner.cancels(order)

    assert lost.status_code == 503
    assert [intent.status for intent in shop.gateway.intents.values()] == ["canceled"]
    assert guest.sees(order)["payment_status"] == "voided"


def test_old_news_does_not_open_a_voided_payment_again(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    owner.cancels(order)
    shop.gateway.revive(intent)

    payment_sync_flows.apply_provider_event(new_id(), "payment_intent.created", intent)

    assert session.scalars(select(Payment.status)).all() == ["voided"]
    assert shop.gateway.intents[intent].status == "canceled"


def test_what_could_not_be_withdrawn_at_once_is_withdrawn_by_the_sweep(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    owner.cancels(order)
    shop.gateway.revive(intent)
    with transaction():
        session.execute(update(Payment).values(withdrawn_at=None))

    later()

    assert shop.gateway.intents[intent].status == "canceled"
    assert session.scalar(select(Payment.withdrawn_at)) is not None


def test_the_sweep_withdraws_what_an_older_release_left_open(shop: Shop) -> None:
    """A payment that is pending although its order was settled by transfer long ago."""
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    owner.marks_paid(order)
    shop.gateway.revive(intent)
    with transaction():
        session.execute(
            update(Payment)
            .where(Payment.provider_ref == intent)
            .values(status="pending", withdrawn_at=None)
        )

    later()

    assert shop.gateway.intents[intent].status == "canceled"


def test_one_that_cannot_be_withdrawn_does_not_stand_before_the_others(shop: Shop) -> None:
    shop.sells("MUG", 100)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    unknown = guest.asks_to_pay(order)["payment_intent_id"]
    owner.cancels(order)
    del shop.gateway.intents[unknown]
    with transaction():
        session.execute(update(Payment).values(withdrawn_at=None))

    later()

    assert session.scalar(select(Payment.withdrawn_at)) is not None


def test_a_refund_that_ends_a_part_paid_order_withdraws_the_rest(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    owner.marks_paid(order, 2000)
    rest = guest.asks_to_pay(order)["payment_intent_id"]

    owner.refunds(order, lines={0: 2}, shipping=True, amount=2000)
    drain()

    assert guest.sees(order)["status"] == "cancelled"
    assert shop.gateway.intents[rest].status == "canceled"
