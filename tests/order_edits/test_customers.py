"""Customers cancel until their goods are packed, and order again."""

from typing import Any

from sqlalchemy import update

from api.catalog.models.products import Product
from api.catalog.states import ProductStatus
from api.platform.db import session, transaction
from tests.support.books import differences
from tests.support.shop import Buyer, Shop
from tests.support.stock import counters
from tests.support.threads import at_once


def again(buyer: Buyer, order: dict[str, Any]) -> Any:
    """Order the same once more."""
    return buyer.client.post(f"/api/v1/orders/{order['id']}/reorder", headers=buyer.headers)


def test_a_paid_order_is_cancelled_and_refunded_until_it_is_packed(shop: Shop) -> None:
    shop.sells("MUG", 5, price="10.00 EUR")
    guest, other = shop.guest(), shop.guest()
    order = shop.an_order(MUG=2, buyer=guest)
    assert guest.sees(order)["allowed_actions"] == ["cancel"]

    assert other.cancels(order).status_code == 404
    cancelled = guest.cancels(order)

    assert cancelled.status_code == 200, cancelled.json
    now = guest.sees(order)
    assert (now["status"], now["payment_status"]) == ("cancelled", "refunded")
    assert now["refunded"]["amount"] == 2490
    assert now["allowed_actions"] == []
    assert counters(shop.variants["MUG"]).allocated == 0
    assert guest.cancels(order).status_code == 200  # it is done already, and done once
    assert guest.sees(order)["refunded"]["amount"] == 2490
    assert differences() == []


def test_what_is_packed_or_has_left_is_not_cancelled_by_its_customer(shop: Shop) -> None:
    shop.sells("MUG", 5, price="10.00 EUR")
    guest, staff = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, buyer=guest)
    opened = staff.posts(f"/orders/{order['id']}/fulfilments", {})
    assert opened.status_code == 201, opened.json

    assert guest.sees(order)["allowed_actions"] == []
    assert guest.cancels(order).json["code"] == "already_packed"
    assert staff.posts(f"/fulfilments/{opened.json['id']}/cancel").status_code == 200
    assert guest.cancels(order).status_code == 200
    assert differences() == []


def test_of_cancelling_and_packing_at_once_one_is_refused(shop: Shop) -> None:
    """Without looking again under the order's lock: a packed order is cancelled by its customer."""
    shop.sells("MUG", 50, price="10.00 EUR")
    staff = shop.staff()
    for _ in range(6):
        guest = shop.guest()
        order = shop.an_order(MUG=2, buyer=guest)
        outcomes = at_once(
            shop.app,
            [
                lambda guest=guest, order=order: guest.cancels(order).status_code,
                lambda order=order: (
                    staff.posts(f"/orders/{order['id']}/fulfilments", {}).status_code
                ),
            ],
        )
        assert outcomes.errors == []
        assert sorted(outcomes.results) in ([200, 409], [201, 409]), outcomes.results
    assert differences() == []


def test_an_order_is_put_into_the_cart_again_and_what_is_gone_is_told(shop: Shop) -> None:
    shop.sells("MUG", 5, price="10.00 EUR")
    shop.sells("PLATE", 5, price="5.00 EUR")
    customer = shop.customer()
    order = shop.an_order(MUG=4, PLATE=1, buyer=customer)
    with transaction():
        session.execute(
            update(Product).where(Product.title == "Plate").values(status=ProductStatus.ARCHIVED)
        )

    answer = again(customer, order)

    assert answer.status_code == 200, answer.json
    assert [(one["sku"], one["quantity"]) for one in answer.json["cart"]["items"]] == [("MUG", 4)]
    assert [one["sku"] for one in answer.json["gone"]] == ["PLATE"]
    warnings = [one["code"] for one in answer.json["cart"]["warnings"]]
    assert warnings == ["insufficient_stock"]  # one of five is left
    assert again(shop.guest(), order).status_code == 404
