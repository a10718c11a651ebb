"""A hidden category is gone for storefronts with all that stands below it; its goods are not."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.catalog.queries import admin_detail
from api.catalog.service import categories as category_service
from api.platform.db import transaction
from tests.support.catalogue import a_category, a_product
from tests.support.people import Person, a_staff_member
from tests.support.work import drain

ADMIN = "/api/v1/admin/categories"


class Shop:
    """Kitchen > Mugs > Travel Mugs, and a lamp elsewhere; someone who hides and one who looks."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.owner: Person = a_staff_member()
        self.kitchen = a_category("Kitchen")
        self.mugs = a_category("Mugs", below=self.kitchen)
        self.travel = a_category("Travel Mugs", below=self.mugs)
        self.lamps = a_category("Lamps")
        a_product("TRAVEL-MUG", category_ids=[self.travel])
        a_product("LAMP", category_ids=[self.lamps])
        drain()

    def edits(self, category_id: UUID, **changes: Any) -> Any:
        """Change a category as staff do; what follows from it has happened on return."""
        version = admin_detail.get_category(category_id)["version"]
        answer = self.client.patch(
            f"{ADMIN}/{category_id}",
            json=changes,
            headers=self.owner.with_headers(If_Match=f'"{version}"'),
        )
        assert answer.status_code == 200, answer.json
        drain()
        return answer.json

    def reads(self, path: str) -> Any:
        """Look as a storefront does."""
        answer = self.client.get(f"/api/v1/{path}")
        return answer.json if answer.status_code == 200 else answer.status_code

    def tree(self) -> list[str]:
        """Read the tree as storefronts see it."""
        return [row["path"] for row in self.reads("categories")["data"]]

    def shown(self, query: str) -> Any:
        """List products."""
        found = self.reads(f"products?{query}")
        return found if isinstance(found, int) else [card["slug"] for card in found["data"]]


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app)


def test_it_is_gone_from_everything_that_leads_to_it(shop: Shop) -> None:
    """Everything is read before too, so that kept answers would show."""
    looks = (
        "categories", "categories/mugs", "categories/travel-mugs", "categories/kitchen",
        "products?category=mugs", "products?category=travel-mugs&include=facets",
        "products/travel-mug", "search/suggestions?q=mug",
    )  # fmt: skip
    for look in looks:
        assert not isinstance(shop.reads(look), int), look
    assert [c["slug"] for c in shop.reads("search/suggestions?q=mug")["categories"]] == [
        "mugs",
        "travel-mugs",
    ]

    hidden = shop.edits(shop.mugs, is_visible=False)

    assert (hidden["is_visible"], hidden["is_shown"]) == (False, False)
    assert shop.tree() == ["kitchen", "lamps"]
    for gone in (
        "categories/mugs", "categories/travel-mugs", "products?category=mugs",
        "products?category=travel-mugs&include=facets", "products?category=mugs&q=mug",
        "products?category=mugs&sort=price",
    ):  # fmt: skip
        assert shop.reads(gone) == 404, gone
    assert shop.reads("categories/kitchen")["children"] == []
    assert shop.reads("search/suggestions?q=mug")["categories"] == []
    crumbs = shop.reads("products/travel-mug")["breadcrumbs"]
    assert [crumb["slug"] for crumb in crumbs] == ["kitchen"]


def test_its_products_stay_on_sale(shop: Shop) -> None:
    shop.edits(shop.mugs, is_visible=False)

    assert shop.reads("products/travel-mug")["slug"] == "travel-mug"
    assert shop.shown("q=travel") == ["travel-mug"]
    assert shop.shown("category=kitchen") == ["travel-mug"]
    assert sorted(shop.shown("sort=name")) == ["lamp", "travel-mug"]


def test_it_comes_back_with_all_below_but_what_is_hidden_itself(shop: Shop) -> None:
    shop.edits(shop.travel, is_visible=False)
    shop.edits(shop.kitchen, is_visible=False)
    assert shop.tree() == ["lamps"]

    shop.edits(shop.kitchen, is_visible=True)

    assert shop.tree() == ["kitchen", "kitchen/mugs", "lamps"]
    shop.edits(shop.travel, is_visible=True)
    assert "kitchen/mugs/travel-mugs" in shop.tree()
    assert shop.shown("category=travel-mugs") == ["travel-mug"]


