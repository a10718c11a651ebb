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
    if bin_id is not None:
        bin_contents.check_takes(bin_contents.keep([bin_id])[bin_id], level.location_id)
        present = session.scalar(
            select(BinStock.quantity).where(
                BinStock.bin_id == bin_id, BinStock.level_id == level_id
            )
        )
        return (present or 0) - _changed(level_id, bin_id, moment, by_counts=False), average_cost
    since = _changed(level_id, None, moment, by_counts=False)
    return level.on_hand - level.in_bins - since, average_cost


def is_counted_since(level_id: UUID, bin_id: UUID | None, moment: datetime) -> bool:
    """Tell whether counts changed what the books have in a bin, or in no bin, since a moment.

    Locks all levels of the variant.
    """
    locks.lock(also=locks.variant_of(level_id))
    return _changed(level_id, bin_id, moment, by_counts=True) != 0


def _changed(level_id: UUID, bin_id: UUID | None, moment: datetime, *, by_counts: bool) -> int:
    """Return by how much a place changed since a moment: by counts, or by all but counts."""
    session, counted = require_transaction(), MovementKind.COUNTED
    moved = select(func.coalesce(func.sum(BinMovement.change), 0)).where(
        BinMovement.level_id == level_id,
        BinMovement.created_at > moment,
        (BinMovement.reason == counted.value) == by_counts,
    )
    if bin_id is not None:
        return session.scalar(moved.where(BinMovement.bin_id == bin_id)) or 0
    all_moved = session.scalar(
        select(func.coalesce(func.sum(StockMovement.on_hand_change), 0)).where(
            StockMovement.level_id == level_id,
            StockMovement.created_at > moment,
            (StockMovement.kind == counted) == by_counts,
        )
    )
    return (all_moved or 0) - (session.scalar(moved) or 0)
