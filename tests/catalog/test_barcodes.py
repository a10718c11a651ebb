"""Several barcodes for one variant, of single units and of cases."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from api.catalog.codes import code_key, forms_of
from api.catalog.errors import BarcodeTaken
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.queries import variant_lookup
from api.catalog.service import barcodes, bulk_upsert
from api.catalog.service import variants as variant_service
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import BarcodeInput, PriceInput, ProductInput, VariantInput
from api.catalog.service.upsert_results import UpsertStatus
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_product, money
from tests.support.people import Person
from tests.support.sql import count_statements
from tests.support.threads import at_once

URL = "/api/v1/admin"
UPC, EAN = "012345678905", "0012345678905"
CASE = "10012345678902"


def _codes(variant_id: UUID) -> list[tuple[str, int]]:
    found = variant_lookup.barcodes_of([variant_id]).get(variant_id, [])
    return [(one["code"], one["pack_quantity"]) for one in found]


def _single(variant_id: UUID) -> str | None:
    return session.execute(select(Variant.barcode).where(Variant.id == variant_id)).scalar_one()


def _edit(variant_id: UUID, **changes: Any) -> None:
    with transaction():
        variant_service.edit_variant(variant_id, changes, expected_version=None, by=SYSTEM)


def _has(variant_id: UUID, *codes: tuple[str, int]) -> None:
    _edit(variant_id, barcodes=[BarcodeInput(*code) for code in codes])


def test_a_variant_is_made_and_edited_with_all_of_its_codes(
    client: FlaskClient, anna: Person
) -> None:
    """They replace what was there, in their order; a pack quantity that is left out is 1."""
    created = client.post(
        f"{URL}/products",
        json={
            "title": "Mug",
            "variants": [
                {"sku": "MUG", "barcodes": [{"code": CASE, "pack_quantity": 12}, {"code": UPC}]}
            ],
        },
        headers=anna.headers,
    ).get_json()
    (variant,) = created["variants"]
    address = f"{URL}/variants/{variant['id']}"
    assert variant["barcode"] == UPC
    assert variant["barcodes"] == [
        {"code": CASE, "pack_quantity": 12},
        {"code": UPC, "pack_quantity": 1},
    ]

    def edits(version: int, **changes: Any) -> Any:
        return client.patch(
            address, json=changes, headers=anna.with_headers(If_Match=f'"{version}"')
        )

    edited = edits(1, barcodes=[{"code": "A"}, {"code": "B"}]).get_json()
    same = edits(2, barcodes=[{"code": "A"}, {"code": "B"}]).get_json()
    bare = edits(2, barcodes=[]).get_json()

    assert (edited["barcode"], edited["version"], same["version"]) == ("A", 2, 2)
    assert (bare["barcode"], bare["barcodes"], bare["version"]) == (None, [], 3)
    assert session.scalars(select(Barcode.code)).all() == []


def test_a_barcode_alone_is_that_of_one_unit_and_cases_keep_theirs(app: Flask) -> None:
    """For all who know of one barcode only."""
    (mug,) = a_product("MUG", barcodes=["A"])
    _has(mug, (CASE, 12), ("A", 1), ("B", 1))

    _edit(mug, barcode="C")
    assert (_codes(mug), _single(mug)) == ([(CASE, 12), ("C", 1), ("B", 1)], "C")
    _edit(mug, barcode=None)
    assert (_codes(mug), _single(mug)) == ([(CASE, 12), ("B", 1)], "B")
    _edit(mug, barcode=CASE)
    assert (_codes(mug), _single(mug)) == ([(CASE, 1)], CASE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"barcode": "A", "barcodes": []}, "invalid"),
        ({"barcodes": [{"code": UPC}, {"code": EAN, "pack_quantity": 6}]}, "barcode_twice"),
        ({"barcodes": [{"code": "A", "pack_quantity": 0}]}, "invalid"),
        ({"barcodes": [{"code": "A", "pack_quantity": 100_001}]}, "invalid"),
        ({"barcodes": [{"code": "A", "pack_quantity": 1.5}]}, "invalid"),
        ({"barcodes": [{"code": " A"}]}, "invalid"),
        ({"barcodes": [{"code": ""}]}, "invalid"),
        ({"barcodes": [{"code": "1" * 65}]}, "invalid"),
        ({"barcodes": [{"pack_quantity": 6}]}, "invalid"),
        ({"barcodes": [{"code": str(n)} for n in range(11)]}, "invalid"),
        ({"barcodes": "A"}, "invalid"),
        ({"barcodes": [{"code": "TAKEN"}]}, "barcode_taken"),
        ({"barcode": "TAKEN"}, "barcode_taken"),
        ({"barcodes": [{"code": "0123456789999", "pack_quantity": 6}]}, "barcode_taken"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: FlaskClient, anna: Person, changes: dict[str, Any], code: str
) -> None:
    """Also the EAN of a UPC that another variant has; and nothing changes."""
    (mug,) = a_product("MUG", barcodes=["OWN"])
    (cup,) = a_product("CUP")
    _has(cup, ("TAKEN", 6), ("123456789999", 1))

    answer = client.patch(
        f"{URL}/variants/{mug}", json=changes, headers=anna.with_headers(If_Match='"1"')
    )

    assert answer.status_code in (409, 422), answer.text
    assert answer.get_json()["code"] == code
    assert _codes(mug) == [("OWN", 1)]


def test_a_code_may_move_from_one_variant_to_another(app: Flask) -> None:
    """Once the first has let it go."""
    red, blue = a_product("RED", "BLUE", barcodes=["A", "B"])
    with pytest.raises(BarcodeTaken, match="A"):
        _edit(blue, barcode="A")
    _edit(red, barcode=None)
    _edit(blue, barcode="A")

    assert (_codes(red), _codes(blue)) == ([], [("A", 1)])


@pytest.mark.parametrize("codes", [("X", "X"), (UPC, EAN)])
def test_of_two_who_claim_a_code_at_once_one_is_refused(app: Flask, codes: tuple[str, str]) -> None:
    """The database has the last word, in both ways to write it."""
    red, blue = a_product("RED", "BLUE")
    (green,) = a_product("GREEN")

    outcomes = at_once(app, [lambda: _has(red, (codes[0], 1)), lambda: _has(green, (codes[1], 6))])

    assert (len(outcomes.results), outcomes.refused_by(BarcodeTaken)) == (1, 1)
    assert len(session.scalars(select(Barcode.code)).all()) == 1
    assert _codes(blue) == []


@pytest.mark.parametrize(
    ("code", "pack_quantity"), [("MUG", 1), ("A", 1), (UPC, 1), (EAN, 1), (CASE, 12)]
)
def test_any_code_finds_its_variant_and_tells_how_many_it_means(
    app: Flask, code: str, pack_quantity: int
) -> None:
    (mug,) = a_product("MUG")
    a_product("CUP", barcodes=["B"])
    _has(mug, (CASE, 12), ("A", 1), (UPC, 1))

    with count_statements() as statements:
        found = variant_lookup.find_variant(code)

    assert found is not None
    assert (found.variant_id, found.pack_quantity, found.barcode) == (mug, pack_quantity, "A")
    assert statements.count == 1


def test_a_sku_wins_over_a_barcode(app: Flask) -> None:
    (mug,) = a_product("123")
    (cup,) = a_product("CUP")
    _has(cup, ("123", 6))

    found = variant_lookup.find_variant("123")

    assert found is not None
    assert (found.variant_id, found.pack_quantity) == (mug, 1)


@pytest.mark.parametrize("q", ["A1", CASE, UPC, EAN])
def test_a_product_is_found_by_any_of_its_codes(client: FlaskClient, app: Flask, q: str) -> None:
    """A case's and both ways to write a UPC; a code that is gone finds nothing."""
    a_product("CUP", barcodes=["Z9"])
    (mug,) = a_product("MUG", barcodes=["OLD"])
    _has(mug, (CASE, 12), ("A1", 1), (UPC, 1))

    words = session.scalars(select(Product.search_words).where(Product.slug == "mug")).one()

    assert q.casefold() in words.split()
    assert "old" not in words.split()


