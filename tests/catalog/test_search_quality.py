"""What people type into the demo shop's search, and what they should see first.

A row is added whenever somebody wonders why a search shows what it shows. The hits must be the
first ones, in this order; a row without hits says that nothing is better than something.
"""

from collections.abc import Iterable, Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.products import Product
from api.catalog.queries import storefront_list
from api.catalog.queries.filters import ProductFilter
from api.catalog.service import products as product_service
from api.catalog.service import search_terms
from api.catalog.service.inputs import BarcodeInput, ProductInput, VariantInput
from api.dev import demo_data
from api.inventory import service as inventory_service
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
    # One word or two.
    ("tea pot", "Glass teapot", "Cast iron teapot"),
    ("tea pots", "Glass teapot", "Cast iron teapot"),
    ("whet stone", "Whetstone 1000/3000"),
    ("cooks knife 20cm", "Cook's knife 20 cm"),
    ("500ml", "Travel tumbler"),
    ("500 ml tumbler", "Travel tumbler"),
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
    ("hm 011", "Harbour mug"),
    ("2 000010 000012", "Harbour mug"),
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
    ("xarbour mug", "Harbour mug"),
    ("arbour mug", "Harbour mug"),
    ("mug harbuor", "Harbour mug"),
    ("harbbour mugs", "Harbour mug"),
    ("forrest honey", "Forest honey"),
    # Nothing.
    ("bicycle",),
    ("mug bicycle",),
    ("xq",),
    ("...",),
    ("mug -> bicycle",),
)

GOODS = (
    # Title, SKU, barcodes; the last one is the newest.
    ("Weißbier Glas 0,5 l", "WB-0.5/L", ()),
    ("Müsli Schüssel groß", "MUE_100.A", ()),
    ("Fußball Größe 5", "FB#5", ()),
    ("Café Crème Becher", "CC 77", ()),
    ("T-Shirt Übergröße", "TS-XL-01", ()),
    ("USB-C Ladekabel 2m", "UC-2M", ("0123456789012",)),
    ("Netzteil 65W", "NT65W", ("036000291452", "4006381333931")),
    ("中文茶壶 宜兴", "ZH-1", ()),
    ("إبريق شاي", "AR-1", ()),
    ("Чайник заварной", "RU-1", ()),
    ("Kaffeemühle", "KM-1", ()),
    ("Wasserkocher", "WK-1", ()),
    ("Wasser Kocher Deckel", "WK-2", ()),
    ("Wild Berries", "BER-1", ()),
    ("Strawberry Jam", "STR-1", ()),
    ("AC/DC Poster", "ACDC-1", ()),
    ("iPhone 15 Hülle", "IP15", ()),
    ("Hülle für iPhone 14", "IP14", ()),
    ("Emoji 😀 Kissen", "EMO-1", ()),
)
AWKWARD = (
    # Umlauts and accents, as they are, without their dots, and written out.
    ("weißbier", "Weißbier Glas 0,5 l"),
    ("WEISSBIER", "Weißbier Glas 0,5 l"),
    ("weisbier", "Weißbier Glas 0,5 l"),
    ("müsli", "Müsli Schüssel groß"),
    ("musli", "Müsli Schüssel groß"),
    ("muesli", "Müsli Schüssel groß"),
    ("schuessel", "Müsli Schüssel groß"),
    ("gross", "Fußball Größe 5", "Müsli Schüssel groß"),
    ("fussball", "Fußball Größe 5"),
    ("größe 5", "Fußball Größe 5"),
    ("cafe", "Café Crème Becher"),
    ("CAFÉ CREME", "Café Crème Becher"),
    ("kaffeemuehle", "Kaffeemühle"),
    ("kafeemühle", "Kaffeemühle"),
    # Other scripts, from the beginning of what is written together.
    ("中文", "中文茶壶 宜兴"),
    ("宜兴", "中文茶壶 宜兴"),
    ("شاي", "إبريق شاي"),
    ("ابريق", "إبريق شاي"),
    ("ЧАЙНИК", "Чайник заварной"),
    ("завар", "Чайник заварной"),
    # Dashes and slashes, and words that are written together here and apart there.
    ("t-shirt", "T-Shirt Übergröße"),
    ("tshirt", "T-Shirt Übergröße"),
    ("t shirt", "T-Shirt Übergröße"),
    ("usbc", "USB-C Ladekabel 2m"),
    ("usb-c 2 m", "USB-C Ladekabel 2m"),
    ("ladekabel 2 m", "USB-C Ladekabel 2m"),
    ("ac/dc", "AC/DC Poster"),
    ("acdc", "AC/DC Poster"),
    ("kaffee mühle", "Kaffeemühle"),
    ("wasser kocher", "Wasser Kocher Deckel", "Wasserkocher"),
    ("0,5 l", "Weißbier Glas 0,5 l"),
    ("iphone15", "iPhone 15 Hülle"),
    ("iphone 15", "iPhone 15 Hülle"),
    ("ihpone hülle", "Hülle für iPhone 14", "iPhone 15 Hülle"),
    ("iphone 16",),
    # One and several.
    ("berry", "Wild Berries"),
    ("strawberries", "Strawberry Jam"),
    # Codes in any spelling.
    ("wb-0.5/l", "Weißbier Glas 0,5 l"),
    ("WB05L", "Weißbier Glas 0,5 l"),
    ("wb 0.5 l", "Weißbier Glas 0,5 l"),
    ("mue 100 a", "Müsli Schüssel groß"),
    ("fb 5", "Fußball Größe 5"),
    ("cc77", "Café Crème Becher"),
    ("65 w", "Netzteil 65W"),
    # A UPC and the EAN that is the same with a zero before it, and one that is printed in groups.
    ("0123456789012", "USB-C Ladekabel 2m"),
    ("123456789012", "USB-C Ladekabel 2m"),
    ("036000291452", "Netzteil 65W"),
    ("0036000291452", "Netzteil 65W"),
    ("4 006381 333931", "Netzteil 65W"),
    # What is no word is passed over.
    ("😀 kissen", "Emoji 😀 Kissen"),
    ("kissen!!!", "Emoji 😀 Kissen"),
    ("'kissen' & (*:", "Emoji 😀 Kissen"),
    ("😀",),
    ("مرحبا",),
)


