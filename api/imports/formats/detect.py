"""Which kind of file it is: the first line tells."""

from collections.abc import Callable, Iterable

from api.imports.formats.csv_reader import EMPTY, LineReader
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.header_mapping import SHOWN, Renamed, headers_of, plain, renamed
from api.imports.formats.native import csv_file, jsonl_file
from api.imports.formats.parsed import ImportReader
from api.imports.formats.shopify import reader as shopify_reader
from api.imports.formats.unsupported_files import describe_other_shopify_file
from api.imports.formats.woocommerce import reader as woocommerce_reader
from api.imports.policy import FileFormat

_SOURCES: dict[FileFormat, Callable[[LineReader, Renamed], ImportReader]] = {
    FileFormat.SHOPIFY: shopify_reader.ShopifyReader,
    FileFormat.WOOCOMMERCE: woocommerce_reader.WooCommerceReader,
    FileFormat.CSV: csv_file.NativeCsvReader,
    FileFormat.JSONL: jsonl_file.JsonlReader,
}


def open_reader(
    chunks: Iterable[bytes],
    kind: FileFormat | None = None,
    names: Renamed | None = None,
    encoding: str | None = None,
) -> ImportReader:
    """Open a file for reading: as the kind that is given, or as what its first line looks like.

    `names` say what of our columns the file calls otherwise. Without an `encoding` it is UTF-8 or
    guessed. Raises SheetUnreadable for what is no product file of that kind.
    """
    lines = LineReader(chunks, encoding)
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
        if other := describe_other_shopify_file(header):
            raise SheetUnreadable(other)
        there = renamed(header, names)
        if plain("slug") in map(plain, there) and not shopify_reader.ShopifyReader.is_known_by(
            there
        ):
            return FileFormat.CSV
        if woocommerce_reader.WooCommerceReader.is_known_by(there):
            return FileFormat.WOOCOMMERCE
        if shopify_reader.ShopifyReader.is_known_by(there):
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
