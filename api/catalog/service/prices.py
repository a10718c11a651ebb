"""The one writer of prices: what is asked now, what was asked before, and what a sale began from.

Each price that comes, changes or goes leaves a record, and the records of one variant in one
currency never share a moment. From them follows what a shop must tell beside a reduced price: the
lowest price of the 30 days before the reduction began (Directive 98/6/EC, Article 6a). A reduction
begins with the first compare-at price and lasts until there is none; reduced further, it is still
the same one and keeps what was found when it began. What discounts took off for everybody counts as
asked (`reductions`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Interval,
    String,
    Table,
    Uuid,
    bindparam,
    delete,
    text,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from api.catalog.events import PriceChanged
from api.catalog.models.prices import PriceHistoryEntry, VariantPrice
from api.catalog.service.reductions import lowest_reduced
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, bulk_sql
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

LOOKS_BACK = timedelta(days=30)
"""How far before a reduction its prior price is looked for."""

_INSTANT = timedelta(microseconds=1)
_NOTHING: tuple[None, None] = (None, None)

Key = tuple[UUID, str]
"""A variant and a currency."""

Amounts = tuple[int | None, int | None]
"""An amount and a compare-at price in minor units; no amount means not for sale."""

_KEYS = (
    bindparam("variants", type_=ARRAY(Uuid)),
    bindparam("currencies", type_=ARRAY(String)),
)
_THERE = text(
    """
    SELECT g.variant_id, g.currency, p.amount, p.compare_at, p.reduced_since, p.prior_price,
           (SELECT max(h.since) FROM price_history h
            WHERE h.variant_id = g.variant_id AND h.currency = g.currency) AS last_since
    FROM unnest(:variants, :currencies) AS g(variant_id, currency)
    LEFT JOIN variant_prices p ON p.variant_id = g.variant_id AND p.currency = g.currency
    """
).bindparams(*_KEYS)

# What was asked when the window opened counts as well, however long before it was set.
_LOWEST = text(
    """
    SELECT g.variant_id, g.currency, (
        SELECT min(h.amount) FROM (
            SELECT amount FROM price_history
            WHERE variant_id = g.variant_id AND currency = g.currency
              AND since > g.moment - :window AND since < g.moment
            UNION ALL
            (SELECT amount FROM price_history
             WHERE variant_id = g.variant_id AND currency = g.currency
               AND since <= g.moment - :window
             ORDER BY since DESC LIMIT 1)
        ) AS h
    ) AS lowest
    FROM unnest(:variants, :currencies, :moments) AS g(variant_id, currency, moment)
    """
).bindparams(
    *_KEYS,
    bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    bindparam("window", LOOKS_BACK, type_=Interval),
)


_WRITTEN: dict[str, TypeEngine[Any]] = {
    "variant_id": Uuid(),
    "currency": String(),
    "amount": BigInteger(),
    "compare_at": BigInteger(),
    "reduced_since": DateTime(timezone=True),
    "prior_price": BigInteger(),
}
_WRITE = text(
    f"""
    INSERT INTO variant_prices ({", ".join(_WRITTEN)})
    SELECT * FROM unnest({", ".join(f":{name}" for name in _WRITTEN)})
    ON CONFLICT (variant_id, currency) DO UPDATE
    SET amount = excluded.amount, compare_at = excluded.compare_at,
        reduced_since = excluded.reduced_since, prior_price = excluded.prior_price
    """  # noqa: S608 - our own words
).bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in _WRITTEN.items()))


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price that became another one."""

    variant_id: UUID
    currency: str
    before: Amounts
    after: Amounts


@dataclass(slots=True)
class _Standing:
    """A price as it stands, and when it was last written down."""

    asked: Amounts
    reduced_since: datetime | None
    prior_price: int | None
    last_since: datetime | None


