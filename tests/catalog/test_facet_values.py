"""What products can be filtered by: it follows from every edit, and from nothing else."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from api.catalog.events import AttributeFilterChanged, CatalogChanged
from api.catalog.models.attributes import Attribute, AttributeKind, FacetValue
from api.catalog.models.prices import PriceRange
from api.catalog.models.products import Product
from api.catalog.queries import admin_detail
from api.catalog.queries import attributes as attribute_queries
from api.catalog.queries import facet_values as facet_value_queries
from api.catalog.queries.facet_values import ids_by_pair
from api.catalog.schemas.batch import ProductRowSchema
from api.catalog.service import attributes as attribute_service
from api.catalog.service import bulk_edit, bulk_upsert, reindex
from api.catalog.service import facet_values as facet_value_service
from api.catalog.service import product_types as product_type_service
from api.catalog.service import products as product_service
from api.catalog.service import variants as variant_service
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import (
    AttributeInput,
    ChoiceInput,
    ProductInput,
    TypeAttributeInput,
    VariantInput,
)
from api.catalog.states import ProductStatus
from api.catalog.texts import LONGEST_FACET_KEY, facet_key
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.bulk_request import Batch, OnError
from api.platform.db import db, session, transaction
from tests.support.catalogue import a_product
from tests.support.events import facts_of
from tests.support.plans import refresh_statistics
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.work import drain

PATIENCE_SECONDS = 30


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Off-White", "off white"),
        (" off   white ", "off white"),
        ("OFF_WHITE", "off white"),
        ("Größe", "grosse"),
        ("Crème brûlée", "creme brulee"),
        ("C++", "c++"),
        ("C#", "c#"),
        ("5-6", "5-6"),
        ("5.6", "5.6"),
        ("5 6", "5 6"),
        ("-5", "-5"),
        ("< 5 kg", "< 5 kg"),
        ("お茶", "お茶"),
        ("★", "★"),
        ("  ", ""),
    ],
)
def test_a_value_is_known_by_how_it_reads(written: str, key: str) -> None:
    """Case, accents and the gaps between words do not tell values apart; other signs do."""
    assert facet_key(written) == key


@given(st.text(max_size=300))
def test_a_key_fits_the_index_and_reads_as_itself(written: str) -> None:
    key = facet_key(written)

    assert len(key) <= LONGEST_FACET_KEY
    assert facet_key(key) == key
    assert bool(key) == bool("".join(key.split()))


def test_long_keys_are_told_apart() -> None:
    """A ligature may be eighteen letters; what is cut keeps a mark of the whole."""
    first, second = facet_key("ﷺ" * 255), facet_key("ﷺ" * 254)

    assert len(first) == len(second) == LONGEST_FACET_KEY
    assert first != second


def _attribute(code: str, kind: str, *choices: str, **more: Any) -> UUID:
    with transaction():
        return attribute_service.create_attribute(
            AttributeInput(
                code=code,
                name=code.title(),
                kind=AttributeKind(kind),
                choices=[ChoiceInput(value, f"{value.title()} it is") for value in choices],
                **more,
            ),
            by=SYSTEM,
        )


def _kind(name: str, *codes: str) -> UUID:
    with transaction():
        return product_type_service.create_product_type(
            name, [TypeAttributeInput(code=code) for code in codes], by=SYSTEM
        )


def _create(title: str = "Mug", **more: Any) -> UUID:
    with transaction():
        return product_service.create_product(
            ProductInput(title=title, **more), by=SYSTEM
        ).product_id


def _edit(product_id: UUID, **changes: Any) -> None:
    with transaction():
        product_service.edit_product(product_id, changes, expected_version=None, by=SYSTEM)


def _edit_attribute(attribute_id: UUID, **changes: Any) -> None:
    version = session.scalar(select(Attribute.version).where(Attribute.id == attribute_id))
    assert version is not None
    with transaction():
        attribute_service.edit_attribute(attribute_id, changes, expected_version=version, by=SYSTEM)


def _traits(product_id: UUID) -> dict[tuple[str, str], str]:
    ids = session.scalar(select(Product.traits).where(Product.id == product_id))
    assert ids is not None
    assert ids == sorted(set(ids))
    rows = session.execute(
        select(FacetValue.kind, FacetValue.key, FacetValue.label).where(FacetValue.id.in_(ids))
    )
    return {(row.kind, row.key): row.label for row in rows}


def _wrong() -> set[UUID]:
    """Return the products for which a rebuild from the rows gives something else."""
    with transaction():
        return reindex.reindex_batch(None)[1]


@pytest.fixture
def typed(app: Flask) -> dict[str, UUID]:
    """Shirts have an attribute of every kind."""
    ids = {
        "colour": _attribute("colour", "choice", "Red", "blue"),
        "season": _attribute("season", "choices", "spring", "summer"),
        "vegan": _attribute("vegan", "boolean"),
        "maker": _attribute("maker", "text"),
        "width": _attribute("width", "number"),
        "made_on": _attribute("made_on", "date"),
        "hidden": _attribute("hidden", "choice", "yes", is_filterable=False),
    }
    ids["Shirt"] = _kind("Shirt", *ids)
    return ids


SAID = {
    "colour": "Red",
    "season": ["summer", "spring"],
    "vegan": False,
    "maker": "Öko Kooperative",
    "width": 12.5,
    "made_on": "2026-05-31",
    "hidden": "yes",
}


def test_a_product_is_filtered_by_all_that_is_said_of_it(typed: dict[str, UUID]) -> None:
    product_id = _create(
        vendor="Kiln & Co",
        product_type="shirt",
        tags=("Sale", "sale", "  ", "New In"),
        options=("Size", "Off-Colour"),
        variants=(
            VariantInput(option_values=("M", "Red")),
            VariantInput(option_values=("L", "red")),
        ),
        attributes=SAID,
    )

    assert _traits(product_id) == {
        ("vendor", "kiln & co"): "Kiln & Co",
        ("type", "shirt"): "shirt",
        ("tag", "sale"): "Sale",
        ("tag", "new in"): "New In",
        ("option", "size"): "Size",
        ("option", "off colour"): "Off-Colour",
        ("option:size", "m"): "M",
        ("option:size", "l"): "L",
        ("option:off colour", "red"): "Red",
        ("attribute:colour", "Red"): "Red it is",
        ("attribute:season", "spring"): "Spring it is",
        ("attribute:season", "summer"): "Summer it is",
        ("attribute:vegan", "false"): "false",
        ("attribute:maker", "oko kooperative"): "Öko Kooperative",
    }


def test_edits_of_a_product_and_its_variants_are_followed(typed: dict[str, UUID]) -> None:
    product_id = _create(vendor="Kiln", tags=("a",), options=("Size",),
                         variants=(VariantInput(option_values=("M",)),))  # fmt: skip

    _edit(product_id, vendor="", tags=["b"], product_type="Shirt", attributes={"vegan": True})
    with transaction():
        added = variant_service.add_variant(
            product_id, VariantInput(option_values=("L",)), by=SYSTEM
        )
    with transaction():
        variant_service.edit_variant(
            added, {"option_values": ["XL"]}, expected_version=1, by=SYSTEM
        )

    assert set(_traits(product_id)) == {
        ("tag", "b"),
        ("type", "shirt"),
        ("option", "size"),
        ("option:size", "m"),
        ("option:size", "xl"),
        ("attribute:vegan", "true"),
    }
    assert session.scalars(select(FacetValue.key).where(FacetValue.kind == "vendor")).all() == [
        "kiln"
    ]


def test_a_long_text_is_read_and_not_filtered_by(typed: dict[str, UUID]) -> None:
    product_id = _create(product_type="Shirt", attributes={"maker": "x" * 120})
    other_id = _create("Other", product_type="Shirt", attributes={"maker": "x" * 121})

    assert ("attribute:maker", "x" * 120) in _traits(product_id)
    assert set(_traits(other_id)) == {("type", "shirt")}


def test_the_first_way_to_write_a_word_stays_its_label(app: Flask) -> None:
    first, second = _create("A", tags=("Off-White",)), _create("B", tags=("OFF WHITE",))

    assert _traits(first) == _traits(second) == {("tag", "off white"): "Off-White"}


def test_words_that_no_index_could_hold_are_kept_all_the_same(app: Flask) -> None:
    long = "\U0001f600" * 255
    product_id = _create(tags=(long,), options=(long,),
                         variants=(VariantInput(option_values=(long,)),))  # fmt: skip

    assert len(_traits(product_id)) == 3


def test_arrivals_are_followed_too(typed: dict[str, UUID]) -> None:
    """New ones and known ones, which keep what the arrival does not say."""

    def take_in(**draft: Any) -> UUID:
        whole = {"title": "Tee", "slug": "tee", "external_reference": "x:tee", **draft}
        with transaction():
            (made,) = bulk_upsert.upsert_feed(
                [FeedProduct(ProductInput(**whole), ProductStatus.ACTIVE)], by=SYSTEM
            )
        assert made.product_id is not None, made
        return made.product_id

    small = VariantInput(sku="TEE", option_values=("S",))
    product_id = take_in(product_type="Shirt", tags=("a",), options=("Size",), variants=(small,))
    _edit(product_id, attributes={"colour": "blue"})
    take_in(vendor="Kiln", variants=(VariantInput(option_values=("M",)),))

    assert set(_traits(product_id)) == {
        ("vendor", "kiln"),
        ("type", "shirt"),
        ("tag", "a"),
        ("option", "size"),
        ("option:size", "s"),
        ("option:size", "m"),
        ("attribute:colour", "blue"),
    }
    assert not _wrong()


def test_documents_are_followed_too(typed: dict[str, UUID]) -> None:
    """Those that make products and those that change them, in any language."""

    def restate(**more: Any) -> Any:
        document: dict[str, Any] = {"slug": "tee", "title": "Tee", "product_type": "Shirt"}
        document |= {"variants": [{"sku": "TEE"}], **more}
        with transaction():
            (made,) = bulk_upsert.upsert_documents([document], is_overwriting=True, by=SYSTEM)
        assert made.refusal is None, made.refusal
        return made

    made = restate(tags=["a"], attributes={"colour": "Red"}, translations={"de": {"title": "Hemd"}})
    first, was_wrong = set(_traits(made.product_id)), _wrong()
    restate(tags=["b"], attributes={}, translations={"de": {"title": "Leibchen"}})

    assert first == {("tag", "a"), ("type", "shirt"), ("attribute:colour", "Red")}
    assert set(_traits(made.product_id)) == {("tag", "b"), ("type", "shirt")}
    assert not was_wrong
    assert not _wrong()


def test_storefronts_find_traits_by_what_people_type(typed: dict[str, UUID]) -> None:
    _create(vendor="Kiln", tags=("Sale", "New In"), options=("Größe",),
            variants=(VariantInput(option_values=("M",)),),
            product_type="Shirt", attributes=SAID)  # fmt: skip
    known = {
        (row.kind, row.key): row.id
        for row in session.execute(select(FacetValue.kind, FacetValue.key, FacetValue.id))
    }

    found = facet_value_queries.facet_value_ids(
        {
            "vendor": ["KILN", "kiln", "Other"],
            "tag": ["new-in", "SALE", "  "],
            "type": ["shirt"],
            "option:GRÖSSE": ["m"],
            "option:colour": ["red"],
            "attribute:colour": ["Red"],
            "attribute:vegan": ["False"],
            "attribute:maker": ["oko-kooperative", "öko kooperative"],
            "attribute:width": ["12.5"],
            "nothing": [],
        }
    )

    assert found == {
        "vendor": [known["vendor", "kiln"]],
        "tag": sorted([known["tag", "new in"], known["tag", "sale"]]),
        "type": [known["type", "shirt"]],
        "option:GRÖSSE": [known["option:grosse", "m"]],
        "option:colour": [],
        "attribute:colour": [known["attribute:colour", "Red"]],
        "attribute:vegan": [known["attribute:vegan", "false"]],
        "attribute:maker": [known["attribute:maker", "oko kooperative"]],
        "attribute:width": [],
        "nothing": [],
    }
    with count_statements() as statements:
        assert facet_value_queries.facet_value_ids({"tag": [" "]}) == {"tag": []}
    assert statements.count == 0


def test_attributes_describe_themselves_to_storefronts(typed: dict[str, UUID]) -> None:
    _attribute("secret", "text", is_visible=False, is_filterable=False)
    _attribute("first", "number", unit="cm", is_visible=False)
    _edit_attribute(typed["colour"], position=3)
    for code in ("season", "vegan", "maker", "width", "made_on", "hidden"):
        _edit_attribute(typed[code], position=4)

    with count_statements() as statements:
        told = facet_value_queries.described_attributes()

    assert statements.count == 2
    assert [one["code"] for one in told][:2] == ["first", "colour"]
    assert "secret" not in [one["code"] for one in told]
    assert (told[0]["is_visible"], told[0]["is_filterable"], told[0]["unit"]) == (False, True, "cm")
    assert [(c["value"], c["label"]) for c in told[1]["choices"]] == [
        ("Red", "Red it is"),
        ("blue", "Blue it is"),
    ]


def test_what_becomes_filterable_or_no_longer_is_follows(
    typed: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some products at a time, each time in a fact of its own, and storefronts read anew."""
    monkeypatch.setattr(reindex, "BATCH", 2)
    product_ids = [
        _create(f"Shirt {n}", product_type="Shirt", attributes={"hidden": "yes"}) for n in range(5)
    ]
    with transaction():
        product_service.publish_product(product_ids[0], expected_version=None, by=SYSTEM)
    drain()

    _edit_attribute(typed["hidden"], is_filterable=True)
    drain()
    shown = [_traits(product_id) for product_id in product_ids]
    _edit_attribute(typed["hidden"], is_filterable=False)
    drain()

    assert all(found["attribute:hidden", "yes"] == "Yes it is" for found in shown)
    assert all(("attribute:hidden", "yes") not in _traits(one) for one in product_ids)
    told = facts_of(AttributeFilterChanged)
    assert [fact.after for fact in told] == [None, product_ids[1], product_ids[3]] * 2
    slugs = [fact.slugs for fact in facts_of(CatalogChanged) if fact.slugs == ("shirt-0",)]
    assert len(slugs) >= 3
    assert not _wrong()


