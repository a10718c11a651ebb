"""WooCommerce's files: variations find their parents, sales their prices, and traps are told of."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.navigation import Category
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.queries import storefront_detail, variant_lookup
from api.imports import queries as imports_queries
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.detect import open_reader
from api.imports.policy import FileFormat
from api.kernel import clock
from api.platform.db import session
from tests.support.moving import (
    a_woo_file,
    counts_of,
    failed_file_of,
    moved_in,
    problems_of,
)
from tests.support.sheets import a_file, a_simple_row
from tests.support.stock import counters

PARENT = {
    "ID": "10",
    "Type": "variable",
    "SKU": "HOOD",
    "Name": "Hoodie",
    "Published": "1",
    "Visibility in catalog": "visible",
    "Description": "<p>Warm</p>",
    "Short description": "Soft",
    "Categories": "Clothing > Hoodies, Sale",
    "Tags": "warm, soft\\, and grey",
    "Images": "https://cdn.test/a.jpg, https://cdn.test/b.jpg",
    "Weight (kg)": "0.5",
    "Attribute 1 name": "Colour",
    "Attribute 1 value(s)": "Blue, Red",
    "Attribute 2 name": "Material",
    "Attribute 2 value(s)": "Cotton",
}


def _variation(number: str, colour: str, **cells: str) -> dict[str, str]:
    return {
        "ID": number,
        "Type": "variation",
        "SKU": f"HOOD-{colour}",
        "Name": f"Hoodie - {colour}",
        "Published": "1",
        "Parent": "id:10",
        "Regular price": "40.00",
        "Attribute 1 name": "Colour",
        "Attribute 1 value(s)": colour,
        **cells,
    }


def _simple(number: str, name: str, **cells: str) -> dict[str, str]:
    return {
        "ID": number,
        "Type": "simple",
        "Name": name,
        "Published": "1",
        "Regular price": "9.99",
        **cells,
    }


def test_a_variable_product_becomes_one_with_options(app: Flask) -> None:
    """Wherever its variations stand, by id or by SKU."""
    content = a_woo_file(
        _variation("12", "Red", **{"Sale price": "30", "Stock": "3", "Position": "2"}),
        _simple("1", "Mug"),
        PARENT,
        _variation("11", "Blue", Parent="HOOD", Position="1", Images="https://cdn.test/c.jpg"),
    )

    found = moved_in(content)

    assert (found["format"], problems_of(found)) == ("woocommerce", [])
    assert counts_of(found) == (2, 0, 0, 0)
    page = storefront_detail.get_storefront_product("hoodie", currency="EUR")
    assert page["options"] == [{"name": "Colour", "values": ["Blue", "Red"]}]
    assert page["description"] == "Soft\n<p>Warm</p>"
    assert [
        (v["sku"], v["price"]["amount"], (v["compare_at"] or {}).get("amount"), v["in_stock"])
        for v in page["variants"]
    ] == [("HOOD-Blue", 4000, None, False), ("HOOD-Red", 3000, 4000, True)]
    assert page["variants"][0]["image_url"] == "https://cdn.test/c.jpg"
    assert [b["slug"] for b in page["breadcrumbs"]] == ["clothing", "hoodies"]
    product = session.scalars(select(Product).where(Product.slug == "hoodie")).one()
    assert product.tags == ["warm", "soft, and grey"]
    assert product.external_reference == "woocommerce:10"
    assert set(session.scalars(select(Variant.weight_grams))) == {0, 500}
    session.rollback()
    assert counts_of(moved_in(content)) == (0, 0, 2, 0)


def test_the_same_category_name_below_two_parents_is_two_categories(app: Flask) -> None:
    """Found again by the second file."""
    rows = [
        _simple("1", "One", Categories="Men > Shirts"),
        _simple("2", "Two", Categories="Women > Shirts, Men > Shirts"),
    ]
    moved_in(a_woo_file(*rows))
    moved_in(a_woo_file(*rows, _simple("3", "Three", Categories="Women > Shirts")))

    paths = set(session.scalars(select(Category.path)))
    assert paths == {"men", "men/shirts", "women", "women/women-shirts"}


@pytest.mark.parametrize(
    ("header", "said", "grams"),
    [
        ("Weight (kg)", "0.35", 350),
        ("Weight (g)", "350", 350),
        ("Weight (lbs)", "1", 454),
        ("Weight (oz)", "2", 57),
    ],
)
def test_weights_are_read_in_the_unit_of_the_header(
    app: Flask, header: str, said: str, grams: int
) -> None:
    """WooCommerce writes the shop's unit there."""
    row = {**_simple("1", "Mug"), header: said}
    moved_in(a_woo_file(row, header=list(row)))

    assert session.scalar(select(Variant.weight_grams)) == grams


