"""The catalogue for staff over HTTP: what they may do, on which version, and how it is refused."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.kernel.ids import new_id
from api.platform.audit import AuditEntry
from api.platform.db import session
from tests.support.catalogue import a_category, a_product
from tests.support.people import Person, a_customer, a_staff_member
from tests.support.sql import count_statements

URL = "/api/v1/admin"


def _shirt(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Ocean Shirt",
        "vendor": "Kiln",
        "tags": ["blue"],
        "options": ["Size"],
        "images": [{"url": "https://img.test/shirt.jpg", "alt": "A shirt"}],
        "variants": [
            {
                "sku": "SHIRT-S",
                "option_values": ["S"],
                "prices": [{"price": {"amount": 2000, "currency": "EUR"}}],
            },
            {"sku": "SHIRT-L", "option_values": ["L"]},
        ],
        **changes,
    }


def _create(client: FlaskClient, anna: Person, **changes: Any) -> dict[str, Any]:
    answer = client.post(f"{URL}/products", json=_shirt(**changes), headers=anna.headers)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def test_a_product_is_created_published_and_archived(client: FlaskClient, anna: Person) -> None:
    """It begins as a draft; each step raises the version and is written down."""
    created = client.post(f"{URL}/products", json=_shirt(), headers=anna.headers)
    product = created.get_json()
    address = f"{URL}/products/{product['id']}"

    assert created.headers["Location"] == address
    assert (product["slug"], product["status"], created.headers["ETag"]) == (
        "ocean-shirt",
        "draft",
        '"1"',
    )
    published = client.post(f"{address}/publish", headers=anna.headers)
    assert (published.get_json()["status"], published.headers["ETag"]) == ("active", '"2"')
    assert client.get("/api/v1/products/ocean-shirt").status_code == 200
    archived = client.post(f"{address}/archive", headers=anna.headers)
    assert archived.get_json()["status"] == "archived"
    refused = client.post(f"{address}/publish", headers=anna.headers)
    assert (refused.status_code, refused.get_json()["allowed"]) == (409, ["unarchive"])
    drafted = client.post(f"{address}/unarchive", headers=anna.headers)
    assert drafted.get_json()["status"] == "draft"
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == [
        "product.created",
        "product.publish",
        "product.archive",
        "product.unarchive",
    ]
    assert set(session.scalars(select(AuditEntry.actor))) == {f"staff:{anna.id}"}


def test_a_product_is_edited_on_the_version_that_was_read(
    client: FlaskClient, anna: Person
) -> None:
    """428 without a version, 412 with an old one, which tells the present one."""
    product = _create(client, anna)
    address = f"{URL}/products/{product['id']}"

    without = client.patch(address, json={"title": "Sea Shirt"}, headers=anna.headers)
    edited = client.patch(
        address, json={"title": "Sea Shirt"}, headers=anna.with_headers(If_Match='"1"')
    )
    stale = client.patch(
        address, json={"title": "Lake Shirt"}, headers=anna.with_headers(If_Match='"1"')
    )

    assert (without.status_code, without.get_json()["code"]) == (428, "precondition_required")
    assert (edited.status_code, edited.headers["ETag"]) == (200, '"2"')
    assert (stale.status_code, stale.get_json()["current_version"]) == (412, 2)
    assert client.get(address, headers=anna.headers).get_json()["title"] == "Sea Shirt"


def test_lists_of_a_product_are_replaced(client: FlaskClient, anna: Person) -> None:
    """Categories, the first being the main one, and pictures."""
    shirts, sale = a_category("Shirts"), a_category("Sale")
    product = _create(client, anna, category_ids=[str(shirts)])

    edited = client.patch(
        f"{URL}/products/{product['id']}",
        json={"category_ids": [str(sale), str(shirts)], "images": [], "tags": []},
        headers=anna.with_headers(If_Match='"1"'),
    ).get_json()

    assert product["category_ids"] == [str(shirts)]
    assert edited["category_ids"] == [str(sale), str(shirts)]
    assert (edited["images"], edited["tags"]) == ([], [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"slug": "taken-mug"}, "slug_taken"),
        ({"external_reference": "elsewhere:1"}, "external_reference_taken"),
        ({"options": [], "variants": [{"sku": "taken-mug"}]}, "sku_taken"),
        ({"options": [], "variants": [{"sku": "A", "barcode": "123"}]}, "barcode_taken"),
        (
            {"variants": [{"option_values": ["S"]}, {"sku": "B", "option_values": ["S"]}]},
            "option_combination_taken",
        ),
    ],
)
def test_what_is_taken_is_a_conflict(
    client: FlaskClient, anna: Person, changes: dict[str, Any], code: str
) -> None:
    """By the database's own word, with a code for programs."""
    a_product("TAKEN-MUG", slug="taken-mug", barcodes=["123"], external_reference="elsewhere:1")

    answer = client.post(f"{URL}/products", json=_shirt(**changes), headers=anna.headers)

    assert (answer.status_code, answer.get_json()["code"]) == (409, code)
    listed = client.get(f"{URL}/products", headers=anna.headers).get_json()["data"]
    assert [line["slug"] for line in listed] == ["taken-mug"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"slug": "no spaces"}, "/slug"),
        ({"slug": "Upper"}, "/slug"),
        ({"variants": []}, "/variants"),
        ({"colour": "blue"}, "/colour"),
        ({"images": [{"url": "javascript:alert(1)"}]}, "/images/0/url"),
        ({"images": [{"url": "https://a.test"}] * 2}, "/images"),
        ({"variants": [{"sku": " x", "option_values": ["S"]}]}, "/variants/0/sku"),
        ({"variants": [{"weight_grams": -1, "option_values": ["S"]}]}, "/variants/0/weight_grams"),
        (
            {"variants": [{"tax_class": "Very High", "option_values": ["S"]}]},
            "/variants/0/tax_class",
        ),
        (
            {"variants": [{"prices": [{"price": {"amount": -1, "currency": "EUR"}}]}]},
            "/variants/0/prices/0/price/amount",
        ),
        (
            {"variants": [{"prices": [{"price": {"amount": 1.5, "currency": "EUR"}}]}]},
            "/variants/0/prices/0/price/amount",
        ),
    ],
)
def test_what_makes_no_sense_is_pointed_at(
    client: FlaskClient, anna: Person, changes: dict[str, Any], pointer: str
) -> None:
    """422 with the place in the body."""
    answer = client.post(f"{URL}/products", json=_shirt(**changes), headers=anna.headers)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.get_json()["errors"]]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"variants": [{"option_values": []}]}, "options_do_not_fit"),
        (
            {"variants": [{"option_values": ["S"], "image_url": "https://other.test"}]},
            "image_unknown",
        ),
        (
            {
                "variants": [
                    {
                        "option_values": ["S"],
                        "prices": [
                            {
                                "price": {"amount": 5, "currency": "EUR"},
                                "compare_at": {"amount": 5, "currency": "EUR"},
                            }
                        ],
                    }
                ]
            },
            "compare_at_not_above_price",
        ),
    ],
)
def test_a_rule_of_the_catalogue_refuses(
    client: FlaskClient, anna: Person, changes: dict[str, Any], code: str
) -> None:
    """Whoever asks and however often."""
    answer = client.post(f"{URL}/products", json=_shirt(**changes), headers=anna.headers)

    assert (answer.status_code, answer.get_json()["code"]) == (422, code)


