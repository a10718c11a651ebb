"""Lists of orders for staff, narrowed and searched: columns of orders, and never lines.

Statements are built once for each kind of list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders.errors import OrderNotFound
from api.orders.models import (
    IS_NOT_INDEXED,
    PERIOD_DAYS,
    PERIODS,
    Order,
    OrderLine,
    day_of,
    periods_of,
)
from api.orders.search_text import tsquery_of
from api.platform import sweeps
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PreparedList, Sort, after, in_order, listing, name_of, page_of

ORDERS, _LINES = table_of(Order), table_of(OrderLine)


def _said(name: str) -> ColumnElement[str]:
    """Return a column of words as they are stored: a list only hands them on."""
    return type_coerce(ORDERS.c[name], Text).label(name)


PLACE: Final = (ORDERS.c.placed_at, ORDERS.c.id)
NEWEST = Sort(PLACE, descending=True)
OLDEST = Sort(PLACE)

CARD: tuple[Any, ...] = (
    *ORDERS.c["number", "on_hold", "customer_name", "email", "unit_count", "total", "currency"],
    *map(_said, ("status", "payment_status", "fulfilment_status")),
    *ORDERS.c["ship_country", "version"],
    *PLACE,
)
_left = _LINES.c.quantity - _LINES.c.shipped_quantity - _LINES.c.cancelled_quantity
WHOLE_CARD: tuple[Any, ...] = (
    # Counted for the rows that are given out and no others.
    select(func.coalesce(func.sum(_left), 0))
    .where(_LINES.c.order_id == ORDERS.c.id)
    .scalar_subquery()
    .label("open_unit_count"),
    *CARD,
)


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


def list_orders(
    narrow: OrderFilter,
    sort: Sort,
    *,
    limit: int,
    cursor: str | None,
    with_total: bool,
    by: Principal,
) -> dict[str, Any]:
    """Return a page of order cards for staff, as far as `by` may read of customers."""
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
        cap=None if narrow.q is None else MAX_COUNTED,
    )
    return {"data": [card(row, by) for row in rows], "page": described}


def card_by_number(number: str, by: Principal) -> dict[str, Any] | None:
    """Return the card of an order by the number that a person reads aloud."""
    row = session.execute(select(*WHOLE_CARD).where(ORDERS.c.number == number)).one_or_none()
    return None if row is None else card(row, by)


def not_indexed(sweep: str, limit: int) -> Sequence[UUID]:
    """List orders that no search finds yet, as older releases write them."""
    due = select(Order.id).where(IS_NOT_INDEXED, ~sweeps.waits(sweep, Order.id))
    return session.scalars(due.order_by(Order.id).limit(limit)).all()


def card_of(order_id: UUID, by: Principal) -> dict[str, Any]:
    """Return the card of an order. Raises `OrderNotFound`."""
    row = session.execute(select(*WHOLE_CARD).where(ORDERS.c.id == order_id)).one_or_none()
    if row is None:
        raise OrderNotFound(order_id=order_id)
    return card(row, by)


def customer_card(row: AnyRow) -> dict[str, Any]:
    """Shape what customers see of an order in the list of theirs."""
    return {
        "id": row.id,
        "number": row.number,
        "placed_at": row.placed_at,
        "status": row.status,
        "payment_status": row.payment_status,
        "fulfilment_status": row.fulfilment_status,
        "unit_count": row.unit_count,
        "total": Money(row.total, row.currency),
    }


def card(row: AnyRow, by: Principal) -> dict[str, Any]:
    """Shape one card for staff; who packs needs no e-mail address."""
    return {
        **customer_card(row),
        "on_hold": row.on_hold,
        "customer_name": row.customer_name,
        "email": row.email if by.may(Permission.CUSTOMERS_READ) else None,
        "open_unit_count": row.open_unit_count,
        "ship_country": row.ship_country,
        "version": row.version,
    }


_NARROWED_BY: Final = {
    "to_ship": ORDERS.c.to_ship == true(),
    "on_hold": ORDERS.c.on_hold == true(),
    "status": ORDERS.c.status == bindparam("status"),
    "payment_status": ORDERS.c.payment_status == bindparam("payment_status"),
    "fulfilment_status": ORDERS.c.fulfilment_status == bindparam("fulfilment_status"),
    "placed_at_gte": ORDERS.c.placed_at >= bindparam("placed_at_gte"),
    "placed_at_lt": ORDERS.c.placed_at < bindparam("placed_at_lt"),
}
_TSQUERY: Final = cast(bindparam("tsquery", type_=Text), TSQUERY)
_MATCHES: Final = ORDERS.c.search.bool_op("@@")
_IN_PERIODS: Final = literal_column(PERIODS, ARRAY(Integer)).bool_op("&&")
_PAGE_ROWS: Final = bindparam("page_rows", type_=Integer)
LOOKED_AT: Final = 300
"""Orders that are looked at to choose the way to those that are searched for."""
MANY: Final = 3
"""Hits among them that make it likely that walking along finds a page soon."""
SPANS: Final = 100
"""So much further than they reach the index of words is asked at first, where hits are fewer."""
BUCKETS: Final = 5
"""Periods of one length that are asked for at once."""
MAX_COUNTED: Final = 1_000
"""Hits of a search that are counted: each of them is looked up."""


@cache
def _listing(names: frozenset[str], sort: Sort, is_search: bool) -> tuple[PreparedList, AnySelect]:
    """Build each kind of list once: the page, and the ids that a total counts."""
    conditions = [_NARROWED_BY[name] for name in sorted(names)]
    if not is_search:
        return listing(select(*WHOLE_CARD).where(*conditions), sort), select(ORDERS.c.id).where(
            *conditions
        )
    first, later = (_search(one, sort) for one in (conditions, [*conditions, after(sort)]))
    counted = select(ORDERS.c.id).where(*conditions, _MATCHES(select(_TSQUERY).scalar_subquery()))
    return PreparedList(first, later, sort, name_of(sort)), counted


def _search(conditions: Sequence[ColumnElement[bool]], sort: Sort) -> AnySelect:
    """Build a search: one statement that chooses its way itself.

    Where hits are many it walks along the list and has a page soon. Where they are fewer it gathers
    them from the index of words: first those of the periods with which the list begins, and only
    when they fill no page all others. Each way is many times slower where another one belongs, and
    the database knows too little of words to choose: so it looks at the first orders of the list,
    and what does not belong is not run at all.
    """
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    near = select(_MATCHES(_TSQUERY).label("is_hit"), ORDERS.c.placed_at).where(*conditions)
    seen = near.order_by(*order).limit(LOOKED_AT).subquery("seen")
    begins_at = "max" if sort.descending else "min"
    span = func.max(seen.c.placed_at) - func.min(seen.c.placed_at)
    looked = select(
        or_(func.count().filter(seen.c.is_hit) >= MANY, func.count() < LOOKED_AT).label("walks"),
        literal_column(day_of(f"{begins_at}(seen.placed_at)")).label("day"),
        (func.date_part("epoch", span) / 86_400.0).label("days"),
    ).cte("looked")
    walks = select(looked.c.walks).scalar_subquery()
    # IS TRUE is nothing that an index answers, and a tsquery that is found out is one that the
    # database has no opinion of.
    asked = select(_TSQUERY).scalar_subquery()
    walked = in_order(select().where(*conditions, walks, _MATCHES(asked).is_(True)), sort)
    places = [column.label(f"sort_{i}") for i, column in enumerate(sort.columns)]
    gathered = select(*places).where(*conditions, not_(walks), _MATCHES(asked))
    begins = _IN_PERIODS(_first_periods(looked, sort).scalar_subquery())
    recent = gathered.where(begins).cte("recent").prefix_with("MATERIALIZED")
    found = select(func.count()).select_from(recent).scalar_subquery()
    others = ORDERS.c.id.not_in(select(recent.c[places[-1].name]))
    older = gathered.where(found < _PAGE_ROWS, others).cte("older").prefix_with("MATERIALIZED")
    ways = union_all(walked, select(recent), select(older)).subquery()
    at = [ways.c[place.name] for place in places]
    turned = [column.desc() if sort.descending else column.asc() for column in at]
    page = select(*at).order_by(*turned).limit(_PAGE_ROWS).subquery("page")
    shown = [page.c[place.name] for place in places]
    return (
        select(*WHOLE_CARD)
        .join(page, ORDERS.c.id == shown[-1])
        .order_by(*(column.desc() if sort.descending else column.asc() for column in shown))
    )


def _first_periods(looked: CTE, sort: Sort) -> AnySelect:
    """Return the periods with which a list begins, of the length that its beginning speaks for."""
    lengths = list(zip(PERIOD_DAYS, periods_of("looked.day"), strict=True))
    chosen = " ".join(
        f"WHEN looked.days <= {days * (BUCKETS - 1) / SPANS} THEN {period}"
        for days, period in lengths[:-1]
    )
    first: ColumnElement[Any] = literal_column(f"CASE {chosen} ELSE {lengths[-1][1]} END").label(
        "first"
    )
    begins = select(first).select_from(looked).subquery("begins")
    sign = "-" if sort.descending else "+"
    numbers = ", ".join(f"begins.first {sign} {place}" for place in range(BUCKETS))
    return select(literal_column(f"ARRAY[{numbers}]", ARRAY(Integer))).select_from(begins)
