"""Reads of tax rates: the rules of a destination in one statement, and pages for staff."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, String, and_, bindparam, func, or_, select

from api.kernel import clock
from api.platform import pagination
from api.platform.db import session, table_of
from api.platform.pagination import Sort
from api.platform.service_registry import get_service
from api.platform.settings import Settings
from api.tax.errors import TaxRateNotFound
from api.tax.models import TaxRate
from api.tax.rules import (
    REST_OF_WORLD,
    Destination,
    Rate,
    Tax,
    TaxRules,
    is_rest_of_world,
    percent,
)

RATES: Final = table_of(TaxRate)


def tax_day(moment: datetime | None = None) -> date:
    """Return the day of a moment, by default now, in the shop's time zone.

    An order owes the taxes of the day when it was placed.
    """
    settings: Settings = get_service(Settings)
    return (moment or clock.now()).astimezone(settings.zone).date()


def rules_for(destination: Destination, *, on: date | None = None) -> TaxRules:
    """Return the tax rules of a destination on a day, by default today, in one statement.

    Whether a class has a rule is known when it is asked for: `TaxRules.taxes`.
    """
    settings: Settings = get_service(Settings)
    day = on or tax_day()
    countries = [destination.country]
    if is_rest_of_world(destination.country, settings.country):
        countries.append(REST_OF_WORLD)
    rows = session.execute(
        _RATES_OF,
        {
            "countries": countries,
            "region": destination.region.upper(),
            "postal": destination.postal_code,
            "day": day,
        },
    )
    return TaxRules([_rate_of(row) for row in rows], destination, day)


def countries_with_rules(on: date) -> frozenset[str]:
    """Return the countries, and perhaps `*`, that have any tax rule on a day."""
    return frozenset(session.scalars(select(RATES.c.country).where(_holds_on(on)).distinct()))


def rules_to_check() -> tuple[tuple[UUID, str], ...]:
    """Return the rules that a migration wrote and nobody has edited: id, country and treatment."""
    rows = session.execute(
        select(RATES.c.id, RATES.c.country, RATES.c.tax_class, RATES.c.treatment)
        .where(RATES.c.to_check)
        .order_by(RATES.c.country, RATES.c.id)
    )
    return tuple((row.id, f"{row.country} {row.tax_class} {row.treatment}") for row in rows)


def tax_rate(rate_id: UUID) -> dict[str, Any]:
    """Return a tax rate. Raises `TaxRateNotFound`."""
    row = session.execute(_LISTED.where(RATES.c.id == rate_id)).one_or_none()
    if row is None:
        raise TaxRateNotFound
    return rate_fields(row)


def tax_rates_page(
    *, country: str | None, region: str | None, limit: int, cursor: str | None, with_total: bool
) -> dict[str, Any]:
    """Return a page of all tax rates by country, including past and future ones."""
    filters = {"country": country, "region": region}
    where = [RATES.c[name] == value for name, value in filters.items() if value]
    rows, page = pagination.page(
        _LISTED.where(*where),
        Sort((RATES.c.country, RATES.c.id)),
        limit=limit,
        cursor=cursor,
        filters=[value for value in filters.values() if value] or None,
        total=select(RATES.c.id).where(*where) if with_total else None,
    )
    return {"data": [rate_fields(row) for row in rows], "page": page}


def rate_fields(row: Any) -> dict[str, Any]:
    """Return a rate as staff see it."""
    fields = {
        name: getattr(row, name)
        for name in (
            "id", "country", "region", "postal_from", "postal_to", "jurisdiction", "tax_class",
            "basis_points", "name", "code", "treatment", "reason", "to_check", "valid_from",
            "valid_to", "version",
        )
    }  # fmt: skip
    return {**fields, "rate": percent(millionths_of_row(row))}


def millionths_of_row(row: Any) -> int:
    """Return the rate of a row in millionths."""
    return int(row.basis_points * 100 + row.extra_millionths)


def _holds_on(day: Any) -> ColumnElement[bool]:
    return and_(RATES.c.valid_from <= day, or_(RATES.c.valid_to.is_(None), RATES.c.valid_to >= day))


# Built once: every checkout runs it, and building costs more than running.
_POSTAL: Final = bindparam("postal", type_=String)
_RATES_OF: Final = (
    select(
        *RATES.c["country", "region", "postal_from", "tax_class", "basis_points",
                 "extra_millionths", "name", "code", "jurisdiction", "treatment", "reason"]
    )
    .where(
        RATES.c.country == func.any(bindparam("countries")),
        or_(RATES.c.region == "", func.upper(RATES.c.region) == bindparam("region")),
        or_(
            RATES.c.postal_from == "",
            and_(
                func.left(_POSTAL, func.length(RATES.c.postal_from)).collate("C")
                >= RATES.c.postal_from,
                func.left(_POSTAL, func.length(RATES.c.postal_to)).collate("C")
                <= RATES.c.postal_to,
            ),
        ),
        _holds_on(bindparam("day", type_=Date)),
    )
    # Where periods overlap, as an older release allowed, the one that began later applies.
    .order_by(RATES.c.valid_from)
)  # fmt: skip
_LISTED: Final = select(RATES)


def _rate_of(row: Any) -> Rate:
    tax = Tax(
        millionths_of_row(row), row.name, row.code, row.jurisdiction, row.treatment, row.reason
    )
    return Rate(row.country, row.region, row.postal_from, row.tax_class, tax)
