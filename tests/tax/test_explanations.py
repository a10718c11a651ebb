"""Sums in words, of quotes, carts and orders; and what goods would cost somewhere."""

from typing import Any

from sqlalchemy import update

from api.orders.models import Order
from api.platform.db import transaction
from tests.support.shop import Buyer, Shop

WORDS = [
    "Mug: 3 x 9.99 EUR = 29.97 EUR.",
    "  VAT 19 %: 29.97 EUR x 19 / 119 = 4.79 EUR tax, rounded half-up.",
    "Shipping: 4.90 EUR.",
    "  VAT 19 %: 4.90 EUR x 19 / 119 = 0.78 EUR tax, rounded half-up.",
    "Total: goods 29.97 EUR + shipping 4.90 EUR = 34.87 EUR, of which 5.57 EUR is tax.",
]


def a_buyer(shop: Shop) -> Buyer:
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 3)
    return guest


def test_quote_cart_and_order_tell_their_steps_where_asked(shop: Shop) -> None:
    buyer = a_buyer(shop)
    get, explain = buyer.client.get, {"explain": "true"}

    cart = get("/api/v1/cart", query_string=explain, headers=buyer.headers).json
    body = {"country": "DE", "shipping_method": "standard", "explain": True}
    quote = buyer.client.post("/api/v1/checkout/quote", json=body, headers=buyer.headers).json
    order = buyer.checks_out()
    path = f"/api/v1/orders/{order['id']}"
    seen = get(path, query_string=explain, headers=buyer.headers).json

    assert cart["explanation"] == [
        WORDS[0],
        "Goods: 29.97 EUR. Shipping and tax follow from an address.",
    ]
    assert quote["explanation"] == seen["explanation"] == WORDS
    assert shop.staff().gets(f"/orders/{order['id']}", **explain).json["explanation"] == WORDS
    assert "explanation" not in get(path, headers=buyer.headers).json


def test_an_order_whose_sums_follow_from_nothing_says_so(shop: Shop) -> None:
    order = a_buyer(shop).checks_out()
    with transaction() as current:
        current.execute(update(Order).values(tax_total=Order.tax_total + 1))

    told = shop.staff().gets(f"/orders/{order['id']}", explain="true").json["explanation"]

    assert told == [*WORDS, "The order itself says 34.87 EUR, of which 5.58 EUR is tax."]


def test_staff_try_what_goods_would_cost_somewhere(shop: Shop) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()

    def tried(**more: Any) -> Any:
        body = {"items": [{"sku": "mug", "quantity": 3}], "country": "DE", **more}
        return owner.posts("/estimates", body)

    assert tried().json["explanation"] == [WORDS[0].replace("Mug", "MUG"), *WORDS[1:]]
    assert tried(country="AT").json["tax_total"] == {"amount": 582, "currency": "EUR"}
    refused = {
        "tax_rule_missing": tried(country="CH"),
        "variant_not_found": tried(items=[{"sku": "JUG"}]),
        "cart_unbuyable": tried(currency="JPY"),
        "shipping_method_not_found": tried(shipping_method="pigeon"),
    }
    assert {code: answer.json["code"] for code, answer in refused.items()} == {
        code: code for code in refused
    }
    assert [answer.status_code for answer in refused.values()] == [422, 404, 409, 404]
