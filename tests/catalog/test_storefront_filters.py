"""One language for lists, search and facets: what is asked for is what comes, and nothing twice."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.catalog.models.attributes import AttributeKind
from api.catalog.models.navigation import Collection, CollectionKind, CollectionProduct
from api.catalog.models.products import Variant
from api.catalog.queries import storefront_list
from api.catalog.queries.filters import ProductFilter
from api.catalog.service import attributes as attribute_service
from api.catalog.service import product_types as product_type_service
from api.catalog.service import products as product_service
from api.catalog.service import stock_status
from api.catalog.service.inputs import AttributeInput, ChoiceInput, TypeAttributeInput
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_category, a_product
from tests.support.sql import count_statements

SIZES = (("S",), ("M",), ("L",))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A storefront."""
    return app.test_client()


@pytest.fixture
def shelf(client: FlaskClient) -> FlaskClient:
    """Six products that differ in everything that can be asked for."""
    kitchen = a_category("Kitchen")
    cups = a_category("Cups", below=kitchen)
    for sku, title, price, more in (
        ("MUG", "Blue Mug", "9.00 EUR", {"vendor": "Kiln & Co", "tags": ["sale", "Blue"],
         "category_ids": [cups], "product_type": "Mug"}),
        ("CUP", "Red Cup", "12.00 EUR", {"vendor": "Kiln & Co", "tags": ["red"],
         "category_ids": [cups], "product_type": "Cup"}),
        ("PAN", "Iron Pan", "45.00 EUR", {"vendor": "Forge", "category_ids": [kitchen]}),
        ("LAMP", "Oak Lamp", "80.00 EUR", {"vendor": "Forge", "tags": ["sale"]}),
        ("TEE", "Tee", None, {"vendor": "Loom", "options": ["Size"]}),
        ("YEN", "Yen Thing", "500 JPY", {}),
    ):  # fmt: skip
        given_more: dict[str, Any] = dict(more)
        if sku == "TEE":
            ids = a_product("TEE-S", "TEE-M", "TEE-L", title=title, price="15.00 EUR",
                            options=["Size"], option_values=SIZES, vendor="Loom")  # fmt: skip
        else:
            ids = a_product(sku, title=title, price=price, **given_more)
        if sku in ("MUG", "PAN", "TEE"):
            with transaction():
                stock_status.update_in_stock([ids[0]], [])
    return client


