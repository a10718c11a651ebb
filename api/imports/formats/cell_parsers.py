"""Values of cells, read strictly: a cell that could mean two things means none.

What a spreadsheet has ruined of a SKU or barcode is left out alone.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from unicodedata import category, normalize

from api.imports.formats.csv_reader import CsvReader, Row
from api.imports.formats.parsed import ParsedProduct, RowError
from api.imports.policy import Consequence
from api.kernel.money import Money, exponent

HIGHEST_AMOUNT = 10**12
HIGHEST_QUANTITY = 1_000_000_000
HEAVIEST_GRAMS = 1_000_000_000
LONGEST_URL = 2000

DECIMAL = re.compile(r"^\d{1,15}(?:\.\d{1,15})?$")
_WHOLE = re.compile(r"^-?\d{1,12}(?:\.0+)?$")
_GROUPED = re.compile(r"^\d{1,3}(?:(?P<mark>[ .,'’\u00a0\u202f])\d{3})(?:(?P=mark)\d{3})*$")
_ROUNDED = re.compile(r"^\d(?:[.,]\d+)?E\+\d{1,2}$", re.IGNORECASE)
_FRACTION_OF_A_CODE = re.compile(r"^(\d{6,})\.0$")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class CellError(Exception):
    """A cell that cannot be read, with what would be right."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.value = value
        self.reason = reason


class RoundedCode(CellError):
    """A code of which a spreadsheet has left only the first digits: nobody has the rest."""


def text(value: str, column: str, *, longest: int) -> str:
    """Read a text of limited length."""
    if len(value) > longest:
        raise CellError(
            column, value, f"This has {len(value)} characters; shorten it to {longest} or fewer."
        )
    return value


def code(value: str, column: str, *, longest: int) -> str | None:
    """Read a SKU or barcode; the apostrophe that keeps spreadsheets from rounding it is dropped.

    Raises RoundedCode for one that was rounded all the same.
    """
    if _ROUNDED.match(value):
        raise RoundedCode(
            column,
            value,
            "A spreadsheet has rounded this code, so it was left out: take it from the shop that"
            " exported it, and keep the column as text.",
        )
    return text(value.removeprefix("'").strip(), column, longest=longest) or None


def barcode(value: str, column: str, *, longest: int) -> str | None:
    """Read a barcode as `code` does; decimals that spreadsheets give to numbers are dropped."""
    return code(_FRACTION_OF_A_CODE.sub(r"\1", value), column, longest=longest)


def parse_bool(value: str, column: str) -> bool | None:
    """Read TRUE or FALSE in any case; None when nothing is said."""
    if not value:
        return None
    if value.casefold() not in _TRUTHS:
        raise CellError(column, value, "Write TRUE or FALSE.")
    return _TRUTHS[value.casefold()]


def money(value: str, column: str, currency: str) -> Money | None:
    """Read an amount such as 12.50 in the shop's currency; None when nothing is said.

    Thousands may be set apart, and decimals have a comma, where that can mean only one thing:
    `1,299.00`, `1.299,00` and `9,99` are read, `1,299` is not.
    """
    if not value:
        return None
    digits = exponent(currency)
    example = "12" if digits == 0 else f"12.{'5'.ljust(digits, '0')}"
    plain = _plain_amount(value, has_decimals=digits > 0)
    if plain is None:
        raise CellError(
            column,
            value,
            f"Write an amount such as {example}, with a point for decimals and without"
            " separators, signs or a currency.",
        )
    units = Decimal(plain).scaleb(digits)
    if units != units.to_integral_value():
        raise CellError(
            column, value, f"{currency} has {digits} decimals: write an amount such as {example}."
        )
    if units > HIGHEST_AMOUNT:
        raise CellError(column, value, "This amount is too high to be a price.")
    return Money(int(units), currency)


