"""Whatever is sent, the shop answers: with a refusal that names the reason, never with a failure.

Every operation of the document is asked with values that nobody sensible sends, one at a time, by
people who may. A part of them by chance; all of them with STOCKROOM_SLOW=1.
"""

import copy
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from api.kernel.ids import new_id
from tests.support.contract import document
from tests.support.people import a_customer, a_staff_member
from tests.support.shop import Shop, key

ASKED = 12_000 if os.environ.get("STOCKROOM_SLOW") else 800

TEXTS = (
    *("", " ", "x" * 5000, "a\x00b", "💥", "'; DROP TABLE users; --", "%", "_", "\\", "ß" * 300),
    *("\n", "a\nb", "0", "-1", "1e5", "NaN", "EUR", "XTS", "a@b.c", "@", "a" * 300 + "@b.example"),
    *("2026-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z"),
    *("http://[", "javascript:alert(1)", "01a1f929-9c61-7229-b458-bb774c890805"),
)
VALUES = (
    *TEXTS,
    *(None, True, False, [], {}, [[]], [None], ["x"], {"a": 1}, 0, -1, 1.5, 1e308),
    *(2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**15, 10**16),
)


@dataclass(frozen=True)
class Question:
    """One request, with one hostile value in it."""

    method: str
    path: str
    query: dict[str, str] | None = None
    body: Any = None
    has_body: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.query or ''} {str(self.body)[:200]}"


def resolved(described: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow references."""
    # A form with rules of its own is what it is.
    while {"$ref", "anyOf", "allOf"} & node.keys() and "properties" not in node:
        node = (
            (node.get("anyOf") or node["allOf"])[0]
            if "$ref" not in node
            else described["components"]["schemas"][node["$ref"].rpartition("/")[2]]
        )
    kinds = node.get("type")
    return {**node, "type": kinds[0]} if isinstance(kinds, list) else node


def sensible(described: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Make a value that fits a schema, more or less."""
    schema = resolved(described, schema)
    if choices := schema.get("examples") or schema.get("enum"):
        return choices[0]
    match schema.get("type"), schema.get("format"):
        case "array", _:
            return [sensible(described, schema.get("items", {}))]
        case "integer", _:
            return max(1, schema.get("minimum", 1))
        case "boolean", _:
            return True
        case _, "uuid":
            return str(new_id())
        case _, "date-time":
            return "2026-01-01T00:00:00Z"
        case "object", _:
            members = schema.get("properties", {})
            return {name: sensible(described, member) for name, member in members.items()}
    return "word"


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List every place in a body."""
    yield way
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in inner:
            yield from places(item, (*way, name))


def with_value(body: Any, way: tuple[Any, ...], value: Any) -> Any:
    """Copy a body with another value at one place."""
    if not way:
        return value
    changed = copy.deepcopy(body)
    parent = changed
    for step in way[:-1]:
        parent = parent[step]
    parent[way[-1]] = value
    return changed


def questions(described: dict[str, Any], known: dict[str, str]) -> Iterator[Question]:
    """List everything that could be asked."""

    def address(template: str, part: str | None = None) -> str:
        def fill(name: re.Match[str]) -> str:
            return quote(known.get(name[1], str(new_id())) if part is None else part, safe="")

        return re.sub(r"{(\w+)}", fill, template)

    for template, item in described["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            verb = method.upper()
            for text in TEXTS if "{" in template else ():
                yield Question(verb, address(template, text))
            for parameter in operation.get("parameters", []):
                for text in TEXTS if parameter.get("in") == "query" else ():
                    yield Question(verb, address(template), query={parameter["name"]: text})
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None:
                continue
            body = sensible(described, content["schema"])
            for way in places(body):
                for value in VALUES:
                    changed = with_value(body, way, value)
                    yield Question(verb, address(template), body=changed, has_body=True)


@pytest.fixture
def known(shop: Shop) -> dict[str, str]:
    """Ids of things that exist, by the names that paths have for them."""
    shop.sells("MUG", 50, barcodes=["4006381333931"])
    order = shop.an_order(MUG=2)
    staff = shop.staff()
    level = staff.gets("/stock").json["data"][0]
    product = staff.gets("/products").json["data"][0]
    return {
        "order_id": order["id"],
        "level_id": level["id"],
        "variant_id": level["variant_id"],
        "location_id": level["location"]["id"],
        "product_id": product["id"],
        "slug": product["slug"],
        "code": "MUG",
        "method_id": staff.gets("/shipping-methods").json["data"][0]["id"],
        "rate_id": staff.gets("/tax-rates").json["data"][0]["id"],
    }


def test_nothing_that_is_sent_makes_the_shop_fail(shop: Shop, known: dict[str, str]) -> None:
    chance = random.Random(20261120)
    asked = list(questions(document(shop.app), known))
    customer, owner = a_customer(), a_staff_member("owner")
    client = FlaskClient(shop.app, shop.app.response_class)
    failures = []

    for question in chance.sample(asked, min(ASKED, len(asked))):
        who = owner if "/admin/" in question.path else customer
        answer = client.open(
            question.path,
            method=question.method,
            query_string=question.query,
            headers=who.with_headers(Idempotency_Key=key(), If_Match='"1"'),
            **({"json": question.body} if question.has_body else {}),
        )
        is_refusal = answer.status_code >= 400
        if answer.status_code >= 500 or (
            is_refusal and answer.mimetype != "application/problem+json"
        ):
            failures.append(f"{answer.status_code} {question}")

    assert failures == []
