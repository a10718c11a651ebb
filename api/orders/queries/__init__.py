"""Reads of orders. Lists read columns of orders and never lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.sql.elements import SQLCoreOperations

from api.inventory import queries as inventory_queries
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import states
from api.orders.errors import OrderNotFound
from api.orders.models import Order, OrderEvent, OrderLine, OrderLink
from api.orders.queries.handling import check_hold_seen, hold, holds
from api.orders.queries.lists import (
    CARD,
    NEWEST,
    OLDEST,
    ORDERS,
    SCANNED_ORDER,
    OrderFilter,
    card,
    card_by_number,
    card_of,
    check_seen,
    customer_card,
    is_seen,
    not_indexed,
    seen_by,
)
from api.orders.queries.sales_abroad import distance_sales
from api.orders.queries.together import list_orders
from api.orders.states import OrderStatus, overpaid
from api.platform import sweeps
from api.platform.addresses import labelled
from api.platform.db import AnyRow, UtcDateTime, session
from api.platform.pagination import UncountedPageQuery, page_response
from api.platform.prepared import prepared
from api.tax.rules import from_stored

__all__ = [
    "NEWEST",
    "OLDEST",
    "SCANNED_ORDER",
    "OrderFilter",
    "admin_view",
    "card",
    "card_by_number",
    "card_of",
    "check_hold_seen",
    "check_seen",
    "customer_view",
    "customer_view_of",
    "distance_sales",
    "expired_unpaid",
    "hold",
    "holds",
    "is_seen",
    "list_orders",
    "not_indexed",
    "number_of",
    "order_id_of_customer",
    "order_id_of_number",
    "order_of_customer",
    "orders_of_customer",
    "seen_by",
    "timeline",
]

_ALL: Final = [column for column in Order.__table__.c if column.name != "search"]

_LINE: tuple[SQLCoreOperations[object], ...] = (
    OrderLine.id,
    OrderLine.product_id,
    OrderLine.variant_id,
    OrderLine.sku,
    OrderLine.barcode,
    OrderLine.title,
    OrderLine.variant_title,
    OrderLine.image_url,
    OrderLine.hs_code,
    OrderLine.origin_country,
    OrderLine.quantity,
    OrderLine.shipped_quantity,
    OrderLine.cancelled_quantity,
    OrderLine.refunded_quantity,
    OrderLine.unit_price,
    OrderLine.discount,
    OrderLine.total,
    OrderLine.tax,
    OrderLine.tax_rate_basis_points,
    OrderLine.tax_lines,
    OrderLine.tax_class,
    OrderLine.refunded_amount,
    OrderLine.removed_at,
    OrderLine.note,
    OrderLine.properties,
)


def orders_of_customer(customer_id: UUID, **asked: Unpack[UncountedPageQuery]) -> dict[str, object]:
    """Return a page of a customer's orders, newest first."""
    return page_response(
        select(*CARD).where(ORDERS.c.customer_id == customer_id),
        NEWEST,
        customer_card,
        filters=customer_id,
        **asked,
    )


def order_of_customer(order_id: UUID, principal: Principal) -> dict[str, object]:
    """Return an order as its customer may see it.

    Ownership is part of the query: someone else's order is not found. Raises `OrderNotFound`.
    """
    return _view(get_order(order_id, principal))


def customer_view(order_id: UUID) -> dict[str, object]:
    """Return an order as its customer sees it, for staff commands. Raises `OrderNotFound`."""
    return _view(get_order(order_id))


def customer_view_of(order: Order) -> dict[str, object]:
    """Return a loaded order, with its lines, as its customer sees it."""
    return {
        **order_fields(order),
        "lines": [line_fields(line, order.currency) for line in order.lines],
    }


def order_id_of_customer(order_id: UUID, principal: Principal) -> UUID:
    """Check that an order belongs to a customer or guest. Raises `OrderNotFound`."""
    kind, owner = _owner_of(principal)
    parameters = {"owner": owner, "moment": clock.now()}
    owned = session.scalar(select(Order.id).where(Order.id == order_id, _OWNED[kind]), parameters)
    if owned is None:
        raise OrderNotFound(order_id=order_id)
    return owned


