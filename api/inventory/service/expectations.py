"""What a level had in a bin at a moment: the figure of now, less what moved since.

What counts changed since is no such move: it put the books right, and nothing came or went. Two
people who count the same units at once would else take what is missing off twice.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from api.inventory.errors import LevelNotFound
from api.inventory.models import BinMovement, BinStock, MovementKind, StockLevel, StockMovement
from api.inventory.service import bin_contents, locks
from api.platform.db import require_transaction


def expected_at(
    level_id: UUID, bin_id: UUID | None, moment: datetime, *, location_id: UUID
) -> tuple[int, Decimal | None]:
    """Return how many units of a level were in a bin (None: in no bin), and their average cost.

    Locks all levels of the variant, then the bin, so that nothing moves before the caller is done.
    Raises `LevelNotFound`, also for a level of another location, and what is wrong with the bin.
    """
    levels = locks.lock(also=locks.variant_of(level_id))
    level = levels.get(level_id)
    if level is None or level.location_id != location_id:
        raise LevelNotFound(level_id=level_id)
    session = require_transaction()
    average_cost = session.scalar(select(StockLevel.average_cost).where(StockLevel.id == level_id))
    moved = select(func.coalesce(func.sum(BinMovement.change), 0)).where(
        BinMovement.level_id == level_id,
        BinMovement.created_at > moment,
        BinMovement.reason != MovementKind.COUNTED.value,
    )
    if bin_id is not None:
        bin_contents.check_takes(bin_contents.keep([bin_id])[bin_id], level.location_id)
        present = session.scalar(
            select(BinStock.quantity).where(
                BinStock.bin_id == bin_id, BinStock.level_id == level_id
            )
        )
        since = session.scalar(moved.where(BinMovement.bin_id == bin_id)) or 0
        return (present or 0) - since, average_cost
    all_moved = session.scalar(
        select(func.coalesce(func.sum(StockMovement.on_hand_change), 0)).where(
            StockMovement.level_id == level_id,
            StockMovement.created_at > moment,
            StockMovement.kind != MovementKind.COUNTED,
        )
    )
    since = (all_moved or 0) - (session.scalar(moved) or 0)
    return level.on_hand - level.in_bins - since, average_cost
