"""Every id that is unknown and every number at its limits is answered, never with a failure.

Read from the document: each operation gets a body that could be meant, in which one id names
nothing or one number stands at an end of what the document, or a column, allows. What the form
lets through then reaches the database, whose last word must be a refusal too.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.kernel.ids import new_id
from tests.contract.test_hostile_input import places, resolved, with_value
from tests.support.chance import some
from tests.support.contract import document
from tests.support.people import Person, a_staff_member
from tests.support.shop import ADDRESS, Shop, key

COLUMN_ENDS = (2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63) - 1)

MEANT: dict[str, Any] = {
    "email": "someone@example.test", "password": "correct horse battery staple",
    "current_password": "correct horse battery staple", "currency": "EUR", "country": "DE",
    "countries": ["DE"], "name": "A Name", "title": "A Title", "slug": "a-slug", "code": "a_code",
    "shipping_address": ADDRESS, "billing_address": ADDRESS, "shipping_method": "standard",
    "role": "support", "full_name": "Some One", "url": "https://cdn.example.test/a.jpg",
    "reason": "counted", "text": "A word", "kind": "manual", "carrier": "dhl",
    "tax_class": "standard", "rate": "19", "path": "/name",
}  # fmt: skip
"""What members of a body are called that a schema alone does not tell how to fill."""


def meant(
    described: dict[str, Any], schema: dict[str, Any], known: dict[str, str], name: str
) -> Any:
    """Make a value that could be meant."""
    schema = resolved(described, schema)
    if name in MEANT:
        choices = schema.get("enum") or [MEANT[name]]
        return MEANT[name] if MEANT[name] in choices else choices[0]
    if name.removesuffix("s") in known and schema.get("type") != "array":
        return known[name.removesuffix("s")]
    if choices := schema.get("examples") or schema.get("enum"):
        return choices[0]
    match schema.get("type"), schema.get("format"):
        case "array", _:
            return [meant(described, schema.get("items", {}), known, name.removesuffix("s"))]
        case "integer", _:
            return max(1, schema.get("minimum", 1))
        case "boolean", _:
            return True
        case _, "uuid":
            return str(new_id())
        case _, "date-time":
            return "2030-01-01T00:00:00Z"
        case "object", _:
            members = schema.get("properties", {})
            return {
                member: meant(described, inner, known, member)
                for member, inner in members.items()
                if not inner.get("readOnly")
            }
    return "word"


def at(described: dict[str, Any], schema: dict[str, Any], way: tuple[Any, ...]) -> dict[str, Any]:
    """Return what the document says of a place in a body."""
    schema = resolved(described, schema)
    for step in way:
        inner = schema.get("properties", {}).get(step, {}) if isinstance(step, str) else None
        schema = resolved(described, inner if inner is not None else schema.get("items", {}))
    return schema


def others(schema: dict[str, Any], value: Any) -> Iterator[Any]:
    """List what else could stand at a place: an unknown id, and numbers at every limit."""
    if schema.get("format") == "uuid" or _is_id(value):
        yield str(new_id())
    if schema.get("type") == "integer":
        ends = [schema[end] for end in ("minimum", "maximum") if end in schema]
        yield from {*ends, *COLUMN_ENDS}


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def asked(
    described: dict[str, Any], known: dict[str, str]
) -> Iterator[tuple[str, str, str, dict[str, Any], str]]:
    """List requests as method, template, path, what is sent along, and what is odd about each."""

    def address(template: str, unknown: str = "") -> str:
        return re.sub(
            r"{(\w+)}",
            lambda name: quote(
                str(new_id()) if unknown == name[1] else known.get(name[1], str(new_id())), safe=""
            ),
            template,
        )

    for template, item in described["paths"].items():
        for verb, operation in item.items():
            if verb == "parameters":
                continue
            method = verb.upper()
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            schema = content["schema"] if content else {}
            body = meant(described, schema, known, "") if content else None
            sent = {"json": body} if content else {}
            yield method, template, address(template), sent, "as it could be meant"
            for name in re.findall(r"{(\w+)}", template):
                yield method, template, address(template, name), sent, f"unknown {name} in the path"
            for parameter in operation.get("parameters", []):
                if parameter.get("in") == "query":
                    for other in others(resolved(described, parameter["schema"]), None):
                        query = {parameter["name"]: other}
                        yield (
                            method,
                            template,
                            address(template),
                            {**sent, "query_string": query},
                            str(query),
                        )
            required = set(resolved(described, schema).get("required", ()))
            for name in body if isinstance(body, dict) else ():
                # Some of them exclude one another, as a SKU and a variant do.
                alone = {member: body[member] for member in body if member in {*required, name}}
                yield method, template, address(template), {"json": alone}, f"only {name}"
                for other in others(at(described, schema, (name,)), body[name]):
                    changed = {**alone, name: other}
                    yield (
                        method,
                        template,
                        address(template),
                        {"json": changed},
                        f"only {name} = {other}",
                    )
            for way in places(body) if content else ():
                for other in others(at(described, schema, way), _found(body, way)):
                    changed = with_value(body, way, other)
                    odd = f"{'/'.join(map(str, way))} = {other}"
                    yield method, template, address(template), {"json": changed}, odd


def _found(body: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        body = body[step]
    return body


def sends(
    client: FlaskClient, who: Person, method: str, path: str, sent: dict[str, Any]
) -> TestResponse:
    """Send a request for the present version of what it is about."""
    version = '"1"'
    while True:
        headers = who.with_headers(Idempotency_Key=key(), If_Match=version)
        # Buffered: a file that is streamed is read to its end, within its own request.
        answer = client.open(path, method=method, headers=headers, buffered=True, **sent)
        if answer.status_code != 412 or version != '"1"':
            return answer
        version = f'"{answer.json["current_version"]}"'


def test_no_unknown_id_and_no_number_makes_the_shop_fail(
    shop: Shop, known: dict[str, str], customer: Person
) -> None:
    described = document(shop.app)
    asked_about = dict(some(described["paths"].items(), one_in=2))
    client = FlaskClient(shop.app, shop.app.response_class)
    owner = a_staff_member("owner")
    answered: dict[str, set[int]] = {}
    failures = []
    for method, template, path, sent, odd in asked({**described, "paths": asked_about}, known):
        if method == "DELETE" or path.endswith(("/logout", "/me/password")):
            continue  # nothing would be left to ask about
        who: Person = owner if "/admin/" in path else customer
        answer = sends(client, who, method, path, sent)
        answered.setdefault(f"{method} {template}", set()).add(answer.status_code)
        if answer.status_code >= 500:
            failures.append(f"{answer.status_code} {method} {path} {odd}")

    reached = [name for name, codes in answered.items() if any(code < 300 for code in codes)]
    assert failures == []
    assert len(reached) >= len(answered) // 4, sorted(set(answered) - set(reached))


def test_every_number_that_comes_in_has_two_ends(shop: Shop) -> None:
    """Else the column decides, and its refusal cannot say which of several numbers it was."""
    described = document(shop.app)
    endless = []

    def look(schema: dict[str, Any], where: str, within: tuple[str, ...] = ()) -> None:
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and name in within:
            return
        schema = resolved(described, schema)
        if schema.get("readOnly"):
            return
        is_number = schema.get("type") in ("integer", "number")
        if is_number and "enum" not in schema and not {"minimum", "maximum"} <= set(schema):
            endless.append(where)
        for member, inner in schema.get("properties", {}).items():
            look(inner, f"{where}/{member}", (*within, name))
        if "items" in schema:
            look(schema["items"], f"{where}/-", (*within, name))

    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            for parameter in operation.get("parameters", []):
                look(parameter.get("schema", {}), f"{method} {path} {parameter.get('name')}")
            content = operation.get("requestBody", {}).get("content", {})
            look(content.get("application/json", {}).get("schema", {}), f"{method} {path} ")

    assert endless == []
