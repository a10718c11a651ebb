"""Prices asked of a carrier, and the flat one whenever it does not answer."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api.carriers.gateways import karrio_kit
from tests.shipping_labels.test_labels import an_account, changes, prepare
from tests.support.carriers import CREDENTIALS, ScriptedCarriers, at_carriers
from tests.support.shop import Buyer, Shop


@pytest.fixture
def carriers(app: Flask) -> Iterator[ScriptedCarriers]:
    """The carriers of the shop, on this machine."""
    karrio_kit.load("ups")
    with at_carriers(app) as server:
        yield server


def quote(buyer: Buyer) -> Any:
    """Ask what the cart would cost."""
    answer = buyer.client.post(
        "/api/v1/checkout/quote",
        json={"country": "DE", "postal_code": "28195", "shipping_method": "standard"},
        headers=buyer.headers,
    )
    assert answer.status_code == 200, answer.json
    return answer.json


def live(shop: Shop) -> None:
    """Give the shop's method the prices of UPS."""
    anna = prepare(shop, "ups", "11")
    method = anna.gets("/shipping-methods").json["data"][0]
    path = f"/shipping-methods/{method['id']}"
    assert changes(anna, path, {"has_live_rates": True}).status_code == 200


def test_a_quote_asks_the_carrier_once_and_the_order_costs_what_it_said(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    live(shop)
    buyer = shop.guest()
    buyer.adds("MUG", 1)

    first, again = quote(buyer), quote(buyer)
    carriers.says = 503, {}
    order = buyer.checks_out()

    assert first["shipping_total"]["amount"] == again["shipping_total"]["amount"] == 543
    assert carriers.asked.count("/api/rating/v2409/Rate") == 1
    assert order["shipping_total"]["amount"] == 543


def test_a_dead_carrier_delays_one_quote_and_the_flat_price_counts(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    buyer = shop.guest()
    buyer.adds("MUG", 1)
    flat = quote(buyer)["shipping_total"]["amount"]
    live(shop)
    carriers.hangs = True

    began = time.monotonic()
    slow = quote(buyer)
    took = time.monotonic() - began
    at_once = quote(buyer)
    order = buyer.checks_out()

    assert slow["shipping_total"]["amount"] == at_once["shipping_total"]["amount"] == flat
    assert order["shipping_total"]["amount"] == flat
    assert 1.5 < took < 8
    assert carriers.asked.count("/api/rating/v2409/Rate") == 1


def test_the_credentials_of_an_account_are_tried_without_buying(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    anna = shop.staff()

    def tries(carrier: str, **wrong: str) -> str:
        account = an_account(anna, carrier, credentials={**CREDENTIALS[carrier], **wrong})
        answer = anna.posts(f"/carrier-accounts/{account['id']}/check")
        anna.client.delete(
            f"/api/v1/admin/carrier-accounts/{account['id']}",
            headers={**anna.headers, "If-Match": '"1"'},
        )
        assert answer.status_code == 200, answer.json
        assert wrong.get("client_secret", "?") not in answer.json["message"]
        return str(answer.json["result"])

    assert [tries(one) for one in CREDENTIALS] == [
        *("accepted", "accepted", "accepted", "unchecked", "accepted"),
    ]  # fmt: skip
    # Not by a token that was kept: a secret that was changed at the carrier is noticed.
    assert tries("gls", client_secret="guessed") == "refused"
    assert tries("dpd", password="guessed") == "refused"
    carriers.hangs_at_the_door = True
    started = time.monotonic()
    assert tries("ups") == "unreachable"
    assert time.monotonic() - started < 3
    assert carriers.bought == []
