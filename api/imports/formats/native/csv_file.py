"""Our CSV: the first row of a product says what it is, each row may name a variant and a picture.

Several values in a cell stand between bars. Amounts are decimals, one column per currency.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from api.imports.formats import cell_parsers, csv_reader
from api.imports.formats.cell_parsers import CellError
from api.imports.formats.csv_reader import LineReader, Row
from api.imports.formats.header_mapping import Renamed, plain
from api.imports.formats.native import csv_escaping
from api.imports.formats.native.columns import NAMES, OURS, PRODUCT, VARIANT, Cell, column_of
from api.imports.formats.native.schema import validate_document
from api.imports.formats.parsed import ParsedProduct, RowError
from api.imports.policy import Consequence, FileFormat
from api.kernel.money import exponent

MOST_ROWS = 3_000
_PRICE = re.compile(r"(price|compare_at) ([a-z]{3})")
_STOCK = re.compile(r"stock (\S.*)", re.IGNORECASE)


def columns_for(currencies: Iterable[str], locations: Iterable[str] = ()) -> list[str]:
    """Return the header of a file with prices in these currencies, and stock at these places."""
    prices = [f"{name} {c}" for c in currencies for name in ("price", "compare_at")]
    return [*NAMES, *prices, *(f"stock {code}" for code in locations)]


def text_of_header(columns: Sequence[str]) -> str:
    """Write the header; spreadsheets know UTF-8 by the mark before it."""
    return "\ufeff" + _line(columns)


def text_of_rows(document: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, int]:
    """Write a product as rows under the columns; returns the text and how many rows it is."""
    variants, images = document["variants"], document["images"]
    count = max(1, len(variants), len(images))
    lines = []
    for place in range(count):
        row: dict[str, str] = {"slug": document["slug"]}
        if place == 0:
            row |= {column: write(document[name]) for name, column, (write, _) in PRODUCT}
        if place < len(images):
            row |= {"image_url": images[place]["url"], "image_alt": images[place]["alt"]}
        if place < len(variants):
            variant = variants[place]
            row |= {column: write(variant[name]) for name, column, (write, _) in VARIANT}
            for currency, price in variant["prices"].items():
                for name, amount in (
                    ("price", price["amount"]),
                    ("compare_at", price["compare_at"]),
                ):
                    row[f"{name} {currency}"] = _decimal(amount, currency)
            row |= {f"stock {code}": str(count) for code, count in variant["stock"].items()}
        lines.append(_line([csv_escaping.safe(row.get(column, "")) for column in columns]))
    return "".join(lines), count


class NativeCsvReader(csv_reader.CsvReader):
    """A file of ours in rows."""

    format = FileFormat.CSV
    columns = {name: (name,) for name in NAMES}  # noqa: RUF012 - a table
    needed = ("slug",)
    missing = "The columns {names} are missing. An export of ours begins with slug, version, ..."

    def __init__(self, chunks: Iterable[bytes] | LineReader, names: Renamed | None = None) -> None:
        super().__init__(chunks, names)
        self._prices = {
            place: (found[1], found[2].upper())
            for place, name in enumerate(self.names)
            if (found := _PRICE.fullmatch(plain(name)))
        }

        self._stock = {
            place: found[1]
            for place, name in enumerate(self.names)
            if (found := _STOCK.fullmatch(name.strip()))
        }

    @classmethod
    def is_known(cls, name: str) -> bool:
        """Tell whether a column of this name is read."""
        is_plain = super().is_known(name) or _PRICE.fullmatch(plain(name)) is not None
        return is_plain or _STOCK.fullmatch(name.strip()) is not None

    @property
    def ignored_columns(self) -> list[str]:
        """The names of the columns that are not read."""
        read = {self.header[place].strip() for place in (*self._prices, *self._stock)}
        return [name for name in super().ignored_columns if name not in read]

    def name_of(self, column: str) -> str:
        """Return what the file calls one of our columns."""
        name = OURS.get(column, column)
        return super().name_of(name) if name in self.columns else name

    def products(self, currency: str, *, after_row: int = 1) -> Iterator[ParsedProduct]:
        """Read one product after the other; its rows stand together."""
        rows = (row for row in self.rows() if row.number > after_row and not row.is_blank)
        for _, group in groupby(rows, key=_Grouping()):
            yield self._described(group)

    def _described(self, group: Iterator[Row]) -> ParsedProduct:
        rows: list[Row] = []
        count = 0
        for row in group:
            count, last = count + 1, row.number
            if len(rows) < MOST_ROWS:
                rows.append(row)
        found = ParsedProduct(last, count, self._cell(rows[0], "slug"), rows[0].number)
        found.cells = {row.number: row.kept for row in rows}
        for row in rows:
            if row.fault:
                self._note(found, row, CellError("", "", row.fault))
        if found.problems:
            return found
        try:
            if count > MOST_ROWS:
                raise CellError("slug", found.handle, f"A product may take {MOST_ROWS} rows.")
            found.document = self._checked(rows, found.rows)
        except _BadRow as bad:
            self._note(found, bad.row, bad.wrong)
        except CellError as bad:
            self._note(found, rows[0], bad)
        return found

    def _checked(self, rows: Sequence[Row], numbers: list[int]) -> dict[str, object]:
        """Return what rows say; `numbers` become those of its variants.

        What is wrong is told by row and column, as the file has them.
        """
        document = self._document(rows)
        named = [row for row in rows if self._cell(row, "sku")]
        numbers += [row.number for row in named]
        try:
            return validate_document(document)
        except CellError as bad:
            name, listed, place = column_of(bad.column)
            of_image = [row for row in rows if self._cell(row, "image_url")]
            there = {"variants": named, "images": of_image}.get(listed, rows)
            wrong = CellError(self.name_of(name), bad.value, bad.reason)
            raise _BadRow(there[place] if listed else rows[0], wrong) from bad

    def _note(self, found: ParsedProduct, row: Row, bad: CellError) -> None:
        found.problems.append(
            RowError(row.number, bad.column, bad.value, bad.reason, Consequence.PRODUCT_SKIPPED)
        )

    def _document(self, rows: Sequence[Row]) -> dict[str, object]:
        document: dict[str, object] = {"slug": self._cell(rows[0], "slug")}
        document |= self._fields(rows[0], PRODUCT)
        if "image_url" in self.places:
            document["images"] = [
                {"url": url, "alt": self._cell(row, "image_alt")}
                for row in rows
                if (url := self._cell(row, "image_url"))
            ]
        if "sku" in self.places:
            document["variants"] = [self._variant(row) for row in rows if self._cell(row, "sku")]
        return document

    def _variant(self, row: Row) -> dict[str, object]:
        try:
            found = self._fields(row, VARIANT)
            for name in ("weight_grams", "back_order_limit"):
                if found.get(name, 0) is None:
                    found[name] = 0
            if self._prices:
                found["prices"] = self._read_prices(row)
            if self._stock:
                found["stock"] = self._read_stock(row)
        except CellError as bad:
            raise _BadRow(row, bad) from bad
        return found

    def _fields(self, row: Row, known: tuple[tuple[str, str, Cell], ...]) -> dict[str, object]:
        return {
            name: read(self._cell(row, column), self.name_of(column))
            for name, column, (_, read) in known
            if column in self.places
        }

    def _read_prices(self, row: Row) -> Mapping[str, object]:
        found: dict[str, dict[str, int | None]] = {}
        for place, (name, currency) in self._prices.items():
            said = row.cells[place].strip() if place < len(row.cells) else ""
            money = cell_parsers.money(said, self.header[place].strip(), currency)
            if money is not None:
                field = "amount" if name == "price" else "compare_at"
                found.setdefault(currency, {"amount": None, "compare_at": None})[field] = (
                    money.amount
                )
        for currency, price in found.items():
            if price["amount"] is None:
                raise CellError(f"price {currency}", "", "There is no price to compare with.")
        return found

    def _read_stock(self, row: Row) -> dict[str, int]:
        """Read how many there are, where that is said."""
        found = {}
        for place, code in self._stock.items():
            said = row.cells[place].strip() if place < len(row.cells) else ""
            column = self.header[place].strip()
            quantity = cell_parsers.quantity(said, column)
            if quantity is not None and quantity < 0:
                raise CellError(column, said, "On a shelf lie no fewer than 0 pieces.")
            if quantity is not None:
                found[code] = quantity
        return found

    def _cell(self, row: Row, column: str) -> str:
        """Return a cell to the letter: our own files have no stray spaces."""
        place = self.places.get(column)
        if place is None or place >= len(row.cells):
            return ""
        return csv_escaping.unsafe(row.cells[place])


class _BadRow(Exception):
    """A cell that cannot be read, and the row in which it stands."""

    def __init__(self, row: Row, wrong: CellError) -> None:
        super().__init__(wrong.reason)
        self.row = row
        self.wrong = wrong


class _Grouping:
    """Tells to which product a row belongs: broken ones to the product above them, if any."""

    def __init__(self) -> None:
        self._slug = ""

    def __call__(self, row: Row) -> str:
        if not row.fault:
            self._slug = row["slug"] or self._slug
        elif not self._slug:
            return f"row {row.number}"  # no slug has a blank
        return self._slug


def _decimal(amount: int | None, currency: str) -> str:
    return "" if amount is None else f"{Decimal(amount).scaleb(-exponent(currency)):f}"


def _line(row: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(row)
    return text.getvalue()