def admin_view(order_id: UUID) -> dict[str, Any]:
    """Return an order with lines and history for staff. Raises `OrderNotFound`."""
    order = get_order(order_id)
    lines, rows = [], lines_of(order.id)
    for row in rows:
        line = line_fields(row, order.currency)
        line["open_quantity"] = row.quantity - row.shipped_quantity - row.cancelled_quantity
        is_removed = row.removed_at is not None
        line["refundable_quantity"] = 0 if is_removed else row.quantity - row.refunded_quantity
        lines.append(line)
    price, due = price_and_due(order, rows)
    refundable = _refundable(order)
    return {
        **order_fields(order),
        "customer_id": order.customer_id,
        "customer_name": order.customer_name,
        "unit_count": order.unit_count,
        "open_unit_count": sum(line["open_quantity"] for line in lines),
        "ship_country": order.ship_country,
        "cancel_reason": order.cancel_reason,
        "captured": Money(order.captured, order.currency),
        "refund_pending": Money(order.refund_pending, order.currency),
        "charged_back": Money(order.charged_back, order.currency),
        "refundable": Money(refundable, order.currency),
        "due": Money(due, order.currency),
        "overpaid": Money(overpaid(price, kept=refundable), order.currency),
        "refundable_shipping": Money(
            order.shipping_total - order.shipping_refunded, order.currency
        ),
        "lines": lines,
        "on_hold": order.on_hold,
        "tags": order.tags,
        "ip_country": order.ip_country,
        "timeline": timeline(order.id),
    }


def price_and_due(order: AnyRow, lines: Sequence[AnyRow]) -> tuple[int, int]:
    """Return the current price of an order and the amount still due, in minor units."""
    price_refunded = order.shipping_refunded + sum(row.refunded_amount for row in lines)
    cancelled = order.status is OrderStatus.CANCELLED
    price = states.owed(order.total, price_refunded=price_refunded, cancelled=cancelled)
    due = states.amount_due(
        price,
        kept=_refundable(order),
        was_paid=order.paid_at is not None,
        charged_back=order.charged_back,
        edit_due=order.edit_due,
    )
    return price, due


def timeline(order_id: UUID) -> list[dict[str, object]]:
    """Return an order's history, oldest first."""
    rows = session.execute(_TIMELINE, {"order_id": order_id})
    return [dict(row._mapping) for row in rows]


def number_of(order_id: UUID) -> str | None:
    """Return the number of an order, or None."""
    return session.scalar(select(Order.number).where(Order.id == order_id))


def order_id_of_number(number: str) -> UUID:
    """Return the id of an order by its number. Raises `OrderNotFound`."""
    order_id = session.scalar(select(Order.id).where(Order.number == number))
    if order_id is None:
        raise OrderNotFound(number=number)
    return order_id


def expired_unpaid(now: datetime, limit: int) -> Sequence[UUID]:
    """Return unpaid orders that have expired, oldest first."""
    return session.scalars(
        select(Order.id)
        .where(
            Order.expires_at <= now,
            Order.status == OrderStatus.PLACED,
            # Partly paid with money, it waits for a person; it must not block the others.
            Order.captured == Order.tendered,
            ~sweeps.waits("expire-unpaid-orders", Order.id),
        )
        .order_by(Order.expires_at)
        .limit(limit)
    ).all()


# Built once: building them costs several times more than running them.
_ONE: Final = prepared(select(*_ALL).where(Order.id == bindparam("order_id")))
_HAS_ACCESS: Final = exists().where(
    OrderLink.order_id == Order.id,
    OrderLink.access_key == bindparam("owner"),
    OrderLink.access_until > bindparam("moment", type_=UtcDateTime),
    OrderLink.voided_at.is_(None),
)
"""A link in an e-mail was opened, and its token is sent like a cart's."""
_OWNED: Final = {
    "customer": Order.customer_id == bindparam("owner"),
    "guest": or_(Order.guest_key == bindparam("owner"), _HAS_ACCESS),
}
_OWN: Final = {
    kind: _ONE.add_columns(
        inventory_queries.has_back_orders(Order.id).label("has_back_orders")
    ).where(condition)
    for kind, condition in _OWNED.items()
}
"""Of one of theirs it is told, too, whether units are back-ordered."""
_TIMELINE: Final = prepared(
    select(OrderEvent.at, OrderEvent.kind, OrderEvent.text, OrderEvent.actor)
    .where(OrderEvent.order_id == bindparam("order_id"))
    .order_by(OrderEvent.at, OrderEvent.id)
)
_LINES_OF: Final = prepared(
    select(*_LINE).where(OrderLine.order_id == bindparam("order_id")).order_by(OrderLine.position)
)


def _owner_of(principal: Principal) -> tuple[str, UUID | str | None]:
    """Return the kind and value of the owner column. Raises `OrderNotFound` without a guest key."""
    if principal.kind == "customer":
        return "customer", principal.id
    if principal.guest_key is not None:
        return "guest", principal.guest_key
    raise OrderNotFound


