"""Tax rates: the share of a price that is tax, by country and first day."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Insert, insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction
from api.platform.etags import check
from api.pricing.errors import RegionalRatesUnsupported, TaxRateNotFound, TaxRateTaken
from api.pricing.models import TaxRate
from api.pricing.service import versioned_rows

ALWAYS: Final = date(2000, 1, 1)
"""The first day of a rate without a known beginning."""


def create_tax_rate(
    country: str,
    tax_class: str,
    basis_points: int,
    *,
    name: str,
    valid_from: date = ALWAYS,
    valid_to: date | None = None,
    region: str = "",
    by: Principal,
) -> UUID:
    """Create a rate that is valid from a day on.

    Raises `TaxRateTaken` when another begins on that day, and `RegionalRatesUnsupported`.
    """
    statement = insert(TaxRate).values(
        _row(country, tax_class, basis_points, name, valid_from, valid_to, region)
    )
    taken = TaxRateTaken(country=country, tax_class=tax_class, valid_from=valid_from.isoformat())
    return _write(statement, taken, country, tax_class, basis_points, by)


def set_tax_rate(
    country: str,
    tax_class: str,
    basis_points: int,
    *,
    name: str,
    valid_from: date = ALWAYS,
    valid_to: date | None = None,
    region: str = "",
    by: Principal,
) -> UUID:
    """Create a rate that is valid from a day on, or replace the one that begins on that day.

    Raises `RegionalRatesUnsupported`.
    """
    row = _row(country, tax_class, basis_points, name, valid_from, valid_to, region)
    replaced = {field: row[field] for field in ("basis_points", "name", "valid_to")}
    statement = (
        insert(TaxRate)
        .values(row)
        .on_conflict_do_update(
            constraint="uq_tax_rates_begin", set_={**replaced, "version": TaxRate.version + 1}
        )
    )
    return _write(statement, None, country, tax_class, basis_points, by)


def edit_tax_rate(
    rate_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a rate. Raises `TaxRateNotFound`, `Stale` and `TaxRateTaken`. Locks it."""
    rate = (
        require_transaction()
        .execute(
            select(TaxRate.country, TaxRate.tax_class, TaxRate.valid_from, TaxRate.version)
            .where(TaxRate.id == rate_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if rate is None:
        raise TaxRateNotFound
    check(rate.version, expected_version)
    begins: date = changes.get("valid_from", rate.valid_from)
    taken = TaxRateTaken(
        country=rate.country, tax_class=rate.tax_class, valid_from=begins.isoformat()
    )
    versioned_rows.change(TaxRate, rate_id, changes, taken=taken)
    audit.record(
        "tax_rate.edited",
        by=by,
        subject_id=rate_id,
        **{k: v.isoformat() if isinstance(v, date) else v for k, v in changes.items()},
    )


def remove_tax_rate(rate_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a rate. Raises `TaxRateNotFound`, and `Stale` when it was changed since."""
    versioned_rows.remove(TaxRate, rate_id, expected_version, missing=TaxRateNotFound())
    audit.record("tax_rate.removed", by=by, subject_id=rate_id)


def _row(
    country: str,
    tax_class: str,
    basis_points: int,
    name: str,
    valid_from: date,
    valid_to: date | None,
    region: str,
) -> dict[str, Any]:
    if region:
        raise RegionalRatesUnsupported(
            errors=[
                {
                    "pointer": "/region",
                    "code": RegionalRatesUnsupported.code,
                    "detail": "Leave the region out.",
                }
            ]
        )
    return {
        "id": new_id(),
        "created_at": clock.now(),
        "version": 1,
        "country": country,
        "region": region,
        "tax_class": tax_class,
        "basis_points": basis_points,
        "name": name,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def _write(
    statement: Insert,
    taken: TaxRateTaken | None,
    country: str,
    tax_class: str,
    basis_points: int,
    by: Principal,
) -> UUID:
    with versioned_rows.translate_integrity_errors(taken):
        rate_id: UUID = require_transaction().execute(statement.returning(TaxRate.id)).scalar_one()
    audit.record(
        "tax_rate.set",
        by=by,
        subject_id=rate_id,
        country=country,
        tax_class=tax_class,
        basis_points=basis_points,
    )
    return rate_id
