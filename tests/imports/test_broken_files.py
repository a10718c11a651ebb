"""Files of ours that somebody broke: every row is told of, and the rest lands."""

import re
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.products import Product
from api.imports import queries as imports_queries
from api.imports.formats.csv_reader import LARGEST_CELL
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.detect import open_reader
from api.imports.policy import OnConflict
from api.platform.db import session
from tests.support.moving import counts_of, failed_file_of, moved_in, moved_out, problems_of

GOOD = b'{"slug": "good", "title": "Good", "variants": [{"sku": "good"}]}\n'
PICTURE = {"url": "https://cdn.test/a.jpg", "alt": ""}
STEP = {"slug": "shirts", "name": "Shirts"}


def _bad(**fields: Any) -> bytes:
    document = {"slug": "bad", "title": "Bad", "variants": [{"sku": "bad"}], **fields}
    return orjson.dumps(document) + b"\n"


def _nested(depth: int) -> Any:
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("fields", "column", "said"),
    [
        ({"title": " "}, "/title", "needs a title"),
        ({"title": None}, "/title", "Write a text."),
        ({"title": "a\0b"}, "/title", "NUL"),
        ({"slug": "Bad"}, "/slug", "Use small letters: bad."),
        ({"public_metadata": {"a": ["x\0"]}}, "/public_metadata/a", "NUL"),
        ({"public_metadata": {"a": _nested(200)}}, "/public_metadata/a", "nested deeper"),
        ({"attributes": {"a": _nested(60)}}, "/attributes/a", "nested deeper"),
        ({"images": [PICTURE, PICTURE]}, "/images/1", "named twice"),
        ({"images": [{"url": "javascript:x", "alt": ""}]}, "/images/0/url", "begins with https"),
        ({"images": [{"url": "", "alt": ""}]}, "/images/0/url", "begins with https"),
        ({"categories": [[STEP], [STEP]]}, "/categories/1", "named twice"),
        ({"categories": [[]]}, "/categories/0", "Name the category"),
        (
            {"categories": [[{"slug": "a/b", "name": "A"}]]},
            "/categories/0/0/slug",
            "such as shirts",
        ),
        ({"categories": [[{"slug": "a", "name": " "}]]}, "/categories/0/0/name", "not be empty"),
        ({"options": ["Size", "Size"]}, "/options/1", "named twice"),
        ({"translations": {"de": {"titel": "x"}}}, "/translations/de/titel", "no such field"),
        ({"variants": [None]}, "/variants/0", "Write an object."),
        ({"variants": [{"sku": "q"}, {"sku": "Q"}]}, "/variants/1/sku", "there twice"),
        ({"variants": [{"sku": " q"}]}, "/variants/0/sku", "such as MUG-BLUE"),
        ({"variants": [{"sku": "q", "tax_class": ""}]}, "/variants/0/tax_class", "standard"),
        (
            {"variants": [{"sku": "q", "barcodes": [{"code": "", "pack_quantity": 1}]}]},
            "/variants/0/barcodes/0/code",
            "such as 4006381333931",
        ),
        (
            {"variants": [{"sku": "q", "prices": {"EUR": {"amount": -1}}}]},
            "/variants/0/prices/EUR/amount",
            "Write a whole number",
        ),
        (
            {"variants": [{"sku": "q", "prices": {"EUR": {"amount": 10, "compare_at": 5}}}]},
            "compare_at",
            "above the price",
        ),
        ({"publish_at": "2001-01-01T00:00:00Z"}, "publish_at", "in the future"),
        ({"attributes": {"width": 3}}, "attributes", "width"),
    ],
)
def test_a_line_says_what_is_wrong_and_the_rest_lands(
    app: Flask, fields: dict[str, Any], column: str, said: str
) -> None:
    """Never an error of the job; and the line is handed back."""
    found = moved_in(GOOD + _bad(**fields))

    assert (found["status"], found["error"]) == ("completed", None)
    assert counts_of(found) == (1, 0, 0, 1)
    (problem,) = imports_queries.list_problems(found["id"], limit=9, cursor=None)["data"]
    assert (problem["row"], problem["column"]) == (3, column)
    assert said in problem["reason"]
    assert b'"why_it_failed"' in failed_file_of(found["id"])