def test_a_product_created_twice_with_one_key_is_one_product(
    client: FlaskClient, anna: Person
) -> None:
    """The key is welcome, though not required."""
    headers = anna.with_headers(Idempotency_Key=str(new_id()))

    first = client.post(f"{URL}/products", json=_shirt(), headers=headers)
    second = client.post(f"{URL}/products", json=_shirt(), headers=headers)

    assert second.get_json() == first.get_json()
    assert second.headers["Idempotent-Replayed"] == "true"


def test_variants_are_added_edited_and_priced(client: FlaskClient, anna: Person) -> None:
    """Each has a version of its own."""
    product = _create(client, anna)

    added = client.post(
        f"{URL}/products/{product['id']}/variants",
        json={"option_values": ["XL"], "barcode": "4006381333931"},
        headers=anna.headers,
    )
    address = added.headers["Location"]
    edited = client.patch(
        address,
        json={"weight_grams": 300, "image_url": "https://img.test/shirt.jpg"},
        headers=anna.with_headers(If_Match='"1"'),
    )
    priced = client.put(
        f"{address}/prices",
        json={
            "prices": [
                {
                    "price": {"amount": 1800, "currency": "EUR"},
                    "compare_at": {"amount": 2200, "currency": "EUR"},
                },
                {"price": {"amount": 2000, "currency": "USD"}},
            ]
        },
        headers=anna.with_headers(If_Match='"2"'),
    )

    assert (added.status_code, added.get_json()["sku"]) == (201, "OCEAN-SHIRT-XL")
    assert edited.get_json()["image_url"] == "https://img.test/shirt.jpg"
    assert priced.headers["ETag"] == '"3"'
    euros, dollars = priced.get_json()["prices"]
    assert euros["price"] == {"amount": 1800, "currency": "EUR"}
    assert euros["compare_at"] == {"amount": 2200, "currency": "EUR"}
    assert (euros["reduced_since"] is None, euros["prior_price"]) == (False, None)
    assert dollars == {
        "price": {"amount": 2000, "currency": "USD"},
        "compare_at": None,
        "reduced_since": None,
        "prior_price": None,
    }
    assert client.get(address, headers=anna.headers).get_json() == priced.get_json()


