"""Many products are read at once, with their variants: so a change to many of them begins."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.catalog.models.products import Variant
from api.catalog.queries import admin_list
from api.kernel.ids import new_id
from api.platform.db import session
from tests.support.catalogue import a_product
from tests.support.people import Person
from tests.support.sql import Statements, count_statements

URL = "/api/v1/admin/products"


def product_of(variant_id: UUID) -> str:
    """Return the id of a variant's product."""
    return str(session.scalar(select(Variant.product_id).where(Variant.id == variant_id)))


def mugs(count: int, *, variants: int = 1) -> list[str]:
    """Put mugs on sale; returns their products' ids, the oldest first."""
    return [
        product_of(a_product(*(f"MUG-{n}-{kind}" for kind in range(variants)))[0])
        for n in range(count)
    ]


def answer_to(client: FlaskClient, anna: Person, **query: Any) -> Any:
    """Return what the list says; it must not refuse."""
    answer = client.get(URL, query_string=query, headers=anna.headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def refusal_of(client: FlaskClient, anna: Person, **query: Any) -> list[tuple[str, str]]:
    """Return what is wrong with a question, and where."""
    answer = client.get(URL, query_string=query, headers=anna.headers)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    return [(one["pointer"], one["detail"]) for one in answer.get_json()["errors"]]


def test_products_are_read_by_id_and_those_that_are_gone_are_not_in_the_answer(
    client: FlaskClient, anna: Person
) -> None:
    first, second, _ = mugs(3)
    draft = product_of(a_product("CUP", published=False)[0])

    told = answer_to(client, anna, ids=",".join([draft, str(new_id()), first, second, first]))

    assert [one["id"] for one in told["data"]] == [draft, second, first]
    assert told["page"]["has_more"] is False
    assert all("variants" not in one for one in told["data"])
    assert answer_to(client, anna, ids=str(new_id()))["data"] == []


def test_ids_narrow_like_any_other_filter(client: FlaskClient, anna: Person) -> None:
    mug, other = mugs(2)
    draft = product_of(a_product("CUP", title="Cup", published=False)[0])
    ids = ",".join([mug, other, draft])

    drafts = answer_to(client, anna, ids=ids, status="draft", include="total")
    found = answer_to(client, anna, ids=f"{mug},{draft}", q="cup")
    by_name = answer_to(client, anna, ids=ids, sort="name")

    assert ([one["id"] for one in drafts["data"]], drafts["page"]["total"]) == ([draft], 1)
    assert [one["id"] for one in found["data"]] == [draft]
    assert [one["id"] for one in by_name["data"]] == [draft, mug, other]


def test_variants_come_along_as_the_page_of_their_product_shows_them(
    client: FlaskClient, anna: Person
) -> None:
    """With versions, prices in all currencies and barcodes, in their order."""
    shirt = product_of(
        a_product(
            *("SHIRT-L", "SHIRT-S"),
            price=["20.00 EUR", "2500 JPY"],
            barcodes=["4006381333931", None],
        )[0]
    )
    mug = product_of(a_product("MUG", price=None)[0])
    pages = {
        one: client.get(f"{URL}/{one}", headers=anna.headers).get_json() for one in (shirt, mug)
    }

    told = answer_to(client, anna, ids=f"{mug},{shirt}", expand="variants")["data"]

    assert {one["id"]: one["variants"] for one in told} == {
        one: page["variants"] for one, page in pages.items()
    }
    assert [one["sku"] for one in pages[shirt]["variants"]] == ["SHIRT-L", "SHIRT-S"]
    assert len(pages[shirt]["variants"][0]["prices"]) == 2
    assert pages[shirt]["variants"][0]["barcodes"] == [
        {"code": "4006381333931", "pack_quantity": 1}
    ]
    assert {one["id"]: one["version"] for one in told} == {
        one: page["version"] for one, page in pages.items()
    }


def test_a_hundred_products_cost_as_many_statements_as_one(
    client: FlaskClient, anna: Person
) -> None:
    ids = mugs(100, variants=2)

    def asked(some: list[str]) -> tuple[int, Statements]:
        query = {"ids": ",".join(some), "expand": "variants", "limit": "100"}
        client.get(URL, query_string=query, headers=anna.headers)  # whoever asks is known by now
        with count_statements() as statements:
            told = answer_to(client, anna, **query)["data"]
        return sum(len(one["variants"]) for one in told), statements

    one, of_one = asked(ids[:1])
    many, of_many = asked(ids)

    assert (one, many) == (2, 200)
    assert len(of_many) == len(of_one), of_many
    assert sum("FROM variant_prices" in text for text in of_many.texts) == 1


def test_a_page_ends_before_its_variants_are_too_many(
    client: FlaskClient, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product with more than a page may have is a page of its own, and nothing is left out."""
    monkeypatch.setattr(admin_list, "VARIANTS_OF_A_PAGE", 5)
    small = mugs(4, variants=2)
    large = product_of(a_product(*(f"SHIRT-{n}" for n in range(7)))[0])
    ids = ",".join([*small, large])

    pages, cursor = [], None
    while not pages or cursor:
        query = {"ids": ids, "expand": "variants", "limit": 100}
        told = answer_to(client, anna, **query, **({"cursor": cursor} if cursor else {}))
        pages.append([one["id"] for one in told["data"]])
        cursor = told["page"]["next_cursor"]
        assert told["page"]["has_more"] is (cursor is not None)

    assert pages == [[large], [small[3], small[2]], [small[1], small[0]]]
    plain = answer_to(client, anna, ids=ids, limit=100)
    assert len(plain["data"]) == 5


def test_what_is_no_id_is_pointed_at(client: FlaskClient, anna: Person) -> None:
    known = str(new_id())

    assert refusal_of(client, anna, ids=f"{known},mug,{known},") == [
        ("/ids/1", "Not a valid UUID."),
        ("/ids/3", "Not a valid UUID."),
    ]
    assert refusal_of(client, anna, ids="") == [("/ids/0", "Not a valid UUID.")]
    assert refusal_of(client, anna, ids=[known, known]) == [
        ("/ids", "Given 2 times. Send it once.")
    ]


def test_more_than_a_hundred_ids_are_refused(client: FlaskClient, anna: Person) -> None:
    ids = [str(new_id()) for _ in range(101)]

    assert answer_to(client, anna, ids=",".join(ids[:100]))["data"] == []
    assert refusal_of(client, anna, ids=",".join(ids)) == [
        ("/ids", "Send up to 100 ids at once; these are 101.")
    ]


@pytest.mark.parametrize("expand", ["", "images", "variants,images", "variants, variants"])
def test_an_expansion_that_nobody_knows_is_refused(
    client: FlaskClient, anna: Person, expand: str
) -> None:
    assert refusal_of(client, anna, expand=expand) == [("/expand", "Use one or more of variants.")]


def test_a_cursor_belongs_to_the_ids_that_it_was_made_with(
    client: FlaskClient, anna: Person
) -> None:
    ids = mugs(3)
    cursor = answer_to(client, anna, ids=",".join(ids), limit=1)["page"]["next_cursor"]

    turned = answer_to(client, anna, ids=",".join(ids[::-1]), limit=2, cursor=cursor)
    other = client.get(URL, query_string={"ids": ids[0], "cursor": cursor}, headers=anna.headers)

    assert [one["id"] for one in turned["data"]] == [ids[1], ids[0]]
    assert (other.status_code, other.get_json()["code"]) == (422, "cursor_invalid")
