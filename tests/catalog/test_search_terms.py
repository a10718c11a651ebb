"""Words: typos forgiven, searches suggested, and each reader answered in their language."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.catalog.events import CatalogChanged
from api.catalog.jobs import index_search_terms
from api.catalog.models.i18n import SearchTerm
from api.catalog.models.products import Variant
from api.catalog.queries import storefront_list
from api.catalog.queries.filters import ProductFilter
from api.catalog.queries.spelling import is_typo
from api.catalog.service import search_terms
from api.catalog.service import translations as translation_service
from api.catalog.texts import deletion_keys
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.languages import match_language
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.support.catalogue import a_category, a_product

LETTERS = st.text(alphabet="abcde", min_size=1, max_size=7)


@pytest.fixture
def shelf(app: Flask) -> Flask:
    """A shop whose words were learned."""
    titles = ("Blue Kettle", "Red Kettle", "Petal Bowl", "Oak Table", "Cable Drum", "Mug")
    for number, title in enumerate(titles):
        a_product(f"W-{number}", title=title, slug=f"w-{number}", vendor="Kiln & Co")
    with transaction():
        index_search_terms(
            [CatalogChanged(slugs=tuple(f"w-{number}" for number in range(len(titles))))]
        )
    return app


@pytest.mark.parametrize(
    ("typed", "corrected", "first"),
    [
        ("ketle", "kettle", "Red Kettle"),
        ("kettel", "kettle", "Red Kettle"),
        ("kkettle", "kettle", "Red Kettle"),
        ("kettlo", "kettle", "Red Kettle"),
        ("kettles blu", None, "Blue Kettle"),
        ("blue ketle", "blue kettle", "Blue Kettle"),
        ("bleu kettle", "blue kettle", "Blue Kettle"),
        ("kilnn", "kiln", "Mug"),
        ("tabel", "table", "Oak Table"),
        ("mgu", None, None),
        ("kttl", None, None),
        ("unicorn", None, None),
        ("W-99", None, None),
    ],
)
def test_one_typo_is_forgiven(
    shelf: Flask, typed: str, corrected: str | None, first: str | None
) -> None:
    found = storefront_list.list_storefront_products(ProductFilter(currency="EUR", q=typed))

    assert found["corrected_q"] == corrected
    assert (found["data"][0]["title"] if found["data"] else None) == first


def test_a_corrected_search_is_read_on_to_its_end(shelf: Flask) -> None:
    """The cursor belongs to what was searched, not to what was typed."""
    wanted = ProductFilter(currency="EUR", q="ketle")
    first = storefront_list.list_storefront_products(wanted, limit=1)
    second = storefront_list.list_storefront_products(
        wanted, limit=1, cursor=first["page"]["next_cursor"]
    )

    assert [first["data"][0]["title"], second["data"][0]["title"]] == ["Red Kettle", "Blue Kettle"]
    assert second["corrected_q"] == "kettle"
    assert second["page"]["next_cursor"] is None


@given(word=LETTERS, other=LETTERS)
def test_typos_are_those_of_one_edit(word: str, other: str) -> None:
    """Held against trying out every edit; and whoever is one edit away shares a key."""
    edits = set(_edited(word))

    assert is_typo(word, other) == (other in edits and word != other)
    if is_typo(word, other):
        assert set(deletion_keys(word)) & set(deletion_keys(other))


def _edited(word: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        for letter in "abcde":
            yield word[:place] + letter + word[place:]
            yield word[:place] + letter + word[place + 1 :]
        yield word[:place] + word[place + 1 :]
        if place + 1 < len(word):
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def test_words_are_learned_once_and_codes_never(shelf: Flask) -> None:
    with transaction():
        assert search_terms.index_terms(["w-0", "w-1"]) == 0
    words = set(session.scalars(select(SearchTerm.word)))

    assert {"blue", "kettle", "kiln", "oak"} <= words
    assert not any(any(letter.isdigit() for letter in word) for word in words)


def test_words_are_counted(shelf: Flask) -> None:
    with transaction():
        assert search_terms.recount_terms() == len(set(session.scalars(select(SearchTerm.word))))

    counts = {row.word: row.products for row in session.execute(select(SearchTerm.__table__))}
    assert (counts["kettle"], counts["kiln"], counts["mug"]) == (2, 6, 1)


def test_suggestions_finish_words_and_name_shelves(shelf: Flask) -> None:
    a_category("Kettles and Pots")
    client = shelf.test_client()

    found = client.get("/api/v1/search/suggestions?q=blue ket").get_json()

    assert found["queries"] == ["blue kettle"]
    assert [card["title"] for card in found["products"]] == ["Blue Kettle"]
    found = client.get("/api/v1/search/suggestions?q=kett").get_json()
    assert [c["slug"] for c in found["categories"]] == ["kettles-and-pots"]
    assert client.get("/api/v1/search/suggestions?q=ketle").get_json()["corrected_q"] == "kettle"
    assert client.get("/api/v1/search/suggestions?q=").status_code == 422
    assert client.get("/api/v1/search/suggestions").status_code == 422
    empty = client.get("/api/v1/search/suggestions?q=%20").get_json()
    assert (empty["queries"], empty["products"], empty["categories"]) == ([], [], [])


@pytest.fixture
def polyglot(app: Flask) -> Iterator[FlaskClient]:
    """A shop that speaks English, German and the German of Austria."""
    languages = ("en", "de", "de-at")
    before: Settings = get_service(Settings)
    register(app, Settings, replace(before, languages=languages))
    category = a_category("Vegetables")
    ids = a_product("POTATO", title="Potato", slug="potato", category_ids=[category])
    a_product("MUG", title="Mug", slug="mug", category_ids=[category])
    product_id = session.scalars(select(Variant.product_id).where(Variant.id == ids[0])).one()
    _translate("product", product_id, "de", {"title": "Kartoffel", "description": "<p>Rund</p>"})
    _translate("product", product_id, "de-at", {"title": "Erdapfel"})
    _translate("category", category, "de", {"name": "Gemüse"})
    yield app.test_client()
    register(app, Settings, before)


def _translate(kind: str, subject_id: UUID, language: str, texts: dict[str, Any]) -> None:
    with transaction():
        translation_service.set_translation(
            kind, subject_id, language, texts, expected_version=0, by=SYSTEM
        )


@pytest.mark.parametrize(
    ("asked", "title", "description", "crumb", "told"),
    [
        (None, "Potato", "", "Vegetables", "en"),
        ("fr", "Potato", "", "Vegetables", "en"),
        ("de", "Kartoffel", "<p>Rund</p>", "Gemüse", "de"),
        ("de-CH, en;q=0.5", "Kartoffel", "<p>Rund</p>", "Gemüse", "de"),
        ("de-AT", "Erdapfel", "<p>Rund</p>", "Gemüse", "de-at"),
        ("fr;q=0.9, de;q=0.8", "Kartoffel", "<p>Rund</p>", "Gemüse", "de"),
        ("*", "Potato", "", "Vegetables", "en"),
        ("%%%, ;;;", "Potato", "", "Vegetables", "en"),
    ],
)
def test_each_reader_is_answered_in_their_language(
    polyglot: FlaskClient,
    asked: str | None,
    title: str,
    description: str,
    crumb: str,
    told: str,
) -> None:
    """And text by text in the next best one, told by Content-Language."""
    headers = {"Accept-Language": asked} if asked else {}

    answer = polyglot.get("/api/v1/products/potato", headers=headers)

    page = answer.get_json()
    assert (page["title"], page["description"]) == (title, description)
    assert page["breadcrumbs"][0]["name"] == crumb
    assert answer.headers["Content-Language"] == told
    assert answer.headers["Vary"] == "Accept-Language, Authorization"


def test_suggestions_name_shelves_in_the_readers_language(polyglot: FlaskClient) -> None:
    german = {"Accept-Language": "de"}
    found = polyglot.get("/api/v1/search/suggestions?q=gem", headers=german).get_json()
    assert [(c["slug"], c["name"]) for c in found["categories"]] == [("vegetables", "Gemüse")]
    assert polyglot.get("/api/v1/search/suggestions?q=gem").get_json()["categories"] == []


def test_lists_say_all_languages_that_they_are_in(polyglot: FlaskClient) -> None:
    """The second reader of a language gets the same, from what was kept."""
    for _ in range(2):
        answer = polyglot.get("/api/v1/products", headers={"Accept-Language": "de"})
        assert [c["title"] for c in answer.get_json()["data"]] == ["Mug", "Kartoffel"]
        assert answer.headers["Content-Language"] == "en, de"
    tree = polyglot.get("/api/v1/categories", headers={"Accept-Language": "de"})
    assert (tree.get_json()["data"][0]["name"], tree.headers["Content-Language"]) == (
        "Gemüse",
        "de",
    )
    plain = polyglot.get("/api/v1/products")
    assert [c["title"] for c in plain.get_json()["data"]] == ["Mug", "Potato"]


@pytest.mark.parametrize(
    ("wanted", "best"),
    [
        (["de-AT"], "de-at"), (["de-ch-1996"], "de"), (["fr", "de"], "de"), ([], "en"),
        (["*", "de"], "en"), (["zh"], "en"), (["EN-us"], "en"),
    ],
)  # fmt: skip
def test_languages_are_looked_up_from_the_most_exact_on(wanted: list[str], best: str) -> None:
    """RFC 4647, section 3.4."""
    assert match_language(("en", "de", "de-at"), wanted) == best


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"), ("de;q=0", "en"), ("de;q=0, *", "en"), ("en;q=0, *", "de"),
        ("en;q=0", "en"), ("de-ch;q=0, de", "de"), ("de-AT, de;q=0", "en"),
    ],
)  # fmt: skip
def test_a_language_that_is_not_accepted_is_not_answered(
    polyglot: FlaskClient, header: str, language: str
) -> None:
    """Weight 0 means: not this one (RFC 9110, 12.4.2)."""
    answer = polyglot.get("/api/v1/products/potato", headers={"Accept-Language": header})

    assert answer.headers["Content-Language"] == language


def test_suggestions_say_in_which_language_they_are(polyglot: FlaskClient) -> None:
    answer = polyglot.get("/api/v1/search/suggestions?q=potato", headers={"Accept-Language": "de"})

    assert [card["title"] for card in answer.get_json()["products"]] == ["Kartoffel"]
    assert answer.headers["Content-Language"] == "de"