def test_what_is_no_product_of_ours_is_told_of(app: Flask) -> None:
    """With what it leads to."""
    grouped = _simple("2", "Set") | {"Type": "grouped"}
    external = _simple("3", "Elsewhere") | {"Type": "external"}
    lonely = _variation("5", "Blue", Parent="NOWHERE")
    empty = {**PARENT, "ID": "6", "SKU": "EMPTY", "Name": "Empty"}
    found = moved_in(
        a_woo_file(
            _simple("1", "Mug"),
            grouped,
            external,
            lonely,
            empty,
            PARENT,
            _variation("11", "Blue"),
            _variation("12", ""),
            _variation("13", "Red", **{"Regular price": "dear"}),
        )
    )

    assert counts_of(found) == (2, 0, 0, 4)
    assert sorted(problems_of(found)) == [
        (3, "Type", "grouped"),
        (4, "Type", "external"),
        (5, "Parent", "NOWHERE"),
        (6, "Type", "variable"),
        (10, "Regular price", "dear"),
    ]


def test_a_mended_variation_comes_home_to_a_parent_that_is_not_in_the_file(app: Flask) -> None:
    """Failed rows are handed back without their parent."""
    content = a_woo_file(
        PARENT, _variation("11", "Blue"), _variation("12", "Red", **{"Regular price": "dear"})
    )
    found = moved_in(content)

    mended = failed_file_of(found["id"]).replace(b"dear", b"41.00")
    session.rollback()
    again = moved_in(mended)

    assert mended.count(b"\n") == 2
    assert (counts_of(again), counts_of(again, "variants")) == ((0, 1, 0, 0), (1, 0, 0, 0))
    skus = [
        v["sku"]
        for v in storefront_detail.get_storefront_product("hoodie", currency="EUR")["variants"]
    ]
    assert skus == ["HOOD-Blue", "HOOD-Red"]


def test_sales_of_other_days_stock_of_parents_and_drafts(app: Flask) -> None:
    """Nothing is guessed."""
    found = moved_in(
        a_woo_file(
            _simple("1", "Past", **{"Sale price": "5", "Date sale price ends": "2020-01-01"}),
            _simple("2", "Gone", **{"In stock?": "0"}),
            _simple("3", "Owed", Stock="-2"),
            _simple("4", "Draft") | {"Published": "-1"},
            _simple("5", "Hidden", **{"Visibility in catalog": "hidden"}),
            {**PARENT, "Stock": "9"},
            _variation("11", "Blue", Stock="parent", **{"Tax class": "parent"}),
            _simple("6", "Untaxed", **{"Tax status": "none"}),
        )
    )

    assert counts_of(found) == (7, 0, 0, 0)
    assert sorted(problems_of(found)) == [
        (2, "Sale price", "5"),
        (4, "Stock", "-2"),
        (7, "Stock", "9"),
    ]
    statuses = {row[0]: row[1] for row in session.execute(select(Product.slug, Product.status))}
    assert {slug for slug, status in statuses.items() if status == "draft"} == {"draft", "hidden"}
    gone = variant_lookup.find_variant("GONE")
    assert gone is not None
    assert counters(gone.variant_id).on_hand == 0
    taxes = select(Variant.tax_class).where(Variant.sku == "UNTAXED")
    assert session.scalar(taxes) == "zero"


def test_two_products_of_one_name_stay_two(app: Flask) -> None:
    """The file has no addresses."""
    moved_in(a_woo_file(_simple("1", "Mug"), _simple("2", "Mug")))

    assert set(session.scalars(select(Product.slug))) == {"mug", "mug-2"}


