"""What was found somewhere is found again after a rename, until somebody else moves in."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from api.catalog.models.i18n import SlugRedirect, Translation
from api.catalog.queries import admin_detail, admin_list, variant_lookup
from api.catalog.queries import redirects as redirect_queries
from api.catalog.service import bulk_upsert
from api.catalog.service import categories as category_service
from api.catalog.service import collections as collection_service
from api.catalog.service import products as product_service
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import ProductInput
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_category, a_product
from tests.support.collections import a_collection
from tests.support.people import a_staff_member
from tests.support.threads import at_once


def _product(sku: str, **given: Any) -> UUID:
    (variant_id,) = a_product(sku, **given)
    return variant_lookup.variant_labels([variant_id])[variant_id].product_id


def _rename(product_id: UUID, slug: str) -> None:
    with transaction():
        version = admin_detail.get_product(product_id)["version"]
        product_service.edit_product(
            product_id, {"slug": slug}, expected_version=version, by=SYSTEM
        )


def _rename_category(category_id: UUID, slug: str) -> None:
    with transaction():
        version = admin_detail.get_category(category_id)["version"]
        category_service.edit_category(
            category_id, {"slug": slug}, expected_version=version, by=SYSTEM
        )


def _history() -> list[tuple[str, str]]:
    return sorted((row.kind, row.slug) for row in session.scalars(select(SlugRedirect)))


def test_every_address_of_before_leads_to_the_present_one(app: Flask) -> None:
    """Through several renames at once, and not to where it was in between."""
    mug = _product("MUG", slug="mug")

    _rename(mug, "blue-mug")
    _rename(mug, "azure-mug")

    assert redirect_queries.resolve_slug("product", "mug") == "azure-mug"
    assert redirect_queries.resolve_slug("product", "blue-mug") == "azure-mug"
    assert redirect_queries.resolve_slug("product", "azure-mug") is None
    assert redirect_queries.resolve_slug("category", "mug") is None
    assert redirect_queries.resolve_slug("product", "cup") is None


@pytest.mark.parametrize("place", ["products", "collections", "categories"])
def test_what_is_called_like_another_gets_an_address_of_its_own(app: Flask, place: str) -> None:
    """Nobody chose the address that is taken, so nobody has to choose another one."""
    client, anna = app.test_client(), a_staff_member("manager")
    name = "name" if place == "categories" else "title"

    def add(title: str, **more: str) -> Any:
        answer = client.post(
            f"/api/v1/admin/{place}", json={name: title, **more}, headers=anna.headers
        )
        body = answer.get_json()
        return body.get("code") or body["slug"]

    assert [add("Mug"), add("Mug"), add("mug!"), add("Mug 2")] == [
        "mug",
        "mug-2",
        "mug-3",
        "mug-2-2",
    ]
    assert add("Cup", slug="mug") == "slug_taken"
    assert len({add("Same") for _ in range(23)}) == 23
    assert add("x" * 200) == "x" * 120
    assert add("x" * 200) == f"{'x' * 106}-2"


def test_namesakes_that_come_at_once_are_all_let_in(app: Flask) -> None:
    """They queue for their addresses; else all but one would be told that theirs is taken."""
    anna = a_staff_member("manager")

    def add() -> Any:
        return app.test_client().post(
            "/api/v1/admin/products", json={"title": "Mug"}, headers=anna.headers
        )

    outcomes = at_once(app, [add] * 6)

    assert outcomes.of_status(201) == 6, [answer.text for answer in outcomes.results]
    assert {answer.get_json()["slug"] for answer in outcomes.results} == {
        "mug", *(f"mug-{number}" for number in range(2, 7))
    }  # fmt: skip


def test_a_category_is_told_from_its_namesake_by_what_stands_above_it(app: Flask) -> None:
    """As shops do: shoes for women and shoes for men."""
    shoes = [a_category("Shoes", below=a_category(name)) for name in ("Women", "Men", "Men")]

    slugs = [admin_detail.get_category(category_id)["slug"] for category_id in shoes]

    assert slugs == ["shoes", "men-shoes", "men-2-shoes"]


def test_who_goes_back_to_an_old_address_leaves_no_ring(app: Flask) -> None:
    """An address in use leads nowhere else."""
    mug = _product("MUG", slug="mug")

    _rename(mug, "blue-mug")
    _rename(mug, "mug")

    assert redirect_queries.resolve_slug("product", "blue-mug") == "mug"
    assert redirect_queries.resolve_slug("product", "mug") is None
    assert _history() == [("product", "blue-mug")]


def test_an_address_belongs_to_the_last_who_left_it(app: Flask) -> None:
    """First the old tenant is forgotten, then the new one is remembered."""
    first = _product("FIRST", slug="mug")
    _rename(first, "old-mug")
    second = _product("SECOND", slug="mug")
    assert redirect_queries.resolve_slug("product", "mug") is None

    _rename(second, "new-mug")

    assert redirect_queries.resolve_slug("product", "mug") == "new-mug"
    assert _history() == [("product", "mug")]


def test_an_import_moves_into_an_old_address_like_anybody(app: Flask) -> None:
    """What arrives as new has its slug; what is known keeps the name that the shop gave it."""
    mug = _product("MUG", slug="mug", external_reference="elsewhere:mug")
    _rename(mug, "blue-mug")
    arrivals = [
        FeedProduct(ProductInput(title="Mug", slug="mug", external_reference=reference))
        for reference in ("elsewhere:mug", "elsewhere:other")
    ]

    with transaction():
        bulk_upsert.upsert_feed(arrivals, by=SYSTEM)

    assert admin_detail.get_product(mug)["slug"] == "blue-mug"
    assert redirect_queries.resolve_slug("product", "mug") is None
    assert _history() == []


def test_nobody_is_led_to_what_is_not_on_the_shelf(app: Flask) -> None:
    """The new address of a draft is not told; that of a product put on sale is."""
    mug = _product("MUG", slug="mug", published=False)
    _rename(mug, "secret-mug")
    assert redirect_queries.resolve_slug("product", "mug") is None

    with transaction():
        product_service.publish_product(mug, expected_version=None, by=SYSTEM)

    assert redirect_queries.resolve_slug("product", "mug") == "secret-mug"


def test_categories_remember_their_addresses_too(app: Flask) -> None:
    """A new one and one made by an import take an old address like a product does."""
    mugs = a_category("Mugs")
    _rename_category(mugs, "cups")
    assert redirect_queries.resolve_slug("category", "mugs") == "cups"
    _rename_category(mugs, "beakers")
    assert redirect_queries.resolve_slug("category", "mugs") == "beakers"

    a_category("Cups")
    with transaction():
        category_service.ensure_categories(["Mugs"])

    assert _history() == []


def test_a_category_that_is_gone_leaves_nothing_behind(app: Flask) -> None:
    """No address that leads nowhere, no words in other languages."""
    mugs, cups = a_category("Mugs"), a_category("Glasses")
    _rename_category(mugs, "cups")
    with transaction():
        for subject in (mugs, cups):
            session.execute(
                insert(Translation).values(
                    subject_id=subject, language="de", kind="category", texts={"name": "Tassen"}
                )
            )

    with transaction():
        category_service.delete_category(mugs, expected_version=2, by=SYSTEM)

    assert _history() == []
    assert session.scalar(select(func.count()).select_from(Translation)) == 1


def test_collections_remember_their_addresses_too(app: Flask) -> None:
    """While they are shown; nothing is left of one that is removed."""
    summer = a_collection("Summer")
    for version, changes in ((1, {"slug": "beach"}), (2, {"slug": "sun"})):
        with transaction():
            collection_service.edit_collection(summer, changes, expected_version=version, by=SYSTEM)
    assert redirect_queries.resolve_slug("collection", "summer") == "sun"
    with transaction():
        collection_service.edit_collection(
            summer, {"is_visible": False}, expected_version=3, by=SYSTEM
        )
    assert redirect_queries.resolve_slug("collection", "beach") is None

    a_collection("Beach")
    assert _history() == [("collection", "summer")]
    with transaction():
        collection_service.delete_collection(summer, expected_version=4, by=SYSTEM)

    assert _history() == []


def test_two_who_meet_at_one_address_leave_it_to_one(app: Flask) -> None:
    """One leaves it, another takes it at the same moment: in use means not in the history."""
    for turn in range(6):
        slug = f"mug-{turn}"
        leaving = _product(f"LEAVING-{turn}", slug=slug)

        def leave(product_id: UUID = leaving, slug: str = slug) -> None:
            _rename(product_id, f"{slug}-old")

        def arrive(slug: str = slug) -> None:
            with transaction():
                product_service.create_product(ProductInput(title="New", slug=slug), by=SYSTEM)

        at_once(app, [leave, arrive])

    taken = {row["slug"] for row in admin_list.list_products(currency="EUR", limit=100)["data"]}
    assert not taken & {slug for _, slug in _history()}


@pytest.mark.parametrize("kind", ["product", "category", "collection"])
def test_a_slug_that_nobody_ever_had_leads_nowhere(app: Flask, kind: Any) -> None:
    """None, and no error."""
    assert redirect_queries.resolve_slug(kind, str(new_id())) is None
