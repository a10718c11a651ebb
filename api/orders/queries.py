"""Questions to the order book. Lists read columns and never lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, or_, select, true

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders.errors import HoldNotFound, OrderNotFound
from api.orders.models import Order, OrderEntry, OrderHold, OrderLine
from api.orders.states import OrderStatus, amount_due, overpaid, owed
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import Listing, Sort, listing, page, page_of

NEWEST = Sort((Order.placed_at, Order.id), descending=True)
OLDEST = Sort((Order.placed_at, Order.id))

_CARD: tuple[Any, ...] = (
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

_LINE: tuple[Any, ...] = (
    OrderLine.id,
    OrderLine.product_id,
    OrderLine.variant_id,
    OrderLine.sku,
    OrderLine.barcode,
    OrderLine.title,
    OrderLine.variant_title,
    OrderLine.image_url,
    OrderLine.quantity,
    OrderLine.shipped_quantity,
    OrderLine.cancelled_quantity,
    OrderLine.refunded_quantity,
    OrderLine.unit_price,
    OrderLine.total,
    OrderLine.tax,
    OrderLine.tax_rate_basis_points,
    OrderLine.refunded_amount,
)


_HOLD: tuple[Any, ...] = (
    OrderHold.id,
    OrderHold.order_id,
    OrderHold.reason,
    OrderHold.note,
    OrderHold.created_by,
    OrderHold.created_at,
    OrderHold.released_by,
    OrderHold.released_at,
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
        {**given, **_words(narrow.q)},
        limit=limit,
        cursor=cursor,
        filters=narrow,
        total=ids if with_total else None,
    )
    return {"data": [card(row) for row in rows], "page": described}


def card_by_number(number: str) -> dict[str, Any] | None:
    """Return the card of an order by the number that a person reads aloud."""
    row = session.execute(select(*_CARD).where(Order.number == number)).one_or_none()
    return None if row is None else card(row)


def card_of(order_id: UUID) -> dict[str, Any]:
    """Return the card of an order. Raises `OrderNotFound`."""
    row = session.execute(select(*_CARD).where(Order.id == order_id)).one_or_none()
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
        "total": Money(row.total, row.currency),
        "ship_country": row.ship_country,
        "version": row.version,
    }


def own_orders(customer_id: UUID, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """Return a page of a customer's orders, newest first."""
    rows, described = page(
        select(*_CARD).where(Order.customer_id == customer_id),
        NEWEST,
        limit=limit,
        cursor=cursor,
        filters=customer_id,
    )
    hidden = ("on_hold", "customer_name", "email", "ship_country", "version")
    data = [{k: v for k, v in card(row).items() if k not in hidden} for row in rows]
    return {"data": data, "page": described}


def own_order(order_id: UUID, principal: Principal) -> dict[str, Any]:
    """Return an order as its customer may see it.

    Ownership is part of the query: another's order is not found. Raises `OrderNotFound`.
    """
    return _view(_one(order_id, _owned_by(principal)))


def view(order_id: UUID) -> dict[str, Any]:
    """Return an order in the customer's shape for staff who acted on it. Raises `OrderNotFound`."""
    return _view(_one(order_id))


def own_order_id(order_id: UUID, principal: Principal) -> UUID:
    """Check that an order belongs to a customer or guest. Raises `OrderNotFound`."""
    return _one_id(order_id, _owned_by(principal))


def order_of_cart(cart_id: UUID) -> UUID | None:
    """Return the order that a cart became, if it did."""
    return session.scalar(select(Order.id).where(Order.cart_id == cart_id))


def full(order_id: UUID) -> dict[str, Any]:
    """Return an order with lines and history for staff. Raises `OrderNotFound`."""
    order = _one(order_id)
    lines, given_back = [], order.shipping_refunded
    for row in _lines(order.id):
        given_back += row.refunded_amount
        line = _line(row, order.currency)
        line["open_quantity"] = row.quantity - row.shipped_quantity - row.cancelled_quantity
        line["refundable_quantity"] = row.quantity - row.refunded_quantity
        lines.append(line)
    cancelled = order.status is OrderStatus.CANCELLED
    price = owed(order.total, given_back=given_back, cancelled=cancelled)
    kept = _refundable(order)
    was_paid = order.paid_at is not None
    due = amount_due(price, kept=kept, was_paid=was_paid, charged_back=order.charged_back)
    return {
        **_body(order),
        "customer_id": order.customer_id,
        "customer_name": order.customer_name,
        "unit_count": order.unit_count,
        "ship_country": order.ship_country,
        "cancel_reason": order.cancel_reason,
        "captured": Money(order.captured, order.currency),
        "refund_pending": Money(order.refund_pending, order.currency),
        "charged_back": Money(order.charged_back, order.currency),
        "refundable": Money(kept, order.currency),
        "due": Money(due, order.currency),
        "overpaid": Money(overpaid(price, kept=kept), order.currency),
        "refundable_shipping": Money(
            order.shipping_total - order.shipping_refunded, order.currency
        ),
        "lines": lines,
        "on_hold": order.on_hold,
        "timeline": timeline(order.id),
    }


def timeline(order_id: UUID) -> list[dict[str, Any]]:
    """Return an order's history, oldest first."""
    rows = session.execute(
        select(OrderEntry.at, OrderEntry.kind, OrderEntry.text, OrderEntry.actor)
        .where(OrderEntry.order_id == order_id)
        .order_by(OrderEntry.at, OrderEntry.id)
    )
    return [dict(row._mapping) for row in rows]