def _titles(client: FlaskClient, query: str) -> list[str]:
    answer = client.get(f"/api/v1/products{query}")
    assert answer.status_code == 200, answer.text
    return [card["title"] for card in answer.get_json()["data"]]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?vendor=kiln %26 co", ["Red Cup", "Blue Mug"]),
        ("?vendor=Forge&vendor=LOOM", ["Tee", "Oak Lamp", "Iron Pan"]),
        ("?vendor=Nobody", []),
        ("?tag=SALE", ["Oak Lamp", "Blue Mug"]),
        ("?tag=sale&vendor=forge", ["Oak Lamp"]),
        ("?tag=sale&tag=red", ["Oak Lamp", "Red Cup", "Blue Mug"]),
        ("?type=mug", ["Blue Mug"]),
        ("?option=size:m", ["Tee"]),
        ("?option=Size:S&option=size:XXL", ["Tee"]),
        ("?option=size:XXL", []),
        ("?in_stock=true", ["Tee", "Iron Pan", "Blue Mug"]),
        ("?in_stock=false&vendor=kiln %26 co", ["Red Cup"]),
        ("?price_gte=1200&price_lte=4500", ["Tee", "Iron Pan", "Red Cup"]),
        ("?price_lte=1200&sort=price", ["Blue Mug", "Red Cup"]),
        ("?price_gte=4500&sort=-price", ["Oak Lamp", "Iron Pan"]),
        ("?price_gte=1&currency=JPY", ["Yen Thing"]),
        ("?category=kitchen", ["Iron Pan", "Red Cup", "Blue Mug"]),
        ("?category=kitchen&in_stock=true", ["Iron Pan", "Blue Mug"]),
        ("?category=cups&sort=name", ["Blue Mug", "Red Cup"]),
        ("?q=mug&vendor=forge", []),
        ("?q=kiln&tag=red", ["Red Cup"]),
        ("?q=sale&sort=-price", ["Oak Lamp", "Blue Mug"]),
    ],
)
def test_filters_narrow_a_list(shelf: FlaskClient, query: str, titles: list[str]) -> None:
    assert _titles(shelf, query) == titles


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?sort=position", 422, "sort_needs_shelf"),
        ("?sort=relevance", 422, "sort_needs_query"),
        ("?option=size", 422, "filter_unreadable"),
        ("?option=:M", 422, "filter_unreadable"),
        ("?attribute=width:10", 422, "attribute_not_filterable"),
        ("?collection=nowhere", 404, "collection_not_found"),
        ("?category=nowhere", 404, "category_not_found"),
        ("?price_gte=-1", 422, "invalid"),
        ("?price_gte=1.5", 422, "invalid"),
        ("?in_stock=maybe", 422, "invalid"),
        ("?include=everything", 422, "invalid"),
        ("?expand=reviews", 422, "invalid"),
        ("?colour=red", 422, "invalid"),
        ("?vendor=", 422, "invalid"),
        ("?category=", 422, "invalid"),
        ("?category=kitchen&category=cups", 422, "invalid"),
        ("?include=total&include=facets", 422, "invalid"),
        ("?limit=1&limit=2", 422, "invalid"),
        ("?currency=EUR%0A", 422, "invalid"),
        ("?cursor=abc", 422, "cursor_invalid"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    shelf: FlaskClient, query: str, status: int, code: str
) -> None:
    answer = shelf.get(f"/api/v1/products{query}")

    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_facets_count_without_their_own_filter(shelf: FlaskClient) -> None:
    """So that they say what choosing another value as well would show."""
    answer = shelf.get("/api/v1/products?vendor=forge&include=facets,total").get_json()

    facets = answer["facets"]
    vendors = {v["label"]: (v["count"], v["is_chosen"]) for v in _group(facets, "vendor")}
    assert vendors == {"Forge": (2, True), "Kiln & Co": (2, False), "Loom": (1, False)}
    assert {v["label"]: v["count"] for v in _group(facets, "tag")} == {"sale": 1}
    assert facets["price"] == {
        "lowest": {"amount": 4500, "currency": "EUR"},
        "highest": {"amount": 8000, "currency": "EUR"},
    }
    assert (facets["in_stock"], facets["is_capped"]) == (1, False)
    assert answer["page"]["total"] == 2


def test_what_a_facet_says_can_be_sent_back(shelf: FlaskClient) -> None:
    """Each value leads to as many products as it counts."""
    facets = shelf.get("/api/v1/products?include=facets").get_json()["facets"]

    seen = 0
    for group in facets["groups"]:
        for value in group["values"]:
            found = shelf.get(
                "/api/v1/products", query_string={group["parameter"]: value["value"]}
            ).get_json()["data"]
            assert len(found) == value["count"], (group["code"], value)
            seen += 1
    assert seen >= 9
    assert [g["code"] for g in facets["groups"]] == ["vendor", "type", "tag", "size"]


def test_facets_of_prices_and_stock_leave_their_own_filter_out(shelf: FlaskClient) -> None:
    facets = shelf.get("/api/v1/products?price_lte=1200&in_stock=true&include=facets").get_json()[
        "facets"
    ]

    assert facets["price"]["highest"]["amount"] == 4500, "of what is in stock, at any price"
    assert facets["in_stock"] == 1, "of what costs so little, in stock or not"


def test_facets_of_a_search_count_its_hits_without_their_own_filter(shelf: FlaskClient) -> None:
    """Hits that are few are gathered first: with the filter left out, and not with it."""
    for number, vendor in enumerate(("Forge", "Loom", "Loom")):
        a_product(f"TEAPOT-{number}", title=f"Teapot {number}", vendor=vendor)

    facets = shelf.get("/api/v1/products?q=teapot&vendor=forge&include=facets").get_json()["facets"]

    assert {v["label"]: v["count"] for v in _group(facets, "vendor")} == {"Loom": 2, "Forge": 1}
    assert facets["in_stock"] == 0


