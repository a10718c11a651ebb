"""Exchanges: dearer, cheaper and equal goods, while the return travels and when it is not sent."""

from typing import Any
from uuid import UUID

import pytest

from api.catalog.service import variants
from api.catalog.service.inputs import PriceInput
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.support.books import differences
from tests.support.returned import (
    delivered,
    opened,
    quotes,
    receives,
    refunds,
    sold,
    tells_of_refund,
)
from tests.support.shop import Buyer, Shop, Staff
from tests.support.stock import counters
from tests.support.work import drain


def exchanges(staff: Staff, back: dict[str, Any], variant_id: UUID, **more: Any) -> Any:
    """Exchange the first line of a return."""
    line = {"line_id": back["lines"][0]["id"], "variant_id": str(variant_id)}
    return staff.posts(f"/returns/{back['id']}/exchange", {"lines": [line], **more})


def ships(staff: Staff, order: dict[str, Any]) -> Any:
    return staff.posts(f"/orders/{order['id']}/ship", {"carrier": "dhl"})


def releases(staff: Staff, order: dict[str, Any]) -> None:
    (hold,) = staff.opens(order)["holds"]
    assert staff.posts(f"/order-holds/{hold['id']}/release", {}).status_code == 200


def pays(shop: Shop, buyer: Buyer, order: dict[str, Any]) -> int:
    """Pay what is due by card; returns how much that was."""
    payment = buyer.asks_to_pay(order)
    intent = payment["payment_intent_id"]
    due = shop.gateway.intents[intent].amount
    shop.gateway.pay(intent)
    buyer.confirms(order)
    return due


def test_other_goods_are_reserved_while_the_return_travels(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 10), shop.sells("CUP", 5, price="7.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})

    done = exchanges(staff, back, cup)
    assert done.status_code == 200, done.json
    assert done.json["kind"] == "exchange"
    assert done.json["lines"][0]["exchange"] | {"order_line_id": ""} == {
        "order_line_id": "", "sku": "CUP", "title": "Cup",
        "price": {"amount": 799, "currency": "EUR"}, "worth": {"amount": 999, "currency": "EUR"},
    }  # fmt: skip
    assert counters(cup).allocated == 1
    seen = staff.opens(order)
    assert (seen["on_hold"], seen["payment_status"], seen["due"]["amount"]) == (True, "paid", 0)
    assert (seen["total"]["amount"], seen["exchanged"]["amount"]) == (
        order["total"]["amount"] + 799, 799,
    )  # fmt: skip
    assert exchanges(staff, back, cup).json["code"] == "exchange_impossible"
    assert differences() == []

    receives(staff, back, {mug: 1}, disposition="restock")
    assert staff.opens(order)["on_hold"] is False
    quote = quotes(staff, back)
    # What it costs less goes back.
    assert quote["amount"]["amount"] == 999 - 799
    assert "MUG: what it was exchanged for costs 2.00 EUR less." in quote["explanation"]
    sent = refunds(staff, back)
    assert (sent.status_code, sent.json["amount"]["amount"]) == (201, 200)
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"
    assert refunds(staff, back).json["code"] in ("nothing_returned", "invalid_state")
    assert ships(staff, order).status_code == 201
    assert (counters(mug).on_hand, counters(cup).on_hand) == (10, 4)
    assert differences() == []


def test_dearer_goods_do_not_leave_before_the_difference_is_paid(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 10), shop.sells("CUP", 5, price="12.99 EUR")
    order, staff, buyer = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})

    assert exchanges(staff, back, cup).status_code == 200
    seen = staff.opens(order)
    assert (seen["due"]["amount"], seen["payment_status"]) == (300, "partially_paid")
    assert counters(cup).allocated == 1
    releases(staff, order)
    refused = ships(staff, order)
    assert (refused.status_code, refused.json["code"]) == (409, "invalid_state")
    assert staff.posts(f"/orders/{order['id']}/pay-link").status_code == 201

    assert pays(shop, buyer, order) == 300
    receives(staff, back, {mug: 1}, disposition="restock")
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"
    assert staff.opens(order)["payment_status"] == "paid"
    assert ships(staff, order).status_code == 201
    assert differences() == []


