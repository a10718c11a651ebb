"""Effects of a movement: low-stock and back-in-stock events, and the catalog's stock status."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.catalog.service import stock_status
from api.inventory.events import BackInStock, StockLow
from api.inventory.service.journal_entries import LevelChange
from api.inventory.service.locks import Level
from api.platform.outbox import emit


def emit_low_stock(levels: Mapping[UUID, Level], moved: Sequence[Any]) -> None:
    """Emit `StockLow` for each level that fell to its threshold; `moved` are the updated rows."""
    for row in moved:
        level = levels[row.id]
        if row.below_threshold and not level.below_threshold:
            emit(
                StockLow(
                    level_id=level.id,
                    variant_id=level.variant_id,
                    location_id=level.location_id,
                    available=row.left,
                    threshold=row.low_stock_threshold,
                )
            )


def update_in_stock(before: Mapping[UUID, int], after: Mapping[UUID, int]) -> None:
    """Update the catalog's stock status by the available units of each variant before and after.

    Emits `BackInStock` for variants that came back.
    """
    back = [variant_id for variant_id in after if before[variant_id] <= 0 < after[variant_id]]
    gone = [variant_id for variant_id in after if after[variant_id] <= 0 < before[variant_id]]
    if back or gone:
        stock_status.update_in_stock(in_stock=back, out_of_stock=gone)
    if back:
        emit(BackInStock(variant_ids=tuple(sorted(back))))


def update_back_orders(levels: Mapping[UUID, Level], changes: Mapping[UUID, LevelChange]) -> None:
    """Update in the catalog whether more can be back-ordered, where that may have changed."""
    moved = {levels[one].variant_id for one, change in changes.items() if change.back_ordered}
    if not moved:
        return
    waiting = dict.fromkeys(moved, 0)
    for level in levels.values():
        if level.variant_id in moved:
            change = changes.get(level.id, LevelChange())
            waiting[level.variant_id] += level.back_ordered + change.back_ordered
    stock_status.update_back_orders(waiting)


def update_in_stock_now(levels: Mapping[UUID, Level], changes: Mapping[UUID, LevelChange]) -> None:
    """Update the catalog's stock status after a movement, over active locations."""
    before: dict[UUID, int] = {}
    after: dict[UUID, int] = {}
    for level in levels.values():
        if level.is_active:
            free, change = level.free, changes.get(level.id, LevelChange())
            before[level.variant_id] = before.get(level.variant_id, 0) + max(0, free)
            free += change.on_hand - change.allocated - change.reserved - change.unavailable
            after[level.variant_id] = after.get(level.variant_id, 0) + max(0, free)
    update_in_stock(before, after)