def test_counting_facets_is_one_statement(shelf: FlaskClient) -> None:
    """Whatever is filtered by."""
    with count_statements() as plain:
        shelf.get("/api/v1/products?vendor=forge")
    with count_statements() as counted:
        shelf.get("/api/v1/products?vendor=forge&include=facets")

    assert counted.count - plain.count == 1, counted


def test_a_filter_that_fits_nothing_costs_one_statement(shelf: FlaskClient) -> None:
    with count_statements() as counted:
        answer = shelf.get("/api/v1/products?vendor=nobody&include=total").get_json()

    assert answer["data"] == []
    assert answer["page"]["total"] == 0
    assert counted.count == 1


@pytest.mark.parametrize("words", ["", "&q=mug", "&q=mug&sort=price"])
def test_who_chose_what_nobody_has_is_shown_what_else_there_is(
    shelf: FlaskClient, words: str
) -> None:
    """A facet leaves its own filter out, also when nothing fits that."""
    facets = shelf.get(f"/api/v1/products?vendor=nobody&include=facets{words}").get_json()["facets"]

    expected = {"Kiln & Co": 1} if words else {"Kiln & Co": 2, "Forge": 2, "Loom": 1}
    assert {v["label"]: v["count"] for v in _group(facets, "vendor")} == expected
    assert (facets["price"], facets["in_stock"]) == (None, 0)
    assert [group["code"] for group in facets["groups"]] == ["vendor"]


def test_a_cursor_of_another_list_is_refused_also_where_nothing_fits(shelf: FlaskClient) -> None:
    cursor = shelf.get("/api/v1/products?limit=1").get_json()["page"]["next_cursor"]

    answer = shelf.get(f"/api/v1/products?vendor=nobody&cursor={cursor}")

    assert (answer.status_code, answer.get_json()["code"]) == (422, "cursor_invalid")


def test_a_list_brings_variants_and_pictures_along_in_sets(shelf: FlaskClient) -> None:
    with count_statements() as counted:
        data = shelf.get("/api/v1/products?expand=variants,images").get_json()["data"]

    tee = next(card for card in data if card["title"] == "Tee")
    assert [v["option_values"] for v in tee["variants"]] == [["S"], ["M"], ["L"]]
    assert tee["variants"][0]["price"] == {"amount": 1500, "currency": "EUR"}
    assert tee["images"] == []
    assert counted.count == 3


def test_a_collection_is_listed_in_its_own_order(shelf: FlaskClient) -> None:
    cards = shelf.get("/api/v1/products").get_json()["data"]
    ids = {card["title"]: UUID(card["id"]) for card in cards}
    collection_id = _collection("Gifts", [ids["Oak Lamp"], ids["Blue Mug"], ids["Tee"]])

    assert _titles(shelf, "?collection=gifts") == ["Oak Lamp", "Blue Mug", "Tee"]
    assert _titles(shelf, "?collection=gifts&sort=price") == ["Blue Mug", "Tee", "Oak Lamp"]
    assert _titles(shelf, "?collection=gifts&tag=sale&q=mug") == ["Blue Mug"]
    assert shelf.get("/api/v1/collections").get_json()["data"][0]["slug"] == "gifts"
    with transaction():
        row = session.get(Collection, collection_id)
        assert row is not None
        row.is_visible = False
    assert shelf.get("/api/v1/products?collection=gifts&limit=9").status_code == 404


