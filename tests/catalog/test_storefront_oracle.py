"""Lists, totals and facets against a shop that is read product by product.

What a storefront asks is answered here once more in plain Python, from the goods as they were put
on the shelf. Any difference is a mistake, in one of the two.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.catalog.models.attributes import AttributeKind
from api.catalog.models.products import Variant
from api.catalog.service import attributes as attribute_service
from api.catalog.service import product_types as product_type_service
from api.catalog.service import products as product_service
from api.catalog.service import stock_status
from api.catalog.service.inputs import AttributeInput, ChoiceInput, TypeAttributeInput
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_category, a_product

MAKERS = ("Kiln", "Forge", "Loom")
TAGS = ("sale", "new", "red")
WOODS = ("oak", "ash", "elm")
SIZES = ("S", "M", "L")
WORDS = ("lamp", "mug", "bowl")
SORTS = ("newest", "name", "price", "-price")


@dataclass(frozen=True)
class Good:
    """One product as it was put on the shelf; the higher its number, the newer it is."""

    number: int
    title: str
    maker: str
    tags: tuple[str, ...]
    places: frozenset[str]
    sizes: tuple[str, ...]
    wood: tuple[str, ...]
    width: int | None
    lowest: Mapping[str, int]
    in_stock: bool

    @property
    def slug(self) -> str:
        return f"g-{self.number:02}"


@pytest.fixture
def goods(app: Flask) -> list[Good]:
    """Forty products that differ in everything that can be asked for."""
    with transaction():
        for draft in (
            AttributeInput(
                code="wood",
                name="Wood",
                kind=AttributeKind.CHOICES,
                choices=[ChoiceInput(wood, wood.title()) for wood in WOODS],
            ),
            AttributeInput(code="width", name="Width", kind=AttributeKind.NUMBER),
        ):
            attribute_service.create_attribute(draft, by=SYSTEM)
        types = [TypeAttributeInput(code="wood"), TypeAttributeInput(code="width")]
        product_type_service.create_product_type("Thing", types, by=SYSTEM)
    home = a_category("Home")
    places = {"home": home, "attic": a_category("Attic", below=home), "yard": a_category("Yard")}
    chance = random.Random(3)
    return [_put_on_shelf(number, places, chance) for number in range(40)]


def _put_on_shelf(number: int, places: Mapping[str, Any], chance: random.Random) -> Good:
    place = chance.choice(("home", "attic", "yard", ""))
    sizes = tuple(chance.sample(SIZES, chance.randrange(1, 3)))
    lowest = {
        currency: chance.randrange(0, 6) * 100
        for currency in ("EUR", "JPY")
        if chance.random() < 0.7
    }
    good = Good(
        number=number,
        title=" ".join(chance.sample(WORDS, 2)).title(),
        maker=chance.choice(MAKERS),
        tags=tuple(chance.sample(TAGS, chance.randrange(3))),
        places=frozenset({place, *(["home"] if place == "attic" else [])} - {""}),
        sizes=sizes,
        wood=tuple(chance.sample(WOODS, chance.randrange(3))),
        width=chance.choice((None, 10, 20, 30)),
        lowest=lowest,
        in_stock=chance.random() < 0.5,
    )
    units = {"EUR": 100, "JPY": 1}
    ids = a_product(
        *(f"SKU-{number}-{size}" for size in sizes),
        title=good.title,
        slug=good.slug,
        vendor=good.maker,
        tags=good.tags,
        product_type="Thing",
        options=["Size"],
        option_values=[(size,) for size in sizes],
        price=[f"{amount / units[currency]} {currency}" for currency, amount in lowest.items()],
        category_ids=[places[place]] if place else [],
    )
    said: dict[str, Any] = {"wood": list(good.wood) or None, "width": good.width}
    product_id = session.scalars(select(Variant.product_id).where(Variant.id == ids[0])).one()
    with transaction():
        product_service.edit_product(
            product_id, {"attributes": said}, expected_version=None, by=SYSTEM
        )
        if good.in_stock:
            stock_status.update_in_stock([ids[-1]], [])
    return good


Asked = Mapping[str, Any]

ASKED = st.fixed_dictionaries(
    {"currency": st.sampled_from(("EUR", "JPY"))},
    optional={
        "category": st.sampled_from(("home", "attic", "yard")),
        "q": st.sampled_from((*WORDS, "lam", "lamp bowl", "mugs")),
        "price_gte": st.integers(0, 500),
        "price_lte": st.integers(0, 500),
        "in_stock": st.sampled_from(("true", "false")),
        "vendor": st.lists(st.sampled_from((*MAKERS, "KILN", "Nobody")), min_size=1, max_size=2),
        "tag": st.lists(st.sampled_from(TAGS), min_size=1, max_size=2),
        "option": st.lists(
            st.sampled_from(("size:S", "Size:m", "size:XXL")), min_size=1, max_size=2
        ),
        "wood": st.lists(st.sampled_from(WOODS), min_size=1, max_size=2),
        "width": st.lists(
            st.sampled_from(("10", "..10", "15..25", "30..")), min_size=1, max_size=2
        ),
        "sort": st.sampled_from(SORTS),
    },
)


def _is_among(text: str, width: int | None) -> bool:
    low, separator, high = text.partition("..")
    if width is None:
        return False
    if not separator:
        return width == int(low)
    return (not low or width >= int(low)) and (not high or width <= int(high))


def _has_words(typed: str, good: Good) -> bool:
    """Every word is there; the last may be only begun, and a plural means the singular too."""
    *before, last = typed.split()
    there = good.title.lower().split()
    return all(word in there for word in before) and any(
        word.startswith(last) or f"{word}s" == last for word in there
    )


def _low(values: Iterable[str]) -> set[str]:
    return {value.lower() for value in values}


TESTS: Mapping[str, Callable[[Asked, Good], bool]] = {
    "category": lambda asked, good: asked["category"] in good.places,
    "q": lambda asked, good: _has_words(asked["q"], good),
    "price": lambda asked, good: (
        asked.get("price_gte", 0)
        <= good.lowest.get(asked["currency"], -1)
        <= asked.get("price_lte", 10**9)
    ),
    "in_stock": lambda asked, good: good.in_stock is (asked["in_stock"] == "true"),
    "vendor": lambda asked, good: good.maker.lower() in _low(asked["vendor"]),
    "tag": lambda asked, good: bool(set(asked["tag"]) & set(good.tags)),
    "option": lambda asked, good: bool(
        _low(asked["option"]) & {f"size:{size.lower()}" for size in good.sizes}
    ),
    "wood": lambda asked, good: bool(set(asked["wood"]) & set(good.wood)),
    "width": lambda asked, good: any(_is_among(text, good.width) for text in asked["width"]),
    "sort": lambda asked, good: (
        not asked["sort"].endswith("price") or asked["currency"] in good.lowest
    ),
}


def _fitting(goods: Iterable[Good], asked: Asked, *, without: str = "") -> list[Good]:
    """Return the goods that fit all that is asked but what is left out."""
    named = {"price" if name.startswith("price_") else name for name in asked}
    tests = [TESTS[name] for name in named & TESTS.keys() - {without}]
    return [good for good in goods if all(test(asked, good) for test in tests)]


def _in_order(found: Iterable[Good], asked: Asked) -> list[Good]:
    newest = sorted(found, key=lambda good: -good.number)
    sort, currency = asked.get("sort"), asked["currency"]
    if sort == "name":
        return sorted(newest, key=lambda good: (good.title.lower(), good.number))
    if sort in ("price", "-price"):
        by_price = sorted(newest, key=lambda good: (good.lowest[currency], good.number))
        return by_price if sort == "price" else by_price[::-1]
    if "q" in asked and sort != "newest":
        # All words stand in titles, so that only one that is exactly it comes before the others.
        return sorted(newest, key=lambda good: good.title.lower() != asked["q"])
    return newest


def _query(asked: Asked) -> dict[str, Any]:
    query = {name: value for name, value in asked.items() if name not in ("wood", "width")}
    attributes = [f"{name}:{v}" for name in ("wood", "width") for v in asked.get(name, ())]
    return {**query, **({"attribute": attributes} if attributes else {})}


def _counts(facets: Mapping[str, Any], code: str) -> dict[str, int]:
    groups = {group["code"]: group["values"] for group in facets["groups"]}
    return {value["label"]: value["count"] for value in groups.get(code, ())}


def _titled(counts: Counter[str]) -> dict[str, int]:
    return {label.title(): count for label, count in counts.items()}


def _check(client: FlaskClient, goods: list[Good], asked: Asked, limit: int) -> None:
    query = _query(asked) | {"limit": limit}
    first = client.get("/api/v1/products", query_string={**query, "include": "total,facets"})
    assert first.status_code == 200, first.text
    answer = first.get_json()
    slugs = [card["slug"] for card in answer["data"]]
    cursor = answer["page"]["next_cursor"]
    while cursor:
        page = client.get("/api/v1/products", query_string={**query, "cursor": cursor}).get_json()
        slugs += [card["slug"] for card in page["data"]]
        cursor = page["page"]["next_cursor"]

    expected = _in_order(_fitting(goods, asked), asked)
    assert slugs == [good.slug for good in expected]
    assert answer["page"]["total"] == len(expected)
    facets = answer["facets"]
    others = {name: _fitting(goods, asked, without=name) for name in ("vendor", "tag", "option")}
    assert _counts(facets, "vendor") == Counter(good.maker for good in others["vendor"])
    assert _counts(facets, "tag") == Counter(tag for good in others["tag"] for tag in good.tags)
    sizes = Counter(size for good in others["option"] for size in good.sizes)
    assert _counts(facets, "size") == sizes
    woods = _fitting(goods, asked, without="wood")
    assert _counts(facets, "wood") == _titled(Counter(w for good in woods for w in good.wood))
    widths = [g.width for g in _fitting(goods, asked, without="width") if g.width is not None]
    span = next((g["span"] for g in facets["groups"] if g["code"] == "width"), None)
    assert span == ({"lowest": str(min(widths)), "highest": str(max(widths))} if widths else None)
    stocked = _fitting(goods, asked, without="in_stock")
    assert facets["in_stock"] == sum(good.in_stock for good in stocked)
    amounts = [
        good.lowest[asked["currency"]]
        for good in _fitting(goods, asked, without="price")
        if asked["currency"] in good.lowest
    ]
    price = facets["price"]
    told = price and (price["lowest"]["amount"], price["highest"]["amount"])
    assert told == ((min(amounts), max(amounts)) if amounts else None)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=30,
)
@given(asked=ASKED, limit=st.sampled_from((3, 7, 100)))
@example(asked={"currency": "EUR", "q": "lamp bowl"}, limit=3)
def test_lists_totals_and_facets_are_what_a_look_at_every_product_gives(
    app: Flask, goods: list[Good], asked: dict[str, Any], limit: int
) -> None:
    _check(app.test_client(), goods, asked, limit)