def _arrives(*variants: VariantInput, slug: str = "tea") -> list[Any]:
    draft = ProductInput(
        title="Tea",
        slug=slug,
        external_reference=f"shop:{slug}",
        options=("Size",) if len(variants) > 1 else (),
        variants=variants,
    )
    with transaction():
        (arrived,) = bulk_upsert.upsert_feed([FeedProduct(draft)], by=SYSTEM)
    return arrived.variants


def test_arrivals_bring_codes_and_leave_those_of_cases(app: Flask) -> None:
    """The same again changes nothing; another single code replaces the old one."""
    tea = VariantInput(sku="TEA", barcode="A", prices=(PriceInput(money("9 EUR")),))
    (made,) = _arrives(tea)
    assert _codes(made.variant_id) == [("A", 1)]
    _has(made.variant_id, (CASE, 12), ("A", 1), (UPC, 1))

    (same,) = _arrives(tea)
    (ean,) = _arrives(VariantInput(sku="TEA", barcode=EAN))
    (case,) = _arrives(VariantInput(sku="TEA", barcode=CASE))
    assert {same.outcome, ean.outcome, case.outcome} == {UpsertStatus.UNCHANGED}
    assert _codes(made.variant_id) == [(CASE, 12), ("A", 1), (UPC, 1)]

    (changed,) = _arrives(VariantInput(sku="TEA", barcode="B"))
    assert changed.outcome is UpsertStatus.CHANGED
    assert _codes(made.variant_id) == [(CASE, 12), ("B", 1), (UPC, 1)]
    assert _single(made.variant_id) == "B"
    words = session.scalars(select(Product.search_words)).one().split()
    assert {"b", CASE} <= set(words)
    assert "a" not in words


