"""Lists of orders for staff, narrowed and searched: columns of orders, and never lines.

Statements are built once for each kind of list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Text, bindparam, cast, func, select, true, union_all
from sqlalchemy.dialects.postgresql import TSQUERY

from api.kernel.money import Money
from api.orders.errors import OrderNotFound
from api.orders.models import Order, OrderLine
from api.orders.texts import tsquery_of
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import (
    Listing,
    Sort,
    after,
    in_order,
    listing,
    name_of,
    page_of,
)

NEWEST = Sort((Order.placed_at, Order.id), descending=True)
OLDEST = Sort((Order.placed_at, Order.id))

CARD: tuple[Any, ...] = (
    Order.id,
    Order.number,
    Order.placed_at,
    Order.status,
    Order.payment_status,
    Order.fulfilment_status,
    Order.on_hold,
    Order.customer_name,
    Order.email,
    Order.unit_count,
    Order.total,
    Order.currency,
    Order.ship_country,
    Order.version,
)


def _open_units(order_id: Any) -> ColumnElement[Any]:
    """Units that are still to ship, counted for the rows that are given out and no others."""
    left = OrderLine.quantity - OrderLine.shipped_quantity - OrderLine.cancelled_quantity
    return (
        select(func.coalesce(func.sum(left), 0))
        .where(OrderLine.order_id == order_id)
        .scalar_subquery()
        .label("open_unit_count")
    )


WHOLE_CARD: tuple[Any, ...] = (*CARD, _open_units(Order.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a staff list of orders may be narrowed by."""

    status: str | None = None
    payment_status: str | None = None
    fulfilment_status: str | None = None
    queue: str | None = None
    q: str | None = None
    placed_at_gte: datetime | None = None
    placed_at_lt: datetime | None = None


def cards(
    narrow: OrderFilter, sort: Sort, *, limit: int, cursor: str | None, with_total: bool
) -> dict[str, Any]:
    """Return a page of order cards for staff."""
    given = {n: v for n in _NARROWED_BY if (v := getattr(narrow, n, None)) is not None}
    if narrow.queue is not None:
        given[narrow.queue] = True
    listed, ids = _listing(frozenset(given), sort, narrow.q is not None)
    rows, described = page_of(
        listed,
        given if narrow.q is None else {**given, "tsquery": tsquery_of(narrow.q)},
        limit=limit,
        cursor=cursor,
        filters=narrow,
        total=ids if with_total else None,
        cap=None if narrow.q is None else MOST_COUNTED,
    )
    return {"data": [card(row) for row in rows], "page": described}


def card_by_number(number: str) -> dict[str, Any] | None:
    """Return the card of an order by the number that a person reads aloud."""
    row = session.execute(select(*WHOLE_CARD).where(Order.number == number)).one_or_none()
    return None if row is None else card(row)


def card_of(order_id: UUID) -> dict[str, Any]:
    """Return the card of an order. Raises `OrderNotFound`."""
    row = session.execute(select(*WHOLE_CARD).where(Order.id == order_id)).one_or_none()
    if row is None:
        raise OrderNotFound(order_id=order_id)
    return card(row)


def card(row: AnyRow) -> dict[str, Any]:
    """Shape one card."""
    return {
        "id": row.id,
        "number": row.number,
        "placed_at": row.placed_at,
        "status": row.status,
        "payment_status": row.payment_status,
        "fulfilment_status": row.fulfilment_status,
        "on_hold": row.on_hold,
        "customer_name": row.customer_name,
        "email": row.email,
        "unit_count": row.unit_count,
        "open_unit_count": row.open_unit_count,
        "total": Money(row.total, row.currency),
        "ship_country": row.ship_country,
        "version": row.version,
    }


_NARROWED_BY: Final = {
    "to_ship": Order.to_ship == true(),
    "on_hold": Order.on_hold == true(),
    "status": Order.status == bindparam("status"),
    "payment_status": Order.payment_status == bindparam("payment_status"),
    "fulfilment_status": Order.fulfilment_status == bindparam("fulfilment_status"),
    "placed_at_gte": Order.placed_at >= bindparam("placed_at_gte"),
    "placed_at_lt": Order.placed_at < bindparam("placed_at_lt"),
}
_TSQUERY: Final = cast(bindparam("tsquery", type_=Text), TSQUERY)
_MATCHES: Final = Order.search.bool_op("@@")
LOOKED_AT: Final = 2_000
"""Orders that are looked at to choose the way to those that are searched for."""
MANY: Final = 6
"""Hits among them that make it likely that walking along finds a page soon.

Among a million orders both ways cost the same at one hit in three hundred.
"""
MOST_COUNTED: Final = 1_000
"""Hits of a search that are counted: each of them is looked up."""


@cache
def _listing(names: frozenset[str], sort: Sort, is_search: bool) -> tuple[Listing, AnySelect]:
    """Build each kind of list once: the page, and the ids that a total counts."""
    conditions = [_NARROWED_BY[name] for name in sorted(names)]
    if not is_search:
        return listing(select(*WHOLE_CARD).where(*conditions), sort), select(Order.id).where(
            *conditions
        )
    first, later = (_search(one, sort) for one in (conditions, [*conditions, after(sort)]))
    counted = select(Order.id).where(*conditions, _MATCHES(select(_TSQUERY).scalar_subquery()))
    return Listing(first, later, sort, name_of(sort)), counted


def _search(conditions: Sequence[ColumnElement[bool]], sort: Sort) -> AnySelect:
    """Build a search: one statement that chooses its way itself.

    Where hits are many it walks along the list and has a page soon; where they are few it gathers
    all from the index of words and sorts them. Either way is a thousand times slower where the
    other one belongs, and the database knows too little of words to choose: so it looks at the
    first orders of the list, and one of the two is not run at all.
    """
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    near = select(_MATCHES(_TSQUERY).label("is_hit")).where(*conditions).order_by(*order)
    hits = near.limit(LOOKED_AT).subquery()
    looked = select(func.count().filter(hits.c.is_hit).label("n")).cte("looked")
    count = select(looked.c.n).scalar_subquery()
    # IS TRUE is nothing that an index answers, and a tsquery that is found out is one that the
    # database has no opinion of.
    asked = select(_TSQUERY).scalar_subquery()
    walked = select(*CARD).where(*conditions, count >= MANY, _MATCHES(asked).is_(True))
    places = [column.label(f"sort_{i}") for i, column in enumerate(sort.columns)]
    few = (
        select(*CARD, *places)
        .where(*conditions, count < MANY, _MATCHES(asked))
        .cte("few")
        .prefix_with("MATERIALIZED")
    )
    at = [few.c[place.name] for place in places]
    gathered = (
        select(few)
        .order_by(*(column.desc() if sort.descending else column.asc() for column in at))
        .limit(bindparam("page_rows", type_=Integer))
    )
    found = union_all(in_order(walked, sort), gathered).subquery()
    return select(found, _open_units(found.c.id)).order_by(
        *(
            found.c[place.name].desc() if sort.descending else found.c[place.name].asc()
            for place in places
        )
    )
