"""Lists of orders for staff, with filters and search: columns of orders, never lines.

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
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY, array
from sqlalchemy.sql.elements import SQLCoreOperations

from api.inventory import queries as inventory_queries
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders.errors import OrderNotFound
from api.orders.models import (
    HAS_TAGS,
    IS_NOT_INDEXED,
    PERIOD_DAYS,
    PERIODS,
    Order,
    OrderHold,
    OrderLine,
    day_of,
    periods_of,
)
from api.orders.search_function import (
    BUCKETS,
    FOUND_NEWEST,
    FOUND_OLDEST,
    MANY,
    SAMPLE_SIZE,
    SPANS,
)
from api.orders.search_text import marked_number, tsquery_of
from api.platform import external_references as references
from api.platform import sweeps
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.external_references import SubjectKind
from api.platform.pagination import PreparedList, Sort, after, in_order, listing, name_of, page_of
from api.platform.prepared import prepared

ORDERS, _LINES, _HOLDS = table_of(Order), table_of(OrderLine), table_of(OrderHold)


def _as_text(name: str) -> ColumnElement[str]:
    """Return an enum column as text, because a list only passes it on."""
    return type_coerce(ORDERS.c[name], Text).label(name)


PLACE: Final = (ORDERS.c.placed_at, ORDERS.c.id)
NEWEST = Sort(PLACE, descending=True)
OLDEST = Sort(PLACE)

CARD: tuple[SQLCoreOperations[object], ...] = (
    *ORDERS.c["number", "on_hold", "customer_name", "email", "unit_count", "total", "currency"],
    *map(_as_text, ("status", "payment_status", "fulfilment_status")),
    *ORDERS.c["ship_country", "version", "tags"],
    *PLACE,
)
_left = _LINES.c.quantity - _LINES.c.shipped_quantity - _LINES.c.cancelled_quantity
_NOTHING_LEFT: Final[ColumnElement[bool]] = literal_column(
    "orders.fulfilment_status IN ('shipped', 'delivered', 'cancelled')"
)
WHOLE_CARD: tuple[Any, ...] = (
    # Counted only for the rows of the page, and only where lines may have units left.
    case(
        (_NOTHING_LEFT, literal_column("0")),
        else_=select(func.coalesce(func.sum(_left), 0))
        .where(_LINES.c.order_id == ORDERS.c.id)
        .scalar_subquery(),
    ).label("open_unit_count"),
    *CARD,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Filters of the staff list of orders."""

    status: str | None = None
    payment_status: str | None = None
    fulfilment_status: str | None = None
    queue: str | None = None
    q: str | None = None
    hold_reason: str | None = None
    tag: str | None = None
    customer_id: UUID | None = None
    reference: str | None = None
    metadata: str | None = None
    placed_at_gte: datetime | None = None
    placed_at_lt: datetime | None = None


def list_orders(
    filters: OrderFilter,
    sort: Sort,
    *,
    limit: int,
    cursor: str | None,
    with_total: bool,
    by: Principal,
) -> dict[str, Any]:
    """Return a page of orders for staff; e-mails only if `by` may read customers.

    Whoever is limited to locations gets the orders with units there, and in the queue `to_ship`
    those with units left to ship there. A search for a marked number finds that order alone,
    and none whose postcode is the same.
    """
    typed = filters.q
    values = {n: v for n in _CONDITIONS if (v := getattr(filters, n, None)) is not None}
    if filters.queue is not None:
        values[filters.queue] = True
    if by.locations is not None:
        values["open_at" if filters.queue == "to_ship" else "at"] = sorted(by.locations)
    if typed is not None and (number := marked_number(typed)) is not None:
        values["number"], typed = number, None
    statements, ids = _listing(frozenset(values), sort, typed is not None)
    values |= references.filters(filters.reference, filters.metadata)
    rows, page_info = page_of(
        statements,
        values if typed is None else {**values, "tsquery": tsquery_of(typed)},
        limit=limit,
        cursor=cursor,
        filters=filters if by.locations is None else (filters, sorted(by.locations)),
        total=ids if with_total else None,
        cap=None if typed is None else MAX_COUNTED,
    )
    return {"data": [card(row, by) for row in rows], "page": page_info}


