"""Collections over HTTP: made, filled by hand, ordered, and read in pages."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, text

from api.catalog.errors import CollectionFull, NotAMember
from api.catalog.events import CatalogChanged
from api.catalog.models.i18n import SlugRedirect
from api.catalog.models.navigation import Collection, CollectionProduct
from api.catalog.models.products import Product
from api.catalog.queries import collections as collection_queries
from api.catalog.queries import redirects as redirect_queries
from api.catalog.service import collections as collection_service
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import db, session, transaction
from tests.support.catalogue import a_category
from tests.support.collections import a_collection, a_product_id, a_rule_collection, members, rule
from tests.support.events import facts_of
from tests.support.people import Person, a_customer
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.work import drain

URL = "/api/v1/admin/collections"


def _on(anna: Person, version: int) -> dict[str, str]:
    return {**anna.headers, "If-Match": f'"{version}"'}


def test_a_collection_is_made_edited_and_removed(client: FlaskClient, anna: Person) -> None:
    """Its slug is made from the title; a rename is remembered until it is gone."""
    made = client.post(URL, json={"title": "Summer Sale"}, headers=anna.headers)
    body = made.get_json()
    address = f"{URL}/{body['id']}"
    assert (made.status_code, made.headers["Location"]) == (201, address)
    assert (body["slug"], body["kind"], body["sort"]) == ("summer-sale", "manual", "position")

    changes = {"slug": "winter-sale", "seo_title": "Winter!", "is_visible": False, "sort": "-price"}
    edited = client.patch(address, json=changes, headers=_on(anna, 1))
    assert (edited.status_code, edited.headers["ETag"]) == (200, '"2"')
    assert {k: edited.get_json()[k] for k in changes} == changes
    assert facts_of(CatalogChanged)[-1].lists == (
        "collection:summer-sale",
        "collection:winter-sale",
    )
    assert redirect_queries.resolve_slug("collection", "summer-sale") is None  # it is hidden
    same = client.patch(address, json=changes, headers=_on(anna, 2))
    assert same.headers["ETag"] == '"2"'
    assert client.patch(address, json={"title": "X"}, headers=_on(anna, 1)).status_code == 412

    assert client.delete(address, headers=_on(anna, 2)).status_code == 204
    assert client.get(address, headers=anna.headers).status_code == 404
    assert session.scalar(select(func.count()).select_from(SlugRedirect)) == 0


def test_bad_collections_are_refused_with_reasons(client: FlaskClient, anna: Person) -> None:
    """And nothing comes of them."""
    a_collection("Taken")
    for body, status, code in (
        ({"title": "A", "slug": "taken"}, 409, "slug_taken"),
        ({"title": " "}, 422, "invalid"),
        ({"title": "A", "sort": "random"}, 422, "invalid"),
        ({"title": "A", "kind": "rules"}, 422, "rules_invalid"),
        ({"title": "A", "rules": [rule("tag", "is", "x")]}, 422, "collection_has_no_rules"),
        ({"title": "A", "kind": "rules", "rules": [rule("tag", "is", 1)]}, 422, "rules_invalid"),
        ({"title": "A", "kind": "rules", "rules": [rule("x", "is", 1)]}, 422, "invalid"),
    ):
        answer = client.post(URL, json=body, headers=anna.headers)
        assert (answer.status_code, answer.get_json()["code"]) == (status, code), body
    assert session.scalar(select(func.count()).select_from(Collection)) == 1
    customer = a_customer()
    assert client.get(URL, headers=customer.headers).status_code == 403


def test_products_are_put_added_moved_and_removed(client: FlaskClient, anna: Person) -> None:
    """The order is exact after each step, and each raises the version."""
    ids = {name: a_product_id(name, title=name) for name in "ABCDE"}
    address = f"{URL}/{a_collection('Best')}"
    collection_id = UUID(address.rpartition("/")[2])

    def put(names: str, version: int) -> Any:
        listed = [str(ids[name]) for name in names]
        return client.put(
            f"{address}/products", json={"product_ids": listed}, headers=_on(anna, version)
        )

    assert put("CAB", 1).status_code == 200
    assert members(collection_id) == ["C", "A", "B"]
    assert put("CAB", 2).get_json()["version"] == 2
    added = client.post(
        f"{address}/products",
        json={"product_ids": [str(ids["D"]), str(ids["A"])]},
        headers=anna.headers,
    )
    assert (added.status_code, added.get_json()["product_count"]) == (200, 4)
    assert members(collection_id) == ["C", "A", "B", "D"]
    for where, expected in (
        ({"before": str(ids["C"])}, "DCAB"),
        ({"after": str(ids["A"])}, "CADB"),
        ({"position": 3}, "CABD"),
        ({"position": 0}, "DCAB"),
        ({"position": 9000}, "CABD"),
    ):
        body = {"product_id": str(ids["D"]), **where}
        moved = client.post(f"{address}/products/move", json=body, headers=anna.headers)
        assert moved.status_code == 200
        assert "".join(members(collection_id)) == expected
    version = moved.get_json()["version"]
    out = {"product_ids": [str(ids["A"]), str(new_id())]}
    gone = client.post(f"{address}/products/remove", json=out, headers=anna.headers)
    assert (gone.status_code, gone.get_json()["version"]) == (200, version + 1)
    assert members(collection_id) == ["C", "B", "D"]
    again = client.post(f"{address}/products/remove", json=out, headers=anna.headers)
    assert again.get_json()["version"] == version + 1
    assert put("", version + 1).status_code == 200
    assert members(collection_id) == []


def test_products_that_are_not_there_are_pointed_at(client: FlaskClient, anna: Person) -> None:
    """Nothing is put."""
    mug, collection_id = a_product_id("MUG"), a_collection("Best")
    address = f"{URL}/{collection_id}/products"
    for body, pointer in (
        ([str(mug), str(new_id())], "/product_ids/1"),
        ([str(mug), str(mug)], "/product_ids/1"),
        (["mug"], "/product_ids/0"),
        ([str(new_id()) for _ in range(10_001)], "/product_ids"),
    ):
        refused = client.put(address, json={"product_ids": body}, headers=_on(anna, 1))
        assert refused.status_code == 422
        assert refused.get_json()["errors"][0]["pointer"] == pointer
    stranger = client.post(
        f"{address}/move", json={"product_id": str(mug), "position": 0}, headers=anna.headers
    )
    assert (stranger.status_code, stranger.get_json()["code"]) == (422, "not_in_list")
    assert members(collection_id) == []


def test_a_collection_with_rules_is_not_filled_by_hand(client: FlaskClient, anna: Person) -> None:
    """But what they brought in may be put into an order, and new ones do not push in front."""
    for name in ("A", "B", "C"):
        a_product_id(name, title=name, tags=["x"])
    collection_id = a_rule_collection("Rules", rule("tag", "is", "x"))
    drain()
    ids = dict(session.execute(select(Product.title, Product.id)).all())
    address = f"{URL}/{collection_id}/products"

    for answer in (
        client.put(address, json={"product_ids": []}, headers=_on(anna, 1)),
        client.post(address, json={"product_ids": []}, headers=anna.headers),
        client.post(f"{address}/remove", json={"product_ids": []}, headers=anna.headers),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (409, "collection_follows_rules")
    with transaction():
        collection_service.move_product(collection_id, ids["A"], position=0, by=SYSTEM)
    a_product_id("D", title="D", tags=["x"])
    drain()

    assert members(collection_id) == ["A", "D", "C", "B"]


def test_a_collection_by_hand_has_an_end(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding one by one leads nowhere else than putting the whole list."""
    monkeypatch.setattr(collection_service, "MOST_BY_HAND", 2)
    ids = [a_product_id(f"MUG-{n}") for n in range(3)]
    best = a_collection("Best", *ids[:2])

    with pytest.raises(CollectionFull), transaction():
        collection_service.add_products(best, ids[2:], by=SYSTEM)

    assert len(members(best)) == 2