def test_two_people_who_price_at_once_do_not_overwrite_each_other(
    client: FlaskClient, anna: Person
) -> None:
    """The second one is told."""
    product = _create(client, anna)
    address = f"{URL}/variants/{product['variants'][0]['id']}/prices"
    headers = anna.with_headers(If_Match='"1"')

    first = client.put(
        address, json={"prices": [{"price": {"amount": 1, "currency": "EUR"}}]}, headers=headers
    )
    second = client.put(address, json={"prices": []}, headers=headers)

    assert (first.status_code, second.status_code) == (200, 412)


def test_the_list_is_searched_and_filtered_in_any_state(client: FlaskClient, anna: Person) -> None:
    """Newest first, drafts too, by SKU or words."""
    _create(client, anna)
    a_product("BLUE-MUG", vendor="Forge")

    def slugs(query: str = "") -> list[str]:
        answer = client.get(f"{URL}/products{query}", headers=anna.headers)
        return [line["slug"] for line in answer.get_json()["data"]]

    assert slugs() == ["blue-mug", "ocean-shirt"]
    assert slugs("?status=draft") == ["ocean-shirt"]
    assert slugs("?q=shirt-l") == ["ocean-shirt"]
    assert slugs("?q=forge+mug") == ["blue-mug"]
    line = client.get(f"{URL}/products?include=total", headers=anna.headers).get_json()
    assert line["page"]["total"] == 2
    assert line["data"][1]["price"] == {"amount": 2000, "currency": "EUR"}
    assert line["data"][1]["variant_count"] == 2


def test_the_list_costs_the_same_however_long_it_is(client: FlaskClient, anna: Person) -> None:
    """One statement for the page, beside what signing in costs."""
    counts = []
    for size in (1, 20):
        for number in range(size):
            a_product(f"M-{size}-{number}", images=["https://img.test/1"])
        with count_statements() as statements:
            client.get(f"{URL}/products", headers=anna.headers)
        counts.append(statements.count)

    assert counts[0] == counts[1] <= 2


