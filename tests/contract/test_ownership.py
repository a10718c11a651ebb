"""What belongs to a customer is nobody else's: asked of every customer route that names a thing.

Another customer, a guest with a cart of their own and whoever has nothing at all learn no more
than that there is no such thing, and change nothing.
"""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.people import a_customer, signs_in
from tests.support.returned import asks, shipped
from tests.support.shop import ADDRESS, Shop, key

_NAMED = re.compile(r"<uuid:(\w+)>")
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /api/v1/users/me/addresses/<uuid:address_id>": {"city": "Hamburg"},
    "PATCH /api/v1/cart/items/<uuid:item_id>": {"quantity": 2},
    "PATCH /api/v1/orders/<uuid:order_id>": {"customer_note": "to my house"},
    "POST /api/v1/orders/<uuid:order_id>/returns": {
        "lines": [
            {
                "order_line_id": "01800000-0000-7000-8000-000000000000",
                "quantity": 1,
                "reason": "other",
            }
        ]
    },
    "POST /api/v1/orders/<uuid:order_id>/claims": {
        "kind": "broken",
        "goods": [{"sku": "MUG", "quantity": 1}],
    },
    "POST /api/v1/returns/<uuid:return_id>/posted": {"carrier": "DHL"},
}
IN_BODY = {"POST /api/v1/payments/create-payment-intent": "order_id"}
"""Things that are named in the body, and not in the path."""


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every route of customers and guests that names a thing: its method and its rule."""
    found = []
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "__guard__", "public")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            names = _NAMED.search(rule.rule) or f"{method} {rule.rule}" in IN_BODY
            if guard in ("customer", "anyone") and names:
                found.append((method, rule.rule))
    return sorted(found, key=lambda one: one[::-1])


@pytest.fixture
def things(shop: Shop) -> dict[str, Any]:
    """One thing of each kind that belongs to Carla, and how it looks to her."""
    shop.sells("MUG", 20)
    gone = shop.sells("OUT", 0)
    carla = shop.customer(a_customer("Carla"))
    client = shop.app.test_client()
    carla.adds("MUG")
    order = carla.checks_out(payment_method="manual")
    staff = shop.staff()
    staff.marks_paid(order)
    shipped(staff, order)
    back = asks(carla, order, {0: 1})
    assert back.status_code == 201, back.json
    cart = carla.adds("MUG")
    book = client.post("/api/v1/users/me/addresses", json=ADDRESS, headers=carla.headers)
    waits = client.post(
        "/api/v1/stock-requests", json={"variant_id": str(gone)},
        headers={**carla.headers, "Idempotency-Key": key()},
    )  # fmt: skip
    assert waits.status_code in (200, 201, 202), waits.json
    sessions = client.get("/api/v1/users/me/sessions", headers=carla.headers).json["data"]
    requests = client.get("/api/v1/stock-requests", headers=carla.headers).json["data"]
    return {
        "headers": carla.headers,
        "order_id": order["id"],
        "item_id": cart["items"][0]["id"],
        "address_id": book.json["id"],
        "session_id": sessions[0]["id"] if sessions else None,
        "request_id": requests[0]["id"],
        "return_id": back.json["id"],
    }


def looks(client: FlaskClient, things: dict[str, Any]) -> str:
    """Everything of Carla's, as she sees it."""
    paths = (
        f"/api/v1/orders/{things['order_id']}", "/api/v1/cart", "/api/v1/users/me/addresses",
        "/api/v1/users/me/sessions", "/api/v1/stock-requests", "/api/v1/orders",
        f"/api/v1/returns/{things['return_id']}",
    )  # fmt: skip
    return "\n".join(client.get(path, headers=things["headers"]).text for path in paths)


def test_what_is_somebody_elses_is_not_there_and_stays_as_it_is(
    shop: Shop, things: dict[str, Any]
) -> None:
    client = shop.app.test_client()
    if things["session_id"] is None:
        carla = a_customer("Carla Again")
        things["session_id"] = _session_of(client, carla)
    before = looks(client, things)
    other = shop.customer(a_customer("Mallory"))
    guest = shop.guest()
    guest.adds("MUG")
    strangers = {"customer": other.headers, "guest": guest.headers, "nobody": {}}

    for method, rule in routes(shop.app):
        name = f"{method} {rule}"
        named = _NAMED.search(rule)
        thing = things[named[1] if named else IN_BODY[name]]
        path = _NAMED.sub(thing, rule)
        body = BODIES.get(name, {}) if named else {IN_BODY[name]: thing}
        for who, headers in strangers.items():
            answer = client.open(
                path,
                method=method,
                json=None if method in ("GET", "DELETE") else body,
                headers={**headers, "If-Match": '"1"', "Idempotency-Key": key()},
            )
            assert answer.status_code in (401, 403, 404), (name, who, answer.text)
            if who == "customer":
                assert answer.status_code == 404, (name, answer.text)
            assert "Carla" not in answer.text, (name, who)
            assert "Marktplatz" not in answer.text, (name, who)
    assert looks(client, things) == before


def _session_of(client: FlaskClient, person: Any) -> str:
    token = signs_in(client, person)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return str(client.get("/api/v1/users/me/sessions", headers=headers).json["data"][0]["id"])


def test_every_kind_of_thing_is_known_here(bare_app: Flask) -> None:
    named = {found[1] for _, rule in routes(bare_app) if (found := _NAMED.search(rule))}

    assert named == {"order_id", "item_id", "address_id", "session_id", "request_id", "return_id"}
    assert len(routes(bare_app)) >= 12
