"""What people type into the demo shop's search, and what they should see first.

A row is added whenever somebody wonders why a search shows what it shows. The hits must be the
first ones, in this order; a row without hits says that nothing is better than something.
"""

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog import queries, service
from api.catalog.models import Product
from api.catalog.queries import Wanted
from api.dev import demo
from api.inventory import service as inventory
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction

TABLE = (
    # Titles: whole, in parts, in any order, in any spelling.
    ("harbour mug", "Harbour mug"),
    ("mug harbour", "Harbour mug"),
    ("HARBOUR", "Harbour mug"),
    ("camping mug", "Enamel camping mug"),
    ("mug", "Enamel camping mug", "Harbour mug"),
    ("mugs", "Enamel camping mug", "Harbour mug"),
    ("teapot", "Glass teapot", "Cast iron teapot"),
    ("teapots", "Glass teapot", "Cast iron teapot"),
    ("iron teapot", "Cast iron teapot"),
    ("glass", "Glass teapot"),
    ("knife", "Paring knife", "Cook's knife 20 cm"),
    ("cooks knife", "Cook's knife 20 cm"),
    ("cook's knife", "Cook's knife 20 cm"),
    ("earl grey", "Earl Grey"),
    ("first flush", "Darjeeling first flush"),
    ("1000/3000", "Whetstone 1000/3000"),
    ("vanilla", "Vanilla pods"),
    # Begun.
    ("harb", "Harbour mug"),
    ("espr", "House espresso", "Espresso cup"),
    ("whet", "Whetstone 1000/3000"),
    ("loaf t", "Loaf tin"),
    # Titles stand before types and tags, and these before descriptions.
    ("espresso", "House espresso", "Espresso cup"),
    ("coffee", "Ethiopia Guji", "House espresso"),
    ("black tea", "Earl Grey", "Darjeeling first flush", "Assam Mangalam", "Ethiopia Guji"),
    ("green tea", "Matcha for every day", "Jasmine pearls", "Sencha Kagoshima"),
    ("knives", "Whetstone 1000/3000", "Paring knife", "Cook's knife 20 cm"),
    # Options, and only what a description says.
    ("navy", "Enamel camping mug"),
    ("walnut", "Paring knife", "Cook's knife 20 cm"),
    ("hazelnut", "House espresso"),
    ("brittany", "Sea salt flakes"),
    ("bergamot", "Earl Grey"),
    # Codes.
    ("hm-011", "Harbour mug"),
    ("HM011", "Harbour mug"),
    ("hm-01", "Harbour mug"),
    ("2000010000012", "Harbour mug"),
    # One typo.
    ("harbor mug", "Harbour mug"),
    ("teepot", "Glass teapot", "Cast iron teapot"),
    ("tepaot", "Glass teapot", "Cast iron teapot"),
    ("esspresso", "House espresso", "Espresso cup"),
    ("vanila", "Vanilla pods"),
    ("darjeling", "Darjeeling first flush"),
    ("sensha", "Sencha Kagoshima"),
    ("jasmin pearls", "Jasmine pearls"),
    ("forrest honey", "Forest honey"),
    # Nothing.
    ("bicycle",),
    ("mug bicycle",),
    ("xq",),
)


@pytest.fixture
def demo_catalogue(app: Flask) -> Flask:
    """The goods of the demo shop, without its customers and orders."""
    with transaction():
        inventory.create_location("MAIN", "Main shelf", by=SYSTEM)
    demo.stock_shelves()
    with transaction():
        service.learn_words(session.scalars(select(Product.slug)).all())
    return app


def test_what_people_type_finds_what_they_mean(demo_catalogue: Flask) -> None:
    """All rows are tried, so that a change of the order shows everything that it does."""
    wrong = []
    for typed, *first in TABLE:
        data = queries.shown_products(Wanted(currency="EUR", q=typed))["data"]
        found = [card["title"] for card in data][: len(first) or None]
        if found != first:
            wrong.append(f"{typed!r} should find {first}, and finds {found}")

    assert not wrong, "\n".join(wrong)
