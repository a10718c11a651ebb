"""What guards one reader guards them all: each kind of file meets the same bad things."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
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
from api.imports.policy import FileFormat
from api.platform.db import session
from tests.support.moving import failed_file_of, moved_in

MOST_ROWS = 3_000


def _line(*cells: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _page(name: str, title: str, sku: str, price: str, picture: str, text: str) -> bytes:
    """Write a product as a line of JSON; what is no number there is written as it is."""
    amount = price.replace(".", "") if price else "1"
    said = orjson.dumps(
        {
            "slug": name,
            "title": title,
            "description": text,
            "images": [{"url": picture, "alt": ""}] if picture else [],
            "variants": [{"sku": sku, "prices": {"EUR": {"amount": 7_700_777}}}],
        }
    )
    return said.replace(b"7700777", amount.encode()) + b"\n"


@dataclass(frozen=True)
class Reader:
    """A kind of file: how it begins, a product in it, and so many rows of one product."""

    kind: FileFormat
    header: bytes
    product: Callable[[str, str, str, str, str, str], bytes]
    rows: Callable[[int], bytes]

    def a(self, name: str, title: str = "A", sku: str = "", price: str = "1.00",
          picture: str = "", text: str = "") -> bytes:  # fmt: skip
        """Write a product, good where nothing else is said."""
        return self.product(name, title, sku or f"sku-{name}", price, picture, text)


READERS = (
    Reader(
        FileFormat.SHOPIFY,
        b"Handle,Title,Body (HTML),Variant SKU,Variant Price,Image Src,"
        b"Option1 Name,Option1 Value\n",
        lambda name, title, sku, price, picture, text: _line(
            name, title, text, sku, price, picture, "Title", "Default Title"
        ),
        lambda count: b"".join(
            _line("many", "M" * (n == 0), "", f"s{n}", "1", "", "Size", str(n))
            for n in range(count)
        ),
    ),
    Reader(
        FileFormat.WOOCOMMERCE,
        b"ID,Type,SKU,Name,Published,Description,Regular price,Images,Parent\n",
        lambda name, title, sku, price, picture, text: _line(
            str(abs(hash(name)) % 10**6), "simple", sku, title, "1", text, price, picture, ""
        ),
        lambda count: (
            _line("7", "variable", "many", "M", "1", "", "", "", "")
            + b"".join(
                _line(str(100 + n), "variation", f"s{n}", "", "1", "", "1", "", "id:7")
                for n in range(count)
            )
        ),
    ),
    Reader(
        FileFormat.CSV,
        b"slug,title,description,sku,price EUR,image_url\n",
        lambda name, title, sku, price, picture, text: _line(
            name, title, text, sku, price, picture
        ),
        lambda count: b"".join(
            _line("many", "M" * (n == 0), "", f"s{n}", "1", "") for n in range(count)
        ),
    ),
    Reader(
        FileFormat.JSONL,
        b"",
        _page,
        lambda count: orjson.dumps(
            {"slug": "many", "title": "M", "variants": [{"sku": f"s{n}"} for n in range(count)]}
        ),
    ),
)

pytestmark = pytest.mark.parametrize("reader", READERS, ids=[one.kind.value for one in READERS])


@pytest.mark.parametrize(
    ("begins", "told"),
    [
        (b"PK\x03\x04" + b"\x00" * 26 + b"products.csv", "Unpack it"),
        (b"PK\x03\x04" + b"\x00" * 26 + b"[Content_Types].xml", "workbook"),
        (b"\xd0\xcf\x11\xe0", "workbook"),
        (b"\x1f\x8b\x08\x00", "Unpack it"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
    ],
)
def test_packed_files_are_named_and_never_unpacked(
    reader: Reader, begins: bytes, told: str
) -> None:
    """A bomb is refused by its first bytes, whatever somebody says that it is."""
    pieces = iter([begins + b"\x00" * 100, *[b"\x00" * 100_000] * 100])

    with pytest.raises(SheetUnreadable, match=told):
        open_reader(pieces, reader.kind)

    assert sum(1 for _ in pieces) > 90


def test_what_is_half_utf_8_is_no_file(reader: Reader) -> None:
    good = reader.header + reader.a("pot", "Größe")
    with pytest.raises(SheetUnreadable, match="UTF-8"):
        open_reader([good + good.replace("Größe".encode(), "Größe".encode("cp1252"))]).count_rows()


# First: in a file of ours a row that cannot be read goes with the product above it.
BAD: dict[str, dict[str, str]] = {
    "cell without end": {"text": "x" * (LARGEST_CELL + 10)},
    "no title": {"title": " "},
    "long title": {"title": "x" * 256},
    "long code": {"sku": "s" * 256},
    "huge price": {"price": "9" * 300},
    "negative price": {"price": "-1.00"},
    "price without end": {"price": "1e999"},
    "no number": {"price": "NaN"},
    "script": {"picture": "javascript:alert(1)"},
}


def test_each_bad_thing_costs_its_own_row(app: Flask, reader: Reader) -> None:
    """Never the job, and never the product below it."""
    content, places = reader.header, {}
    for number, (called, cells) in enumerate(BAD.items()):
        places[2 + 2 * number] = called
        content += reader.a(f"bad-{number}", **cells) + reader.a(f"good-{number}", f"G{number}")

    found = moved_in(content)

    assert (found["status"], found["error"]) == ("completed", None)
    told = {
        p["row"] for p in imports_queries.list_problems(found["id"], limit=100, cursor=None)["data"]
    }
    assert {called for row, called in places.items() if row not in told} == set()
    titles = set(session.scalars(select(Product.title)))
    assert {f"G{number}" for number in range(len(BAD))} <= titles
    assert not any("\0" in title or len(title) > 255 for title in titles)


def test_no_reader_lets_a_nul_in(app: Flask, reader: Reader) -> None:
    """In a file of rows it says that this is no text; JSON has another way to write it."""
    content = reader.header + reader.a("bad", "a\0b")

    if reader.kind is not FileFormat.JSONL:
        with pytest.raises(SheetUnreadable, match="not text"):
            open_reader([content]).count_rows()
        return
    found = moved_in(content)
    (problem,) = imports_queries.list_problems(found["id"], limit=9, cursor=None)["data"]
    assert "NUL" in problem["reason"]
    assert session.scalars(select(Product.title)).all() == []


def test_a_row_that_is_wider_than_its_header_is_told(app: Flask, reader: Reader) -> None:
    wide = reader.a("wide").rstrip(b"\n")
    wide = wide[:-1] + b', "more": 1}' if wide.endswith(b"}") else wide + b",,,more"
    found = moved_in(reader.header + wide + b"\n" + reader.a("pot"))

    (problem,) = imports_queries.list_problems(found["id"], limit=9, cursor=None)["data"]
    assert problem["row"] == 2
    assert found["result"]["products"]["created"] == 1


def test_of_a_product_without_end_few_rows_are_kept(reader: Reader) -> None:
    """It is told as one problem, and the memory that it takes has a bound."""
    (found,) = open_reader([reader.header + reader.rows(2 * MOST_ROWS)]).products("EUR")

    (problem,) = found.problems
    assert "000" in problem.reason
    assert len(found.cells) <= MOST_ROWS + 2


def test_formulas_come_in_to_the_letter_and_go_back_as_text(app: Flask, reader: Reader) -> None:
    """Into the shop what was meant; into the hand of somebody's spreadsheet nothing to run."""
    formula = "=cmd|' /C calc'!A0"
    found = moved_in(
        reader.header + reader.a("good", formula) + reader.a("bad", formula, price="-9.00")
    )

    assert session.scalars(select(Product.title)).all() == [formula]
    handed_back = failed_file_of(found["id"]).decode()
    if reader.kind is FileFormat.JSONL:
        assert orjson.loads(handed_back)["title"] == formula
    else:
        cells = [cell for row in csv.reader(io.StringIO(handed_back)) for cell in row]
        assert f"'{formula}" in cells
        assert formula not in cells


def test_what_nests_without_end_is_a_text_or_a_bad_line(app: Flask, reader: Reader) -> None:
    deep = "[" * 5_000 + "]" * 5_000
    line = reader.a("deep", text=deep)
    if reader.kind is FileFormat.JSONL:
        line = line.replace(b'"' + deep.encode() + b'"', deep.encode())
    found: dict[str, Any] = moved_in(reader.header + line + reader.a("good"))

    is_text = reader.kind is not FileFormat.JSONL
    assert found["result"]["products"]["created"] == 1 + is_text
    assert found["result"]["products"]["failed"] == 1 - is_text
