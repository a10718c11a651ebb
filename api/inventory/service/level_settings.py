"""Settings of a level that staff edit: threshold, safety stock, preferred bin, replenishment."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from api.inventory.errors import LevelNotFound, ReplenishmentReversed
from api.inventory.events import StockLow
from api.inventory.models import MovementKind, StockLevel
from api.inventory.service import bin_contents, journal, locks
from api.inventory.service.journal_entries import JournalEntry
from api.kernel.principal import Principal
from api.platform import audit, auth, etags
from api.platform.db import require_transaction
from api.platform.outbox import emit


def edit_level(
    level_id: UUID, changes: Mapping[str, Any], *, expected_version: int | None, by: Principal
) -> int:
    """Change the settings of a level: threshold, safety stock, preferred bin, replenishment.

    Without a threshold (None) the level never counts as low. Returns the level's new version. Locks
    the level, all of the variant for safety stock, then the bin. Raises `LevelNotFound`,
    `BinNotFound`, `BinElsewhere`, `BinInactive`, `ReplenishmentReversed`, and `Stale` when the
    version differs from `expected_version`. Emits `StockLow` when the level becomes low. A change
    of the safety stock is a journal entry.
    """
    session, settings = require_transaction(), dict(changes)
    safety_stock = settings.pop("safety_stock", None)
    # Safety stock can sell a variant out: that is known under the locks of all its levels only.
    levels = locks.lock(also=locks.variant_of(level_id)) if safety_stock is not None else {}
    row = session.execute(
        select(
            *(StockLevel.variant_id, StockLevel.location_id, StockLevel.version),
            *(StockLevel.replenish_min, StockLevel.replenish_max, StockLevel.safety_stock),
            *(StockLevel.low_stock_threshold, StockLevel.below_threshold),
            (
                StockLevel.on_hand
                - StockLevel.unavailable
                - StockLevel.allocated
                - StockLevel.back_ordered
            ).label("left"),
        )
        .where(StockLevel.id == level_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise LevelNotFound(level_id=level_id)
    auth.check_location(by, {row.location_id})
    etags.check(row.version, expected_version)
    bin_id = settings.get("preferred_bin_id")
    if bin_id is not None:
        bin_contents.check_takes(bin_contents.keep([bin_id])[bin_id], row.location_id)
    least = settings.get("replenish_min", row.replenish_min)
    most = settings.get("replenish_max", row.replenish_max)
    if least is not None and most is not None and least > most:
        raise ReplenishmentReversed(least=least, most=most)
    threshold, left = settings.get("low_stock_threshold", row.low_stock_threshold), row.left
    if safety_stock is not None and safety_stock != row.safety_stock:
        more = safety_stock - row.safety_stock
        left -= more
        entry = JournalEntry(
            level_id=level_id,
            kind=MovementKind.STATE_CHANGED,
            safety_stock=more,
            reason="safety_stock",
        )
        journal.write_entries(levels, [entry], by=by)
    is_low = threshold is not None and left <= threshold
    has_told = row.below_threshold or (
        row.low_stock_threshold is not None and (left <= row.low_stock_threshold)
    )
    if threshold is not None and is_low and not has_told:
        emit(
            StockLow(
                level_id=level_id,
                variant_id=row.variant_id,
                location_id=row.location_id,
                available=left,
                threshold=threshold,
            )
        )
    session.execute(
        update(StockLevel)
        .where(StockLevel.id == level_id)
        .values(**settings, below_threshold=is_low, version=StockLevel.version + 1)
        .execution_options(synchronize_session=False)
    )
    if "low_stock_threshold" in changes:
        threshold_change = [row.low_stock_threshold, threshold]
        audit.record(
            "stock.threshold_set", by=by, subject_id=level_id, low_stock_threshold=threshold_change
        )
    others = {name: value for name, value in changes.items() if name != "low_stock_threshold"}
    if others:
        audit.record("stock.level_edited", by=by, subject_id=level_id, **others)
    version: int = row.version + 1
    return version


def set_threshold(
    level_id: UUID, threshold: int | None, *, expected_version: int | None, by: Principal
) -> int:
    """Set the threshold at which a level counts as low, as `edit_level` does."""
    changes = {"low_stock_threshold": threshold}
    return edit_level(level_id, changes, expected_version=expected_version, by=by)