def test_rows_are_put_into_order_without_memory() -> None:
    """Every variation before its parent, which is the last that anybody would sort."""
    count = 6_000
    header = ["ID", "Type", "SKU", "Name", "Regular price", "Parent", "Attribute 1 name",
              "Attribute 1 value(s)"]  # fmt: skip
    lines = [",".join(header)]
    lines += [f"{n + count},variation,V{n},,5,id:{n},Size,S" for n in range(count)]
    lines += [f"{n},variable,P{n},Name {n},,,," for n in range(count)]
    content = ("\n".join(lines) + "\n").encode()
    tracemalloc.start()
    try:
        found = 0
        for described in open_reader(_chunks(content)).products("EUR"):
            assert described.draft is not None
            assert len(described.draft.variants) == 1
            found += 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == count
    assert peak < 2 * 1024 * 1024, "rows are kept in memory"


def _chunks(content: bytes):  # type: ignore[no-untyped-def]
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


def test_the_kind_of_a_file_may_be_forced(app: Flask) -> None:
    """And then what is missing is named."""
    with pytest.raises(SheetUnreadable, match="Handle"):
        open_reader([a_woo_file(_simple("1", "Mug"))], FileFormat.SHOPIFY)


@pytest.mark.parametrize(
    ("said", "amount"),
    [("9,99", 999), ("9.99", 999), (".99", 99), (",99", 99), ("1299,5", 129950), ("12", 1200)],
)
def test_prices_have_the_mark_of_the_site(app: Flask, said: str, amount: int) -> None:
    """Which writes none for thousands."""
    found = moved_in(a_woo_file(_simple("1", "Mug", **{"Regular price": said})))

    assert problems_of(found) == []
    page = storefront_detail.get_storefront_product("mug", currency="EUR")
    assert page["variants"][0]["price"]["amount"] == amount


@pytest.mark.parametrize("said", ["1,234", "1,2,3", "9,99 €", "-5"])
def test_prices_that_could_be_two_things_are_none(app: Flask, said: str) -> None:
    found = moved_in(a_woo_file(_simple("1", "Mug", **{"Regular price": said})))

    assert problems_of(found) == [(2, "Regular price", said)]


@pytest.mark.parametrize(
    ("starts", "ends", "is_on"),
    [
        ("2026-05-01 0:00:00", "2026-05-31 23:59:59", True),
        ("2026-05-20", "2026-05-20", True),
        ("2026-05-20 9:30:00", "", True),
        ("2026-05-21 0:00:00", "", False),
        ("", "2026-05-19 0:00:00", False),
    ],
)
def test_a_sale_has_its_days_as_they_are_exported(
    app: Flask, starts: str, ends: str, is_on: bool
) -> None:
    """Hours may have one digit, and the last day counts to its end."""
    row = _simple(
        "1",
        "Mug",
        **{
            "Sale price": "5",
            "Date sale price starts": starts,
            "Date sale price ends": ends,
        },
    )
    with clock.frozen(datetime(2026, 5, 20, 18, 0, tzinfo=UTC)):
        moved_in(a_woo_file(row))

    price = session.scalars(select(VariantPrice.amount)).one()
    assert price == (500 if is_on else 999)


def test_what_the_exporter_guards_and_encodes_is_undone(app: Flask) -> None:
    """Apostrophes against formulas, entities, and line ends written as letters."""
    rows = [
        _simple(
            "1",
            "'-20% Salt &amp; Pepper",
            SKU="'+1",
            Published="'-1",
            Categories="Home &amp; Living > Tables",
            Tags="R&amp;B",
            Stock="'-3",
            Description="C:\\\\new\\nline",
        ),
        _simple("2", "Waits for review", Published="2"),
        _simple("3", "On order", **{"In stock?": "backorder"}),
    ]

    found = moved_in(a_woo_file(*rows))

    assert counts_of(found) == (3, 0, 0, 0)
    assert problems_of(found) == [(2, "Stock", "-3")]
    product = session.scalars(select(Product).where(Product.tags != [])).one()
    assert (product.title, product.tags) == ("-20% Salt & Pepper", ["R&B"])
    assert product.description == "C:\\new\nline"
    assert set(session.scalars(select(Category.name))) == {"Home & Living", "Tables"}
    assert "+1" in set(session.scalars(select(Variant.sku)))
    statuses = session.scalars(select(Product.status).order_by(Product.id))
    assert [status.value for status in statuses] == ["draft", "draft", "active"]


