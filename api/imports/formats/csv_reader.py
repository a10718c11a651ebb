"""From text to rows, one at a time: separators and quotes."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from api.imports.formats.decoding import Decoding, SheetUnreadable
from api.imports.formats.header_mapping import (
    SHOWN,
    Renamed,
    check,
    headers_of,
    places_of,
    plain,
    renamed,
)
from api.imports.formats.native.csv_escaping import unsafe

LARGEST_CELL = 4 * 1024 * 1024
"""Characters; a quote that is never closed must not take the rest of the file into memory."""
WHY = "Stockroom: why it failed"
"""The last column of a file of failed rows; it is passed over when the file comes back."""

EMPTY = "The file is empty."
_BLANK = ' \t\r\n,;"\ufeff'

# The line by which a spreadsheet is told the separator; it shows none of it.
_SEPARATOR_LINE = re.compile(r'^"?sep=[,;\t]"?\r?\n?$', re.IGNORECASE)
csv.field_size_limit(LARGEST_CELL)


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the header; `number` is what a spreadsheet shows, the header being row 1.

    A row whose quotes do not fit has a `fault` and no cells; `raw` is how it stands in the file.
    """

    number: int
    cells: list[str]
    places: dict[str, int]
    fault: str | None = None
    raw: str = ""

    def __getitem__(self, column: str) -> str:
        """Return the cell of one of our columns, empty when the file or the row has none."""
        place = self.places.get(column)
        return self.cells[place].strip() if place is not None and place < len(self.cells) else ""

    @property
    def kept(self) -> list[str] | str:
        """The row to be handed back: its cells, or the line itself when it is broken."""
        return self.raw if self.fault else self.cells

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all stands in it."""
        return self.fault is None and not any(cell.strip() for cell in self.cells)


class Guarded(Row):
    """A row in which an apostrophe keeps spreadsheets from calculating; it is dropped."""

    def __getitem__(self, column: str) -> str:
        """Return the cell of one of our columns, empty when the file or the row has none."""
        # Asked for each cell that is read: a call of the other reading would cost as much again.
        place = self.places.get(column)
        if place is None or place >= len(self.cells):
            return ""
        cell = self.cells[place].strip()
        return unsafe(cell) if cell[:1] == "'" else cell


class CsvReader:
    """A product file in rows that is being read. Raises SheetUnreadable when it is none.

    `columns` are ours with all the names that they are known by; `needed` must be there. `names`
    say what the file calls otherwise.
    """

    columns: ClassVar[Mapping[str, Sequence[str]]] = {}
    needed: ClassVar[Sequence[str]] = ()
    row_kind: ClassVar[type[Row]] = Row
    missing: ClassVar[str] = "The columns {names} are missing."

    def __init__(
        self, chunks: "Iterable[bytes] | LineReader", names: Renamed | None = None
    ) -> None:
        self._lines = chunks if isinstance(chunks, LineReader) else LineReader(chunks)
        first = self._lines.first
        if not first:
            raise SheetUnreadable(EMPTY)
        self.separator, self.header = self._header(first, names or {})
        check(self.header, names or {}, self.is_known)
        self.names = renamed(self.header, names or {})
        self.places = places_of(self.names, self.columns)
        self._called = {
            ours: self.header[self.places[ours]].strip() if ours in self.places else known[0]
            for ours, known in self.columns.items()
        }
        missing = [self.columns[name][0] for name in self.needed if name not in self.places]
        if missing:
            raise SheetUnreadable(
                f"{self.missing.format(names=', '.join(missing))} If they have other names here,"
                f" say which, such as column=Bezeichnung={missing[-1]}.",
                columns=self.header[:SHOWN],
            )
        next(self._lines)
        self._reader = csv.reader(self._lines, delimiter=self.separator, strict=True)

    @property
    def decoding(self) -> Decoding:
        """In which encoding the file is read, and whether that is in doubt."""
        return self._lines.decoding

    @property
    def ignored_columns(self) -> list[str]:
        """The names of the columns that are not read."""
        used = set(self.places.values())
        return [
            name.strip()
            for place, name in enumerate(self.header)
            if place not in used and name.strip() not in ("", WHY)
        ]

    @classmethod
    def is_known(cls, name: str) -> bool:
        """Tell whether a column of this name is read."""
        return plain(name) in {plain(one) for names in cls.columns.values() for one in names}

    @classmethod
    def is_known_by(cls, names: Sequence[str]) -> bool:
        """Tell whether a file with such columns is one of this kind."""
        return places_of(names, cls.columns).keys() >= set(cls.needed)

    def read_as(self, column: str) -> str:
        """Return the name under which one of our columns is read; empty when it is not there."""
        place = self.places.get(column)
        return "" if place is None else self.names[place]

    def name_of(self, column: str) -> str:
        """Return what the file calls one of our columns; one that its kind has not, as we do."""
        return self._called.get(column, column)

    def has(self, column: str) -> bool:
        """Tell whether the file has one of our columns."""
        return column in self.places

    def count_rows(self) -> int:
        """Count the rows under the header, and find out whether all of the file is text.

        Lines that were passed over before the header count too.
        """
        return self._lines.passed_over + sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Row]:
        """Read row after row. A row with broken quotes is told of, and reading goes on."""
        number, width, lines = 1 + self._lines.passed_over, len(self.header), self._lines
        while True:
            number += 1
            fault, raw = None, ""
            lines.taken.clear()
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
            if fault:
                # A quote that is closed lines below took the rows between: they stand again.
                raw = (lines.taken if cells else lines.return_all_but_one())[0]
            yield self.row_kind(number, cells, self.places, fault, raw)

    def _header(self, first: str, names: Renamed) -> tuple[str, list[str]]:
        """Find the separator under which the header makes sense, else the one it has most of."""
        headers = headers_of(first)
        for separator, header in headers.items():
            if places_of(renamed(header, names), self.columns).keys() >= set(self.needed):
                return separator, header
        return max(headers.items(), key=lambda found: len(found[1]))


class LineReader:
    """The lines of a file that comes in pieces, with their line ends. `first` may be looked at.

    Blank lines before it are passed over, and so is a byte order mark that comes late.
    """

    def __init__(self, chunks: Iterable[bytes], encoding: str | None = None) -> None:
        self._chunks = chunks
        self.decoding = Decoding(encoding)
        lines = self._split()
        self.passed_over = 0
        for line in lines:
            self.first = line.lstrip("\ufeff")
            is_separator = _SEPARATOR_LINE.match(self.first)
            if not is_separator and self.first.strip(_BLANK):
                break
            # A spreadsheet shows blank lines, and not the one that names the separator.
            self.passed_over += not is_separator
        else:
            self.first = ""
        self._lines = itertools.chain([self.first] if self.first else [], lines)
        self.taken: list[str] = []
        """The lines that were taken since somebody cleared this."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        return line

    def return_all_but_one(self) -> list[str]:
        """Put all taken lines but the first back, to be taken again; returns the first."""
        first, *rest = self.taken
        if rest:
            self._lines = itertools.chain(rest, self._lines)
        return [first]

    def _split(self) -> Iterator[str]:
        """Split at line ends of any system and keep them, for csv to see them inside quotes."""
        rest = ""
        for piece in self.decoding.text(self._chunks):
            lines = io.StringIO(rest + piece, newline="").readlines()
            # The last line may go on in the next piece; so may a line end of two characters.
            rest = lines.pop() if lines else ""
            yield from lines
            if len(rest) > LARGEST_CELL:
                yield rest
                rest = ""
        if rest:
            yield rest


def _fault(told: str) -> str:
    if "unexpected end of data" in told:
        return "A quote that opens here is never closed: the file ends inside of it."
    if "field larger" in told:
        return "A cell here is larger than 4 million characters: is a quote never closed?"
    return "The quotes of this row do not fit: a quote inside of a text is written twice."
