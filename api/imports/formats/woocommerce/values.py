"""What WooCommerce makes of values when it writes them into cells, undone."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from api.imports.formats.cell_parsers import DECIMAL
from api.imports.formats.csv_reader import Row

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
