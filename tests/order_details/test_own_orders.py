"""A customer's own order: parcels, refunds and what may be done, for guests too."""

from typing import Any

import pytest

from tests.support.shop import Buyer, Shop, Staff
from tests.support.sql import count_statements


def ships(staff: Staff, order: dict[str, Any], at: int, units: int, **how: Any) -> Any:
    """Hand units of a line over to a carrier."""
    line = {"order_line_id": order["lines"][at]["id"], "quantity": units}
    answer = staff.posts(f"/orders/{order['id']}/ship", {"lines": [line], **how})
    assert answer.status_code == 201, answer.json
    return answer.json


def a_buyer(shop: Shop, kind: str) -> Buyer:
    return shop.guest() if kind == "guest" else shop.customer()


@pytest.mark.parametrize("kind", ["guest", "customer"])
def test_parcels_say_who_brings_what_and_where_to_follow_it(shop: Shop, kind: str) -> None:
    shop.sells("MUG", 10, title="Blue mug")
    buyer, staff = a_buyer(shop, kind), shop.staff()
    order = shop.an_order(MUG=3, buyer=buyer)
    staff.posts(f"/orders/{order['id']}/fulfilments", {"lines": [
        {"order_line_id": order["lines"][0]["id"], "quantity": 1}]})  # fmt: skip
    assert buyer.sees(order)["parcels"] == []  # it is still being packed

    ships(staff, order, 0, 2, carrier="DHL", tracking_number="00340434161094042557")

    (parcel,) = buyer.sees(order)["parcels"]
    assert (parcel["carrier"], parcel["tracking_number"]) == ("DHL", "00340434161094042557")
    assert "00340434161094042557" in parcel["tracking_url"]
    assert (parcel["status"], parcel["delivered_at"]) == ("shipped", None)
    assert parcel["shipped_at"].endswith("Z")
    assert parcel["lines"] == [
        {
            "order_line_id": order["lines"][0]["id"],
            "sku": "MUG",
            "title": "Blue mug",
            "variant_title": order["lines"][0]["variant_title"],
            "quantity": 2,
        }
    ]
    staff.posts(f"/fulfilments/{parcel['id']}/deliver")
    (arrived,) = buyer.sees(order)["parcels"]
    assert (arrived["status"], arrived["delivered_at"] is not None) == ("delivered", True)


@pytest.mark.parametrize("kind", ["guest", "customer"])
def test_refunds_say_how_far_the_money_is(shop: Shop, kind: str) -> None:
    shop.sells("MUG", 10)
    buyer, staff = a_buyer(shop, kind), shop.staff()
    order = shop.an_order(MUG=3, buyer=buyer)
    assert buyer.sees(order)["refunds"] == []

    staff.refunds(order, lines={0: 1})
    shop.gateway.refund_status = "pending"
    staff.refunds(order, lines={0: 1})

    told = [
        (refund["status"], refund["amount"]["amount"]) for refund in buyer.sees(order)["refunds"]
    ]
    assert told == [("succeeded", 999), ("pending", 999)]
    assert {"id", "status", "amount", "created_at"} == set(buyer.sees(order)["refunds"][0])


def test_the_order_of_somebody_else_is_not_found(shop: Shop) -> None:
    shop.sells("MUG", 10)
    customer, other = shop.customer(), shop.customer()
    order = shop.an_order(MUG=1, buyer=customer)

    for who in (other, shop.guest()):
        answer = who.client.get(f"/api/v1/orders/{order['id']}", headers=who.headers)
        assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")


def test_it_costs_the_same_however_much_there_is(shop: Shop) -> None:
    for sku in ("MUG", "JUG", "CUP"):
        shop.sells(sku, 20)
    buyer, staff = shop.guest(), shop.staff()
    small = shop.an_order(MUG=2, buyer=buyer)
    large = shop.an_order(MUG=6, JUG=6, CUP=6, buyer=buyer)
    ships(staff, small, 0, 1, carrier="DHL")
    staff.refunds(small, lines={0: 1})
    for at in (0, 1, 2):
        ships(staff, large, at, 2, carrier="DHL")
        ships(staff, large, at, 2, carrier="UPS")
        staff.refunds(large, lines={at: 1})

    with count_statements() as few:
        buyer.sees(small)
    with count_statements() as many:
        seen = buyer.sees(large)

    assert (len(seen["parcels"]), len(seen["refunds"])) == (6, 3)
    assert many.count == few.count <= 6


def test_a_customer_lists_the_orders_that_are_theirs(shop: Shop) -> None:
    shop.sells("MUG", 10)
    customer = shop.customer()
    first, second = (shop.an_order(MUG=units, buyer=customer) for units in (1, 2))
    shop.an_order(MUG=1)

    answer = customer.client.get("/api/v1/orders", headers=customer.headers)

    assert answer.status_code == 200, answer.json
    assert [
        (one["number"], one["unit_count"], one["payment_status"]) for one in answer.json["data"]
    ] == [(second["number"], 2, "paid"), (first["number"], 1, "paid")]
    assert {"email", "customer_name", "version"}.isdisjoint(answer.json["data"][0])
