"""JSON Lines: a product a line."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

import orjson

from api.imports.formats.cell_parsers import CellError
from api.imports.formats.csv_reader import LARGEST_CELL, LineReader
from api.imports.formats.decoding import Decoding, SheetUnreadable
from api.imports.formats.header_mapping import Renamed
from api.imports.formats.native.columns import OURS
from api.imports.formats.native.schema import validate_document
from api.imports.formats.parsed import ParsedProduct, RowError
from api.imports.policy import Consequence, FileFormat

LINE = "line"
"""What the one cell of a line is called."""


class JsonlReader:
    """A file of lines of JSON. Raises SheetUnreadable when it is none."""

    format = FileFormat.JSONL
    separator = ","
    ignored_columns: ClassVar[list[str]] = []

    def __init__(self, chunks: Iterable[bytes] | LineReader, names: Renamed | None = None) -> None:
        if names:
            raise SheetUnreadable("Lines of JSON have fields and no columns to be named.")
        self._lines = chunks if isinstance(chunks, LineReader) else LineReader(chunks)
        if not self._lines.first.lstrip().startswith("{"):
            raise SheetUnreadable('Each line is a product, such as {"slug": "mug", ...}.')
        self.header = [LINE]

    @property
    def decoding(self) -> Decoding:
        """In which encoding the file is read, and whether that is in doubt."""
        return self._lines.decoding

    def name_of(self, column: str) -> str:
        """Return the name of a field, which is ours."""
        return OURS.get(column, column)

    def has(self, column: str) -> bool:
        """Tell whether lines may have a field."""
        return column in OURS

    def count_rows(self) -> int:
        """Count the lines."""
        return self._lines.passed_over + sum(1 for _ in self._whole())

    def products(self, currency: str, *, after_row: int = 1) -> Iterator[ParsedProduct]:
        """Read line after line. The first is row 2, as if there were a header above it."""
        for number, line in enumerate(self._whole(), start=2 + self._lines.passed_over):
            if number <= after_row:
                continue
            if line is None:
                yield _too_long(number)
            elif line.strip():
                yield _described(number, line.rstrip("\r\n"))

    def _whole(self) -> Iterator[str | None]:
        """Return line after line; None for one that is too long, which comes in pieces."""
        is_in_pieces = False
        for line in self._lines:
            is_end = line.endswith(("\n", "\r"))
            if is_in_pieces:
                is_in_pieces = not is_end
            elif len(line) > LARGEST_CELL:
                is_in_pieces = not is_end
                yield None
            else:
                yield line


def jsonl_line(document: Mapping[str, object]) -> str:
    """Write a product as a line: names in order, so that the same is written alike."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode() + "\n"


def _too_long(number: int) -> ParsedProduct:
    reason = f"This line is longer than {LARGEST_CELL:,} characters. Put less into it."
    problem = RowError(number, "", "", reason, Consequence.PRODUCT_SKIPPED)
    return ParsedProduct(number, 1, "", number, problems=[problem])


def _described(number: int, line: str) -> ParsedProduct:
    found = ParsedProduct(number, 1, "", number, cells={number: [line]})
    try:
        document = orjson.loads(line)
        if isinstance(document, dict):
            # A line that was handed back says why; that is no field of a product.
            document.pop("why_it_failed", None)
        found.document = validate_document(document)
        found.handle = found.document["slug"]
        found.rows = [number] * len(found.document.get("variants", ()))
    except orjson.JSONDecodeError as wrong:
        reason = f"This line is not JSON: {wrong.msg} (character {wrong.colno})."
        found.problems.append(RowError(number, "", "", reason, Consequence.PRODUCT_SKIPPED))
    except CellError as bad:
        found.problems.append(
            RowError(number, bad.column, bad.value, bad.reason, Consequence.PRODUCT_SKIPPED)
        )
    return found
