"""The API document: approved line by line, valid, complete, and plain about who may do what."""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from api.platform import openapi
from api.platform.approvals import WAITS
from api.platform.openapi_cleanup import resolved
from tests.contract.approve import approved, written
from tests.support.contract import document, documents

PROBLEM = "application/problem+json"
HOW = "make openapi"
# Short by nature, and of no use in parts.
WHOLE_LISTS = {
    "/api/v1/categories": "a tree",
    "/api/v1/countries": "for one menu",
    "/api/v1/markets": "the few of one shop",
    "/api/v1/admin/categories": "a tree",
    "/api/v1/admin/fulfilments/{fulfilment_id}/labels": "the few of one parcel",
    "/api/v1/admin/fulfilments/{fulfilment_id}/tracking": "the newest of one parcel",
    "/api/v1/admin/orders/{order_id}/labels": "the few of one order",
    "/api/v1/shipping-methods": "the choice of one checkout",
    "/api/v1/admin/translations/{subject_id}/languages": "the languages of the shop",
}
# What a list says besides its rows.
SAYS_MORE = {"/api/v1/products": {"facets", "corrected_q"}}

PUBLIC = (
    "/api/v1/order-links/look-up",
    "/api/v1/order-links/pay",
    "/api/v1/gift-cards/balance",
    "/api/v1/auth/",
    "/api/v1/admin/auth/",
    "/api/v1/categories",
    "/api/v1/collections",
    "/api/v1/countries",
    "/api/v1/markets",
    "/api/v1/search",
    "/api/v1/products",
    "/api/v1/return-reasons",
    "/api/v1/shipping-methods",
    "/api/v1/stock-requests/cancel",
    "/api/v1/webhooks/",
    "/api/v1/withdrawals/texts",
    "/api/v1/withdrawals/{withdrawal_id}/confirm",
)

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def described(bare_app: Flask) -> dict[str, Any]:
    """The documents as they are published now, in one."""
    return document(bare_app)


