"""Ways of delivery for storefronts, and the tables behind them for staff."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.people import Person, a_staff_member

METHODS = "/api/v1/admin/shipping-methods"
RATES = "/api/v1/admin/tax-rates"
POST = {
    "code": "standard",
    "name": "Post",
    "countries": ["DE", "AT"],
    "price": {"amount": 490, "currency": "EUR"},
    "free_above": {"amount": 5000, "currency": "EUR"},
    "min_delivery_days": 1,
    "max_delivery_days": 3,
}
VAT = {"country": "DE", "tax_class": "standard", "basis_points": 1900, "name": "VAT 19 %"}


@pytest.fixture
def anna(app: Flask) -> Person:
    """The owner."""
    return a_staff_member()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a token."""
    return app.test_client()


def created(client: FlaskClient, who: Person, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(path, json=body, headers=who.headers)
    assert answer.status_code == 201, answer.data
    return answer


def test_a_storefront_learns_the_ways_and_their_price(client: FlaskClient, anna: Person) -> None:
    created(client, anna, METHODS, POST)

    def ways(**query: object) -> Any:
        body = client.get("/api/v1/shipping-methods", query_string=query).json
        assert body is not None
        return body["data"]

    assert ways(country="DE", currency="EUR") == [
        {
            "code": "standard",
            "name": "Post",
            "amount": {"amount": 490, "currency": "EUR"},
            "free_above": {"amount": 5000, "currency": "EUR"},
            "min_days": 1,
            "max_days": 3,
            "kind": "delivery",
            "pickup_address": None,
            "is_estimate": True,
            "promised_ship_at": None,
            "promised_delivery_at": None,
        }
    ]
    assert ways(country="DE", currency="EUR", subtotal=5000)[0]["amount"]["amount"] == 0
    assert ways(country="FR", currency="EUR") == []


@pytest.mark.parametrize(
    "query", [{}, {"country": "DE"}, {"country": "Germany", "currency": "EUR"}]
)
def test_a_storefront_must_say_where_to_and_in_what(
    client: FlaskClient, query: dict[str, str]
) -> None:
    answer = client.get("/api/v1/shipping-methods", query_string=query)

    assert answer.status_code == 422


def test_a_way_is_offered_changed_and_withdrawn(client: FlaskClient, anna: Person) -> None:
    offered = created(client, anna, METHODS, POST)
    path = offered.headers["Location"]
    assert client.get(path, headers=anna.headers).json == offered.json

    changes = {"price": {"amount": 590, "currency": "EUR"}, "free_above": None}
    headers = anna.with_headers(If_Match=offered.headers["ETag"])
    changed = client.patch(path, json=changes, headers=headers)
    stale = client.delete(path, headers=headers)
    removed = client.delete(path, headers=anna.with_headers(If_Match='"2"'))

    assert changed.json == {**offered.json, **changes, "version": 2}
    assert (stale.status_code, removed.status_code) == (412, 204)
    assert client.get(path, headers=anna.headers).status_code == 404
    page = client.get(METHODS, headers=anna.headers).json
    assert page is not None
    assert page["data"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"countries": ["Germany"]}, "invalid"),
        ({"countries": []}, "invalid"),
        ({"price": {"amount": -1, "currency": "EUR"}}, "invalid"),
        ({"free_above": {"amount": 5000, "currency": "JPY"}}, "rule_impossible"),
        ({"min_delivery_days": 9}, "rule_impossible"),
    ],
)
def test_a_way_that_cannot_be_is_refused(
    client: FlaskClient, anna: Person, change: dict[str, Any], code: str
) -> None:
    answer = client.post(METHODS, json={**POST, **change}, headers=anna.headers)

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == code


def test_a_code_is_taken_once_per_currency(client: FlaskClient, anna: Person) -> None:
    created(client, anna, METHODS, POST)

    answer = client.post(METHODS, json=POST, headers=anna.headers)

    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "shipping_code_taken")


def test_prices_of_delivery_are_for_those_who_set_prices(client: FlaskClient, app: Flask) -> None:
    wendy = a_staff_member("warehouse", "Wendy Warehouse")

    assert client.get(METHODS, headers=wendy.headers).status_code == 403
    assert client.post(RATES, json=VAT, headers=wendy.headers).status_code == 403
    assert client.get(RATES).status_code == 401
