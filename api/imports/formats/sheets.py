"""From text to rows, one at a time: separators and quotes."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from api.imports.formats.decoding import Decoding, SheetUnreadable

LARGEST_CELL = 4 * 1024 * 1024
"""Characters; a quote that is never closed must not take the rest of the file into memory."""
SEPARATORS = (",", ";", "\t")
WHY = "Stockroom: why it failed"
"""The last column of a file of failed rows; it is passed over when the file comes back."""

EMPTY = "The file is empty."
NO_NAMES = "The first line is empty: the names of the columns belong there."

# The line by which a spreadsheet is told the separator; it shows none of it.
_SEPARATOR_LINE = re.compile(r'^"?sep=[,;\t]"?\r?\n?$', re.IGNORECASE)
csv.field_size_limit(LARGEST_CELL)


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
    """A product file in rows that is being read. Raises SheetUnreadable when it is none.

    `columns` are ours with all the names that they are known by; `needed` must be there.
    """

    columns: ClassVar[Mapping[str, Sequence[str]]] = {}
    needed: ClassVar[Sequence[str]] = ()
    missing: ClassVar[str] = "The columns {names} are missing."

    def __init__(self, chunks: "Iterable[bytes] | Lines") -> None:
        self._lines = chunks if isinstance(chunks, Lines) else Lines(chunks)
        first = self._lines.first
        if not first.strip():
            raise SheetUnreadable(NO_NAMES if first else EMPTY)
        self.separator, self.header = self._header(first)
        self.places = places_of(self.header, self.columns)
        self._names = {
            ours: self.header[self.places[ours]].strip() if ours in self.places else names[0]
            for ours, names in self.columns.items()
        }
        missing = [self.columns[name][0] for name in self.needed if name not in self.places]
        if missing:
            raise SheetUnreadable(
                self.missing.format(names=", ".join(missing)), columns=self.header[:60]
            )
        next(self._lines)
        self._reader = csv.reader(self._lines, delimiter=self.separator, strict=True)

    @property
    def doubt(self) -> str | None:
        """A word by which to see whether the file was read in the right encoding, if in doubt."""
        return self._lines.doubt

    @property
    def ignored_columns(self) -> list[str]:
        """The names of the columns that are not read."""
        used = set(self.places.values())
        return [
            name.strip()
            for place, name in enumerate(self.header)
            if place not in used and name.strip() not in ("", WHY)
        ]

    def name_of(self, column: str) -> str:
        """Return what the file calls one of our columns."""
        return self._names[column]

    def count_rows(self) -> int:
        """Count the rows under the header, and find out whether all of the file is text."""
        return sum(1 for _ in self.rows())

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

    def _header(self, first: str) -> tuple[str, list[str]]:
        """Find the separator under which the header makes sense; the comma when none does."""
        headers = headers_of(first)
        for separator, header in headers.items():
            if places_of(header, self.columns).keys() >= set(self.needed):
                return separator, header
        return ",", headers[","]


def headers_of(first: str) -> dict[str, list[str]]:
    """Read the first line under each of the separators."""
    return {separator: _cells(first, separator) for separator in SEPARATORS}


def places_of(header: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Find our columns in a header: the place of each that is there, the first one when twice."""
    there: dict[str, int] = {}
    for place, name in enumerate(header):
        there.setdefault(plain(name), place)
    return {
        ours: there[plain(name)]
        for ours, names in columns.items()
        for name in reversed(names)
        if plain(name) in there
    }


def plain(name: str) -> str:
    """Return the name of a column without its case and odd spaces."""
    return " ".join(name.split()).casefold()


class Lines:
    """The lines of a file that comes in pieces, with their line ends. `first` may be looked at."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._decoding = Decoding()
        lines = self._split()
        self.first = next(lines, "")
        if _SEPARATOR_LINE.match(self.first):
            self.first = next(lines, "")
        self._lines = itertools.chain([self.first] if self.first else [], lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    @property
    def doubt(self) -> str | None:
        """The first word with an accent of a file that may be in another encoding."""
        return self._decoding.doubt

    def _split(self) -> Iterator[str]:
        """Split at line ends of any system and keep them, for csv to see them inside quotes."""
        rest = ""
        for piece in self._decoding.text(self._chunks):
            lines = io.StringIO(rest + piece, newline="").readlines()
            # The last line may go on in the next piece; so may a line end of two characters.
            rest = lines.pop() if lines else ""
            if len(rest) > LARGEST_CELL:
                yield rest
                rest = ""
            yield from lines
        if rest:
            yield rest


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return [line.strip()]


def _fault(told: str) -> str:
    if "unexpected end of data" in told:
        return "A quote that opens here is never closed: the file ends inside of it."
    if "field larger" in told:
        return "A cell here is larger than 4 million characters: is a quote never closed?"
    return "The quotes of this row do not fit: a quote inside of a text is written twice."
