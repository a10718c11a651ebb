"""Edits of reasons, policies and sentences. Need a transaction."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from api.catalog.queries import variant_lookup
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction, session, table_of
from api.platform.etags import check
from api.returns.errors import (
    HolidayNotFound,
    HolidayTaken,
    PolicyNotFound,
    PolicyScopeUnknown,
    PolicyTaken,
)
from api.returns.models import PublicHoliday, ReturnPolicy, ReturnReason, ReturnTexts
from api.tax import queries as tax_queries


def put_reason(
    code: str, values: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Write a reason of the catalogue, or one instead of a built-in one (version 0).

    Raises `Stale` when it was written since.
    """
    _put(ReturnReason, "code", code, dict(values), expected_version)
    audit.record("return_reason.edited", by=by, subject_id=None, code=code, **values)


def put_texts(
    language: str, values: Mapping[str, str], *, expected_version: int, by: Principal
) -> None:
    """Write the shop's own sentences in a language. Raises `Stale` when they were written since."""
    _put(ReturnTexts, "language", language, {"texts": dict(values)}, expected_version)
    audit.record("return_texts.edited", by=by, subject_id=None, language=language, **values)


def put_text(language: str, name: str, text: str, *, expected_version: int, by: Principal) -> None:
    """Write one of the shop's own sentences; the others stay. Raises `Stale`."""
    own = session.scalar(select(ReturnTexts.texts).where(ReturnTexts.language == language))
    values = {**(own or {}), name: text}
    _put(ReturnTexts, "language", language, {"texts": values}, expected_version)
    audit.record("return_texts.edited", by=by, subject_id=None, language=language, **{name: text})


def add_holiday(
    day: date, name: str, *, market_id: UUID | None, market: str | None, by: Principal
) -> UUID:
    """Add a public holiday of a market, or of all. Raises `HolidayTaken`, `PolicyScopeUnknown`."""
    holiday_id = new_id()
    row = {
        "id": holiday_id,
        "created_at": clock.now(),
        "day": day,
        "name": name,
        "market_id": _market(market) if market else market_id,
    }
    try:
        with versioned_rows.translate_integrity_errors(HolidayTaken()):
            require_transaction().execute(insert(table_of(PublicHoliday)).values(row))
    except IntegrityError as unknown:
        raise PolicyScopeUnknown from unknown
    audit.record("public_holiday.added", by=by, subject_id=holiday_id, day=day.isoformat())
    return holiday_id


def remove_holiday(holiday_id: UUID, *, by: Principal) -> None:
    """Delete a public holiday. Raises `HolidayNotFound`."""
    day = require_transaction().scalar(
        delete(PublicHoliday).where(PublicHoliday.id == holiday_id).returning(PublicHoliday.day)
    )
    if day is None:
        raise HolidayNotFound(holiday_id=holiday_id)
    audit.record("public_holiday.removed", by=by, subject_id=holiday_id, day=day.isoformat())


def _market(code: str) -> UUID:
    for market in tax_queries.active_markets():
        if market["code"] == code:
            market_id: UUID = market["id"]
            return market_id
    raise PolicyScopeUnknown(f"There is no market {code} in use.")


def _product(sku: str) -> UUID:
    found = variant_lookup.find_variant(sku.strip())
    if found is None:
        raise PolicyScopeUnknown(f"There is no article {sku}.")
    return found.product_id


def create_policy(values: Mapping[str, Any], *, by: Principal) -> UUID:
    """Create a policy. Raises `PolicyTaken` and `PolicyScopeUnknown`.

    `sku` is one of a product's articles and `market` a code, instead of their ids.
    """
    values = dict(values)
    sku, market = values.pop("sku"), values.pop("market")
    values["product_id"] = _product(sku) if sku else values["product_id"]
    values["market_id"] = _market(market) if market else values["market_id"]
    row = {"id": new_id(), "created_at": clock.now(), "version": 1, **values}
    try:
        with versioned_rows.translate_integrity_errors(PolicyTaken()):
            require_transaction().execute(insert(table_of(ReturnPolicy)).values(row))
    except IntegrityError as unknown:
        raise PolicyScopeUnknown from unknown
    audit.record("return_policy.created", by=by, subject_id=row["id"], **_plain(values))
    policy_id: UUID = row["id"]
    return policy_id


def edit_policy(
    policy_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a policy, for returns from now on. Raises `PolicyNotFound` and `Stale`."""
    before = versioned_rows.lock(
        ReturnPolicy, policy_id, expected_version, missing=PolicyNotFound()
    )
    versioned_rows.change(ReturnPolicy, policy_id, changes, taken=PolicyTaken())
    audit.record(
        "return_policy.edited",
        by=by,
        subject_id=policy_id,
        **{name: [getattr(before, name), value] for name, value in changes.items()},
    )


def remove_policy(policy_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a policy. Raises `PolicyNotFound` and `Stale`."""
    row = versioned_rows.remove(ReturnPolicy, policy_id, expected_version, missing=PolicyNotFound())
    audit.record("return_policy.removed", by=by, subject_id=policy_id, window_days=row.window_days)


def _put(
    model: type[ReturnReason | ReturnTexts],
    key: str,
    value: str,
    values: dict[str, object],
    expected_version: int,
) -> None:
    table = table_of(model)
    current = session.scalar(select(table.c.version).where(table.c[key] == value).with_for_update())
    check(current or 0, expected_version)
    row = {key: value, "created_at": clock.now(), "version": 1, **values}
    require_transaction().execute(
        upsert(table)
        .values(row)
        .on_conflict_do_update(
            index_elements=[key], set_={**values, "version": table.c.version + 1}
        )
    )


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: str(value) if isinstance(value, UUID) else value for name, value in values.items()
    }
