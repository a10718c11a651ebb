"""The shop window over HTTP: lists, pages, kept answers, and what each costs the database."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.catalog.events import CatalogChanged
from api.catalog.jobs import on_catalog_changed
from api.catalog.queries import variant_lookup
from api.catalog.schemas.storefront import (
    ShownCategoryPageSchema,
    ShownCategorySchema,
    ShownProductCardListSchema,
    ShownProductSchema,
)
from api.catalog.service import bulk_create, stock_status
from api.catalog.service import categories as category_service
from api.catalog.service import products as product_service
from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import ImageInput, PriceInput, ProductInput, VariantInput
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.http import list_schema
from tests.support.catalogue import a_category, a_product, money
from tests.support.sql import count_statements
from tests.support.work import drain


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _shirt() -> ProductInput:
    front = "https://img.test/front.jpg"
    return ProductInput(
        title="Ocean Shirt",
        description="<p>Cotton.</p>",
        vendor="Kiln",
        product_type="Shirts",
        tags=("summer", "blue"),
        options=("Size",),
        images=(ImageInput(front, "From the front"),),
        variants=(
            VariantInput(
                sku="SHIRT-S",
                option_values=("Small",),
                prices=(PriceInput(money("20.00 EUR"), money("25.00 EUR")),),
                image_url=front,
                weight_grams=180,
            ),
            VariantInput(
                sku="SHIRT-L",
                barcode="4006381333931",
                option_values=("Large",),
                prices=(PriceInput(money("22.00 EUR")), PriceInput(money("24.00 USD"))),
            ),
        ),
    )


def _published(draft: ProductInput) -> bulk_create.CreatedProduct:
    with transaction():
        stored = product_service.create_product(draft, by=SYSTEM)
        product_service.publish_product(stored.product_id, expected_version=None, by=SYSTEM)
    return stored


def _titles(client: FlaskClient, query: str = "") -> list[str]:
    answer = client.get(f"/api/v1/products{query}")
    assert answer.status_code == 200, answer.text
    return [card["title"] for card in answer.get_json()["data"]]


def test_a_product_page_says_all_that_a_buyer_asks(client: FlaskClient) -> None:
    """Options in order, a price per variant, the way through the tree."""
    clothes = a_category("Clothes")
    shirts = a_category("Shirts", below=clothes)
    stored = _published(_shirt())
    with transaction():
        product_service.edit_product(
            stored.product_id, {"category_ids": [shirts]}, expected_version=2, by=SYSTEM
        )
        stock_status.update_in_stock([stored.variant_ids[1]], [])

    page = client.get("/api/v1/products/ocean-shirt").get_json()

    assert page.pop("published_at").endswith("Z")
    assert page == {
        "id": str(stored.product_id),
        "slug": "ocean-shirt",
        "title": "Ocean Shirt",
        "description": "<p>Cotton.</p>",
        "vendor": "Kiln",
        "product_type": "Shirts",
        "tags": ["summer", "blue"],
        "in_stock": True,
        "for_sale": True,
        "breadcrumbs": [
            {"slug": "clothes", "name": "Clothes"},
            {"slug": "shirts", "name": "Shirts"},
        ],
        "images": [
            {
                "id": page["images"][0]["id"],
                "url": "https://img.test/front.jpg",
                "alt": "From the front",
                "width": None,
                "height": None,
                "sizes": [],
            }
        ],
        "seo": {"title": "", "description": ""},
        "metadata": {},
        "attributes": [],
        "options": [{"name": "Size", "values": ["Small", "Large"]}],
        "variants": [
            {
                "id": str(stored.variant_ids[0]),
                "sku": "SHIRT-S",
                "barcode": None,
                "title": "Small",
                "option_values": ["Small"],
                "price": {"amount": 2000, "currency": "EUR"},
                "compare_at": {"amount": 2500, "currency": "EUR"},
                "prior_price": None,
                "for_sale": True,
                "in_stock": False,
                "availability": "out_of_stock",
                "back_order_note": "",
                "weight_grams": 180,
                "image_url": "https://img.test/front.jpg",
                "metadata": {},
            },
            {
                "id": str(stored.variant_ids[1]),
                "sku": "SHIRT-L",
                "barcode": "4006381333931",
                "title": "Large",
                "option_values": ["Large"],
                "price": {"amount": 2200, "currency": "EUR"},
                "compare_at": None,
                "prior_price": None,
                "for_sale": True,
                "in_stock": True,
                "availability": "in_stock",
                "back_order_note": "",
                "weight_grams": 0,
                "image_url": None,
                "metadata": {},
            },
        ],
    }


def test_a_variant_without_a_price_in_the_currency_is_not_for_sale(client: FlaskClient) -> None:
    """It is shown, but nothing is converted."""
    _published(_shirt())

    page = client.get("/api/v1/products/ocean-shirt?currency=USD").get_json()

    assert [(v["price"], v["for_sale"]) for v in page["variants"]] == [
        (None, False),
        ({"amount": 2400, "currency": "USD"}, True),
    ]
    yen = client.get("/api/v1/products?currency=JPY").get_json()["data"][0]
    assert (yen["price"], yen["for_sale"], yen["price_varies"]) == (None, False, False)


def test_a_card_shows_the_lowest_price_and_the_first_picture(client: FlaskClient) -> None:
    """With what that variant cost before."""
    stored = _published(_shirt())

    card = client.get("/api/v1/products").get_json()["data"][0]

    assert card == {
        "id": str(stored.product_id),
        "slug": "ocean-shirt",
        "title": "Ocean Shirt",
        "vendor": "Kiln",
        "price": {"amount": 2000, "currency": "EUR"},
        "compare_at": {"amount": 2500, "currency": "EUR"},
        "prior_price": None,
        "price_varies": True,
        "for_sale": True,
        "in_stock": False,
        "image": {
            "id": card["image"]["id"],
            "url": "https://img.test/front.jpg",
            "alt": "From the front",
            "width": None,
            "height": None,
            "sizes": [],
        },
    }


def test_answers_have_the_documented_shape(client: FlaskClient) -> None:
    """What is built by hand is held against the schema here, not on every request."""
    clothes = a_category("Clothes")
    a_category("Shirts", below=clothes)
    _published(_shirt())

    for path, schema in (
        ("/products?include=total,facets&expand=variants,images", ShownProductCardListSchema),
        ("/products/ocean-shirt", ShownProductSchema),
        ("/categories", list_schema(ShownCategorySchema)),
        ("/categories/clothes", ShownCategoryPageSchema),
    ):
        body = client.get(f"/api/v1{path}").get_json()
        assert schema().validate(body) == {}, path


@pytest.mark.parametrize(
    "path",
    [
        "categories?depth=2",
        "categories/kitchen?expand=children",
        "collections?sort=name",
        "collections/summer?expand=products",
        "products/mug?colour=red",
        "search/suggestions?q=mug&page=2",
    ],
)
def test_what_an_address_does_not_know_is_refused(client: FlaskClient, path: str) -> None:
    """Else whoever misspells a parameter believes it, and each made-up one is kept as an answer."""
    answer = client.get(f"/api/v1/{path}")

    name = path.rpartition("=")[0].rpartition("&")[2].rpartition("?")[2]
    assert answer.status_code == 422
    assert [(e["pointer"], e["in"]) for e in answer.get_json()["errors"]] == [(f"/{name}", "query")]


def test_drafts_and_archived_products_are_nowhere_to_be_seen(client: FlaskClient) -> None:
    """Neither in a list, nor by search, nor by their address."""
    (draft,) = a_product("DRAFT-MUG", published=False)
    (gone,) = a_product("GONE-MUG")
    labels = variant_lookup.variant_labels([draft, gone])
    session.rollback()
    with transaction():
        product_service.archive_product(labels[gone].product_id, expected_version=None, by=SYSTEM)

    assert _titles(client) == []
    assert _titles(client, "?q=mug") == []
    for slug in ("draft-mug", "gone-mug", "never-was"):
        answer = client.get(f"/api/v1/products/{slug}")
        assert (answer.status_code, answer.get_json()["code"]) == (404, "product_not_found")


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Cherry", "apple", "Banana"]),
        ("?sort=newest", ["Cherry", "apple", "Banana"]),
        ("?sort=name", ["apple", "Banana", "Cherry"]),
        ("?sort=price", ["apple", "Cherry"]),
        ("?sort=-price", ["Cherry", "apple"]),
        ("?sort=price&currency=USD", ["Banana"]),
    ],
)
def test_lists_come_in_the_order_asked_for(
    client: FlaskClient, sort: str, expected: list[str]
) -> None:
    """By name without regard to case; by price only what has one."""
    a_product("B", title="Banana", price="1.00 USD")
    a_product("A", title="apple", price="2.00 EUR")
    a_product("C", title="Cherry", price="3.00 EUR")

    assert _titles(client, sort) == expected


@pytest.mark.parametrize("sort", ["newest", "name", "price", "-price", "relevance"])
def test_pages_follow_one_another_without_gap_or_repetition(client: FlaskClient, sort: str) -> None:
    """In every order, also where many are equal, and within a category."""
    shirts = a_category("Shirts")
    for number in range(23):
        a_product(
            f"S-{number:02}",
            title=f"Shirt {number % 4}",
            slug=f"shirt-{number}",
            price=f"{number % 3 + 1}.00 EUR",
            category_ids=[shirts],
        )
    words = "&q=shirt" if sort == "relevance" else ""

    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"/api/v1/products?category=shirts&limit=5&sort={sort}{words}"
        body = client.get(path + (f"&cursor={cursor}" if cursor else "")).get_json()
        found += [card["id"] for card in body["data"]]
        cursor = body["page"]["next_cursor"]

    assert len(found) == len(set(found)) == 23


def test_a_total_is_counted_when_asked_for(client: FlaskClient) -> None:
    """Under the filters of the list."""
    mugs = a_category("Mugs")
    a_product("MUG-1", category_ids=[mugs])
    a_product("MUG-2", category_ids=[mugs])
    a_product("CUP")

    page = client.get("/api/v1/products?category=mugs&include=total&limit=1").get_json()["page"]

    assert (page["total"], page["total_is_capped"], page["has_more"]) == (2, False, True)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?statsu=x", 422, "invalid"),
        ("?sort=colour", 422, "invalid"),
        ("?limit=101", 422, "invalid"),
        ("?currency=euro", 422, "invalid"),
        ("?sort=relevance", 422, "sort_needs_query"),
        ("?category=nowhere", 404, "category_not_found"),
        ("?category=nowhere&sort=price", 404, "category_not_found"),
        ("?cursor=nonsense", 422, "cursor_invalid"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    client: FlaskClient, query: str, status: int, code: str
) -> None:
    """A typing error must not return everything."""
    answer = client.get(f"/api/v1/products{query}")

    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_a_cursor_of_another_list_is_refused(client: FlaskClient) -> None:
    """It would skip what it does not know."""
    for number in range(3):
        a_product(f"M-{number}")
    cursor = client.get("/api/v1/products?limit=1").get_json()["page"]["next_cursor"]

    answer = client.get(f"/api/v1/products?limit=1&sort=name&cursor={cursor}")

    assert answer.get_json()["code"] == "cursor_invalid"


def test_a_category_shows_the_way_to_it_and_what_is_below(client: FlaskClient) -> None:
    """In the shop's order."""
    clothes = a_category("Clothes")
    shirts = a_category("Shirts", below=clothes)
    a_category("Tees", below=shirts, position=2)
    a_category("Polos", below=shirts, position=1)

    page = client.get("/api/v1/categories/shirts").get_json()

    assert [step["slug"] for step in page["breadcrumbs"]] == ["clothes", "shirts"]
    assert [child["path"] for child in page["children"]] == [
        "clothes/shirts/polos",
        "clothes/shirts/tees",
    ]
    assert client.get("/api/v1/categories/nowhere").get_json()["code"] == "category_not_found"


