"""The catalogue in other languages: written by staff, found by customers, falling back."""

import dataclasses
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from api.catalog.events import CatalogChanged
from api.catalog.models.attributes import Attribute, AttributeChoice, AttributeKind
from api.catalog.models.i18n import Translation
from api.catalog.models.navigation import Collection, CollectionKind
from api.catalog.models.products import Product, Variant
from api.catalog.queries import admin_list
from api.catalog.queries import translations as translation_queries
from api.catalog.service import bulk_upsert
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import ProductInput, VariantInput
from api.catalog.service.upsert_results import UpsertStatus
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.support.catalogue import a_category, a_product
from tests.support.events import facts_of
from tests.support.people import a_staff_member
from tests.support.sql import count_statements
from tests.support.threads import at_once


@pytest.fixture(autouse=True)
def three_languages(app: Flask) -> Iterator[None]:
    """A shop that is written in English and translated into German and Austrian German."""
    before: Settings = get_service(Settings)
    register(app, Settings, dataclasses.replace(before, languages=("en", "de", "de-at")))
    yield
    register(app, Settings, before)


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    """A client that a manager is signed in at."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = a_staff_member("manager").headers["Authorization"]
    return client


def a_shirt() -> UUID:
    """Sell a shirt in two sizes; returns its product."""
    (first, _) = a_product(
        "SHIRT-S", "SHIRT-L", title="Shirt", description="<p>Of cotton</p>",
        options=("Size",), option_values=[("Small",), ("Large",)],
    )  # fmt: skip
    found = session.scalar(select(Variant.product_id).where(Variant.id == first))
    assert found is not None
    return found


def where(kind: str, subject_id: UUID, language: str = "de") -> str:
    """Return the address of a translation."""
    return f"/api/v1/admin/translations/{subject_id}?kind={kind}&language={language}"


def says(
    desk: FlaskClient, address: str, *, version: int = 0, **texts: Any
) -> Any:  # fmt: skip
    """Write a translation."""
    return desk.put(address, json={"texts": texts}, headers={"If-Match": f'"{version}"'})


def found_by(words: str) -> list[str]:
    """Return the slugs of what staff find by some words."""
    page = admin_list.list_products(currency="EUR", q=words)
    return [line["slug"] for line in page["data"]]


def test_what_nobody_has_translated_has_version_nought(desk: FlaskClient) -> None:
    answer = desk.get(where("product", a_shirt()))

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"0"'
    assert answer.json["texts"] == {}
    assert answer.json["original"] == {
        "title": "Shirt",
        "description": "<p>Of cotton</p>",
        "seo_title": "",
        "seo_description": "",
        "options": ["Size"],
        "option_values": ["Large", "Small"],
    }


def test_a_product_speaks_german(desk: FlaskClient) -> None:
    product_id = a_shirt()

    answer = says(
        desk, where("product", product_id, "DE"), title="Hemd", seo_title="  ",
        options={"Size": "Größe"}, option_values={"Small": "Klein", "Large": ""},
    )  # fmt: skip

    assert answer.status_code == 200, answer.json
    assert answer.headers["ETag"] == '"1"'
    assert answer.json["texts"] == {
        "title": "Hemd", "options": {"Size": "Größe"}, "option_values": {"Small": "Klein"},
    }  # fmt: skip
    assert facts_of(CatalogChanged)[-1].slugs == ("shirt",)
    found = translation_queries.texts_for([product_id], ["de"])[product_id]
    assert found["title"] == "Hemd"


def test_each_text_falls_back_to_the_next_language(desk: FlaskClient) -> None:
    product_id = a_shirt()
    says(desk, where("product", product_id), title="Hemd", option_values={"Small": "Klein"})
    says(desk, where("product", product_id, "de-at"), title="Leiberl")

    with count_statements() as statements:
        found = translation_queries.texts_for([product_id, new_id()], ["de-at", "de"])

    assert statements.count == 1
    assert found == {product_id: {"title": "Leiberl", "option_values": {"Small": "Klein"}}}
    assert translation_queries.texts_for([product_id], ["fr"]) == {}


def test_a_product_is_found_by_its_translated_words(desk: FlaskClient) -> None:
    product_id = a_shirt()
    assert found_by("hemd") == []

    says(
        desk, where("product", product_id), title="Hemd", description="<b>Baumwolle</b>",
        option_values={"Large": "Groß"},
    )  # fmt: skip
    assert found_by("hemd") == found_by("baumwolle") == found_by("gross") == ["shirt"]
    assert found_by("cotton") == found_by("shirt") == ["shirt"]

    product = desk.get(f"/api/v1/admin/products/{product_id}")
    desk.patch(
        f"/api/v1/admin/products/{product_id}",
        json={"title": "Blouse"},
        headers={"If-Match": product.headers["ETag"]},
    )
    assert found_by("hemd") == found_by("blouse") == ["shirt"]

    gone = desk.delete(where("product", product_id), headers={"If-Match": '"1"'})
    assert gone.status_code == 204
    assert found_by("hemd") == []


def test_a_version_is_never_used_again(desk: FlaskClient) -> None:
    address = where("product", a_shirt())
    says(desk, address, title="Hemd")
    desk.delete(address, headers={"If-Match": '"1"'})
    assert desk.get(address).json["version"] == 2

    stale = says(desk, address, version=1, title="Rock")
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
    assert says(desk, address, version=2, title="Rock").json["version"] == 3


def test_saying_the_same_again_changes_nothing(desk: FlaskClient) -> None:
    address = where("product", a_shirt())
    says(desk, address, title="Hemd")
    before = len(facts_of(CatalogChanged))

    assert says(desk, address, version=1, title="Hemd").json["version"] == 1
    assert len(facts_of(CatalogChanged)) == before


def test_of_two_translators_at_once_one_is_told(app: Flask) -> None:
    """Without the lock both would believe to be the first."""
    address, headers = where("product", a_shirt()), a_staff_member("manager").headers

    def writes(word: str) -> Any:
        return app.test_client().put(
            address, json={"texts": {"title": word}}, headers={**headers, "If-Match": '"0"'}
        )

    outcome = at_once(app, [lambda: writes("Hemd"), lambda: writes("Rock")])

    assert outcome.of_status(200) == 1
    assert outcome.of_status(412) == 1


def test_a_write_names_its_version(desk: FlaskClient) -> None:
    answer = desk.put(where("product", a_shirt()), json={"texts": {"title": "Hemd"}})

    assert (answer.status_code, answer.json["code"]) == (428, "precondition_required")


@pytest.mark.parametrize("language", ["en", "fr", "de-ch"])
def test_only_the_shops_other_languages_are_translated_into(
    desk: FlaskClient, language: str
) -> None:
    address = where("product", a_shirt(), language)

    for answer in (says(desk, address, title="Hemd"), desk.get(address)):
        assert (answer.status_code, answer.json["code"]) == (422, "language_not_translated")
        assert "de, de-at" in answer.json["detail"]


def test_what_does_not_fit_is_told_all_at_once(desk: FlaskClient) -> None:
    answer = says(
        desk, where("product", a_shirt()), name="Hemd",
        options={"Farbe": "Colour"}, option_values={"S/M": "x"},
    )  # fmt: skip

    assert (answer.status_code, answer.json["code"]) == (422, "texts_do_not_fit")
    assert [error["pointer"] for error in answer.json["errors"]] == [
        "/texts/name", "/texts/options/Farbe", "/texts/option_values/S~1M",
    ]  # fmt: skip
    assert session.scalar(select(Translation.language)) is None


@pytest.mark.parametrize(
    ("texts", "pointer"),
    [({"title": "x" * 256}, "/texts/title"), ({"subtitle": "x"}, "/texts/subtitle"),
     ({"title": 7}, "/texts/title"), ({"options": ["x"]}, "/texts/options"),
     ({"description": None}, "/texts/description")],
)  # fmt: skip
def test_texts_of_another_shape_are_refused(
    desk: FlaskClient, texts: dict[str, Any], pointer: str
) -> None:
    answer = says(desk, where("product", a_shirt()), **texts)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].startswith(pointer)


def test_each_kind_of_thing_has_its_own_texts(desk: FlaskClient) -> None:
    category_id = a_category("Mugs")
    with transaction() as current:
        shelf = Collection(slug="summer", title="Summer", kind=CollectionKind.MANUAL, rules=[])
        colour = Attribute(code="colour", name="Colour", kind=AttributeKind.CHOICE)
        current.add_all([shelf, colour])
        current.flush()
        red = AttributeChoice(attribute_id=colour.id, value="red", label="Red")
        current.add(red)
        current.flush()
        ids = {"collection": shelf.id, "attribute": colour.id, "attribute_choice": red.id}

    assert says(desk, where("category", category_id), name="Becher").status_code == 200
    assert facts_of(CatalogChanged)[-1].is_tree
    assert says(desk, where("collection", ids["collection"]), title="Sommer").status_code == 200
    assert facts_of(CatalogChanged)[-1].lists == ("collection:summer",)
    assert says(desk, where("attribute", ids["attribute"]), name="Farbe").status_code == 200
    assert (
        says(desk, where("attribute_choice", ids["attribute_choice"]), label="Rot").status_code
        == 200
    )

    wrong = says(desk, where("category", category_id), version=1, title="Becher", name="x" * 200)
    assert [error["pointer"] for error in wrong.json["errors"]] == ["/texts/title"]
    long = says(desk, where("collection", ids["collection"]), version=1, title="x" * 201)
    assert [error["pointer"] for error in long.json["errors"]] == ["/texts/title"]


def test_a_thing_of_another_kind_is_not_there(desk: FlaskClient) -> None:
    product_id = a_shirt()

    for kind in ("category", "attribute"):
        for answer in (says(desk, where(kind, product_id), name="x"),
                       desk.get(where(kind, product_id))):  # fmt: skip
            assert (answer.status_code, answer.json["code"]) == (404, "translation_subject_unknown")
    assert desk.get(where("variant", product_id)).status_code == 422


def test_all_languages_of_a_thing_stand_side_by_side(desk: FlaskClient) -> None:
    product_id = a_shirt()
    says(desk, where("product", product_id), title="Hemd")

    data = desk.get(f"/api/v1/admin/translations/{product_id}/languages?kind=product").json["data"]

    assert [(one["language"], one["version"], one["texts"]) for one in data] == [
        ("de", 1, {"title": "Hemd"}), ("de-at", 0, {}),
    ]  # fmt: skip


def test_translators_see_what_is_left_to_do(desk: FlaskClient) -> None:
    names = ["MUG", "CUP", "PLATE", "BOWL"]
    for name in names:
        a_product(name)
    rows = session.execute(select(Product.slug, Product.id)).all()
    ids = {row.slug: row.id for row in rows}
    says(desk, where("product", ids["cup"]), title="Tasse")
    says(desk, where("product", ids["plate"]), seo_title="Teller")

    def listed(**query: Any) -> Any:
        asked = {"kind": "product", "language": "de", **query}
        return desk.get("/api/v1/admin/translations", query_string=asked).json

    first = listed(missing="true", limit=2, include="total")
    assert [line["original"]["title"] for line in first["data"]] == ["Mug", "Plate"]
    assert [line["missing"] for line in first["data"]] == [["title"], ["title"]]
    assert first["page"]["total"] == 3
    second = listed(missing="true", limit=2, cursor=first["page"]["next_cursor"])
    assert [line["original"]["title"] for line in second["data"]] == ["Bowl"]
    assert len(listed()["data"]) == 4
    other = desk.get(
        "/api/v1/admin/translations",
        query_string={"kind": "product", "language": "de-at", "missing": "true",
                      "cursor": first["page"]["next_cursor"]},
    )  # fmt: skip
    assert (other.status_code, other.json["code"]) == (422, "cursor_invalid")


def test_the_list_for_translators_is_one_statement(desk: FlaskClient) -> None:
    for name in ("MUG", "CUP", "PLATE"):
        a_product(name)

    with count_statements() as statements:
        translation_queries.list_translations("product", "de", is_missing=True)

    assert statements.count == 1, statements


def test_the_list_begins_where_its_page_begins(app: Flask) -> None:
    """A page deep in the list walks along the primary key from there, and sorts nothing."""
    a_product("MUG")
    with transaction() as current:
        current.execute(text("SET LOCAL enable_seqscan = off"))
        current.execute(text("SET LOCAL enable_sort = off"))
        plan = "\n".join(
            current.execute(
                text(
                    "EXPLAIN SELECT p.id, t.texts FROM products p LEFT JOIN translations t"
                    " ON t.subject_id = p.id AND t.language = 'de'"
                    f" WHERE p.id > '{new_id()}' ORDER BY p.id LIMIT 26"
                )
            ).scalars()
        )
    assert "pk_products" in plan
    assert "pk_translations" in plan
    assert "Sort" not in plan


def test_reading_and_writing_need_their_permissions(app: Flask) -> None:
    address = where("product", a_shirt())
    client = app.test_client()
    assert client.get(address).status_code == 401
    helper = {**a_staff_member("support").headers, "If-Match": '"0"'}
    assert client.put(address, json={"texts": {"title": "x"}}, headers=helper).status_code == 403
    assert session.scalar(select(Translation.language)) is None


def test_a_product_that_arrives_again_is_still_found_by_its_translated_words(
    desk: FlaskClient,
) -> None:
    says(desk, where("product", a_shirt()), title="Hemd")

    with transaction():
        (arrived,) = bulk_upsert.upsert_feed(
            [FeedProduct(ProductInput(title="Blouse", slug="shirt", options=("Size",),
                                  external_reference="other:1",
                                  variants=(VariantInput(option_values=("Small",)),)))],
            by=SYSTEM)  # fmt: skip

    assert arrived.outcome is UpsertStatus.CHANGED
    assert found_by("hemd") == found_by("blouse") == ["shirt"]