@pytest.fixture
def demo_catalogue(app: Flask) -> Flask:
    """The goods of the demo shop, without its customers and orders."""
    with transaction():
        inventory_service.create_location("MAIN", "Main shelf", by=SYSTEM)
    demo_data.add_products()
    with transaction():
        search_terms.index_terms(session.scalars(select(Product.slug)).all())
    return app


@pytest.fixture
def awkward_catalogue(app: Flask) -> Flask:
    """Goods whose names and codes are written in many ways."""
    for place, (title, sku, codes) in enumerate(GOODS):
        draft = ProductInput(
            title=title,
            slug=f"a-{place}",
            variants=(VariantInput(sku=sku, barcodes=tuple(map(BarcodeInput, codes))),),
        )
        with transaction():
            stored = product_service.create_product(draft, by=SYSTEM)
            product_service.publish_product(stored.product_id, expected_version=None, by=SYSTEM)
    with transaction():
        search_terms.index_terms(session.scalars(select(Product.slug)).all())
    return app


def test_what_people_type_finds_what_they_mean(demo_catalogue: Flask) -> None:
    _try_all(TABLE)


def test_names_and_codes_are_found_in_any_spelling(awkward_catalogue: Flask) -> None:
    _try_all(AWKWARD)


def _try_all(table: Iterable[Sequence[str]]) -> None:
    """Try every row, so that a change of the order shows everything that it does."""
    wrong = []
    for typed, *first in table:
        data = storefront_list.list_storefront_products(ProductFilter(currency="EUR", q=typed))[
            "data"
        ]
        found = [card["title"] for card in data][: len(first) or None]
        if found != first:
            wrong.append(f"{typed!r} should find {first}, and finds {found}")

    assert not wrong, "\n".join(wrong)