def first_prices(
    rows: Sequence[Mapping[str, object]], *, now: datetime
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return what is stored of the first prices of new variants: the prices and their records.

    Nothing was asked for them before, so one that begins reduced has no prior price.
    """
    prices = [
        {**row, "reduced_since": None if row["compare_at"] is None else now, "prior_price": None}
        for row in rows
    ]
    return prices, [{**row, "id": new_id(), "since": now} for row in rows]


def write_prices(
    rows: Sequence[Mapping[str, Any]], *, gone: Collection[Key] = ()
) -> list[PriceChange]:
    """Write prices and take away those that are gone; returns what really changed, in order.

    The products are locked by the caller, so that no other writer stands between what is read and
    what is written. At most eight statements, however many prices there are. Versions, facts and
    price ranges are the caller's.
    """
    require_transaction()
    wanted: dict[Key, Amounts] = dict.fromkeys(gone, _NOTHING)
    for row in rows:
        wanted[row["variant_id"], row["currency"]] = (row["amount"], row["compare_at"])
    there = _read(wanted)
    changed = {key: wanted[key] for key in sorted(wanted) if wanted[key] != there[key].asked}
    if not changed:
        return []
    now = clock.now()
    moments = {key: _after(there[key].last_since, now) for key in changed}
    beginning = [
        key
        for key, (_, compare_at) in changed.items()
        if compare_at is not None and there[key].asked[1] is None
    ]
    prior = _lowest_before({key: moments[key] for key in beginning})
    _upsert(
        [
            _row(key, after, there[key], moments[key], prior)
            for key, after in changed.items()
            if after[0] is not None
        ]
    )
    left = [key for key, after in changed.items() if after[0] is None]
    if left:
        session.execute(
            delete(VariantPrice)
            .where(tuple_(VariantPrice.variant_id, VariantPrice.currency).in_(left))
            .execution_options(synchronize_session=False)
        )
    bulk_sql.bulk_insert(
        cast(Table, PriceHistoryEntry.__table__),
        [
            {
                "id": new_id(),
                "variant_id": key[0],
                "currency": key[1],
                "amount": after[0],
                "compare_at": after[1],
                "since": moments[key],
            }
            for key, after in changed.items()
        ],
    )
    return [PriceChange(*key, there[key].asked, after) for key, after in changed.items()]


def _read(wanted: Collection[Key]) -> dict[Key, _Standing]:
    if not wanted:
        return {}
    rows = session.execute(_THERE, _columns(wanted))
    return {
        (row.variant_id, row.currency): _Standing(
            (row.amount, row.compare_at), row.reduced_since, row.prior_price, row.last_since
        )
        for row in rows
    }


def _after(last: datetime | None, now: datetime) -> datetime:
    """Return the moment of a new record: the clocks of two hosts may differ, history may not."""
    return now if last is None or last < now else last + _INSTANT


def _lowest_before(moments: Mapping[Key, datetime]) -> dict[Key, int | None]:
    if not moments:
        return {}
    rows = session.execute(_LOWEST, {**_columns(moments), "moments": list(moments.values())})
    lowest = {(row.variant_id, row.currency): row.lowest for row in rows}
    reduced = lowest_reduced(moments, LOOKS_BACK)
    return {
        key: amount if amount is None else min(amount, reduced.get(key, amount))
        for key, amount in lowest.items()
    }


def _row(
    key: Key,
    after: Amounts,
    before: _Standing,
    moment: datetime,
    prior: Mapping[Key, int | None],
) -> dict[str, object]:
    since, lowest = before.reduced_since, before.prior_price
    if after[1] is None:
        since, lowest = None, None
    elif key in prior:
        since, lowest = moment, prior[key]
    return {
        "variant_id": key[0],
        "currency": key[1],
        "amount": after[0],
        "compare_at": after[1],
        "reduced_since": since,
        "prior_price": lowest,
    }


def _upsert(rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        session.execute(_WRITE, {name: [row[name] for row in rows] for name in _WRITTEN})


def _columns(keys: Collection[Key]) -> dict[str, object]:
    return {
        "variants": [variant_id for variant_id, _ in keys],
        "currencies": [currency for _, currency in keys],
    }


def change_prices(
    rows: Sequence[Mapping[str, object]],
    *,
    gone: Collection[Key] = (),
    product_of: Mapping[UUID, UUID],
    by: Principal,
) -> set[UUID]:
    """Write prices with audit rows and events; returns the variants that changed.

    The products, by variant, are locked by the caller, and the prices checked. Versions, price
    ranges and what storefronts read anew are the caller's.
    """
    changed: dict[UUID, list[PriceChange]] = {}
    for price in write_prices(rows, gone=gone):
        changed.setdefault(price.variant_id, []).append(price)
        if price.before[0] != price.after[0]:
            emit(
                PriceChanged(
                    variant_id=price.variant_id,
                    product_id=product_of[price.variant_id],
                    currency=price.currency,
                    before=price.before[0],
                    after=price.after[0],
                )
            )
    audit.record_each(
        "variant.priced",
        {
            variant_id: {
                "before": {one.currency: one.before for one in prices if one.before[0] is not None},
                "after": {one.currency: one.after for one in prices if one.after[0] is not None},
            }
            for variant_id, prices in changed.items()
        },
        by=by,
    )
    return set(changed)
