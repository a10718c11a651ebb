"""Many products or variants in one request: each row is done or refused for itself."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from api.catalog.events import CatalogChanged, ProductPublished
from api.catalog.models.prices import PriceHistoryEntry, VariantPrice
from api.catalog.models.products import Product, Variant
from api.kernel.ids import new_id
from api.platform.audit import AuditEntry
from api.platform.db import session
from tests.support.catalogue import a_product
from tests.support.events import facts_of
from tests.support.people import Person, a_customer
from tests.support.sql import count_statements
from tests.support.threads import at_once

URL = "/api/v1/admin"
EUR = "EUR"


def _products(*slugs: str) -> list[UUID]:
    """Put products on sale; their version is 2 then."""
    for slug in slugs:
        a_product(slug.upper(), slug=slug)
    found = {row.slug: row.id for row in session.execute(select(Product.slug, Product.id))}
    return [found[slug] for slug in slugs]


def _send(
    client: FlaskClient, anna: Person, items: Any, *, of: str = "products", **frame: Any
) -> dict[str, Any]:
    answer = client.post(f"{URL}/{of}/batch", json={"items": items, **frame}, headers=anna.headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def _statuses(answer: dict[str, Any]) -> list[str]:
    return [row["status"] for row in answer["data"]]


def _titles() -> list[str]:
    return list(session.scalars(select(Product.title).order_by(Product.slug)))


def test_good_rows_land_and_the_others_are_told(client: FlaskClient, anna: Person) -> None:
    """In the order of the request, with the version, or what is wrong and where."""
    one, two, three = _products("one", "two", "three")
    unknown = str(new_id())

    answer = _send(
        client,
        anna,
        [
            {"id": str(three), "version": 2, "changes": {"title": "Third"}},
            {"id": str(one), "version": 1, "changes": {"title": "First"}},
            {"id": unknown, "version": 1, "changes": {"title": "Nobody"}},
            {"id": str(two), "version": 2, "changes": {"title": "", "colour": "red"}},
            {"id": str(two), "version": 2, "changes": {"slug": "one"}},
            {"id": "no id", "version": 2, "changes": {}},
            "nonsense",
            {"id": str(two), "version": 2},
        ],
    )

    assert _statuses(answer) == ["ok"] + ["failed"] * 7
    assert answer["counts"] == {"ok": 1, "failed": 7, "not_done": 0}
    good, stale, missing, invalid, taken, no_id, nonsense, empty = answer["data"]
    assert good == {"index": 0, "id": str(three), "status": "ok", "version": 3, "error": None}
    assert (stale["error"]["code"], stale["error"]["status"]) == ("stale_version", 412)
    assert (stale["error"]["current_version"], stale["version"]) == (2, None)
    assert (missing["id"], missing["error"]["code"]) == (unknown, "product_not_found")
    assert {e["pointer"] for e in invalid["error"]["errors"]} == {
        "/items/3/changes/title",
        "/items/3/changes/colour",
    }
    assert (taken["error"]["code"], taken["error"]["title"]) == ("slug_taken", "Conflict")
    assert no_id["id"] is None
    assert no_id["error"]["errors"][0]["pointer"] == "/items/5/id"
    assert nonsense["error"]["errors"][0]["pointer"] == "/items/6"
    assert empty["error"]["code"] == "invalid"
    assert _titles() == ["One", "Third", "Two"]
    assert len(facts_of(CatalogChanged)) == 3 + 1


def test_one_fact_tells_of_all(client: FlaskClient, anna: Person) -> None:
    """Storefronts read anew once and not a hundred times; a refused row tells nothing."""
    one, two, three = _products("one", "two", "three")
    before = len(facts_of(CatalogChanged))

    _send(
        client,
        anna,
        [
            {"id": str(one), "version": 2, "changes": {"slug": "uno"}},
            {"id": str(two), "version": 2, "command": "archive"},
            {"id": str(three), "version": 2, "changes": {"title": "X"}, "command": "publish"},
        ],
    )

    (fact,) = facts_of(CatalogChanged)[before:]
    assert set(fact.slugs) == {"one", "uno", "two"}
    assert "Three" in _titles()


def test_with_reject_all_nothing_lands_unless_everything_does(
    client: FlaskClient, anna: Person
) -> None:
    """And all that is wrong is told at once."""
    one, two = _products("one", "two")
    facts, entries = len(facts_of(CatalogChanged)), session.scalars(select(AuditEntry.id)).all()
    items = [
        {"id": str(one), "version": 2, "changes": {"title": "First"}},
        {"id": str(two), "version": 9, "changes": {"title": "Second"}},
        {"id": str(two), "version": 2, "changes": {"title": 7}},
    ]

    refused = _send(client, anna, items, on_error="reject_all")

    assert _statuses(refused) == ["not_done", "failed", "failed"]
    assert refused["counts"] == {"ok": 0, "failed": 2, "not_done": 1}
    assert refused["data"][0]["error"] is None
    assert _titles() == ["One", "Two"]
    assert len(facts_of(CatalogChanged)) == facts
    assert session.scalars(select(AuditEntry.id)).all() == entries

    done = _send(client, anna, items[:1], on_error="reject_all")
    assert _statuses(done) == ["ok"]
    assert _titles() == ["First", "Two"]


def test_a_row_that_fails_at_its_end_leaves_nothing(client: FlaskClient, anna: Person) -> None:
    """Its changes were made already when its command was refused."""
    (one,) = _products("one")

    answer = _send(
        client,
        anna,
        [{"id": str(one), "version": 2, "changes": {"title": "First"}, "command": "unarchive"}],
    )

    assert answer["data"][0]["error"]["code"] == "invalid_state"
    assert answer["data"][0]["error"]["allowed"] == ["archive"]
    assert _titles() == ["One"]


def test_commands_move_products(client: FlaskClient, anna: Person) -> None:
    """After the changes of the same row."""
    a_product("DRAFT", slug="draft", published=False)
    (draft,) = session.scalars(select(Product.id))

    answer = _send(
        client,
        anna,
        [{"id": str(draft), "version": 1, "changes": {"title": "New"}, "command": "publish"}],
    )

    assert answer["data"][0]["version"] == 3
    assert session.execute(select(Product.title, Product.status)).one()[0] == "New"
    assert [fact.product_id for fact in facts_of(ProductPublished)] == [draft]


def test_a_version_is_asked_for_unless_it_is_forced(client: FlaskClient, anna: Person) -> None:
    """Forced, a row without one is done whatever it is; one that is given must still fit."""
    one, two = _products("one", "two")
    items = [
        {"id": str(one), "changes": {"title": "First"}},
        {"id": str(two), "version": 1, "changes": {"title": "Second"}},
    ]

    careful = _send(client, anna, items)
    forced = _send(client, anna, items, force=True)

    assert [row["error"]["code"] for row in careful["data"]] == [
        "precondition_required",
        "stale_version",
    ]
    assert _statuses(forced) == ["ok", "failed"]
    assert _titles() == ["First", "Two"]


def test_rows_about_one_product_follow_one_another(client: FlaskClient, anna: Person) -> None:
    (one,) = _products("one")

    answer = _send(
        client,
        anna,
        [
            {"id": str(one), "version": 2, "changes": {"title": "First"}},
            {"id": str(one), "version": 3, "changes": {"vendor": "Kiln"}},
            {"id": str(one), "version": 3, "changes": {"vendor": "Forge"}},
        ],
    )

    assert _statuses(answer) == ["ok", "ok", "failed"]


def test_variants_are_edited_and_priced(client: FlaskClient, anna: Person) -> None:
    """All prices, or those in some currencies."""
    red, blue, green = a_product("RED", "BLUE", "GREEN", price=["10 EUR", "12 USD"])

    def price(amount: int, currency: str = EUR) -> dict[str, Any]:
        return {"price": {"amount": amount, "currency": currency}}

    answer = _send(
        client,
        anna,
        [
            {"id": str(red), "version": 1, "prices": [price(900)]},
            {
                "id": str(blue),
                "version": 1,
                "changes": {"weight_grams": 5, "barcodes": [{"code": "1", "pack_quantity": 6}]},
                "price_updates": [price(800)],
            },
            {"id": str(green), "version": 1, "price_updates": [price(1), price(2)]},
            {"id": str(green), "version": 1, "prices": [], "price_updates": [price(2)]},
            {"id": str(new_id()), "version": 1, "prices": []},
            {"id": str(green), "version": 1, "changes": {"barcode": "1"}},
        ],
        of="variants",
    )

    assert _statuses(answer) == ["ok", "ok", "failed", "failed", "failed", "failed"]
    assert [row["version"] for row in answer["data"][:2]] == [2, 3]
    assert [row["error"]["code"] for row in answer["data"][2:]] == [
        "currency_twice",
        "invalid",
        "variant_not_found",
        "barcode_taken",
    ]
    found = session.execute(
        select(Variant.sku, VariantPrice.currency, VariantPrice.amount)
        .join(Variant, Variant.id == VariantPrice.variant_id)
        .order_by(Variant.sku, VariantPrice.currency)
    )
    assert [tuple(row) for row in found] == [
        ("BLUE", "EUR", 800),
        ("BLUE", "USD", 1200),
        ("GREEN", "EUR", 1000),
        ("GREEN", "USD", 1200),
        ("RED", "EUR", 900),
    ]
    records = session.scalars(
        select(PriceHistoryEntry.amount).where(PriceHistoryEntry.variant_id == red)
    ).all()
    assert sorted(records, key=str) == sorted([1000, 1200, 900, None], key=str)


def test_the_same_batch_twice_takes_effect_once(client: FlaskClient, anna: Person) -> None:
    """By its key; another batch under that key is refused."""
    (one,) = _products("one")
    headers = anna.with_headers(Idempotency_Key=str(new_id()))
    body = {"items": [{"id": str(one), "version": 2, "changes": {"title": "First"}}]}

    first = client.post(f"{URL}/products/batch", json=body, headers=headers)
    second = client.post(f"{URL}/products/batch", json=body, headers=headers)
    other = client.post(f"{URL}/products/batch", json={**body, "force": True}, headers=headers)

    assert second.get_json() == first.get_json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert other.get_json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"items": []},
        {"items": "all of them"},
        {"items": [{}] * 101},
        {"items": [{}], "on_error": "hope"},
        {"items": [{}], "colour": "red"},
        {"items": [{}], "force": "maybe"},
    ],
)
def test_a_frame_that_is_wrong_is_refused_whole(
    client: FlaskClient, anna: Person, frame: dict[str, Any]
) -> None:
    for kind in ("products", "variants"):
        answer = client.post(f"{URL}/{kind}/batch", json=frame, headers=anna.headers)
        assert answer.status_code == 422, answer.text


def test_batches_are_for_those_who_may_write(app: Flask, client: FlaskClient) -> None:
    customer = a_customer("carla@shop.test")
    for kind in ("products", "variants"):
        assert client.post(f"{URL}/{kind}/batch", json={}).status_code == 401
        refused = client.post(f"{URL}/{kind}/batch", json={}, headers=customer.headers)
        assert refused.status_code == 403


@pytest.mark.parametrize("kind", ["products", "variants"])
def test_batches_over_the_same_rows_in_other_orders_queue(
    app: Flask, anna: Person, kind: str
) -> None:
    """Locked row by row in the order of the request, two of them would deadlock."""
    products = _products(*(f"p-{n}" for n in range(12)))
    ids = products
    if kind == "variants":
        ids = list(session.scalars(select(Variant.id)))

    def send(turn: int) -> Any:
        order = ids if turn % 2 else ids[::-1]
        change = {"title": f"T {turn}"} if kind == "products" else {"weight_grams": turn + 1}
        return app.test_client().post(
            f"{URL}/{kind}/batch",
            json={"force": True, "items": [{"id": str(i), "changes": change} for i in order]},
            headers=anna.headers,
        )

    outcomes = at_once(app, [lambda turn=turn: send(turn) for turn in range(6)])

    assert outcomes.of_status(200) == 6
    for answer in outcomes.results:
        assert answer.get_json()["counts"]["ok"] == 12
    table = Product if kind == "products" else Variant
    before = 2 if kind == "products" else 1
    assert set(session.scalars(select(table.version))) == {before + 6}


def test_a_row_costs_the_same_in_a_long_batch(client: FlaskClient, anna: Person) -> None:
    """The cost grows with the rows, not with their square."""
    variants = a_product(*(f"V-{n}" for n in range(44)))
    counts = []
    for some in (variants[:2], variants[2:4], variants[4:44]):
        items = [
            {
                "id": str(one),
                "version": 1,
                "changes": {"weight_grams": 7},
                "price_updates": [{"price": {"amount": 5, "currency": EUR}}],
            }
            for one in some
        ]
        with count_statements() as statements:
            answer = _send(client, anna, items, of="variants")
        assert set(_statuses(answer)) == {"ok"}
        counts.append(statements.count)

    _, two, forty = counts
    per_row = (forty - two) / 38
    assert per_row <= 22, (counts, per_row)


def test_the_codes_of_many_variants_are_learned_once(client: FlaskClient, anna: Person) -> None:
    """A product of five hundred variants would else be read five hundred times."""
    ids = a_product(*(f"V-{number}" for number in range(40)), slug="shirt")
    items = [{"id": str(one), "changes": {"sku": f"W-{place}"}} for place, one in enumerate(ids)]
    items.append({"id": str(ids[0]), "changes": {"sku": "W-1"}})

    with count_statements() as counted:
        answer = _send(client, anna, items, of="variants", force=True)

    assert answer["counts"] == {"ok": 40, "failed": 1, "not_done": 0}
    words = session.scalars(select(Product.search_words)).one().split()
    assert {f"w{number}" for number in range(40)} <= set(words)
    assert not any(word.startswith("v") for word in words if word[1:].isdigit())
    written = [said for said in counted.texts if "search_words=" in said]
    assert len(written) == 1, counted
