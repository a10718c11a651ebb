"""The category tree: paths, moves, rings that must not be, and what a category shows."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.errors import CategoryCycle, CategoryNotEmpty, CategoryNotFound, SlugTaken
from api.catalog.models.navigation import Category
from api.catalog.queries import admin_detail, storefront_list, storefront_navigation, variant_lookup
from api.catalog.queries.filters import ProductFilter
from api.catalog.service import categories as category_service
from api.catalog.service import products as product_service
from api.catalog.service.inputs import CategoryInput
from api.kernel.errors import Stale
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_category, a_product


def _edit(category_id: UUID, **changes: Any) -> None:
    version = admin_detail.get_category(category_id)["version"]
    session.rollback()
    with transaction():
        category_service.edit_category(category_id, changes, expected_version=version, by=SYSTEM)


def _paths() -> list[str]:
    return [row["path"] for row in storefront_navigation.list_storefront_categories()["data"]]


def _shown(category: str) -> list[str]:
    found = storefront_list.list_storefront_products(
        ProductFilter(currency="EUR", category=category), sort="name"
    )
    return [card["title"] for card in found["data"]]


def test_the_tree_reads_parents_first_and_siblings_in_the_shops_order(app: Flask) -> None:
    """Position before name."""
    clothes = a_category("Clothes", position=2)
    a_category("Kitchen", position=1)
    a_category("Shirts", below=clothes)
    hats = a_category("Hats", below=clothes)
    a_category("Caps", below=hats)

    assert _paths() == [
        "kitchen",
        "clothes",
        "clothes/hats",
        "clothes/hats/caps",
        "clothes/shirts",
    ]
    assert [row["level"] for row in storefront_navigation.list_storefront_categories()["data"]] == [
        0,
        0,
        1,
        2,
        1,
    ]


def test_a_renamed_category_carries_all_below_along(app: Flask) -> None:
    """And nothing that only begins alike."""
    clothes = a_category("Clothes")
    shirts = a_category("Shirts", below=clothes)
    a_category("T-Shirts", below=shirts)
    a_category("Clothes Pegs")

    _edit(clothes, slug="apparel", name="Apparel")

    assert _paths() == [
        "apparel",
        "apparel/shirts",
        "apparel/shirts/t-shirts",
        "clothes-pegs",
    ]


def test_a_category_holds_what_stands_anywhere_below_it(app: Flask) -> None:
    """Once, even when a product stands in two places below."""
    clothes = a_category("Clothes")
    shirts, hats = a_category("Shirts", below=clothes), a_category("Hats", below=clothes)
    a_product("SHIRT", category_ids=[shirts])
    a_product("SET", category_ids=[hats, shirts])
    a_product("SCARF", category_ids=[clothes])
    a_product("MUG")

    assert _shown("clothes") == ["Scarf", "Set", "Shirt"]
    assert _shown("shirts") == ["Set", "Shirt"]
    assert _shown("hats") == ["Set"]


def test_a_moved_category_takes_its_products_from_the_old_place_to_the_new(app: Flask) -> None:
    """What also stands elsewhere in the old place stays there."""
    clothes, outlet = a_category("Clothes"), a_category("Outlet")
    shirts, hats = a_category("Shirts", below=clothes), a_category("Hats", below=clothes)
    a_product("SHIRT", category_ids=[shirts])
    a_product("SET", category_ids=[shirts, hats])

    _edit(shirts, parent_id=outlet)

    assert _shown("outlet") == ["Set", "Shirt"]
    assert _shown("clothes") == ["Set"]
    assert _shown("shirts") == ["Set", "Shirt"]
    _edit(shirts, parent_id=None)
    assert _shown("outlet") == []


def test_a_product_that_changes_category_leaves_the_old_ones(app: Flask) -> None:
    """Those above too."""
    clothes, kitchen = a_category("Clothes"), a_category("Kitchen")
    shirts = a_category("Shirts", below=clothes)
    (mug,) = a_product("MUG", category_ids=[shirts])
    product_id = variant_lookup.variant_labels([mug])[mug].product_id
    session.rollback()

    with transaction():
        product_service.edit_product(
            product_id, {"category_ids": [kitchen]}, expected_version=2, by=SYSTEM
        )

    assert (_shown("clothes"), _shown("kitchen")) == ([], ["Mug"])


def test_no_category_comes_to_stand_below_itself(app: Flask) -> None:
    """Neither directly nor further down; nothing moves."""
    clothes = a_category("Clothes")
    shirts = a_category("Shirts", below=clothes)
    tees = a_category("Tees", below=shirts)

    for parent in (clothes, shirts, tees):
        with pytest.raises(CategoryCycle):
            _edit(clothes, parent_id=parent)

    assert _paths() == ["clothes", "clothes/shirts", "clothes/shirts/tees"]


def test_two_moves_at_once_make_no_ring(app: Flask) -> None:
    """Without the lock on the tree each would look, see no ring and move."""
    for round_number in range(8):
        one, two = a_category(f"One {round_number}"), a_category(f"Two {round_number}")

        def move(pair: tuple[UUID, UUID]) -> str:
            with app.app_context():
                try:
                    with transaction():
                        category_service.edit_category(
                            pair[0], {"parent_id": pair[1]}, expected_version=1, by=SYSTEM
                        )
                except CategoryCycle:
                    return "refused"
                return "moved"

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(move, ((one, two), (two, one))))

        assert answers == ["moved", "refused"]


def test_a_slug_is_taken_wherever_it_stands_in_the_tree(app: Flask) -> None:
    """It is the category's address."""
    clothes = a_category("Clothes")
    a_category("Sale", below=clothes)

    with pytest.raises(SlugTaken), transaction():
        category_service.create_category(CategoryInput(name="Offers", slug="sale"), by=SYSTEM)


