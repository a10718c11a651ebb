"""Totals that no card could pay are refused before there is an order."""

from typing import Any

import pytest
from sqlalchemy import func, select

from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.orders.models import Order
from api.platform.db import session, transaction
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from tests.support.books import differences
from tests.support.returned import delivered, opened
from tests.support.shop import Buyer, Shop
from tests.support.stock import counters


def a_cart(shop: Shop, price: str, *, shipping: int = 0) -> Buyer:
    """Have a guest with one thing in the cart, in a currency that the shop ships in."""
    currency = price.split()[1]
    shop.sells("THING", 9, price=price)
    with transaction():
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="free", name="Free", countries=["DE"], price=Money(shipping, currency)
            ),
            by=SYSTEM,
        )
    guest = shop.guest()
    put = guest.client.post("/api/v1/cart/items", json={"sku": "THING", "currency": currency})
    assert put.status_code == 200, put.json
    guest.headers = {"X-Cart-Token": put.json["token"]}
    return guest


def quoted(guest: Buyer, **more: Any) -> Any:
    return guest.client.post(
        "/api/v1/checkout/quote",
        json={"country": "DE", "shipping_method": "free", **more},
        headers=guest.headers,
    )


@pytest.mark.parametrize(
    ("price", "code", "says"),
    [
        ("0.49 EUR", "amount_below_minimum", "0.49 EUR cannot be paid by card: the minimum is 0.5"),
        ("49 JPY", "amount_below_minimum", "the minimum is 50 JPY"),
        ("1.234 KWD", "amount_not_chargeable", "it must be a multiple of 0.010 KWD"),
        ("100.50 MGA", "amount_not_chargeable", "it must be a multiple of 1.00 MGA"),
        ("5.000 IQD", "amount_not_chargeable", "Stripe takes no payments in IQD"),
        ("5.000 LYD", "amount_not_chargeable", "Stripe takes no payments in LYD"),
    ],
)
def test_what_cannot_be_charged_is_refused_by_quote_and_checkout(
    shop: Shop, price: str, code: str, says: str
) -> None:
    guest = a_cart(shop, price)

    for answer in (quoted(guest), guest.tries_to_check_out(shipping_method="free")):
        assert (answer.status_code, answer.json["code"]) == (422, code)
        assert says in answer.json["detail"]
    assert session.scalar(select(func.count()).select_from(Order)) == 0
    assert counters(shop.variants["THING"]).allocated == 0


def test_the_refusal_names_the_minimum_for_programs_too(shop: Shop) -> None:
    answer = quoted(a_cart(shop, "0.20 EUR"))

    assert answer.json["minimum"] == {"amount": 50, "currency": "EUR"}
    assert answer.json["amount"] == {"amount": 20, "currency": "EUR"}


def test_what_no_card_takes_may_be_paid_another_way(shop: Shop) -> None:
    guest = a_cart(shop, "1.234 KWD")

    assert quoted(guest, payment_method="manual").status_code == 200
    order = guest.checks_out(shipping_method="free", payment_method="manual")

    assert order["total"] == {"amount": 1234, "currency": "KWD"}


@pytest.mark.parametrize("price", ["5000 ISK", "5000 UGX", "500 JPY", "1.250 KWD", "300.00 MGA"])
def test_every_class_of_currency_is_bought_and_paid_in_full(shop: Shop, price: str) -> None:
    guest = a_cart(shop, price)

    order = guest.checks_out(shipping_method="free")
    paid = guest.pays(order)

    assert paid["payment_status"] == "paid"