@pytest.fixture(params=[audience.name for audience in openapi.AUDIENCES])
def published(bare_app: Flask, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The document of one audience as it is published now."""
    return documents(bare_app)[request.param]


def operations(described: dict[str, Any]) -> Iterator[Operation]:
    """List every operation as METHOD, path, description."""
    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), path, operation


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    """List every schema within a schema, or within a table of them."""
    if isinstance(node, dict):
        if "type" in node or "properties" in node or "$ref" in node:
            yield node
        for value in node.values():
            yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


def offenders(described: dict[str, Any], is_wrong: Any) -> list[str]:
    """Name the operations of which something is wrong."""
    return [
        f"{method} {path}"
        for method, path, operation in operations(described)
        if is_wrong(method, path, operation)
    ]


@pytest.mark.parametrize("audience", [audience.name for audience in openapi.AUDIENCES])
def test_the_document_is_the_one_that_was_approved(bare_app: Flask, audience: str) -> None:
    before, now = approved(audience).read_text(), written(documents(bare_app)[audience])

    changes = list(
        difflib.unified_diff(
            before.splitlines(), now.splitlines(), "approved", "now", lineterm="", n=2
        )
    )

    assert not changes, (
        "The API document has changed. If it was meant to, approve it with\n"
        f"    {HOW}\nand commit the difference:\n" + "\n".join(changes[:60])
    )


def test_the_document_is_valid(published: dict[str, Any]) -> None:
    assert published["openapi"].startswith("3.1.")
    validate(json.loads(json.dumps(published)))


def test_every_operation_stands_in_the_document_of_its_audience_alone(bare_app: Flask) -> None:
    paths = {name: set(one["paths"]) for name, one in documents(bare_app).items()}

    assert all(path.startswith(openapi.STAFF_PREFIXES) for path in paths["admin"])
    assert not any(path.startswith(openapi.STAFF_PREFIXES) for path in paths["storefront"])
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in bare_app.url_map.iter_rules()
    }
    assert paths["admin"] | paths["storefront"] == {p for p in routes if p.startswith("/api/")}


def test_what_both_documents_have_is_the_same_in_both(bare_app: Flask) -> None:
    storefront, admin = (documents(bare_app)[one.name]["components"] for one in openapi.AUDIENCES)

    for kind in storefront.keys() & admin.keys():
        for name in storefront[kind].keys() & admin[kind].keys():
            assert storefront[kind][name] == admin[kind][name], (kind, name)


NAMES = {
    "storefront": {
        "POST /api/v1/cart/items": "addCartItem",
        "GET /api/v1/products": "listProducts",
        "POST /api/v1/checkout": "placeOrder",
        "POST /api/v1/payments/create-payment-intent": "createPaymentIntent",
    },
    "admin": {
        "GET /api/v1/admin/orders": "listOrders",
        "POST /api/v1/admin/orders/{order_id}/refunds": "refundOrder",
    },
}


def test_every_operation_has_a_name_of_its_own_that_programs_can_use(
    published: dict[str, Any],
) -> None:
    names = {f"{m} {path}": op["operationId"] for m, path, op in operations(published)}

    assert len(set(names.values())) == len(names)
    assert [n for n in names.values() if not re.fullmatch("[a-z]+([A-Z][a-z]+)*", n)] == []
    (audience,) = (one.name for one in openapi.AUDIENCES if one.title == published["info"]["title"])
    assert names.items() >= NAMES[audience].items()


def test_nothing_is_written_in_the_manner_of_openapi_3_0(published: dict[str, Any]) -> None:
    """`nullable` means nothing in 3.1, and clients that know it make empty objects of it."""
    text = json.dumps(published)

    assert '"nullable"' not in text
    assert not re.search(r'"x-(minimum|maximum|nullable)"', text)
    for schema in schemas(published["components"]["schemas"]):
        assert "example" not in schema, schema


def test_parameters_are_never_null(published: dict[str, Any]) -> None:
    def may_be(_: str, __: str, operation: dict[str, Any]) -> bool:
        return any("null" in json.dumps(p["schema"]) for p in operation.get("parameters", []))

    assert offenders(published, may_be) == []


def test_the_document_says_where_the_shop_is_and_what_codes_mean(
    published: dict[str, Any],
) -> None:
    assert published["servers"][0]["url"] == "/"
    assert "(/docs/problems)" in published["info"]["description"]


def test_every_operation_says_in_a_line_what_it_does(described: dict[str, Any]) -> None:
    def is_silent(_: str, __: str, operation: dict[str, Any]) -> bool:
        summary = operation.get("summary", "")
        return not summary.endswith((".", "?")) or len(summary) > 130

    assert offenders(described, is_silent) == []


def test_every_operation_stands_under_a_heading_that_is_explained(
    described: dict[str, Any],
) -> None:
    explained = {tag["name"] for tag in described["tags"] if tag.get("description")}

    assert offenders(described, lambda m, p, op: not set(op.get("tags", [])) & explained) == []
    used = {tag for path in described["paths"].values() for op in path.values()
            if isinstance(op, dict) for tag in op.get("tags", [])}  # fmt: skip
    assert {tag["name"] for tag in described["tags"]} == explained == used


def test_every_operation_says_who_may_come_in(described: dict[str, Any]) -> None:
    schemes = set(described["components"]["securitySchemes"])

    def is_vague(_: str, path: str, operation: dict[str, Any]) -> bool:
        asked = operation["security"]
        if path.startswith(PUBLIC):
            return bool(asked)
        return not asked or not {name for way in asked for name in way} <= schemes

    assert offenders(described, is_vague) == []


def test_staff_operations_need_a_token_and_nothing_else_will_do(described: dict[str, Any]) -> None:
    def is_open(_: str, path: str, operation: dict[str, Any]) -> bool:
        is_for_staff = path.startswith("/api/v1/admin/") and not path.startswith(PUBLIC)
        return is_for_staff and operation.get("security") != [{"bearer": []}]

    assert offenders(described, is_open) == []


def test_every_operation_says_how_it_answers_when_it_goes_well(described: dict[str, Any]) -> None:
    def is_vague(_: str, __: str, operation: dict[str, Any]) -> bool:
        good = {code: told for code, told in operation["responses"].items() if code[0] == "2"}
        if good.get("202", {}).get("description") == WAITS["description"]:
            del good["202"]  # the one other way: it waits for a second person
        return len(good) != 1 or not all(
            resolved(described, told).get("description")
            and (code == "204" or resolved(described, told).get("content"))
            for code, told in good.items()
        )

    assert offenders(described, is_vague) == []


def test_json_answers_are_described_field_by_field(described: dict[str, Any]) -> None:
    def is_vague(_: str, __: str, operation: dict[str, Any]) -> bool:
        for code, told in operation["responses"].items():
            for kind, content in resolved(described, told).get("content", {}).items():
                # A file in lines of JSON is no JSON itself.
                if code[0] != "2" or "json" not in kind or kind == "application/jsonl":
                    continue
                schema = resolved(described, content.get("schema", {}))
                if not (schema.get("properties") or schema.get("oneOf")):
                    return True
        return False

    assert offenders(described, is_vague) == []


def test_every_refusal_is_a_problem_document(described: dict[str, Any]) -> None:
    def is_other(_: str, __: str, operation: dict[str, Any]) -> bool:
        bad = {c: told for c, told in operation["responses"].items() if c[0] not in "23"}
        return "default" not in bad or any(
            list(resolved(described, told).get("content", {})) != [PROBLEM] for told in bad.values()
        )

    assert offenders(described, is_other) == []


def test_a_guarded_operation_says_that_it_may_refuse_strangers(described: dict[str, Any]) -> None:
    def is_silent(_: str, __: str, operation: dict[str, Any]) -> bool:
        return (
            bool(operation.get("security")) and not {"401", "403"} <= operation["responses"].keys()
        )

    assert offenders(described, is_silent) == []


def test_every_part_of_a_path_is_explained(described: dict[str, Any]) -> None:
    def is_unexplained(_: str, path: str, operation: dict[str, Any]) -> bool:
        shared = described["paths"][path].get("parameters", [])
        known = {
            (p["in"], p["name"])
            for p in (resolved(described, p) for p in [*shared, *operation.get("parameters", [])])
        }
        return not {("path", name) for name in re.findall(r"{(\w+)}", path)} <= known

    assert offenders(described, is_unexplained) == []


def test_lists_are_read_page_by_page(described: dict[str, Any]) -> None:
    def is_other(method: str, path: str, operation: dict[str, Any]) -> bool:
        told = resolved(described, operation["responses"].get("200", {}))
        content = told.get("content", {}).get("application/json", {})
        schema = resolved(described, content.get("schema", {}))
        members = set(schema.get("properties", {}))
        if method != "GET" or "data" not in members:
            return False
        asked = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        is_whole = path in WHOLE_LISTS
        members -= SAYS_MORE.get(path, set())
        return members != {"data", "page"} or {"limit", "cursor"}.isdisjoint(asked) != is_whole

    assert offenders(described, is_other) == []


def test_no_two_schemas_share_a_name(described: dict[str, Any]) -> None:
    """apispec would number the second one, and clients would have to know which is which."""
    names = set(described["components"]["schemas"])

    assert [name for name in names if re.sub(r"\d+$", "", name) in names - {name}] == []


def test_no_schema_is_written_for_nobody(described: dict[str, Any]) -> None:
    text = json.dumps(described)

    assert [
        name
        for name in described["components"]["schemas"]
        if f'"#/components/schemas/{name}"' not in text
    ] == []


def test_paths_are_plural_nouns_in_lower_case_and_at_most_one_level_deep(
    described: dict[str, Any],
) -> None:
    for path in described["paths"]:
        assert path.startswith("/api/v1/")
        assert re.fullmatch(r"(/[a-z0-9-]+|/{[a-z_]+})+", path), path
        assert path.count("{") <= 1, path


def test_money_is_always_whole_minor_units(described: dict[str, Any]) -> None:
    money = described["components"]["schemas"]["Money"]

    assert money["properties"]["amount"]["type"] == "integer"
    assert set(money["required"]) == {"amount", "currency"}
    floats = re.findall(r'"(\w*(?:price|amount|total|tax)\w*)": {[^{}]*"type": "number"',
                        json.dumps(described))  # fmt: skip
    assert floats == []
