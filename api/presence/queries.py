"""What a console polls every second: changes and claims, one small statement each."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from api.kernel import clock
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders.models import Order
from api.platform import change_feed
from api.platform.db import AnyRow, UtcDateTime, session
from api.presence.models import OrderClaim
from api.presence.policy import KINDS

_CLAIMS = (
    select(*OrderClaim.__table__.columns)
    .where(OrderClaim.claimed_until > bindparam("now", type_=UtcDateTime))
    .order_by(OrderClaim.claimed_at)
)


def changes_since(cursor: str | None, by: Principal) -> dict[str, object]:
    """Return the changes since a cursor and all claims, limited to what `by` may read.

    Raises `CursorInvalid`.
    """
    feed = change_feed.since(cursor, [kind for kind, needed in KINDS.items() if by.may(needed)])
    return {
        "cursor": feed.cursor,
        "must_reload": feed.must_reload,
        "changes": feed.changes,
        "claims": claims(by) if by.may(Permission.ORDERS_READ) else [],
    }


def claims(by: Principal) -> list[dict[str, object]]:
    """Return the active claims, the oldest first."""
    return [shaped(row, by) for row in session.execute(_CLAIMS, {"now": clock.now()})]


def is_order(order_id: UUID) -> bool:
    """Return whether an order exists; locks nothing."""
    return session.scalar(select(Order.id).where(Order.id == order_id)) is not None


def shaped(row: AnyRow, by: Principal) -> dict[str, Any]:
    """Return a claim as the API shows it to `by`."""
    return {
        "order_id": row.order_id,
        "claimed_by": row.claimed_by_name,
        "claimed_at": row.claimed_at,
        "claimed_until": row.claimed_until,
        "is_mine": row.claimed_by == by.id,
    }
