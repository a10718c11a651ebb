"""Markets: who is sold to, in which currency, with or without tax; and customers who owe none."""

from typing import Any

import pytest

from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import service as tax_service
from api.tax.rules import Treatment
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.shop import ADDRESS, Buyer, Shop

EU = {"code": "eu", "name": "Europe", "countries": ["DE", "AT"], "currency": "EUR"}
OSLO = {**ADDRESS, "city": "Oslo", "postal_code": "0150", "country": "NO"}


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """The shop sells to Norway as well."""
    with transaction():
        tax_service.set_tax_rate(
            "NO", "standard", 0, name="Export", treatment=Treatment.EXPORT, by=SYSTEM
        )
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="north", name="North", countries=["NO"], price=Money(1500, "EUR")
            ),
            by=SYSTEM,
        )
    shop.sells("MUG", 20, price="9.99 EUR")
    return shop


def a_buyer(shop: Shop) -> Buyer:
    guest = shop.guest()
    guest.adds("MUG", 3)
    return guest


def quoted(buyer: Buyer, country: str, method: str, **more: Any) -> Any:
    body = {"country": country, "shipping_method": method, **more}
    return buyer.client.post("/api/v1/checkout/quote", json=body, headers=buyer.headers)


def test_a_shop_with_markets_sells_to_their_countries_only(shop: Shop) -> None:
    buyer, owner = a_buyer(shop), shop.staff()
    assert quoted(buyer, "NO", "north").status_code == 200
    created = owner.posts("/markets", EU)
    assert created.status_code == 201

    refused = [
        quoted(buyer, "NO", "north"),
        buyer.tries_to_check_out(shipping_address=OSLO, shipping_method="north"),
    ]
    assert [(one.status_code, one.json["code"]) for one in refused] == [
        (422, "country_not_sold")
    ] * 2
    rest = {**EU, "code": "rest", "countries": ["*"], "payment_methods": ["stripe"]}
    assert owner.posts("/markets", rest).status_code == 201
    quote = quoted(buyer, "NO", "north").json
    assert quote["payment_methods"] == ["stripe"]
    manual = quoted(buyer, "NO", "north", payment_method="manual")
    assert (manual.status_code, manual.json["code"]) == (422, "market_mismatch")
    shown = buyer.client.get("/api/v1/markets").json["data"]
    assert [(one["code"], one["countries"]) for one in shown] == [
        ("eu", ["DE", "AT"]),
        ("rest", ["*"]),
    ]


def test_a_country_is_in_one_market_and_sold_to_in_its_currency(shop: Shop) -> None:
    owner = shop.staff()
    owner.posts("/markets", {**EU, "countries": ["DE"], "currency": "CHF"})

    clash = owner.posts("/markets", {**EU, "code": "other", "countries": ["AT", "DE"]})
    euros = quoted(a_buyer(shop), "DE", "standard")

    assert (clash.status_code, clash.json["code"], clash.json["countries"]) == (
        409,
        "market_taken",
        "DE",
    )
    assert (euros.status_code, euros.json["code"]) == (422, "market_mismatch")
    assert "sells in CHF" in euros.json["detail"]


def test_prices_without_tax_have_it_added_and_the_books_balance(shop: Shop) -> None:
    shop.staff().posts("/markets", {**EU, "prices_include_tax": False})
    buyer = a_buyer(shop)

    quote = quoted(buyer, "DE", "standard", explain=True).json
    order = buyer.checks_out(expected_total=quote["total"])
    paid = buyer.pays(order)

    # 29.97 and 4.90 at 19 %: 5.6943 and 0.931, added.
    assert order["prices_include_tax"] is False
    assert (order["lines"][0]["unit_price"]["amount"], order["lines"][0]["tax"]["amount"]) == (
        999,
        569,
    )
    assert (order["subtotal"]["amount"], order["shipping_total"]["amount"]) == (3566, 583)
    assert (order["tax_total"]["amount"], order["total"]["amount"]) == (662, 4149)
    assert paid["payment_status"] == "paid"
    assert quote["explanation"] == [
        "Mug: 3 x 9.99 EUR = 29.97 EUR.",
        "  VAT 19 %: 29.97 EUR x 19 %, added to the price = 5.69 EUR tax, rounded half-up.",
        "Shipping: 4.90 EUR.",
        "  VAT 19 %: 4.90 EUR x 19 %, added to the price = 0.93 EUR tax, rounded half-up.",
        "Total: goods 35.66 EUR + shipping 5.83 EUR = 41.49 EUR, of which 6.62 EUR is tax.",
    ]
    assert differences() == []
    home = buyer.sees(order)
    assert home["lines"][0]["total"]["amount"] == 3566


def test_an_exempt_customer_owes_no_tax_where_and_while_it_holds(shop: Shop) -> None:
    owner, person = shop.staff(), a_customer()
    exemption = {"email": person.email, "country": "DE", "reason": "Resale", "certificate": "R-7"}
    created = owner.posts("/tax-exemptions", exemption)
    assert created.status_code == 201
    assert owner.posts("/tax-exemptions", exemption).json["code"] == "tax_exemption_taken"
    customer = shop.customer(person)
    customer.adds("MUG", 1)

    order = customer.checks_out()

    (tax,) = order["lines"][0]["tax_lines"]
    assert (tax["treatment"], tax["reason"], order["tax_total"]["amount"]) == (
        "exempt",
        "Resale R-7",
        0,
    )
    customer.adds("MUG", 1)
    vienna = {**ADDRESS, "postal_code": "1010", "country": "AT"}
    assert customer.checks_out(shipping_address=vienna)["tax_total"]["amount"] > 0
    path = f"/tax-exemptions/{created.json['id']}"
    ended = owner.client.patch(
        f"/api/v1/admin{path}",
        json={"valid_to": "2001-01-01"},
        headers={**owner.headers, "If-Match": '"1"'},
    )
    assert ended.status_code == 200
    customer.adds("MUG", 1)
    assert customer.checks_out()["tax_total"]["amount"] > 0
    assert owner.posts("/tax-exemptions", {**exemption, "email": "no@one.test"}).status_code == 404
