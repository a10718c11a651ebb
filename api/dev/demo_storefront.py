"""The shop window of the demo: what is said of the goods beside their names and prices.

Attributes and product types, collections by hand and by rule, a reduction, goods that go well with
others, and the words for German readers.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.catalog.models.attributes import AttributeKind
from api.catalog.models.navigation import Category, CollectionKind
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Product, RelationKind, Variant
from api.catalog.service import attributes as attribute_service
from api.catalog.service import collections as collection_service
from api.catalog.service import product_types as product_type_service
from api.catalog.service import products as product_service
from api.catalog.service import related_products as related_product_service
from api.catalog.service import search_terms
from api.catalog.service import translations as translation_service
from api.catalog.service import variants as variant_service
from api.catalog.service.collections import CollectionInput
from api.catalog.service.inputs import AttributeInput, ChoiceInput, PriceInput, TypeAttributeInput
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.settings import current_settings

ATTRIBUTES: Final = (
    AttributeInput(
        code="material",
        name="Material",
        kind=AttributeKind.CHOICE,
        choices=[
            ChoiceInput(value.lower().replace(" ", "_"), value)
            for value in ("Stoneware", "Enamel", "Glass", "Cast iron", "Clay", "Steel", "Rattan")
        ],
    ),
    AttributeInput(code="volume", name="Volume", kind=AttributeKind.NUMBER, unit="ml", position=1),
    AttributeInput(code="caffeine", name="With caffeine", kind=AttributeKind.BOOLEAN, position=2),
    AttributeInput(
        code="taste",
        name="Tastes of",
        kind=AttributeKind.CHOICES,
        position=3,
        choices=[
            ChoiceInput(value.lower(), value)
            for value in ("Malt", "Flowers", "Citrus", "Chocolate", "Nuts", "Fruit", "Grass")
        ],
    ),
    AttributeInput(code="picked", name="Picked", kind=AttributeKind.DATE, position=4),
)
TYPES: Final = {
    "Mugs & cups": ("material", "volume"),
    "Teapots": ("material", "volume"),
    "Baking": ("material",),
    "Black tea": ("caffeine", "taste", "picked"),
    "Green tea": ("caffeine", "taste", "picked"),
    "Coffee": ("caffeine", "taste"),
}
SAID: Final[Mapping[str, Mapping[str, object]]] = {
    "Harbour mug": {"material": "stoneware", "volume": 300},
    "Espresso cup": {"material": "stoneware", "volume": 80},
    "Enamel camping mug": {"material": "enamel", "volume": 350},
    "Travel tumbler": {"material": "steel", "volume": 500},
    "Cast iron teapot": {"material": "cast_iron", "volume": 1200},
    "Glass teapot": {"material": "glass", "volume": 1000},
    "Clay pot from Yixing": {"material": "clay", "volume": 200},
    "Loaf tin": {"material": "steel"},
    "Proofing basket": {"material": "rattan"},
    "Assam Mangalam": {"caffeine": True, "taste": ["malt"]},
    "Darjeeling first flush": {
        "caffeine": True, "taste": ["flowers", "fruit"], "picked": "2026-03-21",
    },
    "Earl Grey": {"caffeine": True, "taste": ["citrus", "malt"]},
    "Sencha Kagoshima": {"caffeine": True, "taste": ["grass"], "picked": "2026-05-02"},
    "Jasmine pearls": {"caffeine": True, "taste": ["flowers"]},
    "Matcha for every day": {"caffeine": True, "taste": ["grass"]},
    "House espresso": {"caffeine": True, "taste": ["chocolate", "nuts"]},
    "Ethiopia Guji": {"caffeine": True, "taste": ["fruit"]},
}  # fmt: skip
BY_RULE: Final = (
    CollectionInput(
        title="Gifts under 15 euros",
        kind=CollectionKind.RULES,
        rules=[
            {
                "field": "price",
                "relation": "less_than",
                "value": {"amount": 1500, "currency": "EUR"},
            },
            {"field": "in_stock", "relation": "is", "value": True},
        ],
        sort="price",
    ),
    CollectionInput(
        title="On sale",
        kind=CollectionKind.RULES,
        rules=[{"field": "compare_at", "relation": "is_set", "value": {"currency": "EUR"}}],
    ),
)
BY_HAND: Final = ("Harbour mug", "Assam Mangalam", "Glass teapot", "Forest honey")
REDUCED: Final = {"Glass teapot": 20, "Travel tumbler": 25}
"""By how many per cent."""
BESIDE: Final = {
    "Cook's knife 20 cm": ("Whetstone 1000/3000", "Paring knife"),
    "Glass teapot": ("Jasmine pearls", "Harbour mug"),
    "Loaf tin": ("Proofing basket", "Bench scraper"),
}
IN_GERMAN: Final = {
    "Harbour mug": "Hafenbecher",
    "Espresso cup": "Espressotasse",
    "Enamel camping mug": "Emaillebecher",
    "Cast iron teapot": "Gusseiserne Teekanne",
    "Glass teapot": "Teekanne aus Glas",
    "Cook's knife 20 cm": "Kochmesser 20 cm",
    "Paring knife": "Schälmesser",
    "Loaf tin": "Kastenform",
    "Forest honey": "Waldhonig",
    "Sea salt flakes": "Meersalzflocken",
}
PLACES_IN_GERMAN: Final = {
    "Kitchen": "Küche",
    "Mugs & cups": "Becher und Tassen",
    "Teapots": "Teekannen",
    "Knives": "Messer",
    "Baking": "Backen",
    "Tea & coffee": "Tee und Kaffee",
    "Black tea": "Schwarzer Tee",
    "Green tea": "Grüner Tee",
    "Coffee": "Kaffee",
    "Pantry": "Vorrat",
}


def dress() -> None:
    """Say all of it, as the staff of the shop would."""
    with transaction():
        for attribute in ATTRIBUTES:
            attribute_service.create_attribute(attribute, by=SYSTEM)
        for name, codes in TYPES.items():
            drafts = [TypeAttributeInput(code=code) for code in codes]
            product_type_service.create_product_type(name, drafts, by=SYSTEM)
    products = {row.title: row.id for row in session.execute(select(Product.title, Product.id))}
    for title, said in SAID.items():
        with transaction():
            product_service.edit_product(
                products[title],
                {"attributes": said},
                expected_version=_version(products[title]),
                by=SYSTEM,
            )
    for title, per_cent in REDUCED.items():
        _reduce(products[title], per_cent)
    for title, others in BESIDE.items():
        with transaction():
            related_product_service.relate_products(
                products[title],
                {RelationKind.RELATED: [products[other] for other in others]},
                expected_version=_version(products[title]),
                by=SYSTEM,
            )
    _collect([products[title] for title in BY_HAND])
    if "de" in current_settings().languages[1:]:
        _translate(products)
    with transaction():
        search_terms.recount_terms()


def _reduce(product_id: UUID, per_cent: int) -> None:
    rows = session.execute(
        select(Variant.id, Variant.version, VariantPrice.amount)
        .join(VariantPrice, VariantPrice.variant_id == Variant.id)
        .where(Variant.product_id == product_id, VariantPrice.currency == "EUR")
    ).all()
    for row in rows:
        now = Money(row.amount * (100 - per_cent) // 100, "EUR")
        price = PriceInput(now, Money(row.amount, "EUR"))
        with transaction():
            variant_service.replace_prices(row.id, [price], expected_version=row.version, by=SYSTEM)


def _collect(product_ids: Sequence[UUID]) -> None:
    with transaction():
        for draft in BY_RULE:
            collection_service.create_collection(draft, by=SYSTEM)
        by_hand = collection_service.create_collection(
            CollectionInput(title="A quiet morning"), by=SYSTEM
        )
        collection_service.put_products(by_hand, product_ids, expected_version=1, by=SYSTEM)


def _translate(products: Mapping[str, UUID]) -> None:
    places = {row.name: row.id for row in session.execute(select(Category.name, Category.id))}
    with transaction():
        for kind, field, ids, words in (
            ("product", "title", products, IN_GERMAN),
            ("category", "name", places, PLACES_IN_GERMAN),
        ):
            for name, german in words.items():
                translation_service.set_translation(
                    kind, ids[name], "de", {field: german}, expected_version=0, by=SYSTEM
                )


def _version(product_id: UUID) -> int:
    return session.scalars(select(Product.version).where(Product.id == product_id)).one()