def test_a_move_takes_what_is_moved_out_of_sight_and_back(shop: Shop) -> None:
    shop.edits(shop.lamps, is_visible=False)

    moved = shop.edits(shop.mugs, parent_id=str(shop.lamps))
    assert (moved["is_visible"], moved["is_shown"]) == (True, False)
    assert shop.tree() == ["kitchen"]

    shop.edits(shop.mugs, parent_id=None)
    assert shop.tree() == ["kitchen", "mugs", "mugs/travel-mugs"]


def test_what_is_made_below_a_hidden_one_is_hidden_too(shop: Shop) -> None:
    shop.edits(shop.lamps, is_visible=False)
    below = shop.client.post(
        ADMIN, json={"name": "Desk", "parent_id": str(shop.lamps)}, headers=shop.owner.headers
    ).json
    beside = shop.client.post(
        ADMIN, json={"name": "Soon", "is_visible": False}, headers=shop.owner.headers
    ).json

    assert (below["is_visible"], below["is_shown"]) == (True, False)
    assert (beside["is_visible"], beside["is_shown"]) == (False, False)
    assert [path for path in shop.tree() if path.startswith(("lamps", "soon"))] == []


def test_what_a_file_adds_below_a_hidden_one_is_hidden_too(shop: Shop) -> None:
    shop.edits(shop.lamps, is_visible=False)
    with transaction():
        category_service.ensure_category_paths([(("lamps", "Lamps"), ("", "Desk"), ("", "Clip"))])
    drain()

    below = admin_detail.list_categories()["data"]
    assert {row["path"]: row["is_shown"] for row in below if row["path"].startswith("lamps/")} == {
        "lamps/desk": False,
        "lamps/desk/clip": False,
    }
    assert [path for path in shop.tree() if path.startswith("lamps")] == []


def test_an_address_of_before_does_not_tell_the_present_one(shop: Shop) -> None:
    shop.edits(shop.lamps, slug="lights")
    assert shop.client.get("/api/v1/categories/lamps").status_code == 301

    shop.edits(shop.lamps, is_visible=False)

    assert shop.client.get("/api/v1/categories/lamps").status_code == 404


def test_staff_see_it_and_list_what_is_in_it(shop: Shop) -> None:
    shop.edits(shop.mugs, is_visible=False)

    tree = shop.client.get(ADMIN, headers=shop.owner.headers).json["data"]
    assert {row["slug"]: (row["is_visible"], row["is_shown"]) for row in tree} == {
        "kitchen": (True, True),
        "mugs": (False, False),
        "travel-mugs": (True, False),
        "lamps": (True, True),
    }
    for query in (
        *("category=mugs", "category=mugs&status=active", "category=travel-mugs"),
        "category=mugs&sort=name&include=total",
    ):
        listed = shop.client.get(f"/api/v1/admin/products?{query}", headers=shop.owner.headers).json
        assert [product["slug"] for product in listed["data"]] == ["travel-mug"], query


def test_a_collection_whose_rules_name_it_keeps_its_products(shop: Shop) -> None:
    """A hidden category may be the shop's own way to sort."""
    shop.edits(shop.mugs, is_visible=False)
    made = shop.client.post(
        "/api/v1/admin/collections",
        json={
            "title": "To Go",
            "kind": "rules",
            "rules": [{"field": "category", "relation": "is", "value": "mugs"}],
        },
        headers=shop.owner.headers,
    )
    assert made.status_code == 201, made.json
    drain()

    assert shop.shown("collection=to-go") == ["travel-mug"]


def test_only_yes_or_no_will_do(shop: Shop) -> None:
    for wrong in ("perhaps", 2, None):
        answer = shop.client.patch(
            f"{ADMIN}/{shop.mugs}",
            json={"is_visible": wrong},
            headers=shop.owner.with_headers(If_Match='"1"'),
        )
        assert answer.status_code == 422
        assert answer.json["errors"][0]["pointer"] == "/is_visible"
