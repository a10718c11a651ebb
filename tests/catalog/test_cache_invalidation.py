"""What a change makes old, and what it leaves: it is seen at once, and nothing else is lost."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.products import Variant
from api.catalog.service import categories as category_service
from api.catalog.service import products as product_service
from api.catalog.service import stock_status
from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import PriceInput
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_category, a_product, money
from tests.support.sql import count_statements
from tests.support.work import drain

MUGS, LAMPS = "/api/v1/products?category=mugs", "/api/v1/products?category=lamps"
ALL, SEARCH = "/api/v1/products", "/api/v1/products?q=lamp"
MUG_PAGE, LAMP_PAGE = "/api/v1/products/mug", "/api/v1/products/lamp"
KITCHEN = "/api/v1/products?category=kitchen"


class Shop:
    """A mug in Kitchen > Mugs, a lamp in Lamps, and a reader who has seen everything."""

    def __init__(self, app: Flask) -> None:
        kitchen = a_category("Kitchen")
        self.mugs = a_category("Mugs", below=kitchen)
        self.lamps = a_category("Lamps")
        self.mug = a_product("MUG", category_ids=[self.mugs])[0]
        self.lamp = a_product("LAMP", category_ids=[self.lamps])[0]
        self.client = app.test_client()
        self.settle()

    def settle(self) -> None:
        drain()
        for path in (MUGS, LAMPS, ALL, SEARCH, MUG_PAGE, LAMP_PAGE, KITCHEN):
            assert self.client.get(path).status_code == 200

    def made_old_by(self, change: Callable[[], None]) -> set[str]:
        """Return which answers have to be made anew after a change."""
        self.settle()
        with transaction():
            change()
        drain()
        old = set()
        for path in (MUGS, LAMPS, ALL, SEARCH, MUG_PAGE, LAMP_PAGE, KITCHEN):
            with count_statements() as statements:
                assert self.client.get(path).status_code == 200
            if statements.count:
                old.add(path)
        return old

    def product_of(self, variant_id: UUID) -> UUID:
        return session.scalars(select(Variant.product_id).where(Variant.id == variant_id)).one()


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app)


def test_a_price_makes_one_page_and_its_lists_old(shop: Shop) -> None:
    """The lamps stay as they are, in their list and on their page."""

    def change() -> None:
        price = PriceInput(money("12.00 EUR"))
        variant_service.replace_prices(shop.mug, [price], expected_version=1, by=SYSTEM)

    assert shop.made_old_by(change) == {MUGS, KITCHEN, ALL, SEARCH, MUG_PAGE}
    card = shop.client.get(MUGS).get_json()["data"][0]
    assert card["price"]["amount"] == 1200


def test_what_sells_out_makes_its_lists_old(shop: Shop) -> None:
    with transaction():
        stock_status.update_in_stock([shop.lamp], [])

    old = shop.made_old_by(lambda: stock_status.update_in_stock([], [shop.lamp]))

    assert old == {LAMPS, ALL, SEARCH, LAMP_PAGE}


def test_a_list_that_a_product_left_is_old_too(shop: Shop) -> None:
    """It is not among the product's categories any more."""

    def change() -> None:
        product_service.edit_product(
            shop.product_of(shop.mug),
            {"category_ids": [shop.lamps]},
            expected_version=2,
            by=SYSTEM,
        )

    assert shop.made_old_by(change) == {MUGS, KITCHEN, LAMPS, ALL, SEARCH, MUG_PAGE}
    assert shop.client.get(MUGS).get_json()["data"] == []


def test_a_category_makes_everything_old(shop: Shop) -> None:
    """Any page may show it on the way down to it."""

    def change() -> None:
        category_service.edit_category(
            shop.lamps, {"name": "Lights"}, expected_version=1, by=SYSTEM
        )

    assert len(shop.made_old_by(change)) == 7


def test_what_changes_nothing_makes_nothing_old(shop: Shop) -> None:
    def change() -> None:
        price = PriceInput(money("9.99 EUR"))
        variant_service.replace_prices(shop.mug, [price], expected_version=1, by=SYSTEM)

    assert shop.made_old_by(change) == set()
