"""Adjustments of quantities by staff."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from api.inventory import queries
from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.errors import (
    InsufficientStock,
    LevelNotFound,
    QuantityTooLarge,
    StateShort,
    StockCountOutdated,
)
from api.inventory.models import AdjustReason, MovementKind, StockState
from api.inventory.service import (
    bin_contents,
    journal,
    locks,
    lot_refusals,
    lots,
    missing_units,
)
from api.inventory.service.available_stock import release_expired
from api.inventory.service.expectations import is_counted_since
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.inventory.service.lots import KnownLot
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.platform import approvals, audit, auth
from api.platform.approvals import CommandKind
from api.platform.settings import current_settings

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
    bin_id: UUID | None = None,
    in_no_bin: bool = False,
    state: StockState = StockState.AVAILABLE,
    lot: KnownLot | None = None,
    command_id: UUID | None = None,
) -> bool:
    """Adjust the units on hand: by a difference, or to a counted quantity.

    The difference is of units in `state`, and comes to a bin or goes from it if one is given; what
    is in a quarantine bin is in quarantine. With `in_no_bin` it is of what is in no bin, and with
    `lot` of that lot. Exactly one of `change` and `on_hand` is given. Returns False when the
    difference is above a limit of `by`: then it waits for a second person, as `command_id`. Locks
    all levels of the variant, then the bin. Raises `LevelNotFound`, what is wrong with the bin,
    `BinShort` when fewer units are in it, or in no bin, `StateShort` when fewer are in the state,
    `StockCountOutdated` when the level no longer holds `expected_on_hand`, `QuantityTooLarge`, and
    `InsufficientStock` when orders or live reservations need the units that would be removed. A
    count that confirms the quantity is recorded too; whatever it says, missing units of the bin no
    longer wait for it. A counted quantity without a bin is of all bins.
    """
    if (change is None) == (on_hand is None):
        raise ValueError("give either a change or a quantity")
    levels = locks.lock(also=locks.variant_of(level_id))
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
    if bin_id is not None:
        place = bin_contents.keep([bin_id])[bin_id]
        bin_contents.check_takes(place, level.location_id)
        bin_contents.check_holds(place, level_id, -difference)
        state = StockState.QUARANTINE if place.is_quarantine else state
    elif in_no_bin:
        bin_contents.check_no_bin_holds(level, -difference)
    is_count = kind is MovementKind.COUNTED and state is StockState.AVAILABLE
    counted_bins = () if on_hand is not None and bin_id is None else (bin_id,)
    missing = missing_units.missing_at(level_id, *counted_bins) if is_count else 0
    # Expired reservations must not block a removal, so they are released first.
    freed = release_expired(levels) if difference < 0 else None
    if state is StockState.AVAILABLE:
        sound = replace(level, quarantine=level.quarantine - missing)
        check_removable(sound, -difference, freed=freed.at(level_id) if freed else 0)
    else:
        check_state(level, state, -difference)
    if by.limits:
        arguments = {
            "level_id": level_id,
            "change": change,
            "on_hand": on_hand,
            "expected_on_hand": expected_on_hand,
            "reason": reason,
            "note": note,
            "bin_id": bin_id,
            "in_no_bin": in_no_bin,
            "state": state,
            "lot": lot.code if lot else None,
            "expires_on": lot.expires_on if lot else None,
            "held_at": clock.now(),
        }
        if _must_wait(level, difference, arguments, command_id=command_id or new_id(), by=by):
            return False
    entry = JournalEntry(
        level_id=level_id,
        kind=kind,
        on_hand=difference,
        damaged=difference if state is StockState.DAMAGED else 0,
        quarantine=difference if state is StockState.QUARANTINE else 0,
        reason=reason,
        note=note,
        bin_id=bin_id,
        in_no_bin=in_no_bin,
        lots=((lot.id, abs(difference)),) if lot and difference else (),
    )
    found = missing_units.settle(level_id, *counted_bins) if missing else []
    expired = freed.expired_entries() if freed else []
    journal.write_entries(levels, [*expired, *found, entry], by=by)
    audit.record(
        "stock.adjusted",
        by=by,
        subject_id=level_id,
        on_hand=[level.on_hand, level.on_hand + difference],
        reason=reason.value,
        note=note,
    )
    return True


def adjust_lot(
    level_id: UUID,
    *,
    lot: str | None,
    expires_on: date | None,
    reason: AdjustReason,
    change: int | None,
    by: Principal,
    **rest: Any,
) -> bool:
    """Adjust as `adjust` does, of a lot that is named by its code; opened where units are received.

    Raises `LotRequired` where units of a variant with lots are received without one,
    `LotDateRequired`, `LotDateDiffers`, `LotNotTracked`, `LotNotFound` and `LotShort`.
    """
    is_delivery = reason is AdjustReason.RECEIVED and (change or 0) > 0
    found = None
    if lot is not None or is_delivery:
        found = lots.lot_of_change(level_id, lot, expires_on, is_delivery=is_delivery)
    with lot_refusals.named():
        return adjust(level_id, reason=reason, change=change, lot=found, by=by, **rest)


def adjust_as_held(arguments: Mapping[str, Any], *, by: Principal) -> None:
    """Adjust as it was asked for before it waited for a second person; see `adjust_lot`.

    Raises `StockCountOutdated` for a count's difference where another count has put the same place
    right meanwhile: what was missing would else be taken off twice.
    """
    level_id = UUID(arguments["level_id"])
    place = UUID(arguments["bin_id"]) if arguments.get("bin_id") else None
    is_of_count = arguments["reason"] == AdjustReason.COUNT and arguments["change"] is not None
    # Commands that were held by an older release do not say when.
    held_at = arguments.get("held_at")
    if (
        is_of_count
        and held_at
        and is_counted_since(level_id, place, datetime.fromisoformat(held_at))
    ):
        on_hand = queries.level(level_id)["on_hand"]
        raise StockCountOutdated(current_on_hand=on_hand)
    adjust_lot(
        level_id,
        change=arguments["change"],
        on_hand=arguments["on_hand"],
        expected_on_hand=arguments["expected_on_hand"],
        reason=AdjustReason(arguments["reason"]),
        note=arguments["note"],
        # Commands that were held by an older release say nothing of these.
        bin_id=place,
        in_no_bin=arguments.get("in_no_bin", False),
        state=StockState(arguments.get("state", StockState.AVAILABLE)),
        lot=arguments.get("lot"),
        expires_on=date.fromisoformat(said) if (said := arguments.get("expires_on")) else None,
        by=by,
    )


def _must_wait(
    level: Level,
    difference: int,
    arguments: Mapping[str, object],
    *,
    command_id: UUID,
    by: Principal,
) -> bool:
    """Hold an adjustment of more units, or of more value, than `by` may alone."""
    sku, price = queries.sku_and_price(level.variant_id, current_settings().currency)
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


def check_removable(level: Level, units: int, *, freed: int = 0) -> None:
    """Raise `InsufficientStock` when orders or live reservations need units that would go.

    `freed` are the units of expired reservations that the caller has released.
    """
    removable = level.removable + freed
    if units > max(0, removable):
        raise InsufficientStock(
            "Orders or checkouts need the units that would be removed.",
            on_hand=level.on_hand,
            allocated=level.allocated,
            reserved=level.reserved - freed,
            requested=units,
            available=removable,
        )


def check_state(level: Level, state: StockState, units: int) -> None:
    """Raise `StateShort` when fewer units are in a state than would leave it.

    Missing units do not leave quarantine before they are counted.
    """
    present = getattr(level, state.value)
    if state is StockState.QUARANTINE and units > 0:
        present -= missing_units.missing_at(level.id)
    if units > present:
        raise StateShort(state=state.value, present=present, requested=units)
