"""Verbs of pricing: name a rate, offer a way of delivery, change or withdraw either.

Orders keep what was agreed, so nothing here reaches back into them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.concurrency import check
from api.platform.db import require_transaction
from api.pricing.errors import (
    RuleImpossible,
    ShippingCodeTaken,
    ShippingMethodNotFound,
    TaxRateNotFound,
    TaxRateTaken,
)
from api.pricing.models import ShippingMethod, TaxRate

ALWAYS: Final = date(2000, 1, 1)
"""The first day of a rate that nobody remembers the beginning of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingDraft:
    """A way of delivery to offer. `price` and `free_above` are in one currency, tax included."""

    code: str
    name: str
    countries: Sequence[str]
    price: Money
    free_above: Money | None = None
    tax_class: str = "standard"
    position: int = 0
    is_active: bool = True
    min_delivery_days: int = 1
    max_delivery_days: int = 5


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
    """Say what the rate of a class is in a place from a day on; said again, it is corrected."""
    values = {
        "basis_points": basis_points,
        "name": name,
        "valid_to": valid_to,
    }
    statement = insert(TaxRate).values(
        id=new_id(),
        created_at=clock.now(),
        version=1,
        country=country,
        region=region,
        tax_class=tax_class,
        valid_from=valid_from,
        **values,
    )
    with _told_as_refusals():
        rate_id: UUID = (
            require_transaction()
            .execute(
                statement.on_conflict_do_update(
                    constraint="uq_tax_rates_begin", set_={**values, "version": TaxRate.version + 1}
                ).returning(TaxRate.id)
            )
            .scalar_one()
        )
    audit.record(
        "tax_rate.set",
        by=by,
        subject_id=rate_id,
        country=country,
        tax_class=tax_class,
        basis_points=basis_points,
    )
    return rate_id


def edit_tax_rate(
    rate_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a rate. Raises `Stale` when somebody else changed it since, and `TaxRateTaken`."""
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
    taken = TaxRateTaken(
        country=rate.country,
        tax_class=changes.get("tax_class", rate.tax_class),
        valid_from=str(changes.get("valid_from", rate.valid_from)),
    )
    _change(TaxRate, rate_id, changes, taken)
    audit.record("tax_rate.edited", by=by, subject_id=rate_id, **_plain(changes))


def remove_tax_rate(rate_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Withdraw a rate. Raises `Stale` when somebody else changed it since."""
    _remove(TaxRate, rate_id, expected_version, TaxRateNotFound())
    audit.record("tax_rate.removed", by=by, subject_id=rate_id)


def create_shipping_method(draft: ShippingDraft, *, by: Principal) -> UUID:
    """Offer a way of delivery. Raises `ShippingCodeTaken`."""
    method_id, price = new_id(), draft.price
    if draft.free_above is not None and draft.free_above.currency != price.currency:
        raise RuleImpossible("The price and the amount above which it is free differ in currency.")
    with _told_as_refusals(ShippingCodeTaken(method=draft.code, currency=price.currency)):
        require_transaction().execute(
            insert(ShippingMethod).values(
                id=method_id,
                created_at=clock.now(),
                version=1,
                code=draft.code,
                name=draft.name,
                countries=list(draft.countries),
                currency=price.currency,
                amount=price.amount,
                free_above=draft.free_above.amount if draft.free_above else None,
                tax_class=draft.tax_class,
                position=draft.position,
                is_active=draft.is_active,
                min_delivery_days=draft.min_delivery_days,
                max_delivery_days=draft.max_delivery_days,
            )
        )
    audit.record("shipping_method.created", by=by, subject_id=method_id, code=draft.code)
    return method_id


def edit_shipping_method(
    method_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a way of delivery; amounts stay in its currency.

    Raises `Stale` when somebody else changed it since.
    """
    method = (
        require_transaction()
        .execute(
            select(ShippingMethod.code, ShippingMethod.currency, ShippingMethod.version)
            .where(ShippingMethod.id == method_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if method is None:
        raise ShippingMethodNotFound
    check(method.version, expected_version)
    columns = dict(changes)
    for field, column in (("price", "amount"), ("free_above", "free_above")):
        if isinstance(given := columns.pop(field, None), Money):
            if given.currency != method.currency:
                raise RuleImpossible(
                    f"This method is priced in {method.currency}; make another for another one."
                )
            columns[column] = given.amount
        elif field in changes:
            columns[column] = None
    _change(
        ShippingMethod,
        method_id,
        columns,
        ShippingCodeTaken(method=columns.get("code", method.code), currency=method.currency),
    )
    audit.record("shipping_method.edited", by=by, subject_id=method_id, **_plain(columns))


def remove_shipping_method(method_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Withdraw a way of delivery. Raises `Stale` when somebody else changed it since."""
    _remove(ShippingMethod, method_id, expected_version, ShippingMethodNotFound())
    audit.record("shipping_method.removed", by=by, subject_id=method_id)


def _change(
    kind: type[TaxRate] | type[ShippingMethod],
    row_id: UUID,
    changes: Mapping[str, Any],
    taken: DomainError,
) -> None:
    """Write the changed columns of a locked row and raise its version."""
    with _told_as_refusals(taken):
        require_transaction().execute(
            update(kind).where(kind.id == row_id).values(**changes, version=kind.version + 1)
        )


def _remove(
    kind: type[TaxRate] | type[ShippingMethod],
    row_id: UUID,
    expected_version: int,
    missing: DomainError,
) -> None:
    version = require_transaction().scalar(
        select(kind.version).where(kind.id == row_id).with_for_update()
    )
    if version is None:
        raise missing
    check(version, expected_version)
    require_transaction().execute(delete(kind).where(kind.id == row_id))


@contextmanager
def _told_as_refusals(taken: DomainError | None = None) -> Iterator[None]:
    """Raise what the database refuses as our own refusal: a taken name, or values that clash."""
    try:
        yield
    except IntegrityError as clash:
        told = getattr(clash.orig, "diag", None)
        constraint = getattr(told, "constraint_name", None) or ""
        if constraint.startswith("uq_") and taken is not None:
            raise taken from clash
        if constraint.startswith("ck_"):
            rule = constraint.split("_", 1)[1].replace("_", " ")
            raise RuleImpossible(f"These values do not fit together: {rule}.") from clash
        raise


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in changes.items()}