def test_what_the_catalogue_refuses_is_told_in_the_words_of_the_file(app: Flask) -> None:
    """And the rest of the file lands."""
    rows = [
        _simple("1", "One", SKU="SAME"),
        _simple("2", "Two", SKU="SAME"),
        PARENT,
        _variation("12", "Red"),
        _variation("13", "Red", SKU="HOOD-Red-2"),
        {**PARENT, "ID": "20", "SKU": "CAP", "Name": "Cap", "Attribute 1 value(s)": ""},
        _variation("21", "", Parent="CAP"),
        _variation("30", "Blue", Parent="id:999"),
        _simple("40", "Last"),
    ]

    found = moved_in(a_woo_file(*rows))

    assert (found["status"], found["error"]) == ("completed", None)
    assert counts_of(found) == (4, 0, 0, 2)
    told = {
        (problem["row"], problem["column"], problem["value"])
        for problem in imports_queries.list_problems(found["id"], limit=20, cursor=None)["data"]
    }
    assert told >= {
        (3, "SKU", "SAME"),
        (6, "Attribute 1 value(s)", "Red"),
        (7, "Name", "cap"),
        (8, "Attribute 1 value(s)", ""),
        (9, "Parent", ""),
    }


def test_a_variation_for_any_value_becomes_one_for_each(app: Flask) -> None:
    """But for those that have one of their own; what they shared is told of, and not divided."""
    sizes = {"Attribute 2 name": "Size", "Attribute 2 value(s)": "Large, Small"}
    rows = [
        {**PARENT, **sizes},
        _variation("11", "Red", **{**sizes, "Attribute 2 value(s)": "", "Stock": "4"}),
        _variation("12", "Red", **{**sizes, "Attribute 2 value(s)": "Small"}, SKU="RS", Stock="2"),
        _variation("13", "Blue", **{**sizes, "Attribute 2 value(s)": "", "In stock?": "0"}),
    ]
    found = moved_in(a_woo_file(*rows))

    assert counts_of(found, "variants") == (4, 0, 0, 0)
    assert problems_of(found) == []
    skus = session.execute(select(Variant.sku, Variant.option_values).order_by(Variant.sku))
    assert {row.sku: row.option_values for row in skus} == {
        "HOOD-Red": ["Red", "Large"],
        "RS": ["Red", "Small"],
        "HOOD-Blue-blue-large": ["Blue", "Large"],
        "HOOD-Blue-blue-small": ["Blue", "Small"],
    }
    assert counts_of(moved_in(a_woo_file(*rows))) == (0, 0, 1, 0)


def test_stock_and_barcodes_of_many_are_nobodys(app: Flask) -> None:
    code = {"GTIN, UPC, EAN, or ISBN": "4006381333931"}
    rows = [PARENT, _variation("11", "", SKU="ANY", Stock="4", **code)]

    found = moved_in(a_woo_file(*rows))

    assert problems_of(found) == [
        (3, "Stock", "4"),
        (3, "GTIN, UPC, EAN, or ISBN", "4006381333931"),
    ]
    assert found["result"]["stock_opened"] == 0
    assert counts_of(found, "variants") == (2, 0, 0, 0)
    assert set(session.scalars(select(Variant.sku))) == {"ANY-blue", "ANY-red"}


def test_a_name_whose_address_is_taken_says_what_to_do(app: Flask) -> None:
    """The file has no handle that could be another one."""
    assert counts_of(moved_in(a_file(a_simple_row("blue-mug", "Mug"))))[0] == 1

    found = moved_in(a_woo_file({"Type": "simple", "SKU": "W1", "Name": "Blue mug"}))

    (problem,) = imports_queries.list_problems(found["id"], limit=9, cursor=None)["data"]
    assert (problem["column"], problem["value"]) == ("Name", "blue-mug")
    assert "Change the name here, or that product's address" in problem["reason"]
    assert counts_of(moved_in(a_woo_file({"Type": "simple", "SKU": "W1", "Name": "Bluer mug"})))[0]
