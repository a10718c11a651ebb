"""The console reads only what the document promises, and sends only what it allows.

The two share no code. This is where they meet: the console's shapes and commands against the
document of the shop.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple, get_args, get_type_hints

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator

from console.client import (
    attention,
    bulk_changes,
    catalog_models,
    hold_models,
    models,
    money,
    note_models,
    orders,
    receiving,
    stock,
)
from console.client.catalog_models import (
    BatchAnswer,
    Price,
    PriceHistoryEntry,
    ProductCard,
    ProductRow,
    ProductWithVariants,
    ScheduledPrice,
    VariantCard,
)
from console.client.change_models import ChangeBatch, Claim
from console.client.doctor import DoctorRun
from console.client.hold_models import AttentionItem, Hold
from console.client.models import (
    Money,
    Movement,
    OrderCard,
    OrderDetail,
    Overview,
    PageCursor,
    Refund,
    RefundQuote,
    ScanAnswer,
    SignIn,
    StockLevel,
)
from console.client.note_models import BulkResults, CancelPreview, CancelResults, SavedView
from console.client.outbox import NewCommand
from console.client.parsing import WireField, fields_of
from console.client.receiving import PurchaseOrder
from console.flows.catalog import edit_parsing, filters
from console.flows.catalog.filters import WIRE
from console.flows.filters import VIEWS, WORDS
from tests.support.contract import document

ADMIN = "/api/v1/admin"


class Reading(NamedTuple):
    """What the console takes for what, in the answer of an operation."""

    shape: type[Any]
    method: str
    path: str
    status: str = "200"
    inside: str = ""


READINGS = (
    Reading(SignIn, "post", "/auth/login"),
    Reading(SignIn, "post", "/auth/refresh"),
    Reading(Overview, "get", "/overview"),
    Reading(ScanAnswer, "get", "/scan"),
    Reading(PurchaseOrder, "get", "/purchase-orders/{purchase_order_id}"),
    Reading(ChangeBatch, "get", "/changes"),
    Reading(Claim, "put", "/orders/{order_id}/claim"),
    Reading(OrderCard, "get", "/orders", inside="data"),
    Reading(PageCursor, "get", "/orders", inside="page"),
    Reading(SavedView, "get", "/order-views", inside="data"),
    Reading(BulkResults, "post", "/orders/batch"),
    Reading(CancelPreview, "post", "/orders/batch-cancel/preview"),
    Reading(CancelResults, "post", "/orders/batch-cancel"),
    Reading(OrderDetail, "get", "/orders/{order_id}"),
    Reading(RefundQuote, "post", "/orders/{order_id}/refunds/quote"),
    Reading(Refund, "post", "/orders/{order_id}/refunds", "201"),
    Reading(AttentionItem, "get", "/attention", inside="data"),
    Reading(PageCursor, "get", "/attention", inside="page"),
    Reading(DoctorRun, "get", "/doctor"),
    Reading(StockLevel, "get", "/stock", inside="data"),
    Reading(PageCursor, "get", "/stock", inside="page"),
    Reading(StockLevel, "get", "/stock/{level_id}"),
    Reading(StockLevel, "post", "/stock/{level_id}/adjust"),
    Reading(Movement, "get", "/stock/{level_id}/movements", inside="data"),
    Reading(PageCursor, "get", "/stock/{level_id}/movements", inside="page"),
    Reading(ProductRow, "get", "/products", inside="data"),
    Reading(ProductWithVariants, "get", "/products", inside="data"),
    Reading(PageCursor, "get", "/products", inside="page"),
    Reading(ProductCard, "get", "/products/{product_id}"),
    Reading(VariantCard, "get", "/variants/{variant_id}"),
    Reading(PriceHistoryEntry, "get", "/variants/{variant_id}/price-history", inside="data"),
    Reading(PageCursor, "get", "/variants/{variant_id}/price-history", inside="page"),
    Reading(ScheduledPrice, "get", "/variants/{variant_id}/scheduled-prices", inside="data"),
    Reading(PageCursor, "get", "/variants/{variant_id}/scheduled-prices", inside="page"),
    Reading(BatchAnswer, "post", "/products/batch"),
    Reading(BatchAnswer, "post", "/variants/batch"),
    Reading(BatchAnswer, "post", "/inventory/levels/batch"),
)


@pytest.fixture(scope="module")
def described(bare_app: Flask) -> dict[str, Any]:
    """The document as it is published now."""
    return document(bare_app)


def resolved(described: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow references, also beside a null; `nullable` tells whether there was one."""
    nullable = False
    # A form with rules of its own is what it is.
    while {"$ref", "anyOf", "allOf"} & node.keys() and "properties" not in node:
        if "allOf" in node:  # one thing, described where it is used
            (node,) = node["allOf"]
        elif "anyOf" in node:
            nullable = nullable or {"type": "null"} in node["anyOf"]
            (node,) = (one for one in node["anyOf"] if one != {"type": "null"})
        else:
            found: Any = described
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
    kinds = node.get("type")
    if isinstance(kinds, list):
        nullable = nullable or "null" in kinds
        (kind,) = set(kinds) - {"null"}
        node = {**node, "type": kind}
    return {**node, "nullable": nullable}