def test_a_choice_that_reads_otherwise_is_a_filter_that_reads_otherwise(
    typed: dict[str, UUID],
) -> None:
    product_id = _create(product_type="Shirt", attributes={"colour": "Red"})
    choices = [ChoiceInput("Red", "Crimson"), ChoiceInput("blue", "Blue")]

    _edit_attribute(typed["colour"], choices=choices)

    assert _traits(product_id)["attribute:colour", "Red"] == "Crimson"


def test_many_products_cost_as_many_statements_as_few(app: Flask) -> None:
    """Two at most for words that are new, one for words that are known."""
    counts = []
    for size, base in ((20, 0), (200, 1000)):
        for known in (False, True):
            found: list[facet_value_service.FacetLabels] = [
                {("tag", f"{n}"): f"{n}", ("vendor", "kiln"): "Kiln"}
                for n in range(base, base + size)
            ]
            with transaction(), count_statements() as statements:
                ids = facet_value_service.ensure_facet_values(found)
            assert len({one for own in ids for one in own}) == size + 1
            counts.append((known, statements.count))

    assert counts == [(False, 2), (True, 1)] * 2


def test_one_look_is_enough_for_a_whole_step(app: Flask) -> None:
    """But what a savepoint took back with it is looked for again: else products name nothing."""
    found: list[facet_value_service.FacetLabels] = [{("tag", "sale"): "Sale"}]
    with transaction():
        try:
            with session.begin_nested():
                (undone,) = facet_value_service.ensure_facet_values(found)
                with count_statements() as statements:
                    assert facet_value_service.ensure_facet_values(found) == [undone]
                raise LookupError
        except LookupError:
            pass
        (kept,) = facet_value_service.ensure_facet_values(found)

    assert statements.count == 0
    assert ids_by_pair([("tag", "sale")]) == {("tag", "sale"): kept[0]}
    assert undone != kept


