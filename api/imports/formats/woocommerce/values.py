"""What WooCommerce makes of values when it writes them into cells, undone."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from api.catalog.service.inputs import PriceInput
from api.imports.formats import cell_parsers
from api.imports.formats.cell_parsers import DECIMAL, CellError
from api.imports.formats.csv_reader import CsvReader, Row
from api.imports.policy import Consequence
from api.kernel import clock
from api.kernel.money import Money

_SPLIT = re.compile(r"(?<!\\),")
_SHORT_HOUR = re.compile(r"(?<=[ T])\d:")
_GUARDED = re.compile(r"'[=+\-@\t\r]")
_END_OF_DAY = timedelta(days=1) - timedelta(microseconds=1)


class Cells(Row):
    """A row of WooCommerce: the apostrophe that keeps spreadsheets from calculating is dropped."""

    def __getitem__(self, column: str) -> str:
        """Return the cell of one of our columns, empty when the file or the row has none."""
        said = super().__getitem__(column)
        return said[1:].strip() if _GUARDED.match(said) else said


def number(said: str) -> str:
    """Write a number with a point and a digit before it.

    A site writes its own mark for decimals, and never one for thousands.
    """
    plain = said.replace(",", ".") if said.count(",") == 1 and "." not in said else said
    return f"0{plain}" if plain.startswith(".") else plain


def decimal(said: str) -> Decimal | None:
    """Read a number; None when it is none."""
    plain = number(said)
    return Decimal(plain) if DECIMAL.match(plain) else None


def moment(said: str, *, is_end: bool = False) -> datetime:
    """Read a moment, whose hour may have one digit; a day that ends something counts wholly.

    Raises ValueError.
    """
    found = datetime.fromisoformat(_SHORT_HOUR.sub(lambda hour: f"0{hour[0]}", said))
    if is_end and found.time() == time():
        found += _END_OF_DAY
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def text(said: str) -> str:
    """Read a name; some sites keep `&amp;` for an ampersand."""
    return html.unescape(said)


def listed(said: str) -> Iterator[str]:
    """Split at commas; one that belongs to a value is written `\\,`."""
    for part in _SPLIT.split(said):
        if value := one(part.strip()):
            yield value


def one(said: str) -> str:
    """Read a single value of what could be a list."""
    return text(said.replace("\\,", ","))


def lines(said: str) -> str:
    """Read line ends, which are written as a backslash and an n, and that as two and an n."""
    return "\\n".join(part.replace("\\n", "\n") for part in said.split("\\\\n"))


class Prices:
    """Reads prices in one currency: a regular one, and a sale price that counts on some days.

    What is passed over is told to `note`.
    """

    def __init__(
        self, sheet: CsvReader, currency: str, note: Callable[[Row, CellError, Consequence], None]
    ) -> None:
        self._sheet, self._currency, self._note = sheet, currency, note

    def of(self, row: Row) -> tuple[PriceInput, ...]:
        """Return what a row costs: today's price, and the one that it is compared with."""
        regular, sale = self._money(row, "price"), self._money(row, "sale_price")
        if regular is None or sale is None or sale.amount >= regular.amount:
            price = regular or sale
            return (PriceInput(price),) if price else ()
        if not self._is_on_sale(row):
            return (PriceInput(regular),)
        return (PriceInput(sale, regular),)

    def _money(self, row: Row, column: str) -> Money | None:
        name = self._sheet.name_of(column)
        try:
            return cell_parsers.money(number(row[column]), name, self._currency)
        except CellError as bad:
            raise CellError(name, row[column], bad.reason) from bad

    def _is_on_sale(self, row: Row) -> bool:
        """Tell whether the sale price is the price of today; one of another time is told of."""
        now, name = clock.now(), self._sheet.name_of
        starts, ends = (self._moment(row, column) for column in ("sale_starts", "sale_ends"))
        if (starts is None or starts <= now) and (ends is None or ends >= now):
            return True
        other = CellError(
            name("sale_price"),
            row["sale_price"],
            "This sale is not on today, so the regular price was taken.",
        )
        self._note(row, other, Consequence.VALUE_IGNORED)
        return False

    def _moment(self, row: Row, column: str) -> datetime | None:
        if not row[column]:
            return None
        try:
            return moment(row[column], is_end=column == "sale_ends")
        except ValueError as wrong:
            raise CellError(
                self._sheet.name_of(column), row[column], "Write a day such as 2026-05-01."
            ) from wrong