def card_by_number(number: str, by: Principal) -> dict[str, Any] | None:
    """Return the list entry of an order by its number, or None, also where `by` may not see it."""
    row = _one_card("number", number, by)
    return None if row is None else card(row, by)


def is_seen(order_id: UUID, by: Principal) -> bool:
    """Return whether an order has units at the locations that somebody is limited to.

    One statement for those who are limited, none for others.
    """
    if by.locations is None:
        return True
    seen = select(ORDERS.c.id).where(ORDERS.c.id == order_id, *seen_by(by))
    return session.scalar(seen) is not None


def check_seen(order_id: UUID, by: Principal) -> None:
    """Refuse an order that `is_seen` denies. Raises `OrderNotFound`."""
    if not is_seen(order_id, by):
        raise OrderNotFound(order_id=order_id)


def not_indexed(sweep: str, limit: int) -> Sequence[UUID]:
    """List orders without search words, as older releases write them."""
    due = select(Order.id).where(IS_NOT_INDEXED, ~sweeps.waits(sweep, Order.id))
    return session.scalars(due.order_by(Order.id).limit(limit)).all()


def card_of(order_id: UUID, by: Principal) -> dict[str, object]:
    """Return the list entry of an order. Raises `OrderNotFound`, also where `by` may not see it."""
    row = _one_card("id", order_id, by)
    if row is None:
        raise OrderNotFound(order_id=order_id)
    return card(row, by)


def customer_card(row: Sequence[Any]) -> dict[str, object]:
    """Return the list entry of an order for its customer, from a row of `CARD`."""
    # Unpacked, because reading each value by its name costs several times more.
    number, _, _, _, units, total, currency, status, paid, shipped, _, _, _, placed_at, order_id = (
        row
    )
    return {
        "id": order_id,
        "number": number,
        "placed_at": placed_at,
        "status": status,
        "payment_status": paid,
        "fulfilment_status": shipped,
        "unit_count": units,
        "total": Money(total, currency),
    }


def card(row: Sequence[object], by: Principal) -> dict[str, object]:
    """Return the list entry of an order for staff, from a row of `WHOLE_CARD`.

    The e-mail only with `customers:read`.
    """
    open_units, *columns = row
    _, on_hold, name, email, _, _, _, _, _, _, country, version, tags, _, _ = columns
    entry = customer_card(columns)
    entry["on_hold"] = on_hold
    entry["customer_name"] = name
    entry["email"] = email if by.may(Permission.CUSTOMERS_READ) else None
    entry["open_unit_count"] = open_units
    entry["ship_country"] = country
    entry["version"] = version
    entry["tags"] = tags
    entry["ships_with"] = None
    return entry


def seen_by(by: Principal, order_id: object = ORDERS.c.id) -> list[ColumnElement[bool]]:
    """Return the conditions that limit orders to those with units where `by` works: none or one."""
    if by.locations is None:
        return []
    return [inventory_queries.is_allocated_at(order_id, literal(sorted(by.locations), _UUIDS))]


_UUIDS: Final = ARRAY(Uuid)


def _is_held_for(reason: object) -> ColumnElement[bool]:
    """Return the condition that an open hold of an order has a reason."""
    return (
        select(_HOLDS.c.id)
        .where(
            _HOLDS.c.order_id == ORDERS.c.id,
            _HOLDS.c.released_at.is_(None),
            _HOLDS.c.reason == reason,
        )
        .exists()
    )