def test_a_word_that_two_introduce_at_once_is_one_trait(app: Flask) -> None:
    """Without the second look, who was slower would know no id for it."""
    for n in range(5):

        def create(slug: str, tag: str = f"Tag {n}") -> UUID:
            return _create(slug, slug=slug, tags=(tag,))

        calls: list[Callable[[], UUID]] = [
            lambda own=who, call=create, at=n: call(f"mug-{at}-{own}")  # type: ignore[misc]
            for who in range(4)
        ]
        outcome = at_once(app, calls)

        assert not outcome.errors, outcome
        assert len({tuple(_traits(made)) for made in outcome.results}) == 1
    assert session.scalars(select(FacetValue.key).order_by(FacetValue.id)).all() == [
        f"tag {n}" for n in range(5)
    ]


def test_many_words_that_two_introduce_at_once_are_no_deadlock(app: Flask) -> None:
    """Everyone adds them in one order; without it the two would wait for each other."""
    for n in range(4):
        words: facet_value_service.FacetLabels = {
            ("tag", f"{n} {one}"): "x" for one in range(3_000)
        }

        def introduce(own: facet_value_service.FacetLabels) -> list[list[int]]:
            with transaction():
                return facet_value_service.ensure_facet_values([own])

        backwards = dict(reversed(words.items()))
        outcome = at_once(
            app,
            [
                lambda own=words, call=introduce: call(own),  # type: ignore[misc]
                lambda own=backwards, call=introduce: call(own),  # type: ignore[misc]
            ],
        )
        assert not outcome.errors, outcome