def test_the_second_reader_costs_the_database_nothing(client: FlaskClient) -> None:
    """Finished bytes come from Redis, checked by nobody again."""
    _published(_shirt())
    paths = ("/products?q=shirt", "/products/ocean-shirt", "/categories")
    first = [client.get(f"/api/v1{path}").data for path in paths]

    with count_statements() as statements:
        second = [client.get(f"/api/v1{path}").data for path in paths]

    assert second == first
    assert statements.count == 0, statements


def test_whoever_has_the_same_bytes_is_told_so(client: FlaskClient) -> None:
    """A strong tag of the content, browsers ask again after seconds."""
    _published(_shirt())
    first = client.get("/api/v1/products/ocean-shirt")

    again = client.get(
        "/api/v1/products/ocean-shirt",
        headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'},
    )
    other = client.get("/api/v1/products/ocean-shirt", headers={"If-None-Match": '"other"'})

    assert first.headers["Cache-Control"] == "public, max-age=1"
    assert (again.status_code, again.data, again.headers["ETag"]) == (
        304,
        b"",
        first.headers["ETag"],
    )
    assert other.status_code == 200


def test_a_changed_price_is_seen_as_soon_as_its_fact_is_told(client: FlaskClient) -> None:
    """And the pages of other products stay kept."""
    stored = _published(_shirt())
    a_product("BLUE-MUG")
    drain()
    for path in ("/products/ocean-shirt", "/products/blue-mug", "/products"):
        client.get(f"/api/v1{path}")

    with transaction():
        variant_service.replace_prices(
            stored.variant_ids[0],
            [PriceInput(money("18.00 EUR"))],
            expected_version=1,
            by=SYSTEM,
        )
    drain()

    page = client.get("/api/v1/products/ocean-shirt").get_json()
    assert page["variants"][0]["price"]["amount"] == 1800
    prices = {c["slug"]: c["price"]["amount"] for c in _list(client)}
    assert prices == {"ocean-shirt": 1800, "blue-mug": 999}
    with count_statements() as statements:
        client.get("/api/v1/products/blue-mug")
    assert statements.count == 0, statements


