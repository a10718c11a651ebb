"""From bytes to rows, one at a time: encodings, separators and quotes."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from api.imports.shopify.columns import COLUMNS, NEEDED, places_of
from api.kernel.errors import Refused

LARGEST_CELL = 4 * 1024 * 1024
"""Characters; a quote that is never closed must not take the rest of the file into memory."""
SEPARATORS = (",", ";", "\t")

csv.field_size_limit(LARGEST_CELL)


class SheetUnreadable(Refused):
    """The file as a whole cannot be read, and says why and what to do."""

    code = "file_unreadable"
    sentence = "The file cannot be read."


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the header; `number` is what a spreadsheet shows, the header being row 1.

    A row whose quotes do not close has a `fault` and no cells.
    """

    number: int
    cells: list[str]
    places: dict[str, int]
    fault: str | None = None

    def __getitem__(self, column: str) -> str:
        """Return the cell of one of our columns, empty when the file or the row has none."""
        place = self.places.get(column)
        return self.cells[place].strip() if place is not None and place < len(self.cells) else ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all stands in it."""
        return self.fault is None and not any(cell.strip() for cell in self.cells)


class Sheet:
    """A product file that is being read. Raises SheetUnreadable when it is none."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._lines = _Lines(chunks)
        first = next(self._lines, "")
        if not first.strip():
            raise SheetUnreadable("The file is empty.")
        self._reader, self.header = self._open(first)
        self.places = places_of(self.header)
        missing = [COLUMNS[name][0] for name in NEEDED if name not in self.places]
        if missing:
            raise SheetUnreadable(
                f"The columns {', '.join(missing)} are missing. A Shopify product export begins"
                " with a row of names: Handle, Title, Body (HTML), ...",
                columns=self.header[:60],
            )

    @property
    def ignored_columns(self) -> list[str]:
        """The names of the columns that are not read."""
        used = set(self.places.values())
        return [name.strip() for place, name in enumerate(self.header) if place not in used]

    def name_of(self, column: str) -> str:
        """Return what the file calls one of our columns."""
        place = self.places.get(column)
        return COLUMNS[column][0] if place is None else self.header[place].strip()

    def rows(self) -> Iterator[Row]:
        """Read row after row. A row with broken quotes is told of, and reading goes on."""
        number, width = 1, len(self.header)
        while True:
            number += 1
            fault = None
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as broken:
                cells, fault = [], _fault(str(broken))
            if any(cell.strip() for cell in cells[width:]):
                fault = (
                    f"This row has {len(cells)} cells and the header {width}: a text with a"
                    " separator in it needs quotes around it."
                )
            yield Row(number, cells, self.places, fault)

    def _open(self, first: str) -> tuple[Iterator[list[str]], list[str]]:
        """Find the separator under which the header makes sense; the comma when none does."""
        headers = {separator: _header(first, separator) for separator in SEPARATORS}
        separator = next(
            (s for s, header in headers.items() if places_of(header).keys() >= set(NEEDED)), ","
        )
        return csv.reader(self._lines, delimiter=separator, strict=True), headers[separator]


def count_rows(chunks: Iterable[bytes]) -> int:
    """Count the rows under the header, and find out whether all of the file is text."""
    return sum(1 for _ in Sheet(chunks).rows())


def check_text(chunks: Iterable[bytes]) -> None:
    """Make sure that a file is text in UTF-8 from beginning to end. Raises SheetUnreadable."""
    for _ in _Lines(chunks).decoded():
        continue


class _Lines:
    """The lines of a file that comes in pieces, with their line ends."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._lines = self._split()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def decoded(self) -> Iterator[str]:
        """Return the text in pieces. A byte order mark is dropped."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        read, is_first = 0, True
        for chunk in self._chunks:
            if is_first and chunk:
                _refuse_other_kinds(chunk)
                is_first = False
            yield self._decode(decoder, chunk, read, final=False)
            read += len(chunk)
        yield self._decode(decoder, b"", read, final=True)

    def _decode(
        self, decoder: codecs.IncrementalDecoder, chunk: bytes, read: int, *, final: bool
    ) -> str:
        try:
            decoded = decoder.decode(chunk, final)
        except UnicodeDecodeError as wrong:
            at = max(0, read + wrong.start)
            raise SheetUnreadable(
                f"The file is not text in UTF-8 (about byte {at:,}). Save it again as 'CSV UTF-8'.",
                byte=at,
            ) from wrong
        if "\0" in decoded:
            raise SheetUnreadable("The file is not text. Save it again as 'CSV UTF-8'.")
        return decoded

    def _split(self) -> Iterator[str]:
        """Split at line ends of any system and keep them, for csv to see them inside quotes."""
        rest = ""
        for piece in self.decoded():
            lines = io.StringIO(rest + piece, newline="").readlines()
            # The last line may go on in the next piece; so may a line end of two characters.
            rest = lines.pop() if lines else ""
            if len(rest) > LARGEST_CELL:
                yield rest
                rest = ""
            yield from lines
        if rest:
            yield rest


def _header(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return [line.strip()]


def _refuse_other_kinds(beginning: bytes) -> None:
    if beginning.startswith(b"PK\x03\x04") or beginning.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetUnreadable("This is a workbook, not a CSV file. Save it as 'CSV UTF-8'.")
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SheetUnreadable("The file is in UTF-16. Save it again as 'CSV UTF-8'.")


def _fault(told: str) -> str:
    if "unexpected end of data" in told:
        return "A quote that opens here is never closed: the file ends inside of it."
    if "field larger" in told:
        return "A cell here is larger than 4 million characters: is a quote never closed?"
    return "The quotes of this row do not fit: a quote inside of a text is written twice."
