"""Totes in use, and units that are to be put back."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select, true

from api.inventory.models import Bin, BinStock, StockLevel
from api.orders.models import Order
from api.picking.models import PickLine, PickOrder, PickTote
from api.picking.queries.lines import all_lines
from api.picking.states import PickOrderStatus
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, session

_LONGEST_LIST: Final = 200


def totes_of(
    batch_id: UUID, pick_order_id: UUID | None, *, of_all: bool = False, is_locked: bool = False
) -> Sequence[AnyRow]:
    """Return the totes in use of one order of a batch, or of the batch itself; or all of them.

    With `is_locked` nobody puts them on another cart before the transaction ends (FOR SHARE).
    """
    of_order = PickTote.pick_order_id.is_not_distinct_from(pick_order_id)
    totes = (
        select(PickTote.bin_id, PickTote.pick_order_id, Bin.code, Bin.barcode, Bin.name, Bin.colour)
        .join(Bin, Bin.id == PickTote.bin_id)
        .where(
            PickTote.batch_id == batch_id,
            PickTote.released_at.is_(None),
            true() if of_all else of_order,
        )
        .order_by(PickTote.id)
    )
    if is_locked:
        totes = totes.with_for_update(read=True, of=PickTote)
    return session.execute(totes).all()


def tote_in_use(bin_id: UUID, *, is_locked: bool = False) -> AnyRow | None:
    """Return which batch and order use a tote; None for a free one.

    With `is_locked` it stays so, and nobody picks into it, before the transaction ends.
    """
    use = (
        select(PickTote.batch_id, PickTote.pick_order_id, PickOrder.order_id, Order.number)
        .outerjoin(PickOrder, PickOrder.id == PickTote.pick_order_id)
        .outerjoin(Order, Order.id == PickOrder.order_id)
        .where(PickTote.bin_id == bin_id, PickTote.released_at.is_(None))
    )
    if is_locked:
        use = use.with_for_update(of=PickTote)
    return session.execute(use).one_or_none()


def totes_holding(pick_order_id: UUID, level_id: UUID) -> list[tuple[UUID, int]]:
    """Return the totes that have units of a level for an order, with how many."""
    of_order = PickTote.pick_order_id == pick_order_id
    of_batch = and_(
        PickTote.pick_order_id.is_(None),
        PickTote.batch_id
        == select(PickOrder.batch_id).where(PickOrder.id == pick_order_id).scalar_subquery(),
    )
    rows = session.execute(
        select(BinStock.bin_id, BinStock.quantity)
        .join(PickTote, PickTote.bin_id == BinStock.bin_id)
        .where(
            BinStock.level_id == level_id,
            BinStock.quantity > 0,
            PickTote.released_at.is_(None),
            of_order | of_batch,
        )
        .order_by(PickTote.id)
    )
    return [(row.bin_id, row.quantity) for row in rows]


def units_in_totes(pick_order_id: UUID) -> int:
    """Return how many units are in the totes of an order."""
    return (
        session.scalar(
            select(func.coalesce(func.sum(BinStock.quantity), 0))
            .join(PickTote, PickTote.bin_id == BinStock.bin_id)
            .where(PickTote.pick_order_id == pick_order_id, PickTote.released_at.is_(None))
        )
        or 0
    )


def units_to_put_back(pick_order_id: UUID) -> int:
    """Return how many picked units of an order are not put back."""
    units: int = (
        session.scalar(
            select(func.coalesce(func.sum(PickLine.picked - PickLine.put_back), 0)).where(
                PickLine.pick_order_id == pick_order_id
            )
        )
        or 0
    )
    return units


def put_backs(*, at: frozenset[UUID] | None = None) -> list[dict[str, object]]:
    """List units in totes that no order needs, with the bin they came from; at most 200."""
    statement = all_lines().where(
        PickOrder.status == PickOrderStatus.REMOVED, PickLine.picked > PickLine.put_back
    )
    if at is not None:
        statement = statement.where(any_of(StockLevel.location_id, at))
    rows = session.execute(statement.order_by(PickLine.id).limit(_LONGEST_LIST)).all()
    names = ("order_number", "sku", "barcode", "title", "variant_title", "bin_code", "bin_barcode")
    totes = _codes_of_totes([row.pick_order_id for row in rows])
    return [
        {
            "line_id": row.id,
            **{name: getattr(row, name) for name in names},
            "totes": totes.get((row.pick_order_id, row.level_id), []),
            "quantity": row.picked - row.put_back,
        }
        for row in rows
    ]


def _codes_of_totes(pick_order_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], list[str]]:
    """Return the codes of the totes that hold units, by order in a batch and level."""
    of_order = or_(
        PickTote.pick_order_id == PickOrder.id,
        and_(PickTote.pick_order_id.is_(None), PickTote.batch_id == PickOrder.batch_id),
    )
    rows = session.execute(
        select(PickOrder.id, BinStock.level_id, Bin.code)
        .join(PickTote, of_order)
        .join(Bin, Bin.id == PickTote.bin_id)
        .join(BinStock, BinStock.bin_id == PickTote.bin_id)
        .where(
            any_of(PickOrder.id, set(pick_order_ids)),
            PickTote.released_at.is_(None),
            BinStock.quantity > 0,
        )
        .order_by(Bin.code)
    )
    found: dict[tuple[UUID, UUID], list[str]] = {}
    for pick_order_id, level_id, code in rows:
        found.setdefault((pick_order_id, level_id), []).append(code)
    return found
