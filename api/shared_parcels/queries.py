"""Reads of what shared parcels save, and of the markets that orders were sold in."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text

from api.catalog.queries.own_prices import MARKET_OF
from api.fulfilment import queries as fulfilment_queries
from api.kernel.money import Money
from api.orders.models import Order
from api.platform.db import AnyRow, session, table_of
from api.shared_parcels.errors import SavingNotFound
from api.shared_parcels.models import ShippingSaving

_SAVINGS: Final = table_of(ShippingSaving)
_WITH_NUMBER: Final = select(*_SAVINGS.c, Order.number).join(Order, Order.id == _SAVINGS.c.order_id)
_MARKET: Final = text(f"SELECT {MARKET_OF}")
_LEFT: Final = ("shipped", "delivered")


def shared_parcel(fulfilment_id: UUID) -> dict[str, object]:
    """Return a parcel with the one in the same box, and the shipping that is saved.

    Raises `FulfilmentNotFound`.
    """
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    beside = parcel["packed_with"]
    about = [fulfilment_id, *([UUID(beside["id"])] if beside else [])]
    rows = session.execute(_WITH_NUMBER.where(_SAVINGS.c.fulfilment_id.in_(about)))
    return {**parcel, "shipping_saving": next((_saving(row, parcel) for row in rows), None)}


def savings_of_order(order_id: UUID, parcels: list[dict[str, Any]]) -> list[dict[str, object]]:
    """Return what the shared parcels of an order save, its own and those it shares a box with.

    `parcels` are all its parcels; without a shared one among them nothing is read.
    """
    shared = {one["id"]: one for one in parcels if one["packed_with"]}
    for one in list(shared.values()):
        shared[UUID(one["packed_with"]["id"])] = one
    if not shared:
        return []
    rows = session.execute(
        _WITH_NUMBER.where(_SAVINGS.c.fulfilment_id.in_(shared)).order_by(_SAVINGS.c.fulfilment_id)
    )
    return [_saving(row, shared[row.fulfilment_id]) for row in rows]


def get_saving(fulfilment_id: UUID) -> AnyRow:
    """Return the proposed refund of a parcel, or of the one in the same box.

    Raises `FulfilmentNotFound` and `SavingNotFound`.
    """
    packed = [row.id for row in fulfilment_queries.packed_together(fulfilment_id)]
    row = session.execute(
        select(_SAVINGS).where(_SAVINGS.c.fulfilment_id.in_(packed))
    ).one_or_none()
    if row is None:
        raise SavingNotFound(fulfilment_id=fulfilment_id)
    return row


def market_of(country: str) -> str | None:
    """Return the code of the market of a country; None without one."""
    code: str | None = session.scalar(_MARKET, {"country": country})
    return code


def _saving(row: AnyRow, parcel: dict[str, object]) -> dict[str, object]:
    is_open = row.decision is None and parcel["status"] in _LEFT
    return {
        "fulfilment_id": row.fulfilment_id,
        "order_id": row.order_id,
        "order_number": row.number,
        "amount": Money(row.amount, row.currency),
        "decision": row.decision,
        "decided_by": row.decided_by,
        "can_refund": is_open,
    }