def test_two_batches_that_bring_the_same_words_are_no_deadlock(app: Flask) -> None:
    """Row by row they would add them in the order of their rows, and wait for each other."""
    size = 40
    ids = {side: [_create(f"{side} {n}", slug=f"{side}-{n}") for n in range(size)] for side in "ab"}
    for run in range(3):
        words = [f"{run} {n}" for n in range(size)]
        outcome = at_once(
            app,
            [
                partial(_tag_many, ids["a"], words),
                partial(_tag_many, ids["b"], words[::-1]),
            ],
        )
        assert not outcome.errors, outcome
        assert all(counts["ok"] == size for counts in outcome.results)


def _tag_many(product_ids: list[UUID], words: list[str]) -> dict[str, int]:
    items = [
        {"id": str(product_id), "changes": {"tags": [word]}}
        for product_id, word in zip(product_ids, words, strict=True)
    ]
    given = {"items": items, "force": True, "on_error": OnError.SKIP}
    batch = Batch.read(given, ProductRowSchema())
    with transaction():
        counts: dict[str, int] = bulk_edit.bulk_edit_products(batch, by=SYSTEM)["counts"]
    return counts


def test_a_word_whose_first_writer_gave_up_is_introduced_again(app: Flask) -> None:
    """The second waits, and finds nothing: no id of a transaction that was undone is kept."""
    written, go_on = threading.Event(), threading.Event()

    def gives_up() -> None:
        try:
            with transaction():
                product_service.create_product(ProductInput(title="A", tags=("Sale",)), by=SYSTEM)
                written.set()
                go_on.wait(PATIENCE_SECONDS)
                raise LookupError
        except LookupError:
            pass

    def stays() -> UUID:
        written.wait(PATIENCE_SECONDS)
        threading.Timer(0.3, go_on.set).start()
        return _create("B", tags=("Sale",))

    outcome = at_once(app, [gives_up, stays])

    assert not outcome.errors, outcome
    (made,) = [one for one in outcome.results if one is not None]
    assert _traits(made) == {("tag", "sale"): "Sale"}


