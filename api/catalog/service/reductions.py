"""Reductions for everybody: what automatic discounts took off, as prices that were asked before.

A discount that every buyer gets without a code is a price that was asked: the lowest price of 30
days counts it (Directive 98/6/EC, Article 6a). Discounts by code, for a group, a market or a
minimum are not asked of everybody and do not count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from api.catalog.models.prices import GeneralReduction
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import BASIS_POINTS, divide_half_up
from api.platform.db import AnyRow, require_transaction, session

_NO_SYNC = {"synchronize_session": False}
Key = tuple[UUID, str]
"""A variant and a currency."""

# What was asked since the window opened, each price with the moment from which it was asked.
_ASKED = text(
    """
    SELECT variant_id, currency, amount, since FROM price_history
    WHERE variant_id = ANY(:variants) AND since < :until
    ORDER BY variant_id, currency, since
    """
).bindparams(bindparam("variants", type_=ARRAY(Uuid)))
_PLACES = text(
    """
    SELECT v.id, v.product_id, ARRAY(
        SELECT m.collection_id FROM collection_members m WHERE m.product_id = v.product_id
    ) AS collections
    FROM variants v WHERE v.id = ANY(:variants) AND v.tax_class <> 'gift_card'
    """
).bindparams(bindparam("variants", type_=ARRAY(Uuid)))


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a discount takes off for everybody, and of which goods; without any, of all."""

    starts_at: datetime
    ends_at: datetime | None
    priority: int
    is_exclusive: bool
    stack_group: str | None
    currency: str | None
    basis_points: int | None
    amount: int | None
    products: list[str]
    collections: list[str]


def keep_reduction(discount_id: UUID, reduction: Reduction | None) -> None:
    """Note what a discount takes off for everybody from now on; None: nothing any more.

    What it took off until now stays on record.
    """
    current, now = require_transaction(), clock.now()
    of_discount = GeneralReduction.discount_id == discount_id
    current.execute(
        delete(GeneralReduction).where(of_discount, GeneralReduction.starts_at >= now),
        execution_options=_NO_SYNC,
    )
    still_open = or_(GeneralReduction.ends_at.is_(None), GeneralReduction.ends_at > now)
    current.execute(
        update(GeneralReduction).where(of_discount, still_open).values(ends_at=now),
        execution_options=_NO_SYNC,
    )
    if reduction is not None and (reduction.ends_at is None or reduction.ends_at > now):
        values = asdict(reduction) | {"starts_at": max(now, reduction.starts_at)}
        current.execute(
            insert(GeneralReduction).values(id=new_id(), discount_id=discount_id, **values)
        )


def lowest_reduced(moments: Mapping[Key, datetime], window: timedelta) -> dict[Key, int]:
    """Return the lowest price that discounts for everybody made in the window before each moment.

    One statement while there was none, else three.
    """
    until = max(moments.values())
    reductions = session.scalars(
        select(GeneralReduction).where(
            GeneralReduction.starts_at < until,
            or_(
                GeneralReduction.ends_at.is_(None),
                GeneralReduction.ends_at > min(moments.values()) - window,
            ),
        )
    ).all()
    if not reductions:
        return {}
    variants = {"variants": [variant_id for variant_id, _ in moments]}
    asked: dict[Key, list[tuple[datetime, int | None]]] = {}
    for row in session.execute(_ASKED, {**variants, "until": until}):
        asked.setdefault((row.variant_id, row.currency), []).append((row.since, row.amount))
    places = {row.id: row for row in session.execute(_PLACES, variants)}
    found = {}
    for key, moment in moments.items():
        fitting = [
            one for one in reductions if key[0] in places and _fits(one, key[1], places[key[0]])
        ]
        prices = list(_reduced_prices(asked.get(key, []), fitting, moment - window, moment))
        if prices:
            found[key] = min(prices)
    return found


def _fits(reduction: GeneralReduction, currency: str, place: AnyRow) -> bool:
    if reduction.currency not in (None, currency):
        return False
    named = {*reduction.products, *reduction.collections}
    return not named or bool(named & {str(place.product_id), *map(str, place.collections)})


def _reduced_prices(
    asked: Sequence[tuple[datetime, int | None]],
    reductions: Collection[GeneralReduction],
    opens: datetime,
    closes: datetime,
) -> Any:
    """Yield the price at every moment of a window at which it, or a reduction, began."""
    begins = [opens, *(since for since, _ in asked), *(one.starts_at for one in reductions),
              *(one.ends_at for one in reductions if one.ends_at is not None)]  # fmt: skip
    for moment in sorted({one for one in begins if opens <= one < closes}):
        amount = next((price for since, price in reversed(asked) if since <= moment), None)
        running = [
            one
            for one in reductions
            if one.starts_at <= moment and (one.ends_at is None or one.ends_at > moment)
        ]
        if amount is not None and running:
            yield _less(amount, running)


def _less(amount: int, running: Sequence[GeneralReduction]) -> int:
    """Take reductions off one after the other, as `api.promotions.calculation` does."""
    taken: list[GeneralReduction] = []
    for one in sorted(running, key=lambda one: (one.priority, -_off(one, amount), one.discount_id)):
        if not any(
            one.is_exclusive
            or other.is_exclusive
            or (one.stack_group is not None and one.stack_group == other.stack_group)
            for other in taken
        ):
            amount -= _off(one, amount)
            taken.append(one)
    return amount


def _off(reduction: GeneralReduction, amount: int) -> int:
    share = divide_half_up(amount * (reduction.basis_points or 0), BASIS_POINTS)
    return min(amount, share + (reduction.amount or 0))