@pytest.mark.parametrize(
    "line",
    [
        b'{"slug": "bad", "title": NaN}',
        b'{"slug": "bad", "title": "\\ud800"}',
        b'{"slug": "bad", "title": "B", "public_metadata": {"n": 1e400}}',
        b'{"slug": "bad", "title": "B", "public_metadata": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"slug": "bad", "title": "B", "variants": [{"sku": "q", "weight_grams": '
        + b"9" * 300
        + b"}]}",
        b'{"slug": "bad", "description": "' + b"x" * (LARGEST_CELL + 10) + b'"}',
    ],
)
def test_what_no_json_can_hold_is_one_bad_line(app: Flask, line: bytes) -> None:
    """However long it is, and the line after it has its own number."""
    found = moved_in(line + b"\n" + GOOD + b'{"slug": 5}\n')

    assert counts_of(found) == (1, 0, 0, 2)
    assert [row for row, _, _ in problems_of(found)] == [2, 4]
    assert found["progress"] == {"rows_read": 3, "rows_total": 3}


def test_a_list_of_products_is_no_file_of_lines(app: Flask) -> None:
    with pytest.raises(SheetUnreadable, match="a product a line"):
        open_reader([b'[{"slug": "mug"}]'])


@pytest.mark.parametrize(
    ("rows", "problem", "said"),
    [
        ("a,A,a1,,1.234,,\n", (2, "price EUR", "1.234"), "EUR has 2 decimals"),
        ("a,A,a1,,,10.5,\n", (2, "price JPY", "10.5"), "JPY has 0 decimals"),
        ("a,A,a1,,-1,,\n", (2, "price EUR", "-1"), "Write an amount"),
        ("a,A,a1,,,,\na,,a1,,,,\n", (3, "sku", "a1"), "there twice"),
        ("a,A,a1,,,,\na,,a2,x*0,,,\n", (3, "barcodes", "0"), "from 1 to 100000"),
        ("a,A,a1,x*1*2,,,\n", (2, "barcodes", "x*1*2"), "with *12 for a case"),
        ("a,A,a1,,,,\na,,a2,,,,1.5\n", (3, "weight_grams", "1.5"), "whole number"),
        ("a,A,a1,,,,\na,,a2,,,,9999999999\n", (3, "weight_grams", "9999999999"), "from 0"),
        ("a,A,a1,,,,\nb,B,b1,,,,\na,,a2,,,,\n", (4, "title", ""), "one product together"),
        (f"a,{'x' * 256},a1,,,,\n", (2, "title", "x" * 200), "256 characters"),
    ],
)
def test_a_row_says_where_it_is_wrong(
    app: Flask, rows: str, problem: tuple[int, str, str], said: str
) -> None:
    """By its own row and the column as the file has it."""
    header = "slug,title,sku,barcodes,price EUR,price JPY,weight_grams\n"
    found = moved_in((header + rows).encode())

    (told,) = imports_queries.list_problems(found["id"], limit=9, cursor=None)["data"]
    assert (told["row"], told["column"], told["value"]) == problem
    assert said in told["reason"]


def test_a_cell_without_end_costs_only_its_row(app: Flask) -> None:
    """Also when all of the file comes in one piece."""
    long = b"x" * (LARGEST_CELL + 10)
    content = b'slug,title,sku,description\na,A,a,"' + long + b'"\nb,B,b,\n'

    assert next(open_reader([content]).products("EUR")).problems[0].row == 2


def test_a_version_that_is_over_says_what_to_do(app: Flask) -> None:
    moved_in(GOOD)

    found = moved_in(b"slug,version,title\ngood,7,Better\n")

    (told,) = imports_queries.list_problems(found["id"], limit=9, cursor=None)["data"]
    assert (told["column"], counts_of(found)) == ("version", (0, 0, 0, 1))
    assert "on_conflict=overwrite" in told["reason"]


def test_metadata_is_exactly_what_a_document_says(app: Flask) -> None:
    """Keys that it does not name go, and saying it again changes nothing."""
    before = {"public_metadata": {"a": 1, "b": 2}, "private_metadata": {"c": 3}}
    variant = {"sku": "bad", "public_metadata": {"d": 4}}
    moved_in(_bad(**before, variants=[variant]))
    after = {"public_metadata": {"b": 5, "e": None}, "private_metadata": {}}
    content = _bad(**after, variants=[{"sku": "bad", "public_metadata": {}}])

    assert counts_of(moved_in(content)) == (0, 1, 0, 0)
    shown = orjson.loads(moved_out())
    assert (shown["public_metadata"], shown["private_metadata"]) == ({"b": 5}, {})
    assert shown["variants"][0]["public_metadata"] == {}
    assert counts_of(moved_in(content)) == (0, 0, 1, 0)


