"""Files as they really come: with blank lines, without types or prices, of other kinds."""

import csv
import io
import zipfile

import pytest
from flask import Flask
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlalchemy import select, text

from api.catalog.models.products import Product
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.detect import open_reader
from api.imports.policy import FileFormat
from api.inventory.models import Location, StockLevel
from api.platform.db import session
from tests.support.moving import (
    a_woo_file,
    counts_of,
    failed_file_of,
    moved_in,
    moved_out,
    problems_of,
)
from tests.support.sheets import a_file, a_row, a_simple_row

WOO = "ID,Type,SKU,Name,Published,Regular price\n1,simple,B1,Mug,1,5\n"


def statuses() -> dict[str, str]:
    """Return the state of each product."""
    found = {
        slug: status.value for slug, status in session.execute(select(Product.slug, Product.status))
    }
    session.rollback()
    return found


@pytest.mark.parametrize(
    "before", ["\n", "\r\n\r\n", " \n", ",,,\n", "\ufeff\n", "\n\ufeff", "\nsep=,\n"]
)
@pytest.mark.parametrize(
    "content",
    [
        WOO,
        "Handle,Title,Variant Price\nmug,Mug,5\n",
        "slug,title\nmug,Mug\n",
        '{"slug": "mug", "title": "Mug"}\n',
    ],
)
def test_what_stands_before_the_header_is_passed_over(
    app: Flask, before: str, content: str
) -> None:
    """And rows have the numbers that a spreadsheet shows."""
    found = moved_in((before + content + "bad\n").encode())

    assert counts_of(found)[0] == 1
    assert found["progress"]["rows_read"] == found["progress"]["rows_total"]
    shown = before.replace("sep=,\n", "").count("\n") + (2 if content.startswith("{") else 3)
    shown += content.startswith("{")
    assert problems_of(found)[-1][0] == shown


def test_a_file_of_nothing_is_empty() -> None:
    with pytest.raises(SheetUnreadable, match="empty"):
        open_reader([b"\n\n \n,,,\n"])


def test_a_woocommerce_file_without_types_has_simple_products(app: Flask) -> None:
    """What has a parent is a variation of it."""
    plain = (
        b"SKU,Name,Short description,Regular price,Images\nX1,Mug,short,5,https://x.test/a.jpg\n"
    )
    header = ["ID", "SKU", "Name", "Parent", "Regular price", "Attribute 1 name",
              "Attribute 1 value(s)"]  # fmt: skip
    family = a_woo_file(
        {"ID": "1", "SKU": "P", "Name": "Shirt", "Attribute 1 name": "Size",
         "Attribute 1 value(s)": "S, L"},
        {"ID": "2", "SKU": "P-S", "Name": "Shirt S", "Parent": "id:1", "Regular price": "5",
         "Attribute 1 name": "Size", "Attribute 1 value(s)": "S"},
        header=header,
    )  # fmt: skip

    assert counts_of(moved_in(plain)) == (1, 0, 0, 0)
    found = moved_in(family)
    assert counts_of(found) == (1, 0, 0, 0)
    assert counts_of(found, "variants") == (1, 0, 0, 0)
    assert statuses() == {"mug": "active", "shirt": "active"}


def test_a_file_without_prices_makes_drafts_and_says_so_once(app: Flask) -> None:
    """As Shopify's cross-border file is one."""
    content = (
        b"Handle,Title,SKU,Option1 Name,Option1 Value,COO,HS Code\n"
        b"xb-mug,Mug,XBM1,Title,Default Title,DE,6912\n"
        b"xb-cup,Cup,XBC1,Title,Default Title,DE,6912\n"
    )

    found = moved_in(content)

    assert counts_of(found) == (2, 0, 0, 0)
    assert problems_of(found) == [(1, "", "")]
    assert statuses() == {"xb-mug": "draft", "xb-cup": "draft"}


def test_a_product_without_a_price_becomes_a_draft_and_is_told_by_row(app: Flask) -> None:
    """One that the shop sells already stays for sale."""
    moved_in(a_file(a_simple_row("cup", "Cup", "5.00")))

    found = moved_in(a_file(a_simple_row("mug", "Mug", ""), a_simple_row("cup", "Big Cup", "")))

    assert problems_of(found) == [(2, "Variant Price", "")]
    assert statuses() == {"cup": "active", "mug": "draft"}