def test_store_credit_pays_the_difference(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 10), shop.sells("CUP", 5, price="12.99 EUR")
    buyer, staff = shop.customer(), shop.staff()
    order = shop.an_order(buyer=buyer, MUG=1)
    delivered(staff, order)
    customer = staff.opens(order)["customer_id"]
    amount = {"amount": 1000, "currency": "EUR"}
    given = {"amount": amount, "reason": "goodwill", "customer_id": customer}
    assert staff.posts("/store-credit", given).status_code == 200
    back = opened(staff, order, {0: 1})

    assert exchanges(staff, back, cup, pay_with_credit=True).status_code == 200

    seen = staff.opens(order)
    assert (seen["due"]["amount"], seen["payment_status"], seen["tendered"]["amount"]) == (
        0, "paid", 300,
    )  # fmt: skip
    receives(staff, back, {mug: 1}, disposition="restock")
    assert ships(staff, order).status_code == 201
    assert differences() == []


def test_a_guest_has_no_store_credit_to_pay_with(shop: Shop) -> None:
    shop.sells("MUG", 10)
    cup = shop.sells("CUP", 5, price="12.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})

    refused = exchanges(staff, back, cup, pay_with_credit=True)

    assert (refused.status_code, refused.json["code"]) == (422, "store_credit_needs_account")
    assert counters(cup).allocated == 0
    assert len(staff.opens(order)["lines"]) == 1


@pytest.mark.parametrize("way", ["cancel", "exchange/cancel", "close"])
@pytest.mark.parametrize("is_paid", [False, True])
def test_an_exchange_that_is_called_off_leaves_nothing_to_ship(
    shop: Shop, way: str, is_paid: bool
) -> None:
    shop.sells("MUG", 10)
    cup = shop.sells("CUP", 5, price="12.99 EUR")
    order, staff, buyer = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    exchanges(staff, back, cup)
    if is_paid:
        pays(shop, buyer, order)

    done = staff.posts(f"/returns/{back['id']}/{way}")

    assert done.status_code == 200, done.json
    assert done.json["lines"][0]["exchange"] is None
    seen = staff.opens(order)
    assert (seen["total"], seen["exchanged"]["amount"]) == (order["total"], 0)
    assert (seen["status"], seen["on_hold"], seen["due"]["amount"]) == ("completed", False, 0)
    assert ships(staff, order).json["code"] in ("invalid_state", "nothing_to_ship")
    assert counters(cup).allocated == 0
    if is_paid:
        assert seen["refund_pending"]["amount"] == 300
        drain()
        assert staff.opens(order)["refunded"]["amount"] == 300, "and no sweep was waited for"
    assert seen["lines"][0]["refundable_quantity"] == 1
    assert differences() == []


def test_goods_that_left_are_not_taken_back_by_cancelling(shop: Shop) -> None:
    shop.sells("MUG", 10)
    cup = shop.sells("CUP", 5, price="7.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    exchanges(staff, back, cup)
    releases(staff, order)
    assert ships(staff, order).status_code == 201

    for way in ("cancel", "close", "exchange/cancel"):
        refused = staff.posts(f"/returns/{back['id']}/{way}")
        assert (refused.status_code, refused.json["code"]) == (409, "exchange_impossible"), way
    # Neither is their price given back while the goods that paid for them are out.
    cheating = staff.refunds(staff.opens(order), lines={1: 1})
    assert (cheating.status_code, cheating.json["code"]) == (409, "goods_not_back")
    assert differences() == []


def test_exchanged_units_are_not_refunded_a_second_time(shop: Shop) -> None:
    mug, other = shop.sells("MUG", 10), shop.sells("MUG-L", 5)
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 1})
    exchanges(staff, back, other)

    assert staff.refunds(order, lines={0: 2}).json["code"] == "quantity_exceeds_refundable"
    assert staff.refunds(staff.opens(order), lines={1: 1}).json["code"] == "goods_not_back"
    cancelled = staff.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    assert cancelled.json["code"] == "goods_not_back"
    receives(staff, back, {mug: 1}, disposition="restock")
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"
    assert ships(staff, order).status_code == 201
    assert differences() == []