def _plain_amount(value: str, *, has_decimals: bool) -> str | None:
    """Write an amount with a point for decimals and nothing else; None when it is not clear."""
    if DECIMAL.match(value):
        return value
    whole, mark, rest = value, "", ""
    last = max(value.rfind("."), value.rfind(","))
    if last >= 0 and value.count(value[last]) == 1:
        whole, mark, rest = value[:last], value[last], value[last + 1 :]
    grouped = _GROUPED.match(whole)
    if mark == "," and whole.isdecimal() and len(rest) == 3:
        # A thousand and something, or three decimals.
        return None if has_decimals or len(whole) > 3 else whole + rest
    if grouped is not None and grouped["mark"] != mark:
        whole = whole.replace(grouped["mark"], "")
    plain = f"{whole}.{rest}" if mark else whole
    return plain if DECIMAL.match(plain) else None


def quantity(value: str, column: str) -> int | None:
    """Read how many there are; below 0 when more were sold than were there."""
    if not value:
        return None
    if not _WHOLE.match(value) or abs(Decimal(value)) > HIGHEST_QUANTITY:
        raise CellError(column, value, "Write a whole number of pieces, such as 12.")
    return int(Decimal(value))


def grams(value: str, column: str) -> int:
    """Read a weight in grams, which some exports write with decimals; 0 when nothing is said."""
    if not value:
        return 0
    if not DECIMAL.match(value) or Decimal(value) > HEAVIEST_GRAMS:
        raise CellError(column, value, "Write the weight in grams, such as 350.")
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def url(value: str, column: str) -> str | None:
    """Read the address of a picture; None when nothing is said."""
    if not value:
        return None
    if not value.lower().startswith(("http://", "https://")) or len(value) > LONGEST_URL:
        raise CellError(
            column,
            value,
            f"Write an address of at most {LONGEST_URL} characters that begins with https://.",
        )
    return value


def tags(value: str, column: str) -> tuple[str, ...]:
    """Read tags between commas, each once, in their order."""
    found = dict.fromkeys(tag.strip() for tag in value.split(","))
    found.pop("", None)
    for tag in found:
        text(tag, column, longest=255)
    return tuple(found)


LONGEST_SKU = 255
LONGEST_BARCODE = 64


def codes_of(row: Row, sheet: CsvReader, found: ParsedProduct) -> tuple[str | None, str | None]:
    """Read a variant's SKU and barcode; notes those that are not whole any more. Raises BadCell."""

    def read(column: str, reader: Callable[..., str | None], longest: int) -> str | None:
        try:
            return reader(row[column], sheet.name_of(column), longest=longest)
        except RoundedCode as bad:
            found.problems.append(
                RowError(row.number, bad.column, bad.value, bad.reason, Consequence.VALUE_IGNORED)
            )
            return None

    return read("sku", code, LONGEST_SKU), read("barcode", barcode, LONGEST_BARCODE)


def opening_quantity(row: Row, sheet: CsvReader, found: ParsedProduct) -> int | None:
    """Read the opening stock. A negative number says nothing: it is not counted."""
    column = sheet.name_of("quantity")
    read = quantity(row["quantity"], column)
    if read is not None and read < 0:
        reason = "More were sold than were there; it was taken in without opening stock. Count it."
        found.problems.append(
            RowError(row.number, column, row["quantity"], reason, Consequence.VALUE_IGNORED)
        )
        return None
    return read


_FIT = re.compile(r"[^\W_]+(?:[-_]+[^\W_]+)*")
_WORD = re.compile(r"\w+")


def slug_of(handle: str) -> str:
    """Return the address for a handle: itself where it fits, else with dashes for what does not.

    Empty when nothing is left.
    """
    # Some systems write a letter and its accent as two; the address has them as one.
    lower = normalize("NFC", handle.strip().casefold())
    if is_address(lower):
        return lower
    words = _WORD.finditer(_with_plain_letters(lower))
    return "-".join(lower[word.start() : word.end()] for word in words).strip("-_")


def is_address(text: str) -> bool:
    """Tell whether a text is letters and digits, of any script, with dashes between them."""
    return _FIT.fullmatch(_with_plain_letters(text)) is not None


def _with_plain_letters(text: str) -> str:
    """Put a letter where a vowel or tone is written over, under or beside one, as in Thai."""
    if text.isascii():
        return text
    return "".join("x" if category(sign) in ("Mn", "Mc") else sign for sign in text)
