"""Two people at one return, and a bank that says no days later."""

from tests.support.books import differences
from tests.support.returned import opened, quotes, receives, refunds, sold, tells_of_refund
from tests.support.shop import Shop
from tests.support.stock import counters
from tests.support.threads import at_once


def test_a_return_that_several_people_receive_is_received_once(shop: Shop) -> None:
    """Without `expected_received` under the order's lock: units that nobody sent are restocked."""
    mug = shop.sells("MUG", 20)
    order, staff, _ = sold(shop, MUG=3)
    back = opened(staff, order, {0: 3})
    unit = {
        "variant_id": str(mug), "quantity": 3, "disposition": "restock", "expected_received": 0,
    }  # fmt: skip

    outcomes = at_once(
        shop.app,
        [lambda: staff.posts(f"/returns/{back['id']}/receive", {"units": [unit]})] * 8,
    )

    assert outcomes.of_status(200) == 1
    assert outcomes.of_status(409) == 7
    assert counters(mug).on_hand == 20
    assert staff.gets(f"/returns/{back['id']}").json["received_units"] == 3
    assert differences() == []


def test_a_return_that_several_people_refund_is_refunded_once(shop: Shop) -> None:
    """Without the order's lock around the sums: the same units are refunded again."""
    mug = shop.sells("MUG", 20)
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    receives(staff, back, {mug: 2}, disposition="restock")

    outcomes = at_once(shop.app, [lambda: refunds(staff, back)] * 8)

    assert outcomes.of_status(201) == 1
    assert staff.opens(order)["refunded"]["amount"] == 1998
    assert differences() == []


def test_an_exchange_is_made_once(shop: Shop) -> None:
    """Without the order's lock: the goods are added and allocated more often."""
    shop.sells("MUG", 20)
    cup = shop.sells("CUP", 20, price="12.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    line = {"line_id": back["lines"][0]["id"], "variant_id": str(cup)}

    outcomes = at_once(
        shop.app,
        [lambda: staff.posts(f"/returns/{back['id']}/exchange", {"lines": [line]})] * 8,
    )

    assert outcomes.of_status(200) == 1
    assert counters(cup).allocated == 1
    assert staff.opens(order)["due"]["amount"] == 300
    assert differences() == []


def test_a_refund_that_fails_days_later_is_made_again(shop: Shop) -> None:
    mug = shop.sells("MUG", 20)
    order, staff, _ = sold(shop, MUG=2)
    back = opened(staff, order, {0: 2})
    receives(staff, back, {mug: 2}, disposition="restock")
    shop.gateway.refund_status = "pending"
    first = refunds(staff, back)
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"

    (at_provider,) = shop.gateway.refunds
    shop.gateway.settle_refund(at_provider, "failed", "expired_or_canceled_card")
    tells_of_refund(shop, at_provider)

    again = staff.gets(f"/returns/{back['id']}").json
    assert (again["status"], again["lines"][0]["refunded_quantity"]) == ("inspected", 0)
    assert quotes(staff, back)["amount"] == first.json["amount"]
    shop.gateway.refund_status = "succeeded"
    assert refunds(staff, back).json["amount"] == first.json["amount"]
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"
    assert counters(mug).on_hand == 20
    assert differences() == []
