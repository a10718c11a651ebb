"""Claim an order, and release it."""

from uuid import UUID

from sqlalchemy import case, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.principal import Principal
from api.orders.errors import OrderNotFound
from api.platform.db import require_transaction
from api.presence import queries
from api.presence.errors import OrderClaimed
from api.presence.models import OrderClaim
from api.presence.policy import CLAIM_LIFETIME

_COLUMNS = OrderClaim.__table__.columns


def claim(order_id: UUID, *, take_over: bool, by: Principal) -> dict[str, object]:
    """Claim an order for five minutes from now; claiming it again extends that.

    One statement decides between two simultaneous claims. Raises `OrderClaimed` while somebody
    else has a claim, unless `take_over`, and `OrderNotFound`.
    """
    current, now = require_transaction(), clock.now()
    if not queries.is_order(order_id):
        raise OrderNotFound(order_id=order_id)
    is_extended = (OrderClaim.claimed_by == by.id) & (OrderClaim.claimed_until > now)
    is_free = or_(OrderClaim.claimed_by == by.id, OrderClaim.claimed_until <= now)
    values = {
        "claimed_by": by.id,
        "claimed_by_name": by.label,
        "claimed_at": now,
        "claimed_until": now + CLAIM_LIFETIME,
    }
    won = current.execute(
        insert(OrderClaim)
        .values(order_id=order_id, **values)
        .on_conflict_do_update(
            index_elements=["order_id"],
            set_={**values, "claimed_at": case((is_extended, OrderClaim.claimed_at), else_=now)},
            where=None if take_over else is_free,
        )
        .returning(*_COLUMNS)
    ).one_or_none()
    if won is not None:
        return queries.shaped(won, by)
    existing = current.execute(select(*_COLUMNS).where(OrderClaim.order_id == order_id)).one()
    raise OrderClaimed(**queries.shaped(existing, by))


def release(order_id: UUID, *, by: Principal) -> None:
    """Release a claim; does nothing when `by` has none."""
    require_transaction().execute(
        delete(OrderClaim).where(OrderClaim.order_id == order_id, OrderClaim.claimed_by == by.id)
    )


def purge_ended() -> None:
    """Delete expired claims. Needs a transaction."""
    require_transaction().execute(delete(OrderClaim).where(OrderClaim.claimed_until <= clock.now()))