@pytest.mark.parametrize(
    ("header", "called"),
    [
        ("Name,Email,Financial Status,Paid at,Lineitem name,Lineitem quantity", "order file"),
        (
            "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Total Spent",
            "customer file",
        ),
        (
            "Handle,Title,Option1 Name,Option1 Value,SKU,Location,On hand (current)",
            "inventory file",
        ),
        ("Name,Value,Value Type,Discount Class,Times Used In Total", "discount file"),
    ],
)
def test_other_files_of_shopify_are_named_as_what_they_are(header: str, called: str) -> None:
    with pytest.raises(SheetUnreadable, match=called):
        open_reader([f"{header}\n1,2,3,4,5,6\n".encode()])
    with pytest.raises(SheetUnreadable):
        open_reader([f"{header}\n1,2,3,4,5,6\n".encode()], FileFormat.SHOPIFY)


OURS = b"slug,title,sku,price EUR,stock MAIN,stock NORTH\n"


def test_a_shop_without_locations_gets_its_first_one_from_any_format(app: Flask) -> None:
    """And a location that is not there is told of once, not for each variant."""
    session.execute(text("DELETE FROM locations"))
    session.commit()
    rows = b"".join(b"p%d,P %d,S%d,5,3,4\n" % (n, n, n) for n in range(3))

    found = moved_in(OURS + rows)

    assert session.scalars(select(Location.code)).all() == ["MAIN"]
    assert session.scalars(select(StockLevel.on_hand)).all() == [3, 3, 3]
    session.rollback()
    assert problems_of(found) == [(2, "stock NORTH", "4")]
    assert found["result"]["problems"] == 1


def _a_catalogue() -> None:
    moved_in(
        b"slug,title,status,product_type,categories,sku,option_values,price EUR,stock MAIN\n"
        b"mug,'=1+1,active,,kitchen=Kitchen>mugs=Mugs,MUG,,12.50,7\n"
        b"cup,Cup,active,Cups,,'+CUP,,5.00,\n"
    )


def test_a_file_for_shopify_has_categories_and_stock_and_no_formulas(app: Flask) -> None:
    _a_catalogue()

    rows = {
        row["Handle"]: row
        for row in csv.DictReader(
            io.StringIO(moved_out(FileFormat.SHOPIFY, currency="EUR").decode())
        )
    }

    assert (rows["mug"]["Type"], rows["mug"]["Collection"]) == ("Mugs", "Mugs")
    assert (rows["cup"]["Type"], rows["cup"]["Collection"]) == ("Cups", "")
    assert (rows["mug"]["Variant Inventory Qty"], rows["cup"]["Variant Inventory Qty"]) == (
        "7",
        "0",
    )
    assert rows["mug"]["Title"] == "'=1+1"
    assert rows["cup"]["Variant SKU"] == "'+CUP"
    again = moved_in(moved_out(FileFormat.SHOPIFY, currency="EUR"))
    assert "'=1+1" not in session.scalars(select(Product.title)).all()
    assert again["status"] == "completed"


def test_failed_rows_hand_no_formula_to_a_spreadsheet(app: Flask) -> None:
    found = moved_in(a_file(a_row("bad", "=cmd|' /C calc'!A0", variant_price="dear")))

    row = list(csv.reader(io.StringIO(failed_file_of(found["id"]).decode())))[1]
    assert row[1] == "'=cmd|' /C calc'!A0"


def test_the_catalogue_is_a_workbook_too(app: Flask) -> None:
    """Texts that look like formulas are texts, and amounts are numbers."""
    _a_catalogue()

    content = moved_out(FileFormat.XLSX)

    sheet = load_workbook(io.BytesIO(content)).active
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    by_slug = {row[header.index("slug")]: dict(zip(header, row, strict=True)) for row in rows}
    assert by_slug["mug"]["title"] == "=1+1"
    assert (by_slug["mug"]["price EUR"], by_slug["mug"]["stock MAIN"]) == (12.5, 7)
    assert by_slug["cup"]["sku"] == "+CUP"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
