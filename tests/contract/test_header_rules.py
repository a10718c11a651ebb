"""What the document allows in a header or cursor, the shop does not refuse for its form."""

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.contract import document
from tests.support.people import a_customer
from tests.support.shop import Shop

KEY, MATCH = "Idempotency-Key", "If-Match"
OF_A_REQUEST = (KEY, MATCH, "cursor")
MANY = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def parameters(app: Flask) -> list[tuple[str, dict[str, Any]]]:
    """List the parameters whose form has a rule, each with where it stands."""
    return [
        (f"{method} {path}", parameter)
        for path, item in document(app)["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
        for parameter in operation.get("parameters", [])
        if parameter["name"] in OF_A_REQUEST
    ]


def rule(app: Flask, where: str, name: str) -> str:
    """Return the pattern of a parameter of an operation."""
    (schema,) = (p["schema"] for at, p in parameters(app) if (at, p["name"]) == (where, name))
    return str(schema["pattern"])


def test_every_key_version_and_cursor_is_told_by_its_pattern(bare_app: Flask) -> None:
    assert [
        at for at, parameter in parameters(bare_app) if "pattern" not in parameter["schema"]
    ] == []
    assert {p["name"] for _, p in parameters(bare_app)} == set(OF_A_REQUEST)


def test_no_header_has_a_format_that_clients_make_objects_of(bare_app: Flask) -> None:
    """openapi-python-client would hand a UUID to httpx, which refuses to send it."""
    assert [at for at, p in parameters(bare_app) if "format" in p["schema"]] == []


@pytest.mark.parametrize(
    ("where", "path", "body"),
    [
        ("post /api/v1/cart/items", "/api/v1/cart/items", {"sku": "MUG"}),
        ("post /api/v1/checkout", "/api/v1/checkout", {}),
        ("post /api/v1/users/me/addresses", "/api/v1/users/me/addresses", {}),
    ],
)
def test_a_key_that_the_document_allows_is_taken(
    shop: Shop, where: str, path: str, body: dict[str, Any]
) -> None:
    shop.sells("MUG", 5)
    client, who = shop.app.test_client(), a_customer() if "users" in path else None

    @MANY
    @given(st.from_regex(re.compile(rule(shop.app, where, KEY), re.ASCII), fullmatch=True))
    def asks(key: str) -> None:
        headers = {**(who.headers if who else {}), KEY: key}
        answer = client.post(path, json=body, headers=headers)
        assert "idempotency_key" not in (answer.json or {}).get("code", ""), (key, answer.json)

    asks()


def test_a_version_that_the_document_allows_is_read(shop: Shop) -> None:
    client, who = shop.app.test_client(), a_customer()
    pattern = rule(shop.app, "patch /api/v1/users/me", MATCH)

    @MANY
    @given(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    def asks(version: str) -> None:
        headers = {**who.headers, MATCH: version}
        answer = client.patch("/api/v1/users/me", json={"full_name": "Carla"}, headers=headers)
        assert answer.status_code in (200, 412), (version, answer.json)

    asks()


def test_a_cursor_of_the_shop_is_one_that_the_document_allows(shop: Shop) -> None:
    for sku in ("MUG", "POT", "CUP"):
        shop.sells(sku, 1)
    client = shop.app.test_client()
    pattern = rule(shop.app, "get /api/v1/products", "cursor")

    first = client.get("/api/v1/products", query_string={"limit": 1}).json
    cursor = first["page"]["next_cursor"]

    assert re.fullmatch(pattern, cursor)
    assert client.get("/api/v1/products", query_string={"limit": 1, "cursor": cursor}).json["data"]