_CONDITIONS: Final = {
    "at": inventory_queries.is_allocated_at(ORDERS.c.id, bindparam("at", type_=_UUIDS)),
    "open_at": inventory_queries.is_allocated_at(
        ORDERS.c.id, bindparam("open_at", type_=_UUIDS), is_open=True
    ),
    "to_ship": and_(ORDERS.c.to_ship == true(), inventory_queries.has_units(ORDERS.c.id)),
    "on_hold": ORDERS.c.on_hold == true(),
    "status": ORDERS.c.status == bindparam("status"),
    "payment_status": ORDERS.c.payment_status == bindparam("payment_status"),
    "fulfilment_status": ORDERS.c.fulfilment_status == bindparam("fulfilment_status"),
    # The planner must see that the order has tags to use the index, which has no others.
    "tag": and_(ORDERS.c.tags.bool_op("@>")(array([bindparam("tag", type_=Text)])), HAS_TAGS),
    "hold_reason": and_(ORDERS.c.on_hold == true(), _is_held_for(bindparam("hold_reason"))),
    "customer_id": ORDERS.c.customer_id == bindparam("customer_id"),
    "number": ORDERS.c.number == bindparam("number", type_=ORDERS.c.number.type),
    "reference": references.known_as(SubjectKind.ORDER, ORDERS.c.id),
    "metadata": references.has_metadata(SubjectKind.ORDER, ORDERS.c.id),
    "placed_at_gte": ORDERS.c.placed_at >= bindparam("placed_at_gte"),
    "placed_at_lt": ORDERS.c.placed_at < bindparam("placed_at_lt"),
}
# Built once: scans read one order by its number or id.
_ONE_CARD: Final = {
    (name, is_limited): prepared(
        select(*WHOLE_CARD).where(
            ORDERS.c[name] == bindparam("wanted", type_=ORDERS.c[name].type),
            *([_CONDITIONS["at"]] if is_limited else []),
        )
    )
    for name in ("number", "id")
    for is_limited in (False, True)
}


def _one_card(name: str, wanted: object, by: Principal) -> AnyRow | None:
    """Read the list entry of an order that `by` may see, or None."""
    values = {"wanted": wanted}
    if by.locations is not None:
        values["at"] = sorted(by.locations)
    return session.execute(_ONE_CARD[name, by.locations is not None], values).one_or_none()


SCANNED_ORDER: Final = select(func.to_jsonb(literal_column("scanned"))).select_from(
    select(ORDERS.c.id)
    .where(ORDERS.c.number == bindparam("order_number", type_=ORDERS.c.number.type))
    .subquery("scanned")
)
"""The id of an order as a JSON value, of the parameter `order_number`."""

_TSQUERY: Final = cast(bindparam("tsquery", type_=Text), TSQUERY)
_MATCHES: Final = ORDERS.c.search.bool_op("@@")
_IN_PERIODS: Final = literal_column(PERIODS, ARRAY(Integer)).bool_op("&&")
_PAGE_ROWS: Final = bindparam("page_rows", type_=Integer)
MAX_COUNTED: Final = 1_000
"""Largest total of a search, because each hit is looked up."""


@cache
def _listing(names: frozenset[str], sort: Sort, is_search: bool) -> tuple[PreparedList, AnySelect]:
    """Build each kind of list once: the page statements, and the ids that a total counts."""
    conditions = [_CONDITIONS[name] for name in sorted(names)]
    if not is_search:
        cards = select(*WHOLE_CARD).where(*conditions)
        # What suits one filter's value may not suit another; without filters there is but one plan.
        listed = listing(cards if conditions else prepared(cards), sort)
        return listed, select(ORDERS.c.id).where(*conditions)
    if conditions:
        first, later = (_search(where, sort) for where in (conditions, [*conditions, after(sort)]))
    else:
        bounds = [bindparam(f"after_{i}", type_=c.type) for i, c in enumerate(sort.columns)]
        first, later = (_search_all(sort, *where) for where in ([null(), null()], bounds))
    counted = select(ORDERS.c.id).where(*conditions, _MATCHES(select(_TSQUERY).scalar_subquery()))
    return PreparedList(first, later, sort, name_of(sort)), counted