def schema_of(described: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Return the schema of what a reading reads."""
    operation = described["paths"][f"{ADMIN}{reading.path}"][reading.method]
    told = resolved(described, operation["responses"][reading.status])
    schema = resolved(described, told["content"]["application/json"]["schema"])
    if reading.inside:
        schema = resolved(described, schema["properties"][reading.inside])
    return resolved(described, schema["items"]) if schema.get("type") == "array" else schema


def disagreement(described: dict[str, Any], top: dict[str, Any], field: WireField) -> str | None:
    """Tell how the document and the console differ about one field; None when they agree."""
    schema, *_ = top, None
    *way, name = field.path.split(".")
    for step in way:
        schema = resolved(described, schema["properties"][step.removesuffix("[]")])
        if step.endswith("[]"):
            schema = resolved(described, schema["items"])
    if name not in schema.get("properties", {}):
        return "is not in the document"
    told = resolved(described, schema["properties"][name])
    kind = "date-time" if told.get("format") == "date-time" else told["type"]
    if kind != field.kind:
        return f"is {kind} in the document and {field.kind} in the console"
    if told["nullable"] and not field.nullable:
        return "may be null, and the console does not know it"
    if field.required and name not in schema.get("required", []):
        return "may be absent, and the console does not know it"
    return None


@pytest.mark.parametrize("reading", READINGS, ids=lambda one: f"{one.shape.__name__} {one.path}")
def test_what_the_console_reads_is_promised(described: dict[str, Any], reading: Reading) -> None:
    schema = schema_of(described, reading)

    differences = {
        field.path: difference
        for field in fields_of(reading.shape)
        if (difference := disagreement(described, schema, field)) is not None
    }

    assert differences == {}


def shapes_within(shape: Any) -> Iterator[Any]:
    """List a shape and all that it is made of."""
    yield shape
    for hint in get_type_hints(shape).values():
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner):
                yield from shapes_within(inner)


def test_every_shape_of_the_console_is_held_against_the_document() -> None:
    read = {shape for reading in READINGS for shape in shapes_within(reading.shape)}
    declared = {
        shape
        for module in (models, catalog_models, hold_models, note_models, money)
        for _, shape in inspect.getmembers(module, is_dataclass)
        if shape.__module__ == module.__name__
    }

    assert declared - read == {models.Page}  # made by the console of rows and mark


def an_order() -> OrderCard:
    """Return a card to make commands from."""
    values = {field.name: "x" for field in fields(OrderCard)} | {"total": Money(999, "EUR")}
    return OrderCard(**values)  # type: ignore[arg-type]


def an_item() -> AttentionItem:
    """Return an item to make commands from."""
    values: dict[str, Any] = {field.name: "x" for field in fields(AttentionItem)}
    return AttentionItem(**values)


def a_hold() -> Hold:
    """Return a hold to make commands from."""
    values: dict[str, Any] = {field.name: "x" for field in fields(Hold)}
    return Hold(**values)


def a_level() -> StockLevel:
    """Return a level to make commands from."""
    values: dict[str, Any] = {field.name: "x" for field in fields(StockLevel)}
    return StockLevel(**values | {"location": models.Location("x", "MAIN", "Main shelf")})


LINE = "01a1f929-9c61-7229-b458-bb774c890805"


def a_change(of: str, item: dict[str, object]) -> NewCommand:
    """Return one piece of a change to many rows, with what takes it back."""
    row = bulk_changes.BulkChangeRow(
        LINE, 3, item, LINE, "Mug", "", "", item if of != "products" else None
    )
    return bulk_changes.chunk(of, [row], "Price -10%")


REDUCED = Price(Money(999, "EUR"), Money(1299, "EUR")).as_wire()
CHANGES: tuple[tuple[str, dict[str, object]], ...] = (
    ("variants", {"price_updates": [REDUCED]}),
    ("variants", {"prices": [REDUCED, Price(Money(5, "JPY")).as_wire()]}),
    ("products", {"command": "publish"}),
    ("levels", {"low_stock_threshold": 5}),
    ("levels", {"low_stock_threshold": None}),
)
DRAFTS = {
    "everything ships": (
        "/orders/{order_id}/ship",
        orders.ship(an_order(), {LINE: 2}, carrier="DHL", tracking=None, is_everything=True),
    ),
    "a part ships": (
        "/orders/{order_id}/ship",
        orders.ship(
            an_order(), {LINE: 1}, carrier="DHL", tracking="JJD1", is_everything=False,
            verified={LINE: 1}, override="label torn", acknowledged=(LINE,),
        ),
    ),
    "goods come": (
        "/receipts",
        receiving.receive(None, [{"variant_id": LINE, "quantity": 2, "bin": "L-A"}], 2),
    ),
    "money goes back": (
        "/orders/{order_id}/refunds",
        orders.refund(
            an_order(), [(LINE, 1, True)], shipping=True, amount=None, reason="damaged",
            note="chipped", expected=Money(999, "EUR"),
        ),
    ),
    "an amount goes back": (
        "/orders/{order_id}/refunds",
        orders.refund(
            an_order(), [], shipping=False, amount=Money(500, "EUR"), reason="goodwill",
            note=None, expected=Money(500, "EUR"),
        ),
    ),
    "an order is paid by transfer": (
        "/orders/{order_id}/mark-paid",
        orders.mark_paid(an_order(), Money(500, "EUR"), "bank", due=Money(400, "EUR")),
    ),
    "an order is cancelled": (
        "/orders/{order_id}/cancel", orders.cancel(an_order(), "out_of_stock"),
    ),
    **{
        f"many {of} change {item}": (bulk_changes.PATHS[of].removeprefix(ADMIN), a_change(of, item))
        for of, item in CHANGES
    },
    "a note is written": ("/orders/{order_id}/notes", orders.note(an_order(), "called")),
    "tags are changed": ("/orders/{order_id}/tags", orders.tag(an_order(), ["a"], ["b c"])),
    "an order is held": ("/orders/{order_id}/holds", orders.hold(an_order(), "risk", "odd")),
    "a hold is released": (
        "/order-holds/{hold_id}/release", orders.release(an_order(), a_hold(), None),
    ),
    "an item's money goes back": (
        "/attention/{item_id}/refund", attention.refund(an_item(), "overpaid"),
    ),
    "orphan money is linked": ("/attention/{item_id}/link", attention.link(an_item(), "1001")),
    "an item is accepted": ("/attention/{item_id}/accept", attention.accept(an_item(), "fine")),
    "a job is discarded": ("/attention/{item_id}/discard", attention.discard(an_item(), "old")),
    "units are added": ("/stock/{level_id}/adjust", stock.adjust(a_level(), 3, reason="found")),
    "a count is set": (
        "/stock/{level_id}/adjust",
        stock.set_to(a_level(), 7, expected=5, reason="count", note="Monday"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "draft"), DRAFTS.values(), ids=DRAFTS)
def test_what_the_console_sends_is_allowed(
    described: dict[str, Any], path: str, draft: NewCommand
) -> None:
    operation = described["paths"][f"{ADMIN}{path}"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    form = OAS31Validator({**schema, "components": described["components"]})

    for body in (draft.body, draft.inverse):
        if body is not None:
            assert [error.message for error in form.iter_errors(body)] == []
    key = [p for p in operation.get("parameters", []) if p["name"] == "Idempotency-Key"]
    assert key or path.endswith(("/notes", "/tags"))


def test_the_console_asks_for_orders_in_words_that_the_list_knows(
    described: dict[str, Any],
) -> None:
    operation = described["paths"][f"{ADMIN}/orders"]["get"]
    known = {p["name"]: p["schema"] for p in operation["parameters"] if p["in"] == "query"}

    for view in VIEWS:
        for name, value in view.query.items():
            assert value in known[name]["enum"], (view.name, name, value)
    for name, values in WORDS.values():
        assert set(values) <= set(known[name]["enum"]), name
    assert {"q", "placed_at_gte", "placed_at_lt", "sort", "limit", "cursor", "include"} <= set(
        known
    )


def test_the_console_asks_for_stock_in_words_that_the_list_knows(
    described: dict[str, Any],
) -> None:
    operation = described["paths"][f"{ADMIN}/stock"]["get"]
    known = {p["name"] for p in operation["parameters"] if p["in"] == "query"}

    asked = {"q", "low", "location_id", "variant_ids", "limit", "cursor", "include"}
    assert asked <= known


def test_the_console_asks_for_products_in_words_that_the_list_knows(
    described: dict[str, Any],
) -> None:
    operation = described["paths"][f"{ADMIN}/products"]["get"]
    known = {p["name"]: p["schema"] for p in operation["parameters"] if p["in"] == "query"}

    asked = {WIRE.get(word, word) for word in filters.WORDS}
    assert asked | {"q", "status", "limit", "cursor", "include", "ids", "expand"} <= set(known)
    assert re.fullmatch(known["expand"]["pattern"], "variants")
    assert set(filters.STATUSES[1:]) <= set(known["status"]["enum"])
    assert set(filters.SORTS) == set(known["sort"]["enum"])
    rows = described["components"]["schemas"]["ProductRow"]["properties"]
    assert set(edit_parsing.COMMANDS) == set(rows["command"]["enum"])
