"""Orders that could leave in one parcel: of one buyer, to one address, both ready to ship."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Unpack
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from api.inventory import queries as inventory_queries
from api.kernel.principal import Principal
from api.orders.errors import OrderNotFound
from api.orders.queries.lists import OLDEST, ORDERS, WHOLE_CARD, OrderFilter, card
from api.orders.queries.lists import list_orders as list_of_orders
from api.platform.db import session
from api.platform.pagination import PageQuery, Sort, page_response

SHOWN: Final = 5
"""Orders that are named beside another one."""
COMPARED: Final = 20
"""Open orders of one buyer that are compared with each of a list."""
_PARTS: Final = ("name", "company", "line1", "line2", "postal_code", "city", "region", "country")
_IT: Final = ORDERS.alias("it")


class Shipment(NamedTuple):
    """What decides whether two orders may go together; two that are equal but for the id may."""

    order_id: UUID
    number: str
    buyer: str
    address: str
    country: str
    currency: str
    is_picked_up: bool


def _buyer(orders: FromClause) -> ColumnElement[str]:
    """Return whose an order is: the account, or the e-mail address of a guest."""
    return func.coalesce(orders.c.customer_id.cast(Text), func.lower(orders.c.email))


def _address(orders: FromClause) -> ColumnElement[str]:
    parts = [orders.c.shipping_address[part].astext for part in _PARTS]
    return func.lower(func.concat_ws("|", *(func.trim(part) for part in parts)))


def _is_picked_up(orders: FromClause) -> ColumnElement[bool]:
    return func.coalesce(orders.c.shipping_method["kind"].astext, "") == "pickup"


def _go_together(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(
        _buyer(other) == _buyer(one),
        other.c.to_ship == true(),
        other.c.id != one.c.id,
        other.c.currency == one.c.currency,
        _address(other) == _address(one),
        ~_is_picked_up(one),
        ~_is_picked_up(other),
    )


# A buyer may have thousands of open orders, whose addresses are not all compared.
_BESIDE: Final = (
    select(
        *(ORDERS.c.id, ORDERS.c.number, ORDERS.c.placed_at, ORDERS.c.customer_id, ORDERS.c.email),
        *(ORDERS.c.to_ship, ORDERS.c.currency, ORDERS.c.shipping_address),
        ORDERS.c.shipping_method,
    )
    .where(_buyer(ORDERS) == _buyer(_IT), ORDERS.c.to_ship == true(), ORDERS.c.id != _IT.c.id)
    .correlate(_IT)
    .limit(COMPARED)
    .lateral("beside")
)
_NUMBERS: Final = (
    select(
        _IT.c.id,
        func.array_agg(aggregate_order_by(_BESIDE.c.number, _BESIDE.c.placed_at)).label("numbers"),
    )
    .join(_BESIDE, _go_together(_IT, _BESIDE))
    .where(_IT.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), _IT.c.to_ship == true())
    .group_by(_IT.c.id)
)


def list_orders(
    filters: OrderFilter,
    sort: Sort,
    *,
    limit: int,
    cursor: str | None,
    with_total: bool,
    by: Principal,
) -> dict[str, object]:
    """Return a page of orders for staff, as `queries.lists` does.

    In the queue `to_ship` each names those that could leave in one parcel with it: one statement
    more for the page.
    """
    found = list_of_orders(filters, sort, limit=limit, cursor=cursor, with_total=with_total, by=by)
    if filters.queue == "to_ship":
        named = numbers([entry["id"] for entry in found["data"]], by)
        for entry in found["data"]:
            entry["ships_with"] = named.get(entry["id"], [])
    return found


def numbers(order_ids: Sequence[UUID], by: Principal) -> dict[UUID, list[str]]:
    """Return the numbers of up to five orders that could go with each of these. One statement.

    Of their locations alone, if `by` is limited to some.
    """
    if not order_ids:
        return {}
    found = session.execute(_NUMBERS.where(*_seen(_BESIDE, by)), {"ids": list(order_ids)})
    return {row.id: list(row.numbers[:SHOWN]) for row in found}


def ships_with(order_id: UUID, by: Principal, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the orders that could go in one parcel with an order, oldest first.

    Raises `OrderNotFound`, also where `by` may not see it.
    """
    seen = select(ORDERS.c.id).where(ORDERS.c.id == order_id, *_seen(ORDERS, by))
    if session.scalar(seen) is None:
        raise OrderNotFound(order_id=order_id)
    is_one = and_(_IT.c.id == order_id, _IT.c.to_ship == true(), _go_together(_IT, ORDERS))
    chosen = select(*WHOLE_CARD).join(_IT, is_one).where(*_seen(ORDERS, by))
    return page_response(chosen, OLDEST, lambda row: card(row, by), filters=order_id, **asked)


def shipments(order_ids: Sequence[UUID]) -> dict[UUID, Shipment]:
    """Return what decides whether orders may go together. Read it under their locks."""
    rows = session.execute(
        select(
            ORDERS.c.id, ORDERS.c.number, _buyer(ORDERS), _address(ORDERS), ORDERS.c.ship_country,
            ORDERS.c.currency, _is_picked_up(ORDERS),
        ).where(ORDERS.c.id.in_(order_ids))
    )  # fmt: skip
    return {row[0]: Shipment(*row) for row in rows}


def _seen(orders: FromClause, by: Principal) -> list[ColumnElement[bool]]:
    if by.locations is None:
        return []
    at = literal(sorted(by.locations), ARRAY(Uuid))
    return [inventory_queries.is_allocated_at(orders.c.id, at)]
