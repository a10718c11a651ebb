"""Places, the first day of a shelf, and what the catalogue hears."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.products import Product, Variant
from api.inventory import jobs as inventory_jobs
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import LocationCodeTaken, LocationNotFound, VariantUnknown
from api.kernel.errors import Stale
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.books import stock_differences
from tests.support.catalogue import a_product
from tests.support.stock import (
    Counters,
    a_location,
    allocated,
    counters,
    goods,
    held,
    journal,
    location_codes,
    stocked,
)


def in_stock(variant_id: UUID) -> tuple[bool, bool]:
    """Read what the catalogue shows of a variant and of its product."""
    row = session.execute(
        select(Variant.in_stock, Product.in_stock)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id == variant_id)
    ).one()
    return row[0], row[1]


def test_a_shop_without_places_gets_its_first_one(app: Flask) -> None:
    goods("MUG", 5)

    assert location_codes() == ["MAIN"]


def test_the_preferred_active_place_is_the_default(app: Flask) -> None:
    a_location("CLOSED", priority=1, is_active=False)
    near = a_location("NEAR", priority=2)
    a_location("FAR", priority=3)

    with transaction():
        assert inventory_service.default_location() == near


def test_a_shop_whose_places_are_all_closed_still_has_somewhere_to_put_things(app: Flask) -> None:
    a_location("SIDE", priority=2, is_active=False)
    main = a_location("MAIN", priority=1, is_active=False)

    with transaction():
        assert inventory_service.default_location() == main


@pytest.mark.parametrize("quantity", [-1, 1_000_000_001])
def test_an_opening_balance_is_a_number_of_things(app: Flask, quantity: int) -> None:
    (mug,) = a_product("MUG")
    with pytest.raises(ValueError, match="opening stock"), transaction():
        inventory_service.set_opening_stock([(mug, quantity)], by=SYSTEM)


def test_two_places_cannot_share_a_code(app: Flask) -> None:
    a_location("MAIN")

    with pytest.raises(LocationCodeTaken):
        a_location("MAIN")


def test_reading_the_same_opening_stock_again_changes_nothing(app: Flask) -> None:
    mug, tea, pot = a_product("MUG", "TEA", "POT")
    with transaction():
        assert inventory_service.set_opening_stock([(mug, 5), (tea, 0)], by=SYSTEM) == 2
    allocated({mug: 1})

    with transaction():
        assert inventory_service.set_opening_stock([(mug, 9), (tea, 9), (pot, 2)], by=SYSTEM) == 1

    assert counters(mug) == Counters(on_hand=5, allocated=1)
    assert counters(tea) == Counters(on_hand=0)
    assert journal(tea) == []
    assert journal(pot) == [("opening", 2, 0, 0, 2)]
    assert stock_differences() == []


def test_opening_stock_of_unknown_goods_is_refused(app: Flask) -> None:
    with pytest.raises(VariantUnknown), transaction():
        inventory_service.set_opening_stock([(new_id(), 1)], by=SYSTEM)


def test_opening_stock_at_an_unknown_place_is_refused(app: Flask) -> None:
    (mug,) = a_product("MUG")
    with pytest.raises(LocationNotFound), transaction():
        inventory_service.set_opening_stock([(mug, 1)], location_id=new_id(), by=SYSTEM)


def test_the_catalogue_hears_when_the_last_one_is_gone_and_when_one_is_back(app: Flask) -> None:
    mug = goods("MUG", 2)
    assert in_stock(mug) == (True, True)

    order_id = allocated({mug: 2})
    assert in_stock(mug) == (False, False)
    with transaction():
        inventory_service.release(order_id, None, by=SYSTEM, reason="cancelled")

    assert in_stock(mug) == (True, True)


def test_goods_at_another_place_keep_a_variant_in_stock(app: Flask) -> None:
    near, far = a_location("NEAR", priority=1), a_location("FAR", priority=2)
    mug = goods("MUG", 2, at=near)
    stocked(mug, 1, at=far)

    allocated({mug: 2})
    assert in_stock(mug) == (True, True)
    held({mug: 1})

    assert in_stock(mug) == (False, False)


def test_closing_a_place_takes_its_goods_off_sale_and_opening_brings_them_back(app: Flask) -> None:
    main, side = a_location("MAIN"), a_location("SIDE")
    mug, tea = goods("MUG", 2, at=side), goods("TEA", 2, at=side)
    stocked(tea, 1, at=main)

    with transaction():
        inventory_service.edit_location(side, {"is_active": False}, expected_version=1, by=SYSTEM)
    assert (in_stock(mug), in_stock(tea)) == ((False, False), (True, True))
    assert inventory_queries.availability([mug, tea]) == {mug: 0, tea: 1}
    assert stock_differences() == []

    with transaction():
        inventory_service.edit_location(side, {"is_active": True}, expected_version=2, by=SYSTEM)
    assert in_stock(mug) == (True, True)
    with pytest.raises(Stale), transaction():
        inventory_service.edit_location(side, {"name": "Side"}, expected_version=2, by=SYSTEM)


def test_new_variants_get_an_empty_shelf(app: Flask) -> None:
    mug, tea = a_product("MUG", "TEA", slug="things")
    stocked(mug, 3)

    for _ in range(2):
        with transaction():
            inventory_jobs.on_catalog_changed([inventory_jobs.CatalogChanged(slugs=("things",))])

    assert counters(tea) == Counters(on_hand=0)
    assert counters(mug) == Counters(on_hand=3)


def test_a_level_is_opened_once(app: Flask) -> None:
    (mug,) = a_product("MUG")
    with transaction():
        first = inventory_service.open_level(mug, None, by=SYSTEM)
        assert inventory_service.open_level(mug, None, by=SYSTEM) == first
    with pytest.raises(VariantUnknown), transaction():
        inventory_service.open_level(new_id(), None, by=SYSTEM)