def test_lists_are_pages_at_a_constant_cost(client: FlaskClient, anna: Person) -> None:
    """Of collections and of what is in them; drafts are in them too."""
    ids = [a_product_id(f"MUG-{n:02}", published=n % 2 == 0) for n in range(7)]
    best = a_collection("Best", *reversed(ids))
    for n in range(4):
        a_collection(f"Other {n}")

    seen: list[str] = []
    query: str | None = f"{URL}/{best}/products?limit=3&include=total"
    while query:
        with count_statements() as statements:
            page = client.get(query, headers=anna.headers).get_json()
        assert sum("collection_members" in text for text in statements.texts) <= 2
        seen += [product["title"] for product in page["data"]]
        assert page["page"]["total"] == 7
        after = page["page"]["next_cursor"]
        query = f"{URL}/{best}/products?limit=3&include=total&cursor={after}" if after else None
    assert seen == members(best)
    listed = client.get(f"{URL}?q=OTHER&kind=manual&limit=2", headers=anna.headers).get_json()
    assert [row["title"] for row in listed["data"]] == ["Other 3", "Other 2"]
    assert client.get(f"{URL}?colour=red", headers=anna.headers).status_code == 422
    assert client.get(f"{URL}/{new_id()}/products", headers=anna.headers).status_code == 404


