"""Free amounts, and money that came twice: all of it can be given back."""

from typing import Any

import pytest
from sqlalchemy import select

from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.payment_sync import flows as payment_sync_flows
from api.payments.models import Refund
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from tests.support.books import differences
from tests.support.returned import (
    lines_of,
    opened,
    quotes,
    receives,
    refunds,
    shipped,
    tells_of_refund,
)
from tests.support.shop import Buyer, Shop, Staff
from tests.support.stock import counters
from tests.support.work import drain


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def quoted(staff: Staff, order: dict[str, Any], **wanted: Any) -> Any:
    return staff.posts(f"/orders/{order['id']}/refunds/quote", wanted)


def paid_twice(shop: Shop) -> tuple[Buyer, dict[str, Any], Staff]:
    """Have 24.88 paid by transfer, and once more by a card that was charged all the same.

    The PaymentIntent is withdrawn when the transfer is recorded; this bank had begun before.
    """
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    assert owner.marks_paid(order).status_code == 200
    shop.gateway.pay_though_withdrawn(intent)
    assert guest.confirms(order).json["payment_status"] == "overpaid"
    return guest, order, owner


def test_a_free_amount_is_given_back_with_its_reason(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()

    refund = owner.refunds(order, amount=500, reason="goodwill")
    case = owner.opens(order)

    assert refund.status_code == 201
    assert (refund.json["amount"], refund.json["additional"]) == (eur(500), eur(500))
    assert (refund.json["reason"], refund.json["lines"]) == ("goodwill", [])
    assert (case["refunded"], case["refundable"]) == (eur(500), eur(1988))
    assert (case["status"], case["payment_status"]) == ("placed", "partially_refunded")
    # It is no return: the goods still go out, and nothing is due again.
    assert case["lines"][0]["refundable_quantity"] == 2
    assert case["due"] == eur(0)
    assert counters(mug).allocated == 2
    entry = session.scalars(
        select(AuditEntry.changes).where(AuditEntry.action == "order.refunded")
    ).one()
    assert (entry["amount"], entry["reason"]) == (500, "goodwill")


def test_an_amount_beside_lines_is_what_goes_back_in_all(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()

    more = owner.refunds(order, lines={0: 1}, amount=1200).json
    less = owner.refunds(order, lines={0: 1}, shipping=True, amount=745).json

    assert (more["amount"], more["additional"], more["lines"][0]["amount"]) == (
        eur(1200), eur(201), eur(999),
    )  # fmt: skip
    # 9.99 and 4.90 for 7.45: shared out in proportion, and not a cent is lost.
    assert (less["lines"][0]["amount"], less["shipping"]) == (eur(500), eur(245))
    assert (less["amount"], less["additional"]) == (eur(745), eur(0))
    assert differences() == []


def test_all_that_is_left_can_go_back_after_a_goodwill(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    owner.refunds(order, amount=500, reason="goodwill")

    too_much = owner.refunds(order, lines={0: 2}, shipping=True)
    rest = owner.refunds(order, lines={0: 2}, shipping=True, amount=1988)

    assert (too_much.status_code, too_much.json["code"]) == (409, "refund_exceeds_captured")
    assert too_much.json["refundable"] == eur(1988)
    assert rest.status_code == 201
    assert owner.opens(order)["payment_status"] == "refunded"


@pytest.mark.parametrize(
    ("amount", "status", "code", "pointer"),
    [
        (eur(2489), 409, "refund_exceeds_captured", "/amount"),
        (eur(0), 422, "invalid", "/amount/amount"),
        (eur(-1), 422, "invalid", "/amount/amount"),
        ({"amount": 100, "currency": "USD"}, 422, "wrong_currency", "/amount/currency"),
        ({"amount": 100, "currency": "eur"}, 422, "invalid", "/amount/currency"),
        ({"amount": "1.00", "currency": "EUR"}, 422, "invalid", "/amount/amount"),
        ({"currency": "EUR"}, 422, "invalid", "/amount/amount"),
        (500, 422, "invalid", "/amount"),
    ],
)
def test_an_amount_that_cannot_go_back_is_refused_with_its_place(
    shop: Shop, amount: Any, status: int, code: str, pointer: str
) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    path = f"/orders/{order['id']}/refunds"

    for answer in (
        owner.posts(path, {"amount": amount, "reason": "goodwill"}),
        quoted(owner, order, amount=amount),
    ):
        assert (answer.status_code, answer.json["code"]) == (status, code), answer.json
        assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert session.scalar(select(Refund.id)) is None


def test_the_quote_tells_the_excess_and_the_same_amounts_as_the_refund(shop: Shop) -> None:
    _, order, owner = paid_twice(shop)
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}

    alone = quoted(owner, order, amount=eur(2488)).json
    beside = quoted(owner, order, lines=[line], amount=eur(3487)).json
    refund = owner.refunds(order, lines={0: 1}, amount=3487).json

    assert (alone["amount"], alone["additional"]) == (eur(2488), eur(2488))
    assert (alone["refundable"], alone["overpaid"]) == (eur(4976), eur(2488))
    for figure in ("amount", "additional", "shipping"):
        assert refund[figure] == beside[figure]
    assert beside["additional"] == eur(2488)


def test_money_that_came_twice_goes_back_to_where_it_came_from_last(shop: Shop) -> None:
    _, order, owner = paid_twice(shop)
    before = owner.opens(order)

    refund = owner.refunds(order, amount=before["overpaid"]["amount"], reason="overpaid")
    case = owner.opens(order)

    assert (before["payment_status"], before["overpaid"]) == ("overpaid", eur(2488))
    assert refund.json["status"] == "succeeded"
    assert (case["overpaid"], case["refundable"]) == (eur(0), eur(2488))
    assert case["payment_status"] == "partially_refunded"
    assert differences() == []


def test_cancelling_gives_back_all_that_came_in(shop: Shop) -> None:
    """Both payments, in one case, and the order is no longer overpaid."""
    guest, order, owner = paid_twice(shop)

    answer = owner.cancels(order)
    drain()
    case = owner.opens(order)

    assert (answer.json["status"], answer.json["payment_status"]) == ("cancelled", "refunded")
    (refund,) = case["refunds"]
    assert (refund["amount"], refund["additional"]) == (eur(4976), eur(2488))
    assert (refund["shipping"], refund["lines"][0]["amount"]) == (eur(490), eur(1998))
    assert [(one["provider"], one["amount"], one["status"]) for one in refund["transactions"]] == [
        ("manual", eur(2488), "succeeded"),
        ("stripe", eur(2488), "succeeded"),
    ]
    assert (case["refunded"], case["refundable"]) == (eur(4976), eur(0))
    assert [payment["refunded"] for payment in case["payments"]] == [eur(2488), eur(2488)]
    told = [letter.subject for letter in shop.mailer.sent if "refund" in letter.subject]
    assert told == [f"Your refund of 24.88 EUR for order {order['number']}"] * 2
    assert guest.sees(order)["payment_status"] == "refunded"
    assert differences() == []


def test_cancelling_the_rest_gives_back_the_rest_and_the_excess(shop: Shop) -> None:
    """One of two mugs has left: its price and the shipping stay."""
    _, order, owner = paid_twice(shop)
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    owner.posts(f"/orders/{order['id']}/ship", {"lines": [line], "carrier": "dhl"})

    owner.cancels(order)
    case = owner.opens(order)

    assert case["status"] == "completed"
    assert (case["refunded"], case["refundable"]) == (eur(4976 - 999 - 490), eur(999 + 490))
    assert case["overpaid"] == eur(0)


def test_cancelling_after_a_goodwill_gives_back_what_is_left(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    owner.refunds(order, amount=500, reason="goodwill")

    answer = owner.cancels(order)
    case = owner.opens(order)

    assert answer.json["payment_status"] == "refunded"
    assert [one["amount"] for one in case["refunds"]] == [eur(500), eur(1988)]
    assert case["lines"][0]["refundable_quantity"] == 0
    assert differences() == []


def test_a_case_of_two_payments_of_which_one_fails_says_so(shop: Shop) -> None:
    """The units stay refunded; what did not go back can be given back as an amount."""
    shop.gateway.refund_status = "pending"
    _, order, owner = paid_twice(shop)

    owner.cancels(order)
    waiting = owner.opens(order)["refunds"][0]
    (at_provider,) = shop.gateway.refunds
    shop.gateway.settle_refund(at_provider, "failed", "expired_or_canceled_card")
    tells_of_refund(shop, at_provider)
    case = owner.opens(order)
    (refund,) = case["refunds"]

    assert (waiting["status"], refund["status"]) == ("submitted", "partially_failed")
    assert refund["failure"] == "expired_or_canceled_card"
    assert sorted(one["status"] for one in refund["transactions"]) == ["failed", "succeeded"]
    assert (case["refunded"], case["overpaid"]) == (eur(2488), eur(2488))
    shop.gateway.refund_status = "succeeded"
    assert owner.refunds(order, amount=2488, reason="overpaid").status_code == 201
    assert owner.opens(order)["payment_status"] == "refunded"
    assert differences() == []


def test_a_case_of_two_payments_that_both_fail_can_be_made_again(shop: Shop) -> None:
    """The units are refundable again once nothing of the money went back."""
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    first = guest.asks_to_pay(order)["payment_intent_id"]
    shop.gateway.cancel_intent(first)
    guest.pays(order)
    shop.gateway.pay_though_withdrawn(first)
    payment_sync_flows.apply_provider_event(new_id(), "payment_intent.succeeded", first)
    shop.gateway.refund_status = "pending"
    owner.refunds(order, lines={0: 2}, shipping=True, amount=4976)

    seen = []
    for ref in shop.gateway.refunds:
        shop.gateway.settle_refund(ref, "failed", "declined")
        tells_of_refund(shop, ref)
        case = owner.opens(order)
        seen.append((case["refunds"][0]["status"], case["lines"][0]["refundable_quantity"]))

    assert seen == [("submitted", 0), ("failed", 2)]
    assert (case["refundable"], case["refundable_shipping"]) == (eur(4976), eur(490))
    assert differences() == []


def in_fils(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "KWD"}


def an_order_in_fils(shop: Shop) -> dict[str, Any]:
    """Have ten things at 0.433 KWD paid by card, which takes multiples of 0.010 KWD alone."""
    guest = shop.guest()
    put = guest.client.post(
        "/api/v1/cart/items", json={"sku": "THING", "quantity": 10, "currency": "KWD"}
    )
    guest.headers = {"X-Cart-Token": put.json["token"]}
    return guest.pays(guest.checks_out(shipping_method="free"))


def test_refunds_are_rounded_up_to_what_a_card_can_be_refunded(shop: Shop) -> None:
    shop.sells("THING", 40, price="0.433 KWD")
    with transaction():
        shipping_service.create_shipping_method(
            ShippingMethodInput(code="free", name="Free", countries=["DE"], price=Money(0, "KWD")),
            by=SYSTEM,
        )
    owner, order = shop.staff(), an_order_in_fils(shop)
    shipped(owner, order)
    typed = {"lines": [], "amount": in_fils(433)}
    refused = [
        owner.posts(f"/orders/{order['id']}/refunds", {**typed, "reason": "goodwill"}),
        owner.posts(f"/orders/{order['id']}/refunds/quote", typed),
    ]

    quote = quoted(owner, order, lines=lines_of(order, {0: 1})).json
    by_hand = owner.refunds(order, lines={0: 1})
    back = opened(owner, order, {0: 1})
    receives(owner, back, {shop.variants["THING"]: 1}, disposition="restock")
    kept = {"fee": in_fils(3)}
    worked_out = quotes(owner, back, **kept)
    of_return = refunds(owner, back, expected_amount=worked_out["amount"], **kept)
    rest = owner.refunds(order, lines={0: 8})

    assert [answer.json["code"] for answer in refused] == ["amount_not_chargeable"] * 2
    assert "0.440 KWD instead" in refused[0].json["detail"]
    assert (quote["amount"], quote["additional"]) == (in_fils(430), in_fils(0))
    assert worked_out["amount"] == in_fils(440)
    assert "Rounded up by 0.003 KWD to what a card can be refunded." in worked_out["explanation"]
    # Shares are what a card can be refunded: 0.433 and 0.866 are 0.430 and 0.870.
    for answer, amount in ((by_hand, 430), (of_return, 440), (rest, 3460)):
        assert (answer.json["status"], answer.json["amount"]) == ("succeeded", in_fils(amount))
    assert owner.opens(order)["payment_status"] == "refunded"
    assert differences() == []


def test_edits_and_cancellations_give_back_what_a_card_can_be_refunded(shop: Shop) -> None:
    shop.sells("THING", 40, price="0.433 KWD")
    with transaction():
        shipping_service.create_shipping_method(
            ShippingMethodInput(code="free", name="Free", countries=["DE"], price=Money(0, "KWD")),
            by=SYSTEM,
        )
    owner, edited, cancelled = shop.staff(), an_order_in_fils(shop), an_order_in_fils(shop)
    line = edited["lines"][0]["id"]
    answer = owner.edits(edited, lines=[{"order_line_id": line, "quantity": 9}])
    one = {"carrier": "dhl", "lines": lines_of(cancelled, {0: 1})}
    owner.posts(f"/orders/{cancelled['id']}/ship", one)
    owner.cancels(cancelled)

    assert answer.status_code == 200, answer.json
    assert owner.opens(edited)["refunded"] == in_fils(440)
    assert owner.opens(cancelled)["refunded"] == in_fils(3900)
    assert differences() == []
