"""Writes of price lists. Existing orders keep their prices; carts follow at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, and_, delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from api.catalog.errors.price_lists import (
    ListedPricesRefused,
    PriceListImpossible,
    PriceListNotFound,
)
from api.catalog.events import PriceListChanged
from api.catalog.models.prices import ListedPrice, PriceList
from api.catalog.models.products import Variant
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit, etags
from api.platform.db import require_transaction
from api.platform.outbox import emit

_NO_SYNC = {"synchronize_session": False}


def create_price_list(values: Mapping[str, object], *, by: Principal) -> UUID:
    """Create a price list for a group, markets, or both. Raises `PriceListImpossible`."""
    list_id = new_id()
    columns = _columns(values)
    statement = insert(PriceList).values(
        **{"priority": 100, "is_active": True, "markets": [], "group_id": None, **columns},
        id=list_id,
        created_at=clock.now(),
        version=1,
    )
    _write(statement)
    _check_is_for_somebody(list_id)
    _changed(list_id)
    audit.record("price_list.created", by=by, subject_id=list_id, code=values["code"])
    return list_id


def edit_price_list(
    list_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a price list; its currency stays. Raises `PriceListNotFound`, `Stale` and more."""
    _lock(list_id, expected_version)
    _write(
        update(PriceList)
        .where(PriceList.id == list_id)
        .values(**_columns(changes), version=PriceList.version + 1)
        .execution_options(**_NO_SYNC)
    )
    _check_is_for_somebody(list_id)
    _changed(list_id)
    audit.record("price_list.edited", by=by, subject_id=list_id, changed=sorted(changes))


def delete_price_list(list_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a price list with its prices. Raises `PriceListNotFound` and `Stale`."""
    _lock(list_id, expected_version)
    require_transaction().execute(delete(PriceList).where(PriceList.id == list_id))
    _changed(list_id)
    audit.record("price_list.deleted", by=by, subject_id=list_id)


def set_listed_prices(list_id: UUID, rows: Sequence[Mapping[str, Any]], *, by: Principal) -> int:
    """Set prices by `sku` and `min_quantity`; a `price` of None removes one. All rows or none.

    Returns how many rows there were. Raises `PriceListNotFound`, and `ListedPricesRefused` with
    the row of each unknown SKU, double entry and price in another currency.
    """
    currency = _lock(list_id, None)
    current = require_transaction()
    skus = {row["sku"] for row in rows}
    found = current.execute(select(Variant.sku, Variant.id).where(Variant.sku.in_(skus)))
    variants: dict[str, UUID] = {row.sku: row.id for row in found}
    _check_rows(rows, variants, currency)
    keys = [(variants[row["sku"]], row["min_quantity"]) for row in rows]
    current.execute(
        delete(ListedPrice).where(
            ListedPrice.list_id == list_id,
            tuple_(ListedPrice.variant_id, ListedPrice.min_quantity).in_(keys),
        ),
        execution_options=_NO_SYNC,
    )
    kept = [
        {"list_id": list_id, "variant_id": key[0], "min_quantity": key[1], "amount": price.amount}
        for key, row in zip(keys, rows, strict=True)
        if isinstance(price := row["price"], Money)
    ]
    if kept:
        current.execute(insert(ListedPrice), kept)
    _changed(list_id)
    audit.record("price_list.prices_set", by=by, subject_id=list_id, count=len(rows))
    return len(rows)


def _check_rows(
    rows: Sequence[Mapping[str, Any]], variants: Mapping[str, UUID], currency: str
) -> None:
    errors, seen = [], set()
    for place, row in enumerate(rows):
        key, price, said = (row["sku"], row["min_quantity"]), row["price"], ""
        if row["sku"] not in variants:
            said = f"There is no SKU {row['sku']}: look at how it is written."
        elif key in seen:
            said = f"{row['sku']} from {row['min_quantity']} on is there twice: remove one."
        elif price is not None and price.currency != currency:
            said = f"This list is in {currency}: give the price in it."
        elif price is not None and price.amount < 0:
            said = "A price is not below zero."
        seen.add(key)
        if said:
            detail = f"Row {place + 1}: {said}"
            errors.append(
                {"pointer": f"/prices/{place}", "code": ListedPricesRefused.code, "detail": detail}
            )
    if errors:
        raise ListedPricesRefused(count=len(errors), errors=errors[:100])


def _columns(values: Mapping[str, Any]) -> dict[str, object]:
    columns = dict(values)
    if "customer_group" in columns:
        code = columns.pop("customer_group")
        group_id = require_transaction().scalar(
            text("SELECT id FROM customer_groups WHERE code = :code"), {"code": code}
        )
        if group_id is None and code is not None:
            raise _impossible("customer_group", f"There is no customer group {code}.")
        columns["group_id"] = group_id
    if columns.get("markets"):
        columns["markets"] = list(dict.fromkeys(columns["markets"]))
        known = set(require_transaction().scalars(text("SELECT code FROM markets")))
        for place, code in enumerate(columns["markets"]):
            if code not in known:
                raise _impossible(f"markets/{place}", f"There is no market {code}.")
    return columns


def _write(statement: Executable) -> None:
    try:
        require_transaction().execute(statement)
    except IntegrityError as error:
        if "uq_price_lists_code" in str(error.orig):
            raise _impossible("code", "A price list with this code exists.") from error
        if "ends_after_it_starts" in str(error.orig):
            raise _impossible("ends_on", "It ends before it begins.") from error
        raise


def _check_is_for_somebody(list_id: UUID) -> None:
    nobody = and_(PriceList.group_id.is_(None), PriceList.markets == [])
    if require_transaction().scalar(select(nobody).where(PriceList.id == list_id)):
        raise _impossible(
            "customer_group", "Say for which group of customers, in which markets, or both."
        )


def _impossible(member: str, detail: str) -> PriceListImpossible:
    error = {"pointer": f"/{member}", "code": PriceListImpossible.code, "detail": detail}
    return PriceListImpossible(detail, errors=[error])


def _lock(list_id: UUID, expected_version: int | None) -> str:
    row = (
        require_transaction()
        .execute(
            select(PriceList.version, PriceList.currency)
            .where(PriceList.id == list_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if row is None:
        raise PriceListNotFound
    etags.check(row.version, expected_version)
    return str(row.currency)


def _changed(list_id: UUID) -> None:
    emit(PriceListChanged(list_id=list_id))
