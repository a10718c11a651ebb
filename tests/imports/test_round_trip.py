"""Our own formats say everything: what is exported and imported again is the same to the letter."""

import re
from typing import Any

import orjson
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.catalog.models.attributes import AttributeKind
from api.catalog.models.products import Product
from api.catalog.queries.related_products import RELATION_FIELDS
from api.catalog.service import attributes as attribute_service
from api.catalog.service import collections as collection_service
from api.catalog.service import inputs
from api.catalog.service import product_types as product_type_service
from api.catalog.service import products as product_service
from api.imports.formats.native import csv_escaping
from api.imports.policy import FileFormat, OnConflict
from api.inventory import service as inventory_service
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.emptying import empty_everything
from tests.support.moving import changes_of, counts_of, moved_in, moved_out, problems_of

BOTH = [FileFormat.JSONL, FileFormat.CSV]

# Everything that is dangerous in a cell, and letters of several scripts; no NUL and no surrogates.
_TEXT = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n'\",;|>*\\ eé"),
        st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=12,
)
_WORD = _TEXT.filter(lambda value: bool(value))
_NAME = _TEXT.filter(lambda value: bool(value.strip()))
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**31), 2**31), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_TEXT, inner, max_size=2)),
    max_leaves=4,
)
_METADATA = st.dictionaries(_TEXT, _JSON, max_size=2)
_PRICE = st.integers(0, 10**6).flatmap(
    lambda amount: st.one_of(st.none(), st.integers(amount + 1, 2 * 10**6)).map(
        lambda before: {"amount": amount, "compare_at": before}
    )
)