def holds(order_id: UUID) -> list[dict[str, Any]]:
    """Return an order's holds, released ones too, oldest first."""
    rows = session.execute(
        select(*_HOLD).where(OrderHold.order_id == order_id).order_by(OrderHold.id)
    )
    return [dict(row._mapping) for row in rows]


def hold(hold_id: UUID) -> dict[str, Any]:
    """Return one hold. Raises `HoldNotFound`."""
    session.flush()
    row = session.execute(select(*_HOLD).where(OrderHold.id == hold_id)).one_or_none()
    if row is None:
        raise HoldNotFound(hold_id=hold_id)
    return dict(row._mapping)


def order_id_of_number(number: str) -> UUID:
    """Find an order by the number that people read aloud. Raises `OrderNotFound`."""
    found = session.scalar(select(Order.id).where(Order.number == number))
    if found is None:
        raise OrderNotFound(number=number)
    return found


def expired_unpaid(now: datetime, limit: int) -> Sequence[UUID]:
    """Return orders whose time to pay is over."""
    return session.scalars(
        select(Order.id)
        .where(
            Order.expires_at <= now,
            Order.status == OrderStatus.PLACED,
            # Paid in part, it waits for a person; it must not stand before the others for ever.
            Order.captured == 0,
        )
        .order_by(Order.expires_at)
        .limit(limit)
    ).all()


_NARROWED_BY: Final = {
    "to_ship": Order.to_ship == true(),
    "on_hold": Order.on_hold == true(),
    "status": Order.status == bindparam("status"),
    "payment_status": Order.payment_status == bindparam("payment_status"),
    "fulfilment_status": Order.fulfilment_status == bindparam("fulfilment_status"),
    "placed_at_gte": Order.placed_at >= bindparam("placed_at_gte"),
    "placed_at_lt": Order.placed_at < bindparam("placed_at_lt"),
}
_FOUND_BY: Final = or_(
    Order.number == bindparam("number"),
    func.lower(Order.email).like(bindparam("beginning")),
    func.lower(Order.customer_name).like(bindparam("beginning")),
)


@cache
def _listing(names: frozenset[str], sort: Sort, is_search: bool) -> tuple[Listing, AnySelect]:
    """Build each kind of list once: the page, and the ids that a total counts."""
    conditions = [_NARROWED_BY[name] for name in sorted(names)]
    if is_search:
        conditions.append(_FOUND_BY)
    return listing(select(*_CARD).where(*conditions), sort), select(Order.id).where(*conditions)


def _words(q: str | None) -> dict[str, str]:
    if q is None:
        return {}
    words = q.strip().lower()
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {"number": words.removeprefix("o-"), "beginning": f"{escaped}%"}


def _owned_by(principal: Principal) -> ColumnElement[bool]:
    if principal.kind == "customer":
        return Order.customer_id == principal.id
    if principal.guest_key is not None:
        return Order.guest_key == principal.guest_key
    raise OrderNotFound


def _one(order_id: UUID, *conditions: ColumnElement[bool]) -> AnyRow:
    row = session.execute(
        select(Order.__table__).where(Order.id == order_id, *conditions)
    ).one_or_none()
    if row is None:
        raise OrderNotFound(order_id=order_id)
    return row


def _one_id(order_id: UUID, *conditions: ColumnElement[bool]) -> UUID:
    found = session.scalar(select(Order.id).where(Order.id == order_id, *conditions))
    if found is None:
        raise OrderNotFound(order_id=order_id)
    return found


def _lines(order_id: UUID) -> Sequence[AnyRow]:
    return session.execute(
        select(*_LINE).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
    ).all()


def _view(order: AnyRow) -> dict[str, Any]:
    return {**_body(order), "lines": [_line(row, order.currency) for row in _lines(order.id)]}


def _body(order: AnyRow) -> dict[str, Any]:
    currency = order.currency
    return {
        "id": order.id,
        "number": order.number,
        "placed_at": order.placed_at,
        "expires_at": order.expires_at,
        "paid_at": order.paid_at,
        "status": order.status,
        "payment_status": order.payment_status,
        "fulfilment_status": order.fulfilment_status,
        "payment_method": order.payment_method,
        "email": order.email,
        "shipping_address": order.shipping_address,
        "billing_address": order.billing_address,
        "shipping_method": order.shipping_method,
        "subtotal": Money(order.subtotal, currency),
        "shipping_total": Money(order.shipping_total, currency),
        "tax_total": Money(order.tax_total, currency),
        "total": Money(order.total, currency),
        "refunded": Money(order.refunded, currency),
        "version": order.version,
    }


def _refundable(order: AnyRow) -> int:
    gone = order.refunded + order.refund_pending + order.charged_back
    return max(0, int(order.captured - gone))


def _line(row: AnyRow, currency: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "product_id": row.product_id,
        "variant_id": row.variant_id,
        "sku": row.sku,
        "barcode": row.barcode,
        "title": row.title,
        "variant_title": row.variant_title,
        "image_url": row.image_url,
        "quantity": row.quantity,
        "shipped_quantity": row.shipped_quantity,
        "cancelled_quantity": row.cancelled_quantity,
        "refunded_quantity": row.refunded_quantity,
        "unit_price": Money(row.unit_price, currency),
        "total": Money(row.total, currency),
        "tax": Money(row.tax, currency),
        "tax_rate": f"{row.tax_rate_basis_points / 10_000:.4f}",
    }