def get_order(order_id: UUID, owner: Principal | None = None) -> AnyRow:
    """Read an order, with `owner` only one of theirs. Raises `OrderNotFound`."""
    parameters: dict[str, object] = {"order_id": order_id}
    statement = _ONE
    if owner is not None:
        kind, parameters["owner"] = _owner_of(owner)
        parameters["moment"] = clock.now()
        statement = _OWN[kind]
    row = session.execute(statement, parameters).one_or_none()
    if row is None:
        raise OrderNotFound(order_id=order_id)
    return row


def lines_of(order_id: UUID) -> Sequence[AnyRow]:
    """Read an order's lines by position."""
    return session.execute(_LINES_OF, {"order_id": order_id}).all()


def _view(order: AnyRow) -> dict[str, object]:
    return {
        **order_fields(order),
        "lines": [line_fields(row, order.currency) for row in lines_of(order.id)],
    }


def order_fields(order: AnyRow | Order) -> dict[str, object]:
    """Return the fields of an order that customers and staff both see."""
    currency, shipping, billing = order.currency, order.shipping_address, order.billing_address
    labelled_shipping = labelled(shipping)
    return {
        "id": order.id,
        "number": order.number,
        "placed_at": order.placed_at,
        "expires_at": order.expires_at,
        "paid_at": order.paid_at,
        "amended_at": order.amended_at,
        "status": order.status,
        "payment_status": order.payment_status,
        "fulfilment_status": order.fulfilment_status,
        "payment_method": order.payment_method,
        "email": order.email,
        "shipping_address": labelled_shipping,
        "billing_address": labelled_shipping if billing == shipping else labelled(billing),
        "shipping_method": order.shipping_method,
        "promised_ship_at": order.promised_ship_at,
        "promised_delivery_at": order.promised_delivery_at,
        "language": order.language,
        "customer_note": order.customer_note,
        "gift": _gift(order.gift),
        "gift_message": order.gift_message,
        "subtotal": Money(order.subtotal, currency),
        "shipping_total": Money(order.shipping_total, currency),
        "discount_total": Money(order.discount_total, currency),
        "shipping_discount": Money(order.shipping_discount, currency),
        "vat_id": from_stored(order.vat_id),
        "shipping_tax_lines": tax_line_fields(order.shipping_tax_lines, currency),
        "prices_include_tax": order.prices_include_tax,
        "tax_total": Money(order.tax_total, currency),
        "total": Money(order.total, currency),
        "exchanged": Money(order.exchanged or 0, currency),
        "tendered": Money(order.tendered, currency),
        "refunded": Money(order.refunded, currency),
        "version": order.version,
    }


def _refundable(order: AnyRow) -> int:
    gone = order.refunded + order.refund_pending + order.charged_back
    return max(0, int(order.captured - gone))


def line_fields(row: AnyRow | OrderLine, currency: str) -> dict[str, object]:
    """Return the fields of a line that customers and staff both see."""
    return {
        "id": row.id,
        "product_id": row.product_id,
        "variant_id": row.variant_id,
        "sku": row.sku,
        "barcode": row.barcode,
        "title": row.title,
        "variant_title": row.variant_title,
        "image_url": row.image_url,
        "hs_code": row.hs_code,
        "origin_country": row.origin_country,
        "quantity": row.quantity,
        "shipped_quantity": row.shipped_quantity,
        "cancelled_quantity": row.cancelled_quantity,
        "refunded_quantity": row.refunded_quantity,
        "unit_price": Money(row.unit_price, currency),
        "discount": Money(row.discount, currency),
        "total": Money(row.total, currency),
        "tax": Money(row.tax, currency),
        "tax_rate": f"{row.tax_rate_basis_points / 10_000:.4f}",
        "tax_lines": tax_line_fields(row.tax_lines, currency),
        "removed_at": row.removed_at,
        "note": row.note,
        "properties": row.properties or {},
    }


def tax_line_fields(stored: list[dict[str, Any]] | None, currency: str) -> list[dict[str, object]]:
    """Return stored tax lines with their amounts as money; none for orders of older releases."""
    return [
        {**line, "base": Money(line["base"], currency), "amount": Money(line["amount"], currency)}
        for line in stored or ()
    ]


def _gift(gift: dict[str, Any] | None) -> dict[str, object] | None:
    if gift is None:
        return None
    send_at = gift["send_at"]
    return {**gift, "send_at": None if send_at is None else datetime.fromisoformat(send_at)}
