"""Shipping methods as a table of comma-separated values: a row for each price or price band."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api.kernel.money import Money, exponent, is_currency
from api.shipping.errors import TableInvalid
from api.shipping.rules import BandUnit

COLUMNS: Final = (
    "code", "currency", "name", "zone", "band_unit", "from", "up_to", "price", "free_above",
    "tax_class", "carrier", "calendar", "min_delivery_days", "max_delivery_days", "position",
    "is_active",
)  # fmt: skip
MOST_ROWS: Final = 5_000
_NEEDED: Final = ("code", "currency", "name", "zone", "price")
_YES: Final = {"yes": True, "no": False, "": True}
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_AMOUNT: Final = re.compile(r"\d{1,12}(\.\d{1,3})?", re.ASCII)
_HIGHEST: Final = {"min_delivery_days": 365, "max_delivery_days": 365, "position": 10**6}
_WHOLE: Final = re.compile(r"\d{1,12}", re.ASCII)


Wrong = Callable[[str, str], None]


@dataclass(slots=True)
class TableMethod:
    """A method of a table: the row (from 1, the header) where it begins, and its values."""

    row: int
    code: str
    currency: str
    values: dict[str, Any]
    bands: list[tuple[int, int | None, Money]] = field(default_factory=list)


def write(methods: Iterable[Mapping[str, Any]]) -> str:
    """Write methods, with the codes of their zones and calendars, as a table."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n", extrasaction="ignore")
    table.writeheader()
    for method in methods:
        free_above = method["free_above"]
        plain = {
            **method,
            "currency": method["price"].currency,
            "free_above": "" if free_above is None else _decimal(free_above),
            "is_active": "yes" if method["is_active"] else "no",
        }
        bands = method["bands"] or [{"from": "", "up_to": "", "price": method["price"]}]
        for band in bands:
            up_to = "" if band["up_to"] is None else band["up_to"]
            row = {**plain, "from": band["from"], "up_to": up_to, "price": _decimal(band["price"])}
            table.writerow({name: _safe(row[name]) for name in COLUMNS})
    return text.getvalue()


def read(text: str) -> list[TableMethod]:
    """Read a table. Raises `TableInvalid` with every row that cannot be read, and why.

    Rows with the same code and currency are the bands of one method. Columns may be left out,
    except for code, currency, name, zone and price; what is left out stays as it is.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    header = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = header
    unknown = [name for name in header if name not in COLUMNS]
    missing = [name for name in _NEEDED if name not in header]
    if unknown or missing:
        raise TableInvalid(
            errors=[
                *(table_error(1, name, f"There is no column {name}.") for name in unknown),
                *(table_error(1, name, f"The column {name} is missing.") for name in missing),
            ]
        )
    found: dict[tuple[str, str], TableMethod] = {}
    errors: list[dict[str, str]] = []
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS:
            errors.append(table_error(number, "", f"A table has up to {MOST_ROWS} rows."))
            break
        if None in row or None in row.values():
            errors.append(table_error(number, "", f"This row has not {len(header)} cells."))
            continue
        _read_row(number, {name: cell.strip() for name, cell in row.items()}, found, errors)
    if errors:
        raise TableInvalid(errors=errors)
    return list(found.values())


def _read_row(
    number: int,
    row: dict[str, str],
    found: dict[tuple[str, str], TableMethod],
    errors: list[dict[str, str]],
) -> None:
    def wrong(name: str, sentence: str) -> None:
        errors.append(table_error(number, name, sentence))

    before = len(errors)
    code, currency = row["code"], row["currency"].upper()
    if not _CODE.fullmatch(code):
        wrong("code", "Use up to 60 lowercase letters, digits or dashes.")
    if not is_currency(currency):
        return wrong("currency", "Use a currency such as EUR.")
    values = _plain(row, wrong)
    price = _amount("price", row["price"], currency, wrong)
    if "free_above" in row:
        cell = row["free_above"]
        values["free_above"] = _amount("free_above", cell, currency, wrong) if cell else None
    band = _band(row, wrong)
    values["band_unit"] = row.get("band_unit") or None
    if len(errors) > before or price is None:
        return None
    known = found.setdefault((code, currency), TableMethod(number, code, currency, values))
    if known.row != number and (band is None or known.values != values):
        return wrong("code", f"It is in row {known.row}: only bands of one method may follow.")
    if band is None:
        known.values["price"] = price
    else:
        known.bands.append((*band, price))
    return None


def _plain(row: dict[str, str], wrong: Wrong) -> dict[str, object]:
    """Read the cells that are no amounts."""
    if not 1 <= len(row["name"]) <= 120:
        wrong("name", "A name has 1 to 120 characters.")
    values: dict[str, Any] = {"name": row["name"], "zone": row["zone"]}
    values |= {name: row[name] or None for name in ("carrier", "calendar") if name in row}
    if row.get("tax_class"):
        values["tax_class"] = row["tax_class"]
    for name, highest in _HIGHEST.items():
        cell = row.get(name, "")
        if cell and (not _WHOLE.fullmatch(cell) or int(cell) > highest):
            wrong(name, f"{cell!r} is not a whole number up to {highest}.")
        elif cell:
            values[name] = int(cell)
    if "is_active" in row:
        answer = _YES.get(row["is_active"].casefold())
        if answer is None:
            wrong("is_active", "Write yes or no.")
        values["is_active"] = answer
    return values


def _band(row: dict[str, str], wrong: Wrong) -> tuple[int, int | None] | None:
    """Read the ends of a band; None where the row is one price."""
    unit, start, end = (row.get(name, "") for name in ("band_unit", "from", "up_to"))
    if not unit:
        if start or end:
            wrong("band_unit", "Say what the band measures: weight, value or quantity.")
        return None
    if unit not in set(BandUnit):
        wrong("band_unit", "Use weight, value or quantity, or leave it empty.")
    is_readable = True
    for name, cell in (("from", start), ("up_to", end)):
        if not _WHOLE.fullmatch(cell) and (cell or name == "from"):
            wrong(name, f"{cell!r} is not a whole number of grams, minor units or units.")
            is_readable = False
    return (int(start), int(end) if end else None) if is_readable else None


def _amount(name: str, cell: str, currency: str, wrong: Wrong) -> Money | None:
    """Read an amount; a decimal comma is refused, never dropped."""
    whole, _, decimals = cell.partition(".")
    digits = exponent(currency)
    if not _AMOUNT.fullmatch(cell) or len(decimals) > digits:
        sample = _decimal(Money(490, currency))
        wrong(name, f"{cell!r} is not an amount of {currency} such as {sample}.")
        return None
    return Money(int(whole + decimals.ljust(digits, "0")), currency)


def _decimal(money: Money) -> str:
    digits = exponent(money.currency)
    text = str(money.amount).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


def _safe(value: object) -> object:
    """Keep a spreadsheet from reading a text as a formula."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@")
    return f"'{value}" if is_formula else value


def table_error(row: int, column: str, detail: str) -> dict[str, str]:
    """Return an error about a row, as `TableInvalid` lists them."""
    where = f"row {row}, {column}" if column else f"row {row}"
    return {"pointer": "/csv", "code": TableInvalid.code, "detail": f"{where}: {detail}"}