def test_rules_are_tried_before_they_are_kept(client: FlaskClient, anna: Person) -> None:
    """The newest that fit, and how many; nothing is stored."""
    a_category("Kitchen")
    for n in range(22):
        a_product_id(f"MUG-{n:02}", tags=["mug"], published=False)
    body = {"match": "any", "rules": [rule("tag", "is", "mug"), rule("category", "is", "kitchen")]}

    found = client.post(f"{URL}/preview", json=body, headers=anna.headers).get_json()

    assert (found["total"], found["total_is_capped"], len(found["products"])) == (22, False, 20)
    assert found["products"][0]["slug"] == "mug-21"
    wrong = {"rules": [rule("category", "is", "nowhere")]}
    refused = client.post(f"{URL}/preview", json=wrong, headers=anna.headers)
    assert refused.get_json()["errors"][0]["pointer"] == "/rules/0/value"


def test_many_who_add_at_once_lose_nothing(app: Flask) -> None:
    """Without the lock two would take the same end."""
    ids = [a_product_id(f"MUG-{n}") for n in range(8)]
    best = a_collection("Best")

    def add(product_id: UUID) -> Any:
        def call() -> None:
            with transaction():
                collection_service.add_products(best, [product_id], by=SYSTEM)

        return call

    outcomes = at_once(app, [add(id_) for id_ in ids])

    assert not outcomes.errors
    places = session.scalars(select(CollectionProduct.position)).all()
    assert len(set(places)) == 8
    assert collection_queries.get_collection(best)["version"] == 9


def test_the_order_of_a_collection_is_read_from_its_index(app: Flask) -> None:
    """Ten thousand members, and a page costs ten rows."""
    mug, best = a_product_id("MUG"), a_collection("Best")
    with transaction():
        session.execute(text("SET LOCAL session_replication_role = replica"))
        rows = [
            {"collection_id": best, "product_id": new_id(), "position": n} for n in range(4_000)
        ]
        session.execute(insert(CollectionProduct), [*rows, {**rows[0], "product_id": mug}])
    with db.engine.connect() as connection:
        connection.execute(text("ANALYZE collection_members"))
        plan = connection.execute(
            text(
                "EXPLAIN SELECT product_id FROM collection_members WHERE collection_id = :id"
                " AND position >= 100 AND (position, product_id) > (100, :after)"
                " ORDER BY position, product_id LIMIT 10"
            ),
            {"id": best, "after": mug},
        )
        assert "ix_collection_members_in_order" in "\n".join(row[0] for row in plan)


def test_only_members_are_moved(app: Flask) -> None:
    """A stranger moves nothing."""
    one, two = a_product_id("ONE"), a_product_id("TWO")
    best = a_collection("Best", one)

    with pytest.raises(NotAMember), transaction():
        collection_service.move_product(best, one, after=two, by=SYSTEM)

    assert collection_queries.get_collection(best)["version"] == 2