def test_categories_are_arranged(client: FlaskClient, anna: Person) -> None:
    """Added, moved, refused below themselves, removed when empty."""
    clothes = client.post(
        f"{URL}/categories", json={"name": "Clothes"}, headers=anna.headers
    ).get_json()
    shirts = client.post(
        f"{URL}/categories",
        json={"name": "Shirts", "parent_id": clothes["id"]},
        headers=anna.headers,
    )
    address = shirts.headers["Location"]
    ring = client.patch(
        f"{URL}/categories/{clothes['id']}",
        json={"parent_id": shirts.get_json()["id"]},
        headers=anna.with_headers(If_Match='"1"'),
    )
    full = client.delete(
        f"{URL}/categories/{clothes['id']}", headers=anna.with_headers(If_Match='"1"')
    )
    moved = client.patch(
        address, json={"parent_id": None}, headers=anna.with_headers(If_Match='"1"')
    )
    removed = client.delete(address, headers=anna.with_headers(If_Match='"2"'))

    assert shirts.get_json()["path"] == "clothes/shirts"
    assert (ring.status_code, ring.get_json()["code"]) == (409, "category_cycle")
    assert (full.status_code, full.get_json()["code"]) == (409, "category_not_empty")
    assert (moved.get_json()["path"], moved.get_json()["level"]) == ("shirts", 0)
    assert (removed.status_code, removed.data) == (204, b"")
    listed = client.get(f"{URL}/categories", headers=anna.headers).get_json()["data"]
    assert [row["path"] for row in listed] == ["clothes"]
    gone = client.get(address, headers=anna.headers)
    assert (gone.status_code, gone.get_json()["code"]) == (404, "category_not_found")


def test_whoever_may_only_read_writes_nothing(client: FlaskClient, anna: Person) -> None:
    """And customers and strangers do not even read."""
    product = _create(client, anna)
    packer, customer = a_staff_member("warehouse"), a_customer()
    address = f"{URL}/products/{product['id']}"

    assert client.get(address, headers=packer.headers).status_code == 200
    for person in (packer, customer):
        answer = client.post(f"{address}/publish", headers=person.headers)
        assert answer.status_code == 403
    assert client.get(address, headers=customer.headers).status_code == 403
    assert client.get(address).status_code == 401
    assert client.get(address, headers=anna.headers).get_json()["status"] == "draft"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/products/{id}", "product_not_found"),
        ("/variants/{id}", "variant_not_found"),
        ("/categories/{id}", "category_not_found"),
    ],
)
def test_what_is_not_there_is_not_found(
    client: FlaskClient, anna: Person, path: str, code: str
) -> None:
    """Reading and writing alike."""
    address = f"{URL}{path.format(id=new_id())}"

    read = client.get(address, headers=anna.headers)
    written = client.patch(address, json={}, headers=anna.with_headers(If_Match='"1"'))

    assert (read.status_code, read.get_json()["code"]) == (404, code)
    assert (written.status_code, written.get_json()["code"]) == (404, code)


@pytest.mark.parametrize(
    "path", ["/api/v1/products?q=a%00b", "/api/v1/products/a%00b", "/api/v1/categories/%00"]
)
def test_a_zero_byte_is_a_refusal_and_no_failure(client: FlaskClient, path: str) -> None:
    """The database cannot hold one."""
    assert client.get(path).status_code in (400, 404, 422)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"slug": "ocean\n"}, "/slug"),
        ({"variants": [{"sku": "SEA\n", "option_values": ["S"]}]}, "/variants/0/sku"),
        ({"variants": [{"tax_class": "reduced\n", "option_values": ["S"]}]},
         "/variants/0/tax_class"),
    ],
)  # fmt: skip
def test_a_line_break_at_the_end_is_no_part_of_a_name(
    client: FlaskClient, anna: Person, changes: dict[str, Any], pointer: str
) -> None:
    """An address with one could never be asked for."""
    answer = client.post(f"{URL}/products", json=_shirt(**changes), headers=anna.headers)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_two_options_are_not_called_the_same(client: FlaskClient, anna: Person) -> None:
    """Filters and translations know an option by its name, whatever its case."""
    shirt = _shirt(options=["Size", "size"], variants=[{"option_values": ["S", "M"]}])

    answer = client.post(f"{URL}/products", json=shirt, headers=anna.headers)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "option_twice")


def test_a_zero_byte_in_a_body_is_a_refusal(client: FlaskClient, anna: Person) -> None:
    """Nor can it be written."""
    answer = client.post(f"{URL}/products", json=_shirt(description="a\0b"), headers=anna.headers)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/description"]