def _search_all(sort: Sort, after_at: object, after_id: object) -> AnySelect:
    """Build a search of all orders, whose hits a function of the database finds."""
    found = getattr(func, FOUND_NEWEST if sort.descending else FOUND_OLDEST)
    hits = select(found(_TSQUERY, after_at, after_id, _PAGE_ROWS)).scalar_subquery()
    are_hits = ORDERS.c.id == func.any(cast(hits, ARRAY(Uuid)))
    return in_order(select(*WHOLE_CARD).where(are_hits), sort)


def _search(conditions: Sequence[ColumnElement[bool]], sort: Sort) -> AnySelect:
    """Build a search of a part of the orders: one statement that chooses its own plan.

    With many hits it walks along the list and soon has a page. With fewer it reads them from the
    word index: first those of the newest (or oldest) periods, and all others only when these do not
    fill the page. Each plan is many times slower where another one fits, and the planner knows too
    little about words to choose. So the statement samples the first orders of the list; the plans
    that do not fit are not executed.
    """
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    near = select(_MATCHES(_TSQUERY).label("is_hit"), ORDERS.c.placed_at).where(*conditions)
    seen = near.order_by(*order).limit(SAMPLE_SIZE).subquery("seen")
    begins_at = "max" if sort.descending else "min"
    span = func.max(seen.c.placed_at) - func.min(seen.c.placed_at)
    sample = select(
        or_(func.count().filter(seen.c.is_hit) >= MANY, func.count() < SAMPLE_SIZE).label("walks"),
        literal_column(day_of(f"{begins_at}(seen.placed_at)")).label("day"),
        (func.date_part("epoch", span) / 86_400.0).label("days"),
    ).cte("sample")
    walks = select(sample.c.walks).scalar_subquery()
    # `IS TRUE` keeps the walk off the word index, and a tsquery from a subquery keeps the planner
    # from estimating it.
    asked = select(_TSQUERY).scalar_subquery()
    walked = in_order(select().where(*conditions, walks, _MATCHES(asked).is_(True)), sort)
    sort_columns = [column.label(f"sort_{i}") for i, column in enumerate(sort.columns)]
    gathered = select(*sort_columns).where(*conditions, not_(walks), _MATCHES(asked))
    starts = _IN_PERIODS(_first_periods(sample, sort).scalar_subquery())
    recent = gathered.where(starts).cte("recent").prefix_with("MATERIALIZED")
    recent_count = select(func.count()).select_from(recent).scalar_subquery()
    others = ORDERS.c.id.not_in(select(recent.c[sort_columns[-1].name]))
    older = (
        gathered.where(recent_count < _PAGE_ROWS, others).cte("older").prefix_with("MATERIALIZED")
    )
    hits = union_all(walked, select(recent), select(older)).subquery()
    hit_columns = [hits.c[column.name] for column in sort_columns]
    hit_order = [column.desc() if sort.descending else column.asc() for column in hit_columns]
    page = select(*hit_columns).order_by(*hit_order).limit(_PAGE_ROWS).subquery("page")
    page_columns = [page.c[column.name] for column in sort_columns]
    return (
        select(*WHOLE_CARD)
        .join(page, ORDERS.c.id == page_columns[-1])
        .order_by(*(column.desc() if sort.descending else column.asc() for column in page_columns))
    )


def _first_periods(sample: CTE, sort: Sort) -> AnySelect:
    """Return the first periods of a list, of a length that fits the sampled time span."""
    lengths = list(zip(PERIOD_DAYS, periods_of("sample.day"), strict=True))
    chosen = " ".join(
        f"WHEN sample.days <= {days * (BUCKETS - 1) / SPANS} THEN {period}"
        for days, period in lengths[:-1]
    )
    first: ColumnElement[object] = literal_column(f"CASE {chosen} ELSE {lengths[-1][1]} END").label(
        "first"
    )
    start = select(first).select_from(sample).subquery("start")
    sign = "-" if sort.descending else "+"
    numbers = ", ".join(f"start.first {sign} {offset}" for offset in range(BUCKETS))
    return select(literal_column(f"ARRAY[{numbers}]", ARRAY(Integer))).select_from(start)