def _run(app: Flask, *command: str) -> Any:
    return app.test_cli_runner().invoke(args=command)


def test_the_catalogue_is_refreshed_after_an_upgrade_and_found_right_the_second_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches, whatever was lost; a second run writes nothing."""
    monkeypatch.setattr(reindex, "BATCH", 2)
    for n in range(5):
        a_product(f"MUG-{n}", vendor="Kiln", tags=["blue"], published=n > 0)
    with transaction():
        session.execute(update(Product).values(traits=[], search_words=""))
        session.execute(text("DELETE FROM product_price_ranges"))
    looked = _run(app, "doctor", "catalogue")
    untouched = session.scalars(select(Product.traits)).all()

    first, second = _run(app, "refresh-catalogue"), _run(app, "refresh-catalogue")
    after = _run(app, "doctor", "catalogue")

    assert looked.exit_code == 1
    assert "5 differences" in looked.output
    assert "mug-0" in looked.output
    assert untouched == [[]] * 5
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert "5 products looked at, 5 set right." in first.output
    assert "5 products looked at, 0 set right." in second.output
    assert (after.exit_code, "sound" in after.output) == (0, True)
    assert len(session.scalars(select(PriceRange.lowest)).all()) == 5
    told = {slug for fact in facts_of(CatalogChanged) for slug in fact.slugs}
    assert {f"mug-{n}" for n in range(1, 5)} <= told


def test_an_empty_catalogue_is_right(app: Flask) -> None:
    assert _run(app, "doctor", "catalogue").exit_code == 0
    assert "0 products looked at, 0 set right." in _run(app, "refresh-catalogue").output


def test_a_step_at_the_end_runs_in_its_own_transaction(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other parts that keep something twice add theirs."""
    a_product("MUG")
    monkeypatch.setattr(
        reindex,
        "AT_THE_END",
        (lambda: session.execute(update(Product).values(vendor="X")),),
    )

    _run(app, "refresh-catalogue")

    assert session.scalar(select(Product.vendor)) == "X"


