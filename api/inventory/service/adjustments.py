"""Adjustments by staff: quantities, and the low-stock threshold of a level."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from api.inventory import queries
from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.errors import (
    InsufficientStock,
    LevelNotFound,
    QuantityTooLarge,
    StockCountOutdated,
)
from api.inventory.events import StockLow
from api.inventory.models import AdjustReason, MovementKind, StockLevel
from api.inventory.service import journal, locks
from api.inventory.service.available_stock import release_expired
from api.inventory.service.journal_entries import JournalEntry
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.platform import approvals, audit, auth, etags
from api.platform.approvals import CommandKind
from api.platform.db import require_transaction
from api.platform.outbox import emit
from api.platform.service_registry import get_service
from api.platform.settings import Settings

_KINDS: Final = {
    AdjustReason.COUNT: MovementKind.COUNTED,
    AdjustReason.RECEIVED: MovementKind.RECEIVED,
}


def adjust(
    level_id: UUID,
    *,
    change: int | None,
    on_hand: int | None,
    expected_on_hand: int | None,
    reason: AdjustReason,
    note: str | None,
    by: Principal,
    command_id: UUID | None = None,
) -> bool:
    """Adjust the units on hand: by a difference, or to a counted quantity.

    Exactly one of `change` and `on_hand` is given. Returns False when the difference is above a
    limit of `by`: then it waits for a second person, as `command_id`. Goods that are received have
    no limit. Locks all levels of the variant. Raises
    `LevelNotFound`, `StockCountOutdated` when the level no longer holds `expected_on_hand`,
    `QuantityTooLarge`, and `InsufficientStock` when orders or live reservations need the units that
    would be removed. A count that confirms the quantity is recorded too.
    """
    if (change is None) == (on_hand is None):
        raise ValueError("give either a change or a quantity")
    level_alias = aliased(StockLevel)
    levels = locks.lock(
        also=select(level_alias.variant_id)
        .where(level_alias.id == level_id)
        .correlate(None)
        .scalar_subquery()
    )
    level = levels.get(level_id)
    if level is None:
        raise LevelNotFound(level_id=level_id)
    auth.check_location(by, {level.location_id})
    if expected_on_hand is not None and level.on_hand != expected_on_hand:
        raise StockCountOutdated(current_on_hand=level.on_hand, expected_on_hand=expected_on_hand)
    difference = change if change is not None else (on_hand or 0) - level.on_hand
    kind = _KINDS.get(reason, MovementKind.ADJUSTED)
    if difference == 0 and kind is not MovementKind.COUNTED:
        return True
    if level.on_hand + difference > MAX_QUANTITY:
        raise QuantityTooLarge(largest=MAX_QUANTITY)
    # Expired reservations must not block a removal, so they are released first.
    freed = release_expired(levels) if difference < 0 else None
    free = level.free + (freed.at(level_id) if freed else 0)
    if free + difference < 0:
        raise InsufficientStock(
            "Orders or checkouts need the units that would be removed.",
            on_hand=level.on_hand,
            allocated=level.allocated,
            reserved=level.on_hand - level.allocated - free,
            requested=-difference,
            available=free,
        )
    is_delivery = kind is MovementKind.RECEIVED and difference > 0
    if by.limits and not is_delivery:
        arguments = {
            "level_id": level_id,
            "change": change,
            "on_hand": on_hand,
            "expected_on_hand": expected_on_hand,
            "reason": reason,
            "note": note,
        }
        if _must_wait(level, difference, arguments, command_id=command_id or new_id(), by=by):
            return False
    entry = JournalEntry(level_id=level_id, kind=kind, on_hand=difference, reason=reason, note=note)
    journal.write_entries(levels, [*(freed.expired_entries() if freed else ()), entry], by=by)
    audit.record(
        "stock.adjusted",
        by=by,
        subject_id=level_id,
        on_hand=[level.on_hand, level.on_hand + difference],
        reason=reason.value,
        note=note,
    )
    return True


def adjust_as_held(arguments: Mapping[str, Any], *, by: Principal) -> None:
    """Adjust as it was asked for before it waited for a second person; see `adjust`."""
    adjust(
        UUID(arguments["level_id"]),
        change=arguments["change"],
        on_hand=arguments["on_hand"],
        expected_on_hand=arguments["expected_on_hand"],
        reason=AdjustReason(arguments["reason"]),
        note=arguments["note"],
        by=by,
    )


def _must_wait(
    level: locks.Level,
    difference: int,
    arguments: Mapping[str, Any],
    *,
    command_id: UUID,
    by: Principal,
) -> bool:
    """Hold an adjustment of more units, or of more value, than `by` may alone."""
    settings: Settings = get_service(Settings)
    sku, price = queries.sku_and_price(level.variant_id, settings.currency)
    units = abs(difference)
    return approvals.hold(
        CommandKind.ADJUSTMENT,
        command_id,
        subject_id=level.id,
        summary=f"Adjust {sku} by {difference:+d}, from {level.on_hand} on hand",
        measures={
            Limit.ADJUST_MAX_UNITS: units,
            Limit.ADJUST_MAX_VALUE: units * (price or 0),
        },
        permission=Permission.INVENTORY_ADJUST,
        arguments=arguments,
        by=by,
    )


def set_threshold(
    level_id: UUID, threshold: int | None, *, expected_version: int | None, by: Principal
) -> int:
    """Set the threshold at which a level counts as low; with None it never does.

    Returns the level's new version. Locks the level. Raises `LevelNotFound`, and `Stale` when the
    version differs from `expected_version`. Emits `StockLow` when the new threshold makes it low.
    """
    session = require_transaction()
    row = session.execute(
        select(
            StockLevel.variant_id,
            StockLevel.location_id,
            StockLevel.on_hand,
            StockLevel.allocated,
            StockLevel.low_stock_threshold,
            StockLevel.below_threshold,
            StockLevel.version,
        )
        .where(StockLevel.id == level_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise LevelNotFound(level_id=level_id)
    auth.check_location(by, {row.location_id})
    etags.check(row.version, expected_version)
    available = row.on_hand - row.allocated
    is_low = threshold is not None and available <= threshold
    session.execute(
        update(StockLevel)
        .where(StockLevel.id == level_id)
        .values(
            low_stock_threshold=threshold,
            below_threshold=is_low,
            version=StockLevel.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if threshold is not None and is_low and not row.below_threshold:
        emit(
            StockLow(
                level_id=level_id,
                variant_id=row.variant_id,
                location_id=row.location_id,
                available=available,
                threshold=threshold,
            )
        )
    audit.record(
        "stock.threshold_set",
        by=by,
        subject_id=level_id,
        low_stock_threshold=[row.low_stock_threshold, threshold],
    )
    version: int = row.version + 1
    return version
