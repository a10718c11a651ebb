"""Files that are no text at all: how they begin, and what to do with them."""

import codecs

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


def what_it_is_instead(beginning: bytes) -> str | None:
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