def test_refreshing_waits_for_who_edits_and_loses_nothing(app: Flask) -> None:
    """It locks what it reads: else it would put back the traits of a moment before."""
    product_id = _create(tags=("before",))
    with transaction():
        session.execute(update(Product).values(traits=[]))
    edited = threading.Event()

    def edit() -> None:
        with transaction():
            product_service.edit_product(
                product_id, {"tags": ["after"]}, expected_version=1, by=SYSTEM
            )
            edited.set()
            threading.Event().wait(0.4)

    def refresh() -> None:
        edited.wait(PATIENCE_SECONDS)
        _wrong()

    outcome = at_once(app, [edit, refresh])

    assert not outcome.errors, outcome
    assert set(_traits(product_id)) == {("tag", "after")}


_WORDS = st.sampled_from(["", "Kiln", "kiln", "Off-White", "off white", "C++", "Öko"])
_TAGS = st.lists(_WORDS.filter(bool), max_size=3)
_SIZES = st.sampled_from(["S", "M", "L", "XL", "s"])
_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.sampled_from(["Red", "blue", None]),
        "season": st.sampled_from([["spring"], ["summer", "spring"], None]),
        "vegan": st.sampled_from([True, False, None]),
        "maker": st.one_of(st.none(), _WORDS.filter(bool)),
        "width": st.one_of(st.none(), st.integers(-5, 5)),
        "hidden": st.sampled_from(["yes", None]),
    },
)
_STEPS = st.one_of(
    st.tuples(st.just("edit"), st.integers(0, 1), st.fixed_dictionaries(
        {}, optional={"vendor": _WORDS, "tags": _TAGS, "attributes": _VALUES})),
    st.tuples(st.just("edit"), st.integers(0, 1), st.fixed_dictionaries({"attributes": _VALUES})),
    st.tuples(st.just("add"), st.integers(0, 1), _SIZES),
    st.tuples(st.just("resize"), st.integers(0, 1), _SIZES),
    st.tuples(st.just("arrive"), st.integers(0, 2), st.fixed_dictionaries(
        {"vendor": _WORDS, "tags": _TAGS.map(tuple)})),
    st.tuples(st.just("filter"), st.sampled_from(["colour", "hidden", "maker"]), st.booleans()),
    st.tuples(st.just("label"), st.just("colour"), _WORDS.filter(bool)),
    st.tuples(st.just("rename"), st.just("Shirt"), st.sampled_from(["Shirt", "Tee", "SHIRT"])),
)  # fmt: skip


