"""The journal of a stock level, as the API returns it."""

from typing import Final, Unpack
from uuid import UUID

from sqlalchemy import select

from api.inventory.errors import LevelNotFound
from api.inventory.models import StockLevel, StockMovement
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort

_NEWEST_FIRST: Final = Sort((StockMovement.id,), descending=True)


def movements(
    level_id: UUID, *, at: frozenset[UUID] | None = None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of a level's journal, the newest entry first.

    Raises `LevelNotFound`, also where the level is at none of the locations `at`.
    """
    location_id = session.scalar(select(StockLevel.location_id).where(StockLevel.id == level_id))
    if location_id is None or (at is not None and location_id not in at):
        raise LevelNotFound(level_id=level_id)
    of_level = StockMovement.level_id == level_id
    return pagination.page_response(
        select(
            StockMovement.id,
            StockMovement.created_at.label("at"),
            StockMovement.kind,
            StockMovement.on_hand_change,
            StockMovement.allocated_change,
            StockMovement.reserved_change,
            StockMovement.damaged_change,
            StockMovement.quarantine_change,
            StockMovement.safety_stock_change,
            StockMovement.expired_change,
            StockMovement.back_ordered_change,
            StockMovement.on_hand_after,
            StockMovement.reason,
            StockMovement.note,
            StockMovement.actor,
            StockMovement.reference,
            StockMovement.order_id,
            StockMovement.fulfilment_id,
            StockMovement.refund_id,
        ).where(of_level),
        _NEWEST_FIRST,
        _movement,
        filters=level_id,
        **asked,
    )


def _movement(row: AnyRow) -> dict[str, object]:
    movement: dict[str, object] = row._asdict()
    del movement["sort_0"]
    return movement