@st.composite
def catalogues(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Make a small catalogue of documents."""
    products = []
    count = draw(st.integers(1, 3))
    for number in range(count):
        others = [f"product-{other}" for other in range(count) if other != number]
        beside = st.permutations(others).flatmap(
            lambda there: st.integers(0, len(there)).map(lambda most: there[:most])
        )
        options = draw(st.lists(_NAME, max_size=2, unique=True))
        wanted = draw(
            st.lists(
                st.tuples(*(_WORD for _ in options)),
                min_size=1,
                max_size=3 if options else 1,
                unique=True,
            )
        )
        images = [
            {"url": f"https://cdn.test/{number}/{place}.jpg", "alt": alt}
            for place, alt in enumerate(draw(st.lists(_TEXT, max_size=2)))
        ]
        urls = [image["url"] for image in images]
        variants = [
            {
                "sku": f"{draw(st.sampled_from(['=A', '-A', 'A', '@ä']))}-{number}-{place}",
                "option_values": list(values),
                "weight_grams": draw(st.integers(0, 10**6)),
                "tax_class": draw(st.sampled_from(["standard", "zero"])),
                "prices": draw(
                    st.dictionaries(st.sampled_from(["EUR", "JPY", "KWD"]), _PRICE, max_size=2)
                ),
                "image_url": draw(st.sampled_from([None, *urls])),
                "barcodes": [
                    {"code": f"{kind}{number}{place}", "pack_quantity": pack}
                    for kind, pack in draw(
                        st.lists(
                            st.tuples(st.sampled_from(["a*", "b|"]), st.integers(1, 9)),
                            max_size=2,
                            unique_by=lambda one: one[0],
                        )
                    )
                ],
                "external_reference": draw(st.sampled_from([None, f"ref-{number}-{place}"])),
                "public_metadata": draw(_METADATA),
                "private_metadata": draw(_METADATA),
                "stock": draw(
                    st.dictionaries(
                        st.sampled_from(["MAIN", "Shop 2"]), st.integers(0, 10**9), max_size=2
                    )
                ),
            }
            for place, values in enumerate(wanted)
        ]
        products.append(
            {
                "slug": f"product-{number}",
                "title": draw(_NAME),
                "description": draw(_TEXT),
                "status": draw(st.sampled_from(["draft", "active", "archived"])),
                "vendor": draw(_TEXT),
                "product_type": "Chair",
                "tags": draw(st.lists(_WORD, max_size=3, unique=True)),
                "options": options,
                "seo_title": draw(_TEXT),
                "seo_description": draw(_TEXT),
                "publish_at": draw(st.sampled_from([None, "2040-01-02T03:04:05.678901Z"])),
                "external_reference": draw(st.sampled_from([None, f"shop:{number}"])),
                "categories": draw(
                    st.sampled_from(
                        [
                            [],
                            [[{"slug": "a", "name": "A > B | C"}]],
                            [
                                [{"slug": "a", "name": "A > B | C"}, {"slug": "b", "name": "=B"}],
                                [{"slug": "c", "name": "C\\e"}],
                            ],
                        ]
                    )
                ),
                "collections": [
                    {"slug": slug, "position": position}
                    for slug, position in draw(
                        st.dictionaries(
                            st.sampled_from(["sale", "summer"]), st.integers(0, 2**60), max_size=2
                        )
                    ).items()
                ],
                **{
                    name: draw(beside)
                    for name in draw(st.lists(st.sampled_from(sorted(RELATION_FIELDS)), max_size=3))
                },
                "attributes": draw(
                    st.fixed_dictionaries(
                        {},
                        optional={"material": _WORD.filter(str.strip), "width": st.integers(1, 9)},
                    )
                ),
                "translations": draw(
                    st.dictionaries(
                        st.sampled_from(["de", "fr"]),
                        st.fixed_dictionaries(
                            {},
                            optional={
                                "title": _TEXT,
                                "description": _TEXT,
                                "options": st.dictionaries(st.sampled_from(options), _WORD)
                                if options
                                else st.just({}),
                            },
                        ),
                        max_size=2,
                    )
                ),
                "images": images,
                "variants": variants,
                "public_metadata": draw(_METADATA),
                "private_metadata": draw(_METADATA),
            }
        )
    return products


def _empty_shop() -> None:
    """Have a shop with nothing in it but what chairs may say, collections and places."""
    session.rollback()
    empty_everything()
    with transaction():
        ids = [
            attribute_service.create_attribute(
                inputs.AttributeInput(code=code, name=code, kind=kind), by=SYSTEM
            )
            for code, kind in (("material", AttributeKind.TEXT), ("width", AttributeKind.NUMBER))
        ]
        product_type_service.create_product_type(
            "Chair",
            [inputs.TypeAttributeInput(attribute_id=key) for key in ids],
            by=SYSTEM,
        )
        for slug in ("summer", "sale"):
            draft = collection_service.CollectionInput(title=slug.title(), slug=slug)
            collection_service.create_collection(draft, by=SYSTEM)
        for priority, code in enumerate(("MAIN", "Shop 2")):
            inventory_service.create_location(code, code, priority=priority, by=SYSTEM)


def _lines(products: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(product) + b"\n" for product in products)


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.parametrize("kind", BOTH)
@given(products=catalogues())
def test_exported_imported_exported_is_the_same(
    app: Flask, kind: FileFormat, products: list[dict[str, Any]]
) -> None:
    """Into an empty shop and into the same one, whatever stands in the cells."""
    _empty_shop()
    first = moved_in(_lines(products))
    assert problems_of(first) == []
    out = moved_out(kind)

    same = moved_in(out)
    assert counts_of(same) == (0, 0, len(products), 0)
    assert moved_out(kind) == out
    _empty_shop()
    again = moved_in(out)

    assert problems_of(again) == []
    assert counts_of(again) == (len(products), 0, 0, 0)
    assert moved_out(kind) == out


@given(value=_TEXT)
def test_no_cell_is_taken_for_a_formula_and_all_come_back(value: str) -> None:
    """Also those that begin with an apostrophe themselves. A number is no formula: `-0`, `+1.5`."""
    cell = csv_escaping.safe(value)

    assert not re.match(r"[=+\-@\t\r]", cell) or re.fullmatch(r"[+-]\d[\d.,]*", cell)
    assert csv_escaping.unsafe(cell) == value


@given(values=st.lists(st.lists(_TEXT, max_size=3), max_size=3))
def test_values_in_one_cell_come_apart_again(values: list[list[str]]) -> None:
    """Whatever separators they have inside."""
    for listed in values:
        assert csv_escaping.values(csv_escaping.cell_of(listed)) == listed


def _a_shop() -> bytes:
    _empty_shop()
    moved_in(
        _lines(
            [
                {
                    "slug": slug,
                    "title": slug.title(),
                    "status": "active",
                    "options": ["Size"],
                    "variants": [
                        {
                            "sku": f"{slug}-{size}",
                            "option_values": [size],
                            "prices": {"EUR": {"amount": 2000, "compare_at": None}},
                        }
                        for size in ("S", "L")
                    ],
                }
                for slug in ("mug", "cup")
            ]
        )
    )
    return moved_out(FileFormat.JSONL)


def _edit(slug: str) -> None:
    product = session.scalars(select(Product).where(Product.slug == slug)).one()
    session.rollback()
    with transaction():
        product_service.edit_product(
            product.id, {"vendor": "Ours"}, expected_version=product.version, by=SYSTEM
        )


@pytest.mark.parametrize("policy", list(OnConflict))
def test_what_was_changed_since_the_export_is_a_conflict(app: Flask, policy: OnConflict) -> None:
    """Refused, unless it is to be overwritten."""
    content = _a_shop().replace(b'"title":"Mug"', b'"title":"Better Mug"')
    _edit("mug")

    found = moved_in(content, on_conflict=policy)

    title = session.scalar(select(Product.title).where(Product.slug == "mug"))
    if policy is OnConflict.REFUSE:
        assert (title, counts_of(found), found["result"]["conflicts"]) == ("Mug", (0, 0, 1, 1), 1)
        (change,) = changes_of(found["id"])
        assert change["kind"] == "conflict"
        assert {"field": "vendor", "before": "Ours", "after": ""} in change["fields"]
    else:
        assert (title, counts_of(found)) == ("Better Mug", (0, 1, 1, 0))


def test_a_few_columns_change_only_what_they_name(app: Flask) -> None:
    """A price list is a file of ours too."""
    _a_shop()
    content = b"slug;sku;price EUR\r\nmug;mug-S;25.00\r\nmug;mug-L;\r\n"

    found = moved_in(content)

    assert found["format"] == "csv"
    assert counts_of(found) == (0, 1, 0, 0)
    documents = [orjson.loads(line) for line in moved_out().splitlines()]
    mug = next(one for one in documents if one["slug"] == "mug")
    assert mug["title"] == "Mug"
    assert [v["prices"] for v in mug["variants"]] == [
        {"EUR": {"amount": 2500, "compare_at": None}},
        {},
    ]


def test_an_address_of_another_script_comes_back(app: Flask) -> None:
    """Thai writes vowels over its letters."""
    line = '{"slug": "เสื้อ-ยืด", "title": "เสื้อ", "variants": [{"sku": "T"}]}\n'.encode()

    found = moved_in(line)

    assert counts_of(found) == (1, 0, 0, 0)
    for kind in (FileFormat.JSONL, FileFormat.CSV):
        again = moved_in(moved_out(kind), kind=kind)
        assert (counts_of(again), problems_of(again)) == ((0, 0, 1, 0), [])


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b'{"slug": "a", "titel": "A"}', "/titel"),
        (b'{"slug": "a", "title": 5}', "/title"),
        (b'{"title": "A"}', "/slug"),
        (b'{"slug": "a b", "title": "A"}', "/slug"),
        (b'{"slug": "a", "title": "A", "variants": [{"option_values": []}]}', "/variants/0/sku"),
        (
            b'{"slug": "a", "title": "A", "variants": [{"sku": "x", "prices": {"EUR": {}}}]}',
            "/variants/0/prices/EUR/amount",
        ),
        (b'{"slug": "a", "title": "A\\u0000"}', "/title"),
        (b'{"slug": "a", ', ""),
        (b"[1]", ""),
    ],
)
def test_a_line_that_is_no_product_says_where(app: Flask, line: bytes, column: str) -> None:
    """And the rest lands."""
    good = b'{"slug": "b", "title": "B", "variants": [{"sku": "b"}]}\n'
    found = moved_in(good + line + b"\n")

    assert counts_of(found) == (1, 0, 0, 1)
    ((row, where, _),) = problems_of(found)
    assert (row, where) == (3, column)