@given(steps=st.lists(_STEPS, max_size=8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_edited_the_traits_are_those_of_the_rows(
    typed: dict[str, UUID], steps: list[tuple[str, Any, Any]]
) -> None:
    """A rebuild from nothing but the rows finds nothing to change."""
    for code, is_filterable in (("colour", True), ("maker", True), ("hidden", False)):
        _edit_attribute(typed[code], is_filterable=is_filterable)
    _take("rename", "Shirt", "Shirt", typed, {})
    drain()
    run = new_id().hex
    product_ids = {
        n: _create(
            f"P{n}",
            slug=f"p{n}-{run}",
            external_reference=f"{run}:{n}",
            product_type="Shirt",
            options=("Size",),
            variants=(VariantInput(option_values=("M",)),),
        )
        for n in range(2)
    }
    for step, which, what in steps:
        _take(step, which, what, typed, product_ids)

    assert not _wrong()


def _take(
    step: str, which: Any, what: Any, typed: dict[str, UUID], product_ids: list[UUID]
) -> None:
    """Do one thing that staff or an import might; what is refused changes nothing."""
    if step == "edit":
        name = session.scalar(select(Product.product_type).where(Product.id == product_ids[which]))
        _edit(product_ids[which], **{**what, "product_type": name})
    elif step in ("add", "resize"):
        variant = VariantInput(sku=new_id().hex, option_values=(what,))
        there = admin_detail.get_product(product_ids[which])["variants"]
        if any(one["option_values"] == [what] for one in there):
            return
        with transaction():
            if step == "add":
                variant_service.add_variant(product_ids[which], variant, by=SYSTEM)
            else:
                variant_service.edit_variant(
                    there[0]["id"], {"option_values": [what]}, expected_version=None, by=SYSTEM
                )
    elif step == "arrive":
        there = admin_detail.get_product(product_ids[0])["external_reference"].split(":")[0]
        draft = ProductInput(
            title=f"P{which}",
            slug=f"p{which}-{there}",
            external_reference=f"{there}:{which}",
            **what,
        )
        with transaction():
            bulk_upsert.upsert_feed([FeedProduct(draft, ProductStatus.ACTIVE)], by=SYSTEM)
    elif step == "filter":
        _edit_attribute(typed[which], is_filterable=what)
        drain()
    elif step == "label":
        _edit_attribute(typed[which], choices=[ChoiceInput("Red", what), ChoiceInput("blue", what)])
    else:
        version = attribute_queries.get_product_type(typed[which])["version"]
        with transaction():
            product_type_service.edit_product_type(
                typed[which], {"name": what}, expected_version=version, by=SYSTEM
            )


def test_rebuilding_thousands_of_filters_reads_no_whole_table(app: Flask) -> None:
    """The products of an attribute come from its index, in order, some at a time."""
    _fill()
    attribute_id = session.scalar(select(Attribute.id).where(Attribute.code == "width"))
    pair = {"kind": "tag", "key": "tag 7"}
    trait = session.scalar(
        select(FacetValue.id).where(FacetValue.kind == "tag", FacetValue.key == "tag 7")
    )
    asked = {
        "ix_product_attributes_attribute_id": (
            "SELECT product_id FROM product_attributes WHERE attribute_id = :id"
            " AND product_id > :id ORDER BY product_id LIMIT 500",
            {"id": attribute_id},
        ),
        "ix_product_attributes_by_number": (
            "SELECT product_id FROM product_attributes WHERE attribute_id = :id"
            " AND number BETWEEN 10 AND 12",
            {"id": attribute_id},
        ),
        "ix_products_traits": (
            "SELECT id FROM products WHERE status = 'active'"
            " AND traits && CAST(ARRAY[:trait] AS int[])",
            {"trait": trait},
        ),
        "uq_traits_kind_key": ("SELECT id FROM traits WHERE kind = :kind AND key = :key", pair),
    }
    with db.engine.connect() as connection:
        for index, (statement, values) in asked.items():
            rows = connection.execute(text(f"EXPLAIN {statement}"), values)
            plan = "\n".join(row[0] for row in rows)
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan


def _fill() -> None:
    """Have thousands of products with a tag and some measures each, and statistics of them."""
    measures = [_attribute(code, "number") for code in ("width", "height", "depth", "girth")]
    with transaction():
        for statement in (
            "INSERT INTO traits (kind, key, label)"
            " SELECT 'tag', 'tag ' || n, 'Tag ' || n FROM generate_series(1, 3000) n",
            "INSERT INTO products (id, version, created_at, slug, title, description, status,"
            " vendor, product_type, tags, options, in_stock, search_title, search_words,"
            " search_body, traits)"
            " SELECT gen_random_uuid(), 1, now(), key, label, '', 'active', '', '', '[]', '[]',"
            " true, key, '', '', ARRAY[id] FROM traits",
            *(
                "INSERT INTO product_attributes (product_id, attribute_id, value, number)"
                f" SELECT id, '{measure}', '7', hashtext(slug) % 1000 FROM products"
                for measure in measures
            ),
        ):
            session.execute(text(statement))
    refresh_statistics()


def test_a_maker_is_called_as_the_last_correction_spells_it(app: Flask) -> None:
    """The filters of the shop say what its products say, and not what the first one said once."""
    for sku in ("ONE", "TWO"):
        a_product(sku, vendor="acme gmbh", tags=["Neu "], product_type="mug")
    one, two = session.scalars(select(Product.id).order_by(Product.id)).all()

    with transaction():
        changes = {"vendor": "Acme GmbH", "tags": ["neu"], "product_type": "Mug"}
        product_service.edit_product(one, changes, expected_version=None, by=SYSTEM)
    assert facts_of(CatalogChanged)[-1].is_tree, "any list may show it among its filters"
    with transaction():
        product_service.edit_product(two, {"vendor": "Acme GmbH"}, expected_version=None, by=SYSTEM)

    assert not facts_of(CatalogChanged)[-1].is_tree, "it was called so already"
    assert _labels() == {"vendor": ["Acme GmbH"], "tag": ["neu"], "type": ["Mug"]}


def test_another_maker_leaves_the_spelling_of_the_first_alone(app: Flask) -> None:
    a_product("ONE", vendor="Acme")
    a_product("TWO", vendor="Kiln")
    two = session.scalars(select(Product.id).order_by(Product.id.desc())).first()
    assert two is not None

    with transaction():
        product_service.edit_product(two, {"vendor": "ACME"}, expected_version=None, by=SYSTEM)

    assert _labels() == {"vendor": ["Acme", "Kiln"]}
    assert not facts_of(CatalogChanged)[-1].is_tree


def _labels() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in session.execute(
        select(FacetValue.kind, FacetValue.label).order_by(FacetValue.kind, FacetValue.label)
    ):
        found.setdefault(row.kind, []).append(row.label)
    return found
