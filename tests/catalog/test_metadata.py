"""What others keep with products and variants, and what search engines read of them."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from api.catalog.models.products import Product
from api.catalog.service.metadata import merge_metadata
from tests.support.catalogue import a_category, a_product
from tests.support.collections import a_collection, a_product_id
from tests.support.people import Person
from tests.support.sql import count_statements

URL = "/api/v1/admin"


def _patch(client: FlaskClient, anna: Person, address: str, **changes: Any) -> Any:
    version = client.get(address, headers=anna.headers).headers["ETag"]
    return client.patch(address, json=changes, headers={**anna.headers, "If-Match": version})


def test_metadata_is_changed_key_by_key(client: FlaskClient, anna: Person) -> None:
    """So that two programs do not undo each other; null removes."""
    made = client.post(
        f"{URL}/products",
        json={
            "title": "Mug",
            "metadata": {"a": 1, "gone": None},
            "private_metadata": {"erp": {"id": [1, 2.5, "x", True]}},
            "variants": [{"sku": "MUG", "metadata": {"v": "1"}, "external_reference": "erp:1"}],
        },
        headers=anna.headers,
    )
    product, address = made.get_json(), made.headers["Location"]
    assert (product["metadata"], product["private_metadata"]) == (
        {"a": 1},
        {"erp": {"id": [1, 2.5, "x", True]}},
    )
    edited = _patch(client, anna, address, metadata={"b": 2, "a": None}).get_json()
    assert (edited["metadata"], edited["version"]) == ({"b": 2}, 2)
    assert edited["private_metadata"] == product["private_metadata"]
    assert _patch(client, anna, address, metadata={"b": 2}).get_json()["version"] == 2
    (variant,) = product["variants"]
    assert (variant["metadata"], variant["external_reference"]) == ({"v": "1"}, "erp:1")
    place = f"{URL}/variants/{variant['id']}"
    changed = _patch(client, anna, place, private_metadata={"w": 1}, external_reference=None)
    assert changed.get_json()["private_metadata"] == {"w": 1}
    assert changed.get_json()["external_reference"] is None


@pytest.mark.parametrize("name", ["metadata", "private_metadata"])
def test_metadata_has_bounds(client: FlaskClient, anna: Person, name: str) -> None:
    """Of keys, of bytes, of what is already there; nothing is changed."""
    (variant_id,) = a_product("MUG", title="Mug")
    address = f"{URL}/variants/{variant_id}"
    full = {f"key-{n}": n for n in range(50)}
    assert _patch(client, anna, address, **{name: full}).status_code == 200
    for wrong in ({"one-more": 1}, {"key-1": "x" * 16_384}):
        refused = _patch(client, anna, address, **{name: wrong})
        assert (refused.status_code, refused.get_json()["code"]) == (422, "metadata_too_large")
        assert refused.get_json()["errors"][0]["pointer"] == f"/{name}"
    for unreadable in ([], "text", {"": 1}, {"k" * 101: 1}):
        assert _patch(client, anna, address, **{name: unreadable}).status_code == 422
    swapped = _patch(client, anna, address, **{name: {"one-more": 1, "key-1": None}})
    assert len(swapped.get_json()[name]) == 50
    too_much = client.post(
        f"{URL}/products", json={"title": "A", name: {"k": "x" * 16_384}}, headers=anna.headers
    )
    assert too_much.get_json()["code"] == "metadata_too_large"


_NOTES = st.dictionaries(st.text(max_size=3), st.none() | st.integers(-9, 9), max_size=4)


@given(steps=st.lists(_NOTES, max_size=6))
def test_merging_leaves_what_was_said_last(steps: list[dict[str, int | None]]) -> None:
    """As a dictionary would that forgets keys set to nothing."""
    product = Product(public_metadata={}, private_metadata={"kept": 1})
    expected: dict[str, int] = {}
    for step in steps:
        result = merge_metadata(product, {"public_metadata": step, "title": "T"})
        product.public_metadata = result["public_metadata"]
        assert result["title"] == "T"
        assert "private_metadata" not in result
        for key, value in step.items():
            expected.pop(key, None)
            if value is not None:
                expected[key] = value
    assert product.public_metadata == expected


def test_search_engines_are_told_what_the_shop_wrote(client: FlaskClient, anna: Person) -> None:
    """For products and categories alike."""
    mugs = a_category("Mugs")
    product = a_product_id("MUG")
    texts = {"seo_title": "Mugs, handmade", "seo_description": "Fired twice."}

    for address in (f"{URL}/categories/{mugs}", f"{URL}/products/{product}"):
        answer = _patch(client, anna, address, **texts)
        assert {name: answer.get_json()[name] for name in texts} == texts
        assert _patch(client, anna, address, seo_title="x" * 256).status_code == 422
    made = client.post(f"{URL}/categories", json={"name": "Cups", **texts}, headers=anna.headers)
    assert made.get_json()["seo_title"] == "Mugs, handmade"


def test_a_reference_of_another_system_names_one_thing(client: FlaskClient, anna: Person) -> None:
    """A product or a variant is found by it, and a second one is refused."""
    one = a_product_id("ONE", external_reference="erp:1")
    two = a_product_id("TWO")

    found = client.get(f"{URL}/products?external_reference=erp:1", headers=anna.headers).get_json()
    assert [row["id"] for row in found["data"]] == [str(one)]
    taken = _patch(client, anna, f"{URL}/products/{two}", external_reference="erp:1")
    assert (taken.status_code, taken.get_json()["code"]) == (409, "external_reference_taken")
    ids = [
        client.get(f"{URL}/products/{id_}", headers=anna.headers).get_json()["variants"][0]["id"]
        for id_ in (one, two)
    ]
    place = f"{URL}/variants"
    assert _patch(client, anna, f"{place}/{ids[0]}", external_reference="v:1").status_code == 200
    taken = _patch(client, anna, f"{place}/{ids[1]}", external_reference="v:1")
    assert (taken.status_code, taken.get_json()["code"]) == (409, "variant_reference_taken")


def test_staff_narrow_and_order_their_list(client: FlaskClient, anna: Person) -> None:
    """In one statement, whatever they ask for, and in pages."""
    kitchen = a_category("Kitchen")
    mugs = a_category("Mugs", below=kitchen)
    mug = a_product_id("MUG", vendor="Kiln", product_type="Mug", tags=["Blue"], category_ids=[mugs])
    a_product_id("HAT", vendor="Loom", tags=["Red"], published=False)
    a_product_id("CUP", vendor="Kiln")
    a_collection("Best", mug)

    def titles(query: str) -> list[str]:
        with count_statements() as statements:
            answer = client.get(f"{URL}/products?{query}", headers=anna.headers)
        assert sum("FROM products" in text for text in statements.texts) == 1
        return [row["title"] for row in answer.get_json()["data"]]

    assert titles("vendor=kiln") == ["Cup", "Mug"]
    assert titles("vendor=KILN&tag=blue") == ["Mug"]
    assert titles("product_type=mug") == ["Mug"]
    assert titles("category=kitchen") == ["Mug"]
    assert titles("collection=best") == ["Mug"]
    assert titles("collection=nothing") == []
    assert titles("sort=name") == ["Cup", "Hat", "Mug"]
    page = client.get(f"{URL}/products?sort=name&limit=2", headers=anna.headers).get_json()["page"]
    assert titles(f"sort=name&limit=2&cursor={page['next_cursor']}") == ["Mug"]
    wrong = client.get(f"{URL}/products?sort=price", headers=anna.headers)
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("depth", "refusal"),
    [
        (51, (422, "metadata_too_large")),
        (63, (422, "metadata_too_large")),
        (300, (400, "malformed")),  # no body may be nested so deep, whatever it is about
        (900, (400, "malformed")),
    ],
)
def test_metadata_is_not_nested_without_end(
    client: FlaskClient, anna: Person, depth: int, refusal: tuple[int, str]
) -> None:
    """It must be written into files and read again; what fits exactly is kept."""
    (variant_id,) = a_product("MUG", title="Mug")
    address = f"{URL}/variants/{variant_id}"

    refused = _patch(client, anna, address, metadata=_nested(depth))

    assert (refused.status_code, refused.get_json()["code"]) == refusal
    if refused.status_code == 422:
        assert "nested deeper than 50 levels" in refused.get_json()["errors"][0]["detail"]
    assert _patch(client, anna, address, metadata=_nested(50)).status_code == 200


def _nested(depth: int) -> dict[str, object]:
    found: dict[str, object] = {"a": 1}
    for _ in range(depth - 1):
        found = {"a": found}
    return found