def test_what_was_exchanged_is_returned_for_its_own_price(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 10), shop.sells("CUP", 5, price="7.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    first = opened(staff, order, {0: 1})
    exchanges(staff, first, cup)
    receives(staff, first, {mug: 1}, disposition="restock")
    assert refunds(staff, first).json["amount"]["amount"] == 200
    delivered(staff, order)

    second = opened(staff, staff.opens(order), {1: 1})
    receives(staff, second, {cup: 1}, disposition="restock")

    assert refunds(staff, second).json["amount"]["amount"] == 799
    assert staff.opens(order)["refunded"]["amount"] == 999
    assert differences() == []


def test_an_exchange_waits_until_all_of_its_units_have_come(shop: Shop) -> None:
    mug, other = shop.sells("MUG", 10), shop.sells("MUG-L", 5)
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    exchanges(staff, back, other)

    receives(staff, back, {mug: 1}, disposition="restock")
    assert staff.opens(order)["on_hold"] is True
    assert ships(staff, order).json["code"] == "order_on_hold"
    half = staff.posts(f"/returns/{back['id']}/cancel")
    assert half.json["code"] == "invalid_state"
    receives(staff, back, {mug: 1}, disposition="restock")
    assert staff.opens(order)["on_hold"] is False
    assert differences() == []


def test_parts_of_a_cheaper_exchange_go_back_as_they_come(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 10), shop.sells("CUP", 5, price="7.99 EUR")
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    exchanges(staff, back, cup)

    amounts = []
    for _ in range(2):
        receives(staff, back, {mug: 1}, disposition="restock")
        amounts.append(refunds(staff, back).json["amount"]["amount"])

    assert amounts == [200, 200]
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"
    assert differences() == []


def test_a_failed_refund_of_an_exchange_is_due_again(shop: Shop) -> None:
    mug, cup = shop.sells("MUG", 10), shop.sells("CUP", 5, price="7.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    exchanges(staff, back, cup)
    receives(staff, back, {mug: 1}, disposition="restock")
    shop.gateway.refund_status = "pending"
    sent = refunds(staff, back).json

    (at_provider,) = shop.gateway.refunds
    shop.gateway.settle_refund(at_provider, "failed", "declined")
    tells_of_refund(shop, at_provider)
    assert sent["status"] == "submitted"

    assert staff.gets(f"/returns/{back['id']}").json["status"] == "inspected"
    assert quotes(staff, back)["amount"]["amount"] == 200
    assert refunds(staff, back).json["amount"]["amount"] == 200
    assert differences() == []


def test_the_same_article_costs_what_it_cost_then(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    with transaction():
        prices = [PriceInput(Money(1999, "EUR"))]
        variants.update_prices(mug, prices, expected_version=None, by=SYSTEM)
    back = opened(staff, order, {0: 1})
    quote = staff.posts(
        f"/returns/{back['id']}/exchange/quote",
        {"lines": [{"line_id": back["lines"][0]["id"], "variant_id": str(mug)}]},
    ).json

    assert (quote["due"]["amount"], quote["goes_back"]["amount"]) == (0, 0)
    assert quote["lines"][0]["price"]["amount"] == 999
    assert exchanges(staff, back, mug).status_code == 200
    assert differences() == []


def test_a_difference_that_no_card_can_pay_is_refused(shop: Shop) -> None:
    shop.sells("MUG", 10)
    cup = shop.sells("CUP", 5, price="10.10 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})

    refused = exchanges(staff, back, cup)

    assert (refused.status_code, refused.json["code"]) == (422, "amount_below_minimum")
    assert counters(cup).allocated == 0


def test_edits_leave_exchanged_goods_alone(shop: Shop) -> None:
    shop.sells("MUG", 10)
    cup = shop.sells("CUP", 5, price="7.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    exchanges(staff, back, cup)
    added = staff.opens(order)["lines"][1]

    refused = staff.posts(
        f"/orders/{order['id']}/edits/preview",
        {"lines": [{"order_line_id": added["id"], "quantity": 0}]},
    )

    assert (refused.status_code, refused.json["code"]) == (409, "units_not_editable")
