"""Tax rates: written one by one or as a table, always without overlaps and holes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import AnyRow, require_transaction
from api.platform.versioned_rows import RuleImpossible
from api.tax.errors import TaxRateNotFound, TaxRatesClash, TaxRateTaken
from api.tax.models import TaxRate
from api.tax.queries import RATES, millionths_of_row
from api.tax.rules import UNTAXED, Treatment, normalize_postal_code, percent

ALWAYS: Final = date(2000, 1, 1)
"""The first day of a rate without a known beginning."""
SERIES: Final = ("country", "region", "postal_from", "postal_to", "jurisdiction", "tax_class")
"""Rows that are equal in these differ in their periods: one series."""
_DAY: Final = timedelta(days=1)
_MOST_CLASHES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRateInput:
    """A rate to write: `millionths` of the net price, 190000 for 19 %; see `TaxRate`."""

    country: str
    tax_class: str
    millionths: int
    name: str
    region: str = ""
    postal_from: str = ""
    postal_to: str = ""
    jurisdiction: str = ""
    code: str = ""
    treatment: Treatment = Treatment.STANDARD
    reason: str | None = None
    valid_from: date = ALWAYS
    valid_to: date | None = None

    @property
    def columns(self) -> dict[str, object]:
        """Return the columns of its row."""
        values = asdict(self)
        values |= _rate_columns(values.pop("millionths"))
        for name in ("postal_from", "postal_to"):
            values[name] = normalize_postal_code(values[name])
        values["region"] = values["region"].strip().upper()
        return values


def create_tax_rate(values: TaxRateInput, *, by: Principal) -> UUID:
    """Create a rate that is valid from a day on.

    A rate of its series that is valid on that day ends the day before; if the new one ends first,
    the old one goes on after it. Raises `TaxRateTaken` when another begins on that day,
    `TaxRatesClash` and `RuleImpossible`. Locks the table against other writers.
    """
    lock()
    new = row(values)
    _make_room(new)
    insert_rows(new)
    check_series(values.country)
    rate_id: UUID = new["id"]
    _audit("tax_rate.set", rate_id, values, by)
    return rate_id


def set_tax_rate(
    country: str, tax_class: str, basis_points: int, *, name: str, by: Principal, **more: Any
) -> UUID:
    """Create a rate, or replace the one of its series that begins on the same day.

    `more` are other values of `TaxRateInput`. Raises what `create_tax_rate` raises but
    `TaxRateTaken`. Locks the table against other writers.
    """
    lock()
    values = TaxRateInput(
        country=country, tax_class=tax_class, millionths=basis_points * 100, name=name, **more
    )
    new = row(values)
    found: UUID | None = require_transaction().scalar(
        select(RATES.c.id).where(*(RATES.c[name] == new[name] for name in (*SERIES, "valid_from")))
    )
    if found is None:
        return create_tax_rate(values, by=by)
    _write(found, {**values.columns, "to_check": False})
    check_series(country)
    _audit("tax_rate.set", found, values, by)
    return found


def edit_tax_rate(
    rate_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a rate; its place and class stay.

    Raises `TaxRateNotFound`, `Stale`, `TaxRateTaken`, `TaxRatesClash` and `RuleImpossible`. Locks
    the table against other writers.
    """
    lock()
    old = versioned_rows.lock(TaxRate, rate_id, expected_version, missing=TaxRateNotFound())
    columns = dict(changes)
    if "millionths" in columns:
        columns |= _rate_columns(columns.pop("millionths"))
    merged = {**old._asdict(), **columns}
    _check_treatment(merged)
    _write(rate_id, {**columns, "to_check": False}, taken=_taken(merged))
    check_series(old.country)
    audit.record(
        "tax_rate.edited",
        by=by,
        subject_id=rate_id,
        **{k: v.isoformat() if isinstance(v, date) else v for k, v in columns.items()},
    )


