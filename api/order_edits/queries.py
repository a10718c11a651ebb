"""Reads of edits."""

from uuid import UUID

from sqlalchemy import select

from api.kernel.money import Money
from api.order_edits.models import OrderEdit
from api.orders import queries as orders_queries
from api.platform.pagination import Sort, page

NEWEST = Sort((OrderEdit.created_at, OrderEdit.id), descending=True)


def edits_of_order(
    order_id: UUID, *, limit: int, cursor: str | None, with_total: bool
) -> dict[str, object]:
    """Return a page of an order's edits, newest first. Raises `OrderNotFound`."""
    currency = orders_queries.get_order(order_id).currency
    mine = select(*OrderEdit.__table__.columns).where(OrderEdit.order_id == order_id)
    rows, page_info = page(
        mine,
        NEWEST,
        limit=limit,
        cursor=cursor,
        filters=order_id,
        total=mine.with_only_columns(OrderEdit.id) if with_total else None,
    )
    data = [
        {
            "id": row.id,
            "created_at": row.created_at,
            "actor": row.actor,
            "reason": row.reason,
            "rules": row.rules,
            "steps": row.steps,
            "total_before": Money(row.total_before, currency),
            "total_after": Money(row.total_after, currency),
            "due": Money(row.asked, currency),
            "refund": Money(row.refunded, currency),
        }
        for row in rows
    ]
    return {"data": data, "page": page_info}