def test_an_arrival_with_a_code_of_another_variant_comes_without_it(app: Flask) -> None:
    """Also when that is the code of its case, or the EAN of its UPC."""
    (mug,) = a_product("MUG")
    _has(mug, (CASE, 12), (UPC, 1))

    small, large, third = _arrives(
        VariantInput(option_values=("S",), barcode=CASE),
        VariantInput(option_values=("L",), barcode=EAN),
        VariantInput(option_values=("M",), barcode="FREE"),
    )

    assert {small.outcome, large.outcome, third.outcome} == {UpsertStatus.CREATED}
    for variant in (small, large):
        (passed_over,) = variant.passed_over
        assert isinstance(passed_over, BarcodeTaken)
        assert passed_over.facts["owner"] == "mug"
        assert _codes(variant.variant_id) == []
    assert _codes(third.variant_id) == [("FREE", 1)]


def test_two_arrivals_with_one_code_in_two_forms_are_told_apart(app: Flask) -> None:
    first, second = _arrives(
        VariantInput(option_values=("S",), barcode=UPC),
        VariantInput(option_values=("L",), barcode=EAN),
    )

    assert (_codes(first.variant_id), _codes(second.variant_id)) == ([(UPC, 1)], [])
    assert [type(one) for one in second.passed_over] == [BarcodeTaken]


def test_the_codes_of_a_page_of_variants_are_read_at_once(
    client: FlaskClient, anna: Person
) -> None:
    """As many statements for thirty variants as for one."""
    counts = []
    for size in (1, 30):
        skus = [f"V{size}-{n}" for n in range(size)]
        (first, *_) = a_product(*skus, slug=f"p-{size}", barcodes=[f"B{sku}" for sku in skus])
        product_id = session.scalars(select(Variant.product_id).where(Variant.id == first)).one()
        with count_statements() as statements:
            shown = client.get(f"{URL}/products/{product_id}", headers=anna.headers).get_json()
        assert len(shown["variants"]) == size
        assert all(variant["barcodes"] for variant in shown["variants"])
        counts.append(statements.count)

    assert counts[0] == counts[1]


_drafts = st.lists(
    st.builds(BarcodeInput, st.sampled_from(["A", "B", "C", UPC, EAN]), st.sampled_from([1, 6])),
    max_size=4,
).filter(lambda codes: len({code_key(one.code) for one in codes}) == len(codes))


@example(
    codes=[BarcodeInput(UPC, 6), BarcodeInput("A"), BarcodeInput("B")],
    code=UPC,
)
@given(codes=_drafts, code=st.sampled_from([None, "A", "B", UPC, EAN]))
def test_naming_one_code_never_touches_those_of_cases(
    codes: list[BarcodeInput], code: str | None
) -> None:
    """Unless it is the very same code; and none is ever named twice."""
    after = barcodes.replace_unit_barcode(codes, code)

    barcodes.validate_barcodes(after)
    key = code and code_key(code)
    cases = [one for one in codes if one.pack_quantity > 1 and code_key(one.code) != key]
    assert [one for one in after if one.pack_quantity > 1] == cases
    if code is not None:
        assert barcodes.unit_barcode(after) == code
    else:
        assert len(after) == len(codes) - any(one.pack_quantity == 1 for one in codes)


@given(code=st.text("0123456789A", min_size=11, max_size=14))
def test_forms_of_a_code_read_alike(code: str) -> None:
    assert {code_key(form) for form in forms_of(code)} == {code_key(code)}
    assert code in forms_of(code)