def test_discounts_and_added_tax_leave_what_a_card_can_pay(shop: Shop) -> None:
    guest, owner = a_cart(shop, "8.650 KWD", shipping=1170), shop.staff()
    market = {"code": "gulf", "name": "Gulf", "countries": ["DE"], "currency": "KWD"}
    owner.posts("/markets", {**market, "prices_include_tax": False})
    for target, share in (("lines", 1000), ("shipping", 2500)):
        form = {"name": target, "kind": "percent", "target": target, "basis_points": share}
        assert owner.posts("/discounts", {**form, "is_automatic": True}).status_code == 201

    quote = quoted(guest).json
    order = guest.checks_out(shipping_method="free", expected_total=quote["total"])
    by_staff = owner.posts(
        f"/orders/{order['id']}/discounts", {"basis_points": 550, "reason": "Scratched."}
    )
    paid = guest.pays(guest.sees(order))
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 2}
    edited = owner.edits(order, lines=[line])

    # 8.650 - 0.870 and 1.170 - 0.290, with 19 % each: 1.4782 and 0.1672 are 1.480 and 0.170.
    assert (quote["discount_total"]["amount"], quote["tax_total"]["amount"]) == (1160, 1650)
    assert (by_staff.status_code, quote["total"]["amount"]) == (200, 10_310)
    # Less 5.5 % of 7.780, which is 0.430: 7.350 and 1.400 tax, and 1.050 for the shipping.
    assert (paid["payment_status"], paid["total"]["amount"]) == ("paid", 9800)
    assert edited.status_code == 200, edited.json
    assert owner.opens(order)["due"]["amount"] == 8750
    assert differences() == []


def test_what_an_edit_makes_due_after_a_refund_can_be_paid(shop: Shop) -> None:
    """Of 3.770 KWD for three units, one is 1.260: of 1.257, no card could pay the rest."""
    guest, owner = a_cart(shop, "1.260 KWD"), shop.staff()
    discount = {"name": "Fils", "kind": "fixed", "target": "order", "is_automatic": True}
    amount = {"amount": 10, "currency": "KWD"}
    assert owner.posts("/discounts", {**discount, "amount": amount}).status_code == 201
    guest.adds("THING", 2, currency="KWD")
    order = guest.pays(guest.checks_out(shipping_method="free"))

    refund = owner.refunds(order, lines={0: 1}).json
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 5}
    edited = owner.edits(order, lines=[line])

    assert (order["total"]["amount"], refund["amount"]["amount"]) == (3770, 1260)
    assert edited.status_code == 200, edited.json
    guest.pays(guest.sees(order))
    assert owner.opens(order)["due"]["amount"] == 0
    assert differences() == []


def test_exchanged_goods_leave_what_a_card_can_pay(shop: Shop) -> None:
    """Of three units for 4.270 KWD, two are worth 2.850, which no odd net price comes to."""
    guest, owner = a_cart(shop, "1.200 KWD"), shop.staff()
    market = {"code": "gulf", "name": "Gulf", "countries": ["DE"], "currency": "KWD"}
    owner.posts("/markets", {**market, "prices_include_tax": False})
    discount = {"name": "Fils", "kind": "fixed", "target": "order", "is_automatic": True}
    owner.posts("/discounts", {**discount, "amount": {"amount": 10, "currency": "KWD"}})
    guest.adds("THING", 2, currency="KWD")
    order = guest.pays(guest.checks_out(shipping_method="free"))
    delivered(owner, order)

    back = opened(owner, order, {0: 2})
    wanted = {"line_id": back["lines"][0]["id"], "for_sku": "THING"}
    answer = owner.posts(f"/returns/{back['id']}/exchange", {"lines": [wanted]})

    assert answer.status_code == 200, answer.json
    bought, instead = owner.opens(order)["lines"]
    assert (bought["total"]["amount"], instead["quantity"]) == (4270, 2)
    assert instead["total"]["amount"] % 10 == 0
    assert differences() == []


def test_goods_that_cost_nothing_need_no_payment(shop: Shop) -> None:
    guest = a_cart(shop, "0.00 EUR")

    assert quoted(guest).status_code == 200
    assert guest.checks_out(shipping_method="free")["payment_status"] == "paid"


def test_a_quote_without_a_method_says_that_shipping_is_missing(shop: Shop) -> None:
    guest = a_cart(shop, "0.30 EUR", shipping=490)

    without = quoted(guest, shipping_method=None)
    chosen = quoted(guest)

    assert without.status_code == 200  # shipping may still lift it above the minimum
    assert without.json["total_excludes_shipping"] is True
    assert without.json["shipping_method"] is None
    assert without.json["total"] == {"amount": 30, "currency": "EUR"}
    assert chosen.json["total_excludes_shipping"] is False
    assert chosen.json["total"] == {"amount": 520, "currency": "EUR"}
