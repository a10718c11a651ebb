"""What waits to be packed: orders whose batch is done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict
from uuid import UUID

from sqlalchemy import func, select

from api.inventory.models import Bin
from api.kernel.principal import Principal
from api.orders.models import Order
from api.packing.models import PackingSession
from api.packing.states import OPEN_SESSION
from api.picking.models import PickBatch, PickOrder, PickTote
from api.picking.states import PickOrderStatus
from api.platform.bulk_sql import any_of
from api.platform.db import session

_MOST_WAITING: Final = 100


class WaitingRead(TypedDict):
    """A picked order that waits to be packed."""

    order_id: UUID
    number: str
    customer_name: str
    promised_ship_at: datetime | None
    unit_count: int
    totes: list[str]
    packer: str | None


def waiting(by: Principal) -> list[WaitingRead]:
    """List picked orders that wait to be packed, by the time they were promised to leave.

    At most 100, at the locations of `by`. `packer` is who packs one now.
    """
    statement = (
        select(
            *(PickOrder.id, PickOrder.order_id, PickOrder.batch_id, Order.number),
            *(Order.customer_name, Order.promised_ship_at, Order.unit_count),
            PackingSession.packer,
        )
        .join(Order, Order.id == PickOrder.order_id)
        .join(PickBatch, PickBatch.id == PickOrder.batch_id)
        .outerjoin(
            PackingSession,
            (PackingSession.order_id == PickOrder.order_id)
            & PackingSession.status.in_(OPEN_SESSION),
        )
        .where(PickOrder.status == PickOrderStatus.PICKED)
        .order_by(func.coalesce(Order.promised_ship_at, Order.placed_at), Order.id)
        .limit(_MOST_WAITING)
    )
    if by.locations is not None:
        statement = statement.where(any_of(PickBatch.location_id, by.locations))
    rows = session.execute(statement).all()
    totes = _totes([row.id for row in rows], [row.batch_id for row in rows])
    return [
        {
            "order_id": row.order_id,
            "number": row.number,
            "customer_name": row.customer_name,
            "promised_ship_at": row.promised_ship_at,
            "unit_count": row.unit_count,
            "totes": totes.get(row.id, totes.get(row.batch_id, [])),
            "packer": row.packer,
        }
        for row in rows
    ]


def _totes(pick_order_ids: Sequence[UUID], batch_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the codes of totes in use, by row of an order, or by batch where it is for all."""
    rows = session.execute(
        select(PickTote.pick_order_id, PickTote.batch_id, Bin.code)
        .join(Bin, Bin.id == PickTote.bin_id)
        .where(
            PickTote.released_at.is_(None),
            any_of(PickTote.batch_id, set(batch_ids)),
        )
        .order_by(PickTote.id)
    )
    wanted, found = set(pick_order_ids), dict[UUID, list[str]]()
    for pick_order_id, batch_id, code in rows:
        if pick_order_id is None or pick_order_id in wanted:
            found.setdefault(pick_order_id or batch_id, []).append(code)
    return found