def _collection(title: str, product_ids: list[UUID]) -> UUID:
    """Put a collection by hand into the tables."""
    with transaction():
        row = Collection(
            id=new_id(), slug=title.lower(), title=title, description="", seo_title="",
            seo_description="", kind=CollectionKind.MANUAL, rules=[], sort="position",
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add_all(
            CollectionProduct(collection_id=row.id, product_id=product_id, position=place)
            for place, product_id in enumerate(product_ids)
        )
    return row.id


def _group(facets: dict[str, Any], code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(
        group["values"] for group in facets["groups"] if group["code"] == code
    )
    return found


def test_no_product_comes_twice_or_is_missed_while_others_are_added(client: FlaskClient) -> None:
    """In any order, with any filter: what was there from beginning to end comes exactly once."""
    chance = random.Random(5)
    place = a_category("Place")
    words = ("oak", "lamp", "mug", "blue", "old")

    def add(number: int) -> None:
        a_product(
            f"P-{number}",
            title=" ".join(chance.sample(words, 3)).title(),
            slug=f"p-{number}",
            price=f"{chance.randrange(1, 9)}.00 EUR",
            vendor=chance.choice(("Kiln", "Forge")),
            description=f"<p>{chance.choice(words)}</p>",
            category_ids=[place],
        )

    for number in range(60):
        add(number)
    there = {card["id"] for card in _all(ProductFilter(currency="EUR"), limit=100)}
    later = 60
    for wanted, sort in (
        (ProductFilter(currency="EUR"), None),
        (ProductFilter(currency="EUR"), "name"),
        (ProductFilter(currency="EUR"), "price"),
        (ProductFilter(currency="EUR", category="place"), "-price"),
        (ProductFilter(currency="EUR", category="place"), "position"),
        (ProductFilter(currency="EUR", vendor=("kiln",)), "newest"),
        (ProductFilter(currency="EUR", q="oak"), None),
        (ProductFilter(currency="EUR", q="lamp oak"), None),
        (ProductFilter(currency="EUR", q="blue", vendor=("forge",)), "price"),
    ):
        expected = {
            card["id"] for card in _all(wanted, sort=sort, limit=100) if card["id"] in there
        }
        seen: list[str] = []
        cursor = None
        while True:
            page = storefront_list.list_storefront_products(
                wanted, sort=sort, limit=chance.randrange(1, 8), cursor=cursor
            )
            seen += [card["id"] for card in page["data"]]
            add(later)
            later += 1
            cursor = page["page"]["next_cursor"]
            if cursor is None:
                break
        old = [product_id for product_id in seen if product_id in there]
        assert sorted(old) == sorted(expected), (wanted, sort)
        assert len(seen) == len(set(seen)), (wanted, sort)


def _all(wanted: ProductFilter, **how: Any) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = storefront_list.list_storefront_products(wanted, cursor=cursor, **how)
        yield from page["data"]
        cursor = page["page"]["next_cursor"]
        if cursor is None:
            return


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(text=st.text(max_size=60))
def test_no_filter_breaks_the_list(client: FlaskClient, text: str) -> None:
    """Whatever a storefront sends, it is answered or refused."""
    for name in ("q", "vendor", "tag", "option", "attribute", "category", "collection", "cursor"):
        answer = client.get("/api/v1/products", query_string={name: text})

        assert answer.status_code in (200, 404, 422), (name, answer.text)


def test_old_addresses_lead_to_the_present_one(client: FlaskClient) -> None:
    ids = a_product("MUG", title="Mug", slug="mug")
    product_id = session.scalars(select(Variant.product_id).where(Variant.id == ids[0])).one()
    with transaction():
        product_service.edit_product(product_id, {"slug": "big-mug"}, expected_version=2, by=SYSTEM)

    moved = client.get("/api/v1/products/mug?currency=EUR")

    assert moved.status_code == 301
    assert moved.headers["Location"] == "/api/v1/products/big-mug?currency=EUR"
    assert client.get("/api/v1/products/mug", follow_redirects=True).get_json()["slug"] == "big-mug"
    assert client.get("/api/v1/products/never").status_code == 404


def test_attributes_filter_and_are_counted(shelf: FlaskClient) -> None:
    """Choices one by one, numbers and dates by range; a range leaves its own bounds out."""
    with transaction():
        for draft in (
            AttributeInput(
                code="wood",
                name="Wood",
                kind=AttributeKind.CHOICES,
                choices=[ChoiceInput("oak", "Oak"), ChoiceInput("ash", "Ash")],
            ),
            AttributeInput(code="width", name="Width", kind=AttributeKind.NUMBER, unit="cm"),
            AttributeInput(code="made", name="Made on", kind=AttributeKind.DATE),
            AttributeInput(code="vegan", name="Vegan", kind=AttributeKind.BOOLEAN),
        ):
            attribute_service.create_attribute(draft, by=SYSTEM)
        types = [TypeAttributeInput(code=code) for code in ("wood", "width", "made", "vegan")]
        product_type_service.create_product_type("Board", types, by=SYSTEM)
    for title, said in (
        ("Thin Board", {"wood": ["oak"], "width": 10.5, "made": "2026-01-01", "vegan": True}),
        ("Wide Board", {"wood": ["oak", "ash"], "width": 40, "made": "2026-06-01"}),
    ):
        ids = a_product(title.upper().replace(" ", "-"), title=title, product_type="board")
        product_id = session.scalars(select(Variant.product_id).where(Variant.id == ids[0])).one()
        with transaction():
            product_service.edit_product(
                product_id, {"attributes": said}, expected_version=2, by=SYSTEM
            )

    for query, titles in (
        ("attribute=wood:ash", ["Wide Board"]),
        ("attribute=wood:oak&attribute=wood:ash", ["Wide Board", "Thin Board"]),
        ("attribute=width:10.5", ["Thin Board"]),
        ("attribute=width:10..20", ["Thin Board"]),
        ("attribute=width:11..", ["Wide Board"]),
        ("attribute=width:..40", ["Wide Board", "Thin Board"]),
        ("attribute=made:2026-02-01..", ["Wide Board"]),
        ("attribute=width:..11&attribute=width:40", ["Wide Board", "Thin Board"]),
        ("attribute=width:..11&attribute=width:50..", ["Thin Board"]),
        ("attribute=width:..11&attribute=made:2026-02-01..", []),
        ("attribute=vegan:true", ["Thin Board"]),
        ("attribute=wood:oak&attribute=width:30..&vendor=nobody", []),
    ):
        assert _titles(shelf, f"?{query}") == titles, query
    for query in ("attribute=width:wide", "attribute=made:today", "attribute=width:1..x"):
        refused = shelf.get(f"/api/v1/products?{query}")
        assert (refused.status_code, refused.get_json()["code"]) == (422, "filter_unreadable")

    facets = shelf.get("/api/v1/products?attribute=width:30..&include=facets").get_json()["facets"]
    groups = {group["code"]: group for group in facets["groups"]}
    assert {v["label"]: v["count"] for v in groups["wood"]["values"]} == {"Ash": 1, "Oak": 1}
    assert groups["width"]["span"] == {"lowest": "10.5", "highest": "40"}
    assert groups["width"]["unit"] == "cm"
    assert groups["made"]["span"] == {"lowest": "2026-06-01", "highest": "2026-06-01"}


def test_an_option_is_called_as_the_shop_writes_it(client: FlaskClient) -> None:
    """And not as it reads without case and accents, by which it is asked for."""
    a_product("A", "B", options=["Größe (EU)"], option_values=[("36",), ("37",)])
    a_product("C", options=["farbe"], option_values=[("Rot",)])

    for query in ("", "&option=größe (eu):99"):
        groups = client.get(f"/api/v1/products?include=facets{query}").get_json()["facets"][
            "groups"
        ]
        labels = {group["code"]: group["label"] for group in groups}
        assert labels["grosse (eu)"] == "Größe (EU)"
    assert client.get("/api/v1/products?option=GRÖSSE (EU):37").get_json()["data"][0]["slug"] == "a"


def test_what_costs_nothing_has_a_price(client: FlaskClient) -> None:
    """Zero is an amount, and not the lack of one."""
    a_product("SAMPLE", title="Sample", price="0.00 EUR")
    a_product("UNPRICED", title="Unpriced", price=None)

    answer = client.get("/api/v1/products?include=facets").get_json()

    assert answer["facets"]["price"] == {
        "lowest": {"amount": 0, "currency": "EUR"},
        "highest": {"amount": 0, "currency": "EUR"},
    }
    assert {card["title"]: card["for_sale"] for card in answer["data"]} == {
        "Sample": True,
        "Unpriced": False,
    }
    assert _titles(client, "?price_gte=0&price_lte=0") == ["Sample"]


def test_a_maker_written_with_and_without_its_letters_is_one(client: FlaskClient) -> None:
    a_product("A", title="Plate", vendor="Ceramika Łódź", tags=["Blåbær"])
    a_product("B", title="Bowl", vendor="CERAMIKA LODZ", tags=["blabaer"])

    assert sorted(_titles(client, "?vendor=ceramika%20lodz&tag=bl%C3%A5b%C3%A6r")) == [
        "Bowl",
        "Plate",
    ]