def test_translated_options_come_back(app: Flask) -> None:
    """As people may write them, words by what they translate; empty ones are none."""
    texts = {"title": "Schlecht", "options": {"Size": "Größe"}, "option_values": {"S": "Klein"}}
    variant = {"sku": "bad", "option_values": ["S"]}
    fields = {"options": ["Size"], "variants": [variant]}
    content = _bad(**fields, translations={"de": {**texts, "description": ""}, "fr": {}})

    assert counts_of(moved_in(content)) == (1, 0, 0, 0)
    assert orjson.loads(moved_out())["translations"] == {"de": texts}
    assert counts_of(moved_in(content, on_conflict=OnConflict.OVERWRITE)) == (0, 0, 1, 0)
    assert session.scalars(select(Product.slug)).all() == ["bad"]


SHOPIFY = "Handle,Title,Body (HTML),Variant Price\n"
PADDED = (
    'mug-a   ,"Mug A"  ,"<p class=""x"">hi</p>"   ,9.90\n',
    'cup-a   ,"Cup A"  ,"<p>hi</p>"   ,9.90\n',
)


@pytest.mark.parametrize(
    ("header", "good", "broken"),
    [
        (SHOPIFY, "pot,Pot,,5.00\n", PADDED),
        (SHOPIFY, "pot,Pot,,5.00\n", ('a,"A" ,,1\n', "b,B,<p>,1,2,3\n", 'c,C,"x"y,1\n')),
        ("slug,title,sku\n", "pot,Pot,P1\n", ('a,"A" ,A1\n', 'b,"B" ,B1\n')),
        (
            "ID,Type,SKU,Name,Published,Regular price\n",
            "9,simple,P1,Pot,1,5\n",
            ('1,simple,A1,"A" ,1,5\n', '2,simple,B1,"B" ,1,5\n', "3,simple,C1,C,1,5,6\n"),
        ),
    ],
    ids=["padded", "shopify", "ours", "woocommerce"],
)
@pytest.mark.parametrize("place", ["before", "behind", "around"])
def test_neighbouring_broken_rows_answer_each_for_itself(
    app: Flask, header: str, good: str, broken: tuple[str, ...], place: str
) -> None:
    """Each is a problem of its own, and is handed back as it stands in the file."""
    middle = len(broken) // 2 if place == "around" else (0 if place == "behind" else len(broken))
    rows = [*broken[:middle], good, *broken[middle:]]
    found = moved_in((header + "".join(rows)).encode())

    numbers = [n for n, row in enumerate(rows, start=2) if row != good]
    assert [row for row, _, _ in problems_of(found)] == numbers
    lines = failed_file_of(found["id"]).decode().splitlines()[1:]
    is_taken_along = header.startswith("slug") and place != "before"
    kept = [good, *broken] if is_taken_along else list(broken)
    assert len(lines) == len(kept)
    assert all(any(line.startswith(row.rstrip("\n")) for line in lines) for row in broken)
    assert found["result"]["products"]["created"] == (0 if is_taken_along else 1)
    if place == "before":  # nothing says that two of them are of one product
        assert found["result"]["products"]["failed"] == len(broken)
    assert found["result"]["rows_failed"] == len(kept)


def test_a_broken_row_that_was_mended_is_read(app: Flask) -> None:
    """The reason stands in the last column, which is passed over."""
    found = moved_in((SHOPIFY + "".join(PADDED)).encode())
    handed_back = failed_file_of(found["id"])

    mended = re.sub(rb'" +,', b'",', handed_back)
    assert counts_of(moved_in(mended)) == (2, 0, 0, 0)


def test_a_quote_that_is_closed_far_below_swallows_no_rows(app: Flask) -> None:
    """Those between are read, and both lines with a stray quote are told of."""
    rows = ['a,"A,,1\n', "b,B,,1\n", "c,C,,1\n", 'd,"D,,1\n', "e,E,,1\n"]
    found = moved_in((SHOPIFY + "".join(rows)).encode())

    assert [row for row, _, _ in problems_of(found)] == [2, 5]
    assert counts_of(found)[0] == 3
    assert failed_file_of(found["id"]).decode().splitlines()[1].startswith('a,"A,,1')
