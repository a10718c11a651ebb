"""Tax rates as CSV: our own columns, or the tables by ZIP code that are published for US states."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import date
from typing import Final

from sqlalchemy import delete, select, tuple_

from api.kernel.principal import Principal
from api.platform import audit
from api.platform.addresses import COUNTRIES
from api.platform.db import require_transaction, session
from api.tax.errors import TaxRatesUnreadable
from api.tax.queries import RATES, millionths_of_row
from api.tax.rules import (
    REST_OF_WORLD,
    STANDARD,
    Treatment,
    millionths_of,
    millionths_of_fraction,
    percent,
)
from api.tax.service.rates import ALWAYS, SERIES, TaxRateInput, check_series, insert_rows, lock, row

COLUMNS: Final = (
    "country", "region", "postal_from", "postal_to", "jurisdiction", "tax_class", "rate", "name",
    "code", "treatment", "reason", "valid_from", "valid_to",
)  # fmt: skip
_NEEDED: Final = {"country", "rate"}
_BY_ZIP: Final = {"State", "ZipCode", "TaxRegionName", "StateRate"}
_OF_ZIP: Final = {
    "EstimatedCountyRate": "county",
    "EstimatedCityRate": "city",
    "EstimatedSpecialRate": "special district",
}
_LONGEST: Final = {
    "region": 40, "postal_from": 16, "postal_to": 16, "jurisdiction": 80, "tax_class": 40,
    "name": 120, "code": 40, "reason": 200,
}  # fmt: skip
_MOST_ERRORS: Final = 20
_PERCENT: Final = re.compile(r"(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)", re.ASCII)
_FRACTION: Final = re.compile(r"(0?\.[0-9]{1,6}0*|[01](\.0*)?)", re.ASCII)


def import_tax_rates(text: str, *, is_dry_run: bool, by: Principal) -> dict[str, int]:
    """Replace each series of rates that a CSV names by its rows, all of them or none.

    Returns how many `rows` the file has, and how many rates were `replaced`. A dry run checks
    everything and writes nothing. Raises `TaxRatesUnreadable` with the rows that cannot be read,
    `TaxRateTaken`, `TaxRatesClash` and `RuleImpossible`. Locks the table against other writers.
    """
    lock()
    rows = [row(values) for values in read_csv(text)]
    with session.begin_nested() if is_dry_run else nullcontext() as attempt:
        series = {tuple(one[name] for name in SERIES) for one in rows}
        replaced = 0
        # In parts: a file of a whole state has thousands of series.
        listed = sorted(series)
        for start in range(0, len(listed), 500):
            part = tuple_(*(RATES.c[name] for name in SERIES)).in_(listed[start : start + 500])
            gone = require_transaction().scalars(delete(RATES).where(part).returning(RATES.c.id))
            replaced += len(gone.all())
        insert_rows(*rows)
        check_series(*{one["country"] for one in rows})
        if attempt is not None:
            attempt.rollback()
    counts = {"rows": len(rows), "replaced": replaced}
    if not is_dry_run:
        audit.record("tax_rates.imported", by=by, subject_id=None, **counts)
    return counts


def export_tax_rates() -> str:
    """Return all tax rates as CSV, as the import takes it."""
    written = io.StringIO()
    sheet = csv.writer(written, lineterminator="\n")
    sheet.writerow(COLUMNS)
    order = (*(RATES.c[name] for name in SERIES), RATES.c.valid_from)
    for one in session.execute(select(RATES).order_by(*order)):
        values = {**one._asdict(), "rate": percent(millionths_of_row(one))}
        sheet.writerow("" if values[name] is None else str(values[name]) for name in COLUMNS)
    return written.getvalue()


def read_csv(text: str) -> list[TaxRateInput]:
    """Read a CSV of rates. Raises `TaxRatesUnreadable` with each row that cannot be read."""
    sheet = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    columns = {name.strip() for name in sheet.fieldnames or ()}
    is_by_zip = columns >= _BY_ZIP
    unknown = set() if is_by_zip else columns - set(COLUMNS)
    if unknown or not (is_by_zip or columns >= _NEEDED):
        raise TaxRatesUnreadable(
            f"The columns must be among {', '.join(COLUMNS)}, with country and rate, or those of a"
            f" table by ZIP code ({', '.join(sorted(_BY_ZIP))}).",
            errors=[],
        )
    rates: list[TaxRateInput] = []
    errors: list[dict[str, str]] = []
    states: set[str] = set()
    try:
        for line in sheet:
            values = {name.strip(): (value or "").strip() for name, value in line.items() if name}
            try:
                rates += _by_zip(values, states) if is_by_zip else [_rate(values)]
            except ValueError as error:
                errors.append(_error(sheet.line_num, str(error)))
    except csv.Error as error:
        errors.append(_error(sheet.line_num, str(error)))
    if errors or not rates:
        detail = errors[0]["detail"] if errors else "The file has no rows."
        raise TaxRatesUnreadable(f"Nothing was read. {detail}", errors=errors[:_MOST_ERRORS])
    return rates


def _error(line: int, problem: str) -> dict[str, str]:
    detail = f"Line {line}: {problem}"
    return {"pointer": "/csv", "code": TaxRatesUnreadable.code, "detail": detail}


def _rate(values: Mapping[str, str]) -> TaxRateInput:
    if values["country"] not in COUNTRIES | {REST_OF_WORLD}:
        raise ValueError(f"{values['country']!r} is not a country code such as DE.")
    if not _PERCENT.fullmatch(values["rate"]):
        raise ValueError(f"{values['rate']!r} is not a rate in percent such as 8.875.")
    for name, longest in _LONGEST.items():
        if len(values.get(name, "")) > longest:
            raise ValueError(f"{name} has more than {longest} characters.")
    rate = millionths_of(values["rate"])
    default = Treatment.STANDARD if rate else Treatment.ZERO
    return TaxRateInput(
        country=values["country"],
        tax_class=values.get("tax_class") or STANDARD,
        millionths=rate,
        name=values.get("name") or "Tax",
        treatment=Treatment(values.get("treatment") or default),
        reason=values.get("reason") or None,
        valid_from=_day(values.get("valid_from")) or ALWAYS,
        valid_to=_day(values.get("valid_to")),
        **{
            name: values.get(name, "")
            for name in ("region", "postal_from", "postal_to", "jurisdiction", "code")
        },
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _by_zip(values: Mapping[str, str], states: set[str]) -> Iterator[TaxRateInput]:
    """Read a row of a table by ZIP code: rates are fractions, the state's stands in each row."""
    state, code = values["State"], values["ZipCode"]
    if not (len(state) == 2 and len(code) == 5 and code.isdecimal()):
        raise ValueError(f"{state!r} {code!r} are not a state and a ZIP code.")
    if state not in states:
        states.add(state)
        yield _of_us(values["StateRate"], state, "state")
    for column, level in _OF_ZIP.items():
        if _millionths(values.get(column) or "0"):
            name = f"{values['TaxRegionName']} {level}"[:80]
            yield _of_us(values[column], state, level, jurisdiction=name, postal=code)


def _millionths(fraction: str) -> int:
    if not _FRACTION.fullmatch(fraction):
        raise ValueError(f"{fraction!r} is not a rate as a fraction such as 0.0725.")
    return millionths_of_fraction(fraction)


def _of_us(
    fraction: str, state: str, level: str, *, jurisdiction: str = "", postal: str = ""
) -> TaxRateInput:
    millionths = _millionths(fraction)
    return TaxRateInput(
        country="US", region=state, tax_class=STANDARD, millionths=millionths,
        name=f"{level.capitalize()} sales tax", jurisdiction=jurisdiction, postal_from=postal,
        postal_to=postal, treatment=Treatment.STANDARD if millionths else Treatment.ZERO,
    )  # fmt: skip
