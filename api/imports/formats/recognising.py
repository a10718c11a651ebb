"""Which kind of file it is: the first line tells."""

from collections.abc import Callable, Iterable

from api.imports.formats import house, shopify, woocommerce
from api.imports.formats.decoding import SheetUnreadable
from api.imports.formats.described import Source
from api.imports.formats.sheets import (
    EMPTY,
    NO_NAMES,
    Lines,
    headers_of,
    plain,
)
from api.imports.policy import FileFormat

_SOURCES: dict[FileFormat, Callable[[Lines], Source]] = {
    FileFormat.SHOPIFY: shopify.Sheet,
    FileFormat.WOOCOMMERCE: woocommerce.Sheet,
    FileFormat.CSV: house.Sheet,
    FileFormat.JSONL: house.Pages,
}


def opened(chunks: Iterable[bytes], kind: FileFormat | None = None) -> Source:
    """Open a file for reading: as the kind that is given, or as what its first line looks like.

    Raises SheetUnreadable for what is no product file of that kind.
    """
    lines = Lines(chunks)
    return _SOURCES[kind or _kind_of(lines.first)](lines)


def _kind_of(first: str) -> FileFormat:
    if not first.strip():
        raise SheetUnreadable(NO_NAMES if first else EMPTY)
    if first.lstrip().startswith("{"):
        return FileFormat.JSONL
    for header in headers_of(first).values():
        names = {plain(name) for name in header}
        if "slug" in names and names & {"title", "sku"}:
            return FileFormat.CSV
        if names >= {"type", "name"} and names & {"sku", "id"}:
            return FileFormat.WOOCOMMERCE
    # Its refusal names the columns that are missing.
    return FileFormat.SHOPIFY
