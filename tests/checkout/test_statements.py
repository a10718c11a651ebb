"""How many statements a checkout costs: each of them is CPU that a small server has not."""

import dataclasses
from typing import Any

from api.platform.settings import Settings
from tests.support.shop import ADDRESS, Shop, key
from tests.support.sql import count_statements, orm_statements

MOST = {"first item": 3, "second item": 3, "cart": 2, "quote": 4, "checkout": 16, "order": 2}
"""By request, of a guest's journey that is paid by transfer, in a shop that sets it no limit."""


def test_a_journey_costs_no_more_statements_than_it_did(shop: Shop) -> None:
    variants = [str(shop.sells(sku, 50)) for sku in ("MUG", "JUG")]
    ports = shop.app.extensions["stockroom_ports"]
    settings = ports[Settings]
    ports[Settings] = dataclasses.replace(
        settings,
        manual_payment_max_orders=0,
        manual_payment_max_units=0,
        manual_payment_max_orders_per_ip=0,
        manual_payment_max_units_per_ip=0,
    )
    try:
        journey(shop, variants)  # whoever works is warm
        counts = journey(shop, variants)
    finally:
        ports[Settings] = settings

    assert counts == MOST


def test_filling_a_cart_and_listing_orders_pass_the_orm_by(shop: Shop) -> None:
    variant = {"variant_id": str(shop.sells("MUG", 50)), "quantity": 1}
    client, owner = shop.app.test_client(), shop.staff()
    cart = client.post("/api/v1/cart/items", json=variant)
    held = {"X-Cart-Token": cart.json["token"]}

    with orm_statements() as statements:
        added = client.post("/api/v1/cart/items", json=variant, headers=held)
        listed = [owner.gets("/orders"), owner.gets("/orders", q="ada", include="total")]

    assert [answer.status_code for answer in (added, *listed)] == [200, 200, 200]
    assert added.json["unit_count"] == 2
    assert statements == []


def journey(shop: Shop, variants: list[str]) -> dict[str, int]:
    """Go from an empty cart to a placed order that is read; returns statements by request."""
    client, counts = shop.app.test_client(), {}
    headers: dict[str, str] = {}

    def sends(name: str, method: str, path: str, body: Any = None) -> Any:
        with count_statements() as statements:
            answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.json
        counts[name] = statements.count
        return answer.json

    for name, variant_id in zip(("first item", "second item"), variants, strict=True):
        cart = sends(name, "POST", "/cart/items", {"variant_id": variant_id, "quantity": 1})
        headers.setdefault("X-Cart-Token", cart.get("token"))
    sends("cart", "GET", "/cart")
    sends("quote", "POST", "/checkout/quote", {"country": "DE", "shipping_method": "standard"})
    form = {"email": "a@example.test", "shipping_address": ADDRESS, "shipping_method": "standard"}
    headers["Idempotency-Key"] = key()
    order = sends("checkout", "POST", "/checkout", {**form, "payment_method": "manual"})
    del headers["Idempotency-Key"]
    seen = sends("order", "GET", f"/orders/{order['id']}")
    lines = [
        {name: line[name] for name in told}
        for line, told in zip(seen["lines"], order["lines"], strict=True)
    ]
    # The order as its customer sees it later says of each line what is back-ordered, too.
    assert {name: seen[name] for name in order} | {"lines": lines} == order
    return counts
