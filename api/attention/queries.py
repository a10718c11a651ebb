"""Reads of the attention list."""

from dataclasses import dataclass
from typing import Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.sql.elements import SQLCoreOperations

from api.attention.policy import COMMANDS
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.models import Order
from api.platform.attention import IS_OPEN, AttentionItem, AttentionItemNotFound
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort, page_response

OLDEST = Sort((AttentionItem.id,))
NEWEST = Sort((AttentionItem.id,), descending=True)

_ITEM: tuple[SQLCoreOperations[object], ...] = (
    *(column for column in AttentionItem.__table__.columns),
    Order.number.label("order_number"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionFilter:
    """Filters of the attention list."""

    state: str = "open"
    kind: str | None = None
    order_id: UUID | None = None


def items(
    filters: AttentionFilter, *, by: Principal, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of open items, oldest first, or of resolved ones, newest first.

    Whoever is limited to locations gets the items of orders with units there.
    """
    is_open = filters.state == "open"
    conditions = [IS_OPEN if is_open else ~IS_OPEN, *_seen_by(by)]
    if filters.kind is not None:
        conditions.append(AttentionItem.kind == filters.kind)
    if filters.order_id is not None:
        conditions.append(AttentionItem.order_id == filters.order_id)
    return page_response(
        _items_with_order().where(*conditions),
        OLDEST if is_open else NEWEST,
        _item,
        filters=filters if by.locations is None else (filters, sorted(by.locations)),
        counted=select(AttentionItem.id).where(*conditions),
        **asked,
    )


def item(item_id: UUID, by: Principal) -> dict[str, object]:
    """Return one item. Raises `AttentionItemNotFound`, also where `by` may not see it."""
    chosen = _items_with_order().where(AttentionItem.id == item_id, *_seen_by(by))
    row = session.execute(chosen).one_or_none()
    if row is None:
        raise AttentionItemNotFound(item_id=item_id)
    return _item(row)


def check_seen(item_id: UUID, by: Principal) -> None:
    """Refuse an item that `by` may not see. Raises `AttentionItemNotFound`."""
    seen = select(AttentionItem.id).where(AttentionItem.id == item_id, *_seen_by(by))
    if by.locations is not None and session.scalar(seen) is None:
        raise AttentionItemNotFound(item_id=item_id)


def _seen_by(by: Principal) -> list[ColumnElement[bool]]:
    return orders_queries.seen_by(by, AttentionItem.order_id)


def _items_with_order() -> AnySelect:
    return select(*_ITEM).outerjoin(Order, Order.id == AttentionItem.order_id)


def _item(row: AnyRow) -> dict[str, object]:
    ended = row.resolved_at or clock.now()
    return {
        "id": row.id,
        "kind": row.kind,
        "reason": row.reason,
        "amount": None if row.amount is None else Money(row.amount, row.currency),
        "due_at": row.due_at,
        "reference": row.reference,
        "order_id": row.order_id,
        "order_number": row.order_number,
        "payment_id": row.payment_id,
        "refund_id": row.refund_id,
        "dispute_id": row.dispute_id,
        "created_at": row.created_at,
        "age_seconds": max(0, int((ended - row.created_at).total_seconds())),
        "commands": list(COMMANDS[row.kind]) if row.resolved_at is None else [],
        "resolved_at": row.resolved_at,
        "resolved_by": row.resolved_by,
        "resolution": row.resolution,
        "note": row.note,
    }