def _list(client: FlaskClient) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = client.get("/api/v1/products").get_json()["data"]
    return cards


def test_a_renamed_category_shows_in_every_breadcrumb(client: FlaskClient) -> None:
    """A change of the tree makes everything old."""
    shirts = a_category("Shirts")
    a_product("OXFORD", category_ids=[shirts])
    client.get("/api/v1/products/oxford")

    with transaction():
        category_service.edit_category(shirts, {"name": "Tops"}, expected_version=1, by=SYSTEM)
    on_catalog_changed([CatalogChanged(is_tree=True)])

    page = client.get("/api/v1/products/oxford").get_json()
    assert page["breadcrumbs"] == [{"slug": "shirts", "name": "Tops"}]


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/products", 1),
        ("/products?category=shirts", 1),
        ("/products?category=shirts&q=shirt&sort=price&include=total", 4),
        ("/products?q=shirt", 3),
        ("/products/shirt-0", 2),
        ("/categories", 1),
        ("/categories/shirts", 2),
    ],
)
def test_a_list_costs_the_same_few_statements_however_long_it_is(
    client: FlaskClient, path: str, most: int
) -> None:
    """Counted with one product and with thirty."""
    shirts = a_category("Shirts")
    counts = []
    for last in (1, 30):
        for number in range(0 if last == 1 else 1, last):
            a_product(
                *(f"S-{number}-{size}" for size in "SML"),
                title=f"Shirt {number}",
                category_ids=[shirts],
                images=[f"https://img.test/{number}"],
            )
        with count_statements() as statements:
            answer = client.get(
                f"/api/v1{path}{'&' if '?' in path else '?'}currency=EUR"
                if path.startswith("/products")
                else f"/api/v1{path}"
            )
        assert answer.status_code == 200
        counts.append(statements.count)
        on_catalog_changed([CatalogChanged(is_tree=True)])

    assert counts[-1] <= counts[0] <= most
