"""Search quality: what people type, and what stands first."""

from typing import Any

import pytest
from flask import Flask

from api.catalog.queries import storefront_list
from api.catalog.queries.filters import ProductFilter
from tests.support.catalogue import a_product

CODE = "4006381333931"


def _found(typed: str) -> dict[str, Any]:
    return storefront_list.list_storefront_products(ProductFilter(currency="EUR", q=typed))


@pytest.fixture
def shelf(app: Flask) -> Flask:
    """A small shop with the confusions of a large one."""
    for sku, title, more in (
        ("MUG-BLUE-01", "Blue Mug", {"tags": ["kitchen"], "vendor": "Kiln & Co"}),
        ("MUG-RED-01", "Red Mug", {"description": "<p>Goes well with our blue saucer.</p>"}),
        ("SAU-BLUE", "Saucer", {"description": "<p>A blue saucer for any mug.</p>"}),
        ("BOTTLE-500", "Bottle 500 ml", {"product_type": "Drinkware", "barcodes": [CODE]}),
        ("TEE-1", "T-Shirt Classic", {"tags": ["cotton", "summer"]}),
        ("DRESS-1", "Summer Dress", {}),
        ("COFFEE-CR", "Crème Brûlée Coffee", {}),
        ("GLASS-L", "Trinkgläser groß", {}),
        ("CAP-RU", "Чашка синяя", {}),
        ("CABLE-35", "Audio Cable 3.5mm", {}),
        ("SHIRT-OX", "Oxford Shirt", {"options": ["Colour"], "option_values": [["Turquoise"]]}),
        ("MUGHOLD", "Mug Holder", {}),
        ("SMORRE", "Smørrebrød Tray", {"tags": ["Bœuf"], "vendor": "Łódź Ceramika"}),
        ("CAP-10", "Capacitor 10µF", {}),
    ):  # fmt: skip
        a_product(sku, title=title, **more)  # type: ignore[arg-type]
    return app


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("blue mug", ["Blue Mug"]),
        ("mug blue", ["Blue Mug"]),
        ("BLUE MUG", ["Blue Mug"]),
        ("blu", ["Blue Mug"]),
        ("mug", ["Mug Holder", "Red Mug", "Blue Mug"]),
        ("mugs", ["Mug Holder", "Red Mug", "Blue Mug"]),
        ("mugs blue", ["Blue Mug"]),
        ("saucer", ["Saucer", "Red Mug"]),
        ("kiln", ["Blue Mug"]),
        ("kitchen mug", ["Blue Mug"]),
        ("drinkware", ["Bottle 500 ml"]),
        ("dresses", ["Summer Dress"]),
        ("summer", ["Summer Dress", "T-Shirt Classic"]),
        ("t-shirt", ["T-Shirt Classic"]),
        ("t shirt", ["T-Shirt Classic"]),
        ("tshirt", ["T-Shirt Classic"]),
        ("creme brulee", ["Crème Brûlée Coffee"]),
        ("crème", ["Crème Brûlée Coffee"]),
        ("gross", ["Trinkgläser groß"]),
        ("trinkglas", ["Trinkgläser groß"]),
        ("trinkglaeser", ["Trinkgläser groß"]),
        ("smorrebrod", ["Smørrebrød Tray"]),
        ("smoerrebroed", ["Smørrebrød Tray"]),
        ("SMØRREBRØD", ["Smørrebrød Tray"]),
        ("boeuf", ["Smørrebrød Tray"]),
        ("lodz", ["Smørrebrød Tray"]),
        ("10uf", ["Capacitor 10µF"]),
        ("10 μF", ["Capacitor 10µF"]),
        ("gläser", []),
        ("чашка", ["Чашка синяя"]),
        ("син", ["Чашка синяя"]),
        ("3.5mm", ["Audio Cable 3.5mm"]),
        ("500", ["Bottle 500 ml"]),
        ("turquoise", ["Oxford Shirt"]),
        ("MUG-BLUE-01", ["Blue Mug"]),
        ("mug-blue", ["Blue Mug"]),
        ("mugblue01", ["Blue Mug"]),
        (CODE, ["Bottle 500 ml"]),
        ("400638", ["Bottle 500 ml"]),
        ("unicorn", []),
        ("blue unicorn", []),
        ("' | & ! :* ( )", []),
        ("<p>", []),
        ("saucer's", ["Saucer"]),
    ],
)
def test_the_first_hits_are_what_was_meant(shelf: Flask, typed: str, first: list[str]) -> None:
    """Titles before descriptions, an exact title before a longer one."""
    found = _found(typed)["data"]

    assert [card["title"] for card in found][: len(first) or None] == first


def test_a_title_that_is_just_what_was_typed_comes_first(app: Flask) -> None:
    """Before titles that say it twice."""
    for number, title in enumerate(("Lamp Lamp Lamp", "Lamp", "Lamp Shade for a Lamp")):
        a_product(f"L-{number}", title=title, slug=f"l-{number}")

    found = _found("lamp")["data"]

    assert found[0]["title"] == "Lamp"


@pytest.mark.parametrize("typed", ["a" * 200, "a " * 100, "\\ ' \" % _", "🙂", "a:*b|c&d<->e"])
def test_nothing_that_is_typed_breaks_the_search(shelf: Flask, typed: str) -> None:
    """Operators of the database mean nothing to people."""
    assert isinstance(_found(typed)["data"], list)


def test_a_very_long_description_is_searched_at_its_beginning(app: Flask) -> None:
    """The index holds no more than so much, and does not break on it."""
    a_product("BOOK", description="<p>whale " + "word%d " * 100_000 + "</p>")

    assert len(_found("whale")["data"]) == 1
