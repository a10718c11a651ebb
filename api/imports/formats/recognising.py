"""Which kind of file it is: the first line tells."""

from collections.abc import Callable, Iterable

from api.imports.formats import house, shopify, woocommerce
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.described import Source
from api.imports.formats.headers import SHOWN, Renamed, headers_of, plain, renamed
from api.imports.formats.other_kinds import other_file_of_shopify
from api.imports.formats.sheets import EMPTY, Lines
from api.imports.policy import FileFormat

_SOURCES: dict[FileFormat, Callable[[Lines, Renamed], Source]] = {
    FileFormat.SHOPIFY: shopify.Sheet,
    FileFormat.WOOCOMMERCE: woocommerce.Sheet,
    FileFormat.CSV: house.Sheet,
    FileFormat.JSONL: house.Pages,
}


def opened(
    chunks: Iterable[bytes],
    kind: FileFormat | None = None,
    names: Renamed | None = None,
    encoding: str | None = None,
) -> Source:
    """Open a file for reading: as the kind that is given, or as what its first line looks like.

    `names` say what of our columns the file calls otherwise. Without an `encoding` it is UTF-8 or
    guessed. Raises SheetUnreadable for what is no product file of that kind.
    """
    lines = Lines(chunks, encoding)
    return _SOURCES[kind or _kind_of(lines.first, names or {})](lines, names or {})


def _kind_of(first: str, names: Renamed) -> FileFormat:
    if not first:
        raise SheetUnreadable(EMPTY)
    if first.lstrip().startswith("{"):
        return FileFormat.JSONL
    if first.lstrip().startswith("["):
        raise SheetUnreadable(
            'This is a JSON list. Write JSON Lines: a product a line, such as {"slug": "mug", ...},'
            " without brackets around them and commas between them."
        )
    headers = headers_of(first)
    for header in headers.values():
        if other := other_file_of_shopify(header):
            raise SheetUnreadable(other)
        there = renamed(header, names)
        if plain("slug") in map(plain, there) and not shopify.Sheet.is_known_by(there):
            return FileFormat.CSV
        if woocommerce.Sheet.is_known_by(there):
            return FileFormat.WOOCOMMERCE
        if shopify.Sheet.is_known_by(there):
            return FileFormat.SHOPIFY
    widest = max(headers.values(), key=len)
    raise SheetUnreadable(
        "No shop that Stockroom knows writes such a first row. Shopify's has Handle and Title;"
        " WooCommerce's has Name, ID or SKU, and Type or Regular price; our own has slug. Say"
        " whose file it is and what its columns are: format=woocommerce,"
        " column=Artikelnummer=SKU. Its columns are:"
        f" {', '.join(name.strip() for name in widest[:SHOWN])}.",
        columns=widest[:SHOWN],
    )