def test_a_category_needs_a_parent_that_is_there(app: Flask) -> None:
    """Nothing hangs in the air."""
    with pytest.raises(CategoryNotFound), transaction():
        category_service.create_category(CategoryInput(name="Lost", parent_id=new_id()), by=SYSTEM)


def test_only_an_empty_category_is_removed(app: Flask) -> None:
    """Products and categories in it hold it fast."""
    clothes = a_category("Clothes")
    shirts = a_category("Shirts", below=clothes)
    a_product("SHIRT", category_ids=[shirts])

    for category_id in (clothes, shirts):
        with pytest.raises(CategoryNotEmpty), transaction():
            category_service.delete_category(category_id, expected_version=1, by=SYSTEM)
    empty = a_category("Empty")
    with pytest.raises(Stale), transaction():
        category_service.delete_category(empty, expected_version=7, by=SYSTEM)
    with transaction():
        category_service.delete_category(empty, expected_version=1, by=SYSTEM)

    assert _paths() == ["clothes", "clothes/shirts"]


def test_saying_what_is_already_so_changes_nothing(app: Flask) -> None:
    """The version stays."""
    clothes = a_category("Clothes")

    _edit(clothes, name="Clothes", parent_id=None)

    assert admin_detail.get_category(clothes)["version"] == 1


def test_a_category_from_before_is_found_by_its_name(app: Flask) -> None:
    """Slugs that still have `ø` or `ł` in them stand for the name as well as new ones do."""
    with transaction():
        old = category_service.ensure_category_paths([(("smørrebrød", "Smørrebrød"),)])
        below = category_service.ensure_category_paths(
            [(("", "Smørrebrød"), ("smørrebrød-lør", "Lør"))]
        )
    with transaction():
        again = category_service.ensure_category_paths([(("", "Smørrebrød"),)])
        deeper = category_service.ensure_category_paths([(("", "Smørrebrød"), ("", "Lør"))])
        new = category_service.ensure_category_paths([(("", "Łódka"),)])

    assert list(again.values()) == list(old.values())
    assert list(deeper.values()) == list(below.values())
    assert [slug for slug in session.scalars(select(Category.slug)) if "dka" in slug] == ["lodka"]
    assert len(new) == 1
