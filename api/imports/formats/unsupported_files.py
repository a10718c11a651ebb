"""Files that are no product files: how they begin, and what to do with them."""

import codecs
from collections.abc import Sequence

_WORKBOOK = "This is a workbook, not a CSV file. Save it as 'CSV UTF-8'."
_PACKED = "This is a packed file. Unpack it, and hand in the CSV file that is inside."
_BEGINNINGS = (
    (b"\xd0\xcf\x11\xe0", _WORKBOOK),
    (b"\x1f\x8b", _PACKED),
    (b"%PDF", "This is a PDF, not a CSV file."),
)
_WEB_PAGE = (b"<!doctype", b"<html")
_ZIP, _ZIP_NAMES_FROM = b"PK\x03\x04", 30
# What the first file inside of a workbook is called, by those who write them.
_IN_WORKBOOKS = (b"[Content_Types]", b"_rels/", b"docProps/", b"xl/", b"mimetype", b"Index/")


def describe_unsupported(beginning: bytes) -> str | None:
    """Say what a file is by how it begins, and what to do; None when it may be text."""
    for mark, told in _BEGINNINGS:
        if beginning.startswith(mark):
            return told
    if beginning.startswith(_ZIP):
        is_workbook = beginning[_ZIP_NAMES_FROM:].startswith(_IN_WORKBOOKS)
        return _WORKBOOK if is_workbook else _PACKED
    words = beginning.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if words.startswith(_WEB_PAGE):
        return "This is a web page, perhaps one that asks to sign in. Export the products again."
    return None


_PRODUCTS = "Stockroom reads the products: export them under Products > Export."
_OF_SHOPIFY = (
    ("order file", {"name", "financial status", "lineitem name"}),
    ("order file", {"name", "lineitem quantity", "lineitem price"}),
    ("customer file", {"first name", "last name", "accepts email marketing"}),
    ("customer file", {"first name", "last name", "total spent"}),
    ("inventory file", {"handle", "location", "on hand"}),
    ("inventory file", {"handle", "location", "available"}),
    ("inventory file", {"handle", "location", "on hand (current)"}),
    ("inventory file", {"handle", "location", "on hand (new)"}),
    ("discount file", {"name", "value", "value type", "discount class"}),
    ("discount file", {"code", "value", "type", "times used in total"}),
    ("discount file", {"code", "discount value", "discount type"}),
    ("file of gift cards", {"id", "last characters", "initial balance"}),
)
"""What Shopify exports besides products, by columns that only such a file has together."""


def describe_other_shopify_file(header: Sequence[str]) -> str | None:
    """Say which of Shopify's other files has these columns; None for all others."""
    there = {" ".join(name.split()).casefold() for name in header}
    for called, columns in _OF_SHOPIFY:
        if there >= columns and not there & {"price", "variant price"}:
            return f"This is Shopify's {called}, which says nothing of products. {_PRODUCTS}"
    return None