def remove_tax_rate(rate_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a rate. Raises `TaxRateNotFound`, `Stale`, and `TaxRatesClash` for a hole."""
    lock()
    old = versioned_rows.remove(TaxRate, rate_id, expected_version, missing=TaxRateNotFound())
    check_series(old.country)
    audit.record("tax_rate.removed", by=by, subject_id=rate_id)


def _rate_columns(millionths: int) -> dict[str, int]:
    return dict(zip(("basis_points", "extra_millionths"), divmod(millionths, 100), strict=True))


def lock() -> None:
    """Let one writer at a time change rates."""
    # One writer at a time: two rates that fit each alone may not fit together. Readers go on.
    require_transaction().execute(text("LOCK TABLE tax_rates IN SHARE ROW EXCLUSIVE MODE"))


def row(values: TaxRateInput) -> dict[str, Any]:
    """Return the row of a new rate. Raises `RuleImpossible`."""
    new = {"id": new_id(), "created_at": clock.now(), "version": 1, **values.columns}
    _check_treatment(new)
    return new


def insert_rows(*rows: Mapping[str, object]) -> None:
    """Insert rates. Raises `TaxRateTaken` and `RuleImpossible`."""
    with versioned_rows.translate_integrity_errors(_taken(rows[0])):
        require_transaction().execute(insert(RATES), list(rows))


def _write(rate_id: UUID, columns: Mapping[str, object], taken: TaxRateTaken | None = None) -> None:
    with versioned_rows.translate_integrity_errors(taken):
        require_transaction().execute(
            update(RATES)
            .where(RATES.c.id == rate_id)
            .values(**columns, version=RATES.c.version + 1)
        )


def _taken(row: Mapping[str, Any]) -> TaxRateTaken:
    begins: date = row["valid_from"]
    return TaxRateTaken(
        country=row["country"], tax_class=row["tax_class"], valid_from=begins.isoformat()
    )


def _check_treatment(row: Mapping[str, object]) -> None:
    if row["treatment"] in UNTAXED and (row["basis_points"] or row["extra_millionths"]):
        raise RuleImpossible(f"The rate of the treatment {row['treatment']} is 0.")


def _make_room(row: Mapping[str, Any]) -> None:
    """End the rate that holds on the first day of a new one, and continue it afterwards."""
    begins, ends = row["valid_from"], row["valid_to"]
    held = (
        require_transaction()
        .execute(
            select(RATES).where(
                *(RATES.c[name] == row[name] for name in SERIES),
                RATES.c.valid_from < begins,
                (RATES.c.valid_to.is_(None)) | (RATES.c.valid_to >= begins),
            )
        )
        .one_or_none()
    )
    if held is None:
        return
    _write(held.id, {"valid_to": begins - _DAY})
    if ends is not None and ends < (held.valid_to or date.max):
        rest = {**held._asdict(), "id": new_id(), "created_at": clock.now(), "version": 1}
        insert_rows({**rest, "valid_from": ends + _DAY})


def check_series(*countries: str) -> None:
    """Refuse overlaps and holes among the rates of some countries. Raises `TaxRatesClash`."""
    columns = [RATES.c[name] for name in (*SERIES, "valid_from", "valid_to", "basis_points",
                                          "extra_millionths")]  # fmt: skip
    rows = require_transaction().execute(
        select(*columns)
        .where(RATES.c.country.in_(countries))
        .order_by(*(RATES.c[name] for name in (*SERIES, "valid_from")))
    )
    clashes = [*_clashes(rows.all())][:_MOST_CLASHES]
    if clashes:
        raise TaxRatesClash(
            f"These rates do not fit together: {clashes[0]}",
            errors=[
                {"pointer": "/valid_from", "code": TaxRatesClash.code, "detail": clash}
                for clash in clashes
            ],
        )


def _clashes(rows: Sequence[AnyRow]) -> Iterable[str]:
    for _, series in groupby(rows, key=lambda row: tuple(getattr(row, name) for name in SERIES)):
        for earlier, later in pairwise(series):
            if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
                yield _clash("overlap", earlier, later)
            elif later.valid_from - earlier.valid_to > _DAY:
                yield _clash("leave a hole between them", earlier, later)
    active: list[AnyRow] = []
    for row in sorted((one for one in rows if one.postal_from), key=_range_order):
        # The last code of a range includes all codes that begin with it.
        active = [
            one for one in active
            if _range_order(one)[:4] == _range_order(row)[:4]
            and row.postal_from <= one.postal_to + "\uffff"
        ]  # fmt: skip
        for one in active:
            is_same = (one.postal_from, one.postal_to) == (row.postal_from, row.postal_to)
            if not is_same and _at_once(one, row):
                yield _clash("overlap in their postal codes", one, row)
        active.append(row)


def _range_order(row: AnyRow) -> tuple[str, ...]:
    return row.country, row.region, row.jurisdiction, row.tax_class, row.postal_from


def _at_once(one: AnyRow, other: AnyRow) -> bool:
    return (one.valid_to is None or one.valid_to >= other.valid_from) and (
        other.valid_to is None or other.valid_to >= one.valid_from
    )


def _clash(how: str, one: object, other: object) -> str:
    return f"{_words(one)} and {_words(other)} {how}."


def _words(row: Any) -> str:
    codes = f"{row.postal_from}-{row.postal_to}" if row.postal_from else ""
    place = " ".join(part for part in (row.country, row.region, codes, row.jurisdiction) if part)
    period = f"{row.valid_from} to {row.valid_to or 'further notice'}"
    return f"{place} {row.tax_class} {percent(millionths_of_row(row))} % ({period})"


def _audit(action: str, rate_id: UUID, values: TaxRateInput, by: Principal) -> None:
    audit.record(
        action, by=by, subject_id=rate_id, country=values.country, region=values.region,
        tax_class=values.tax_class, basis_points=values.columns["basis_points"],
        treatment=values.treatment.value,
    )  # fmt: skip
