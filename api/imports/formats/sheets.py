"""From bytes to rows, one at a time: encodings, separators and quotes."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from api.imports.formats.headers import (
    Renamed,
    SheetUnreadable,
    check,
    headers_of,
    places_of,
    plain,
    renamed,
)

__all__ = [
    "LARGEST_CELL",
    "WHY",
    "Lines",
    "Row",
    "Sheet",
    "SheetUnreadable",
    "check_text",
    "headers_of",
    "plain",
]

LARGEST_CELL = 4 * 1024 * 1024
"""Characters; a quote that is never closed must not take the rest of the file into memory."""
WHY = "Stockroom: why it failed"
"""The last column of a file of failed rows; it is passed over when the file comes back."""

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

    `columns` are ours with all the names that they are known by; `needed` must be there. `names`
    say what the file calls otherwise.
    """

    columns: ClassVar[Mapping[str, Sequence[str]]] = {}
    needed: ClassVar[Sequence[str]] = ()
    missing: ClassVar[str] = "The columns {names} are missing."

    def __init__(self, chunks: "Iterable[bytes] | Lines", names: Renamed | None = None) -> None:
        self._lines = chunks if isinstance(chunks, Lines) else Lines(chunks)
        first = self._lines.first
        if not first.strip():
            raise SheetUnreadable("The file is empty.")
        self.separator, self.header = self._header(first, names or {})
        check(self.header, names or {}, self.is_known)
        self.names = renamed(self.header, names or {})
        self.places = places_of(self.names, self.columns)
        missing = [self.columns[name][0] for name in self.needed if name not in self.places]
        if missing:
            raise SheetUnreadable(
                f"{self.missing.format(names=', '.join(missing))} If they have other names here,"
                f" say which, such as column=Bezeichnung={missing[-1]}.",
                columns=self.header[:60],
            )
        next(self._lines)
        self._reader = csv.reader(self._lines, delimiter=self.separator, strict=True)

    @property
    def ignored_columns(self) -> list[str]:
        """The names of the columns that are not read."""
        used = set(self.places.values())
        return [
            name.strip()
            for place, name in enumerate(self.header)
            if place not in used and name.strip() != WHY
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
        place = self.places.get(column)
        if place is None:
            return self.columns.get(column, (column,))[0]
        return self.header[place].strip()

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

    def _header(self, first: str, names: Renamed) -> tuple[str, list[str]]:
        """Find the separator under which the header makes sense, else the one it has most of."""
        headers = headers_of(first)
        for separator, header in headers.items():
            if places_of(renamed(header, names), self.columns).keys() >= set(self.needed):
                return separator, header
        return max(headers.items(), key=lambda found: len(found[1]))


def check_text(chunks: Iterable[bytes]) -> None:
    """Make sure that a file is text in UTF-8 from beginning to end. Raises SheetUnreadable."""
    for _ in Lines(()).decoded(chunks):
        continue


class Lines:
    """The lines of a file that comes in pieces, with their line ends. `first` may be looked at."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        lines = self._split()
        self.first = next(lines, "")
        self._lines = itertools.chain([self.first] if self.first else [], lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def decoded(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Return the text in pieces. A byte order mark is dropped."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        read, is_first = 0, True
        for chunk in chunks:
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
                f"The file is not text in UTF-8 (about byte {at:,}); spreadsheets on Windows often"
                " write Windows-1252 instead. Save it again as 'CSV UTF-8'.",
                byte=at,
            ) from wrong
        if "\0" in decoded:
            raise SheetUnreadable("The file is not text. Save it again as 'CSV UTF-8'.")
        return decoded

    def _split(self) -> Iterator[str]:
        """Split at line ends of any system and keep them, for csv to see them inside quotes."""
        rest = ""
        for piece in self.decoded(self._chunks):
            lines = io.StringIO(rest + piece, newline="").readlines()
            # The last line may go on in the next piece; so may a line end of two characters.
            rest = lines.pop() if lines else ""
            yield from lines
            if len(rest) > LARGEST_CELL:
                yield rest
                rest = ""
        if rest:
            yield rest


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
