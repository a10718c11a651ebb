"""Stock that comes, goes or changes its state: receipts, transfers, bin moves, quarantine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.errors import LevelNotFound, QuantityTooLarge, StateShort
from api.inventory.models import Bin, BinKind, BinStock, MovementKind, StockState
from api.inventory.service import (
    bin_contents,
    journal,
    locks,
    lot_contents,
    lot_refusals,
    lots,
    missing_units,
)
from api.inventory.service.adjustments import check_removable, check_state
from api.inventory.service.available_stock import release_expired
from api.inventory.service.journal_entries import JournalEntry, sums
from api.inventory.service.locks import Level
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, auth
from api.platform.db import require_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """Units of a variant that come to a location, or go (negative).

    `damaged` and `quarantine` say how many of the units are in these states, with the same sign.
    `unit_cost` is in minor units of the shop's currency; None leaves the average cost as it is.
    `cost` is of all units, with their sign, where one unit costs no whole number of minor units.
    `lots` says of which lots how many of the units are (positive).
    """

    variant_id: UUID
    location_id: UUID
    quantity: int
    damaged: int = 0
    quarantine: int = 0
    bin_id: UUID | None = None
    lots: tuple[tuple[UUID, int], ...] = ()
    unit_cost: int | None = None
    cost: int | None = None

    @property
    def total_cost(self) -> int | None:
        """Return what all units cost, with their sign; None when nobody has said."""
        if self.cost is not None or self.unit_cost is None:
            return self.cost
        return self.unit_cost * self.quantity


@dataclass(frozen=True, slots=True)
class BinMove:
    """What a move between bins did."""

    move_id: UUID
    level_id: UUID
    left: int
    """Units of the variant that are left where they were taken from."""


def change_stock(
    changes: Sequence[StockChange],
    *,
    kind: MovementKind,
    reason: str,
    reference: str | None = None,
    note: str | None = None,
    order_id: UUID | None = None,
    by: Principal,
) -> list[UUID]:
    """Receive or remove units of any number of variants; returns the level of each change.

    With `order_id` they are units that were shipped for an order and come back.

    Levels that are missing are created. Units that come to a quarantine bin are in quarantine.
    Locks all levels of the variants, then the bins. Raises `VariantUnknown`, `LocationNotFound`,
    `BinNotFound`, `BinElsewhere`, `BinInactive`, `BinShort`, `QuantityTooLarge`, and
    `InsufficientStock` when orders or live reservations need units that would go; of lots
    `LotShort` and `LotsNotSellable`. Repeating repeats
    the change: the caller makes sure that it runs once.
    """
    if not changes:
        return []
    by_location: dict[UUID, dict[UUID, int]] = {}
    for change in changes:
        by_location.setdefault(change.location_id, {})[change.variant_id] = 0
    for location_id in sorted(by_location):
        journal.open_levels(by_location[location_id], location_id, by=by)
    levels = locks.lock({change.variant_id for change in changes})
    at = {(level.variant_id, level.location_id): level for level in levels.values()}
    bins = bin_contents.keep(sorted({change.bin_id for change in changes if change.bin_id}))
    freed = release_expired(levels) if any(change.quantity < 0 for change in changes) else None
    entries: list[JournalEntry] = []
    sound: dict[UUID, int] = {}
    on_hand: dict[UUID, int] = {}
    going_from: dict[tuple[UUID, UUID], int] = {}
    for change in changes:
        level = at[change.variant_id, change.location_id]
        quarantine = change.quarantine
        if change.bin_id is not None:
            bin_contents.check_takes(bins[change.bin_id], level.location_id)
            taken = (change.bin_id, level.id)
            going_from[taken] = going_from.get(taken, 0) - change.quantity
            bin_contents.check_holds(bins[change.bin_id], level.id, going_from[taken])
            if bins[change.bin_id].is_quarantine:
                quarantine = change.quantity - change.damaged
        entries.append(
            JournalEntry(
                level_id=level.id,
                kind=kind,
                on_hand=change.quantity,
                damaged=change.damaged,
                quarantine=quarantine,
                cost=change.total_cost,
                bin_id=change.bin_id,
                lots=change.lots,
                reason=reason,
                note=note,
                reference=reference,
                order_id=order_id,
            )
        )
        on_hand[level.id] = on_hand.get(level.id, level.on_hand) + change.quantity
        going = change.quantity - change.damaged - quarantine
        sound[level.id] = sound.get(level.id, 0) + going
    for level_id, units in sound.items():
        if on_hand[level_id] > MAX_QUANTITY:
            raise QuantityTooLarge(largest=MAX_QUANTITY)
        if units < 0:
            check_removable(levels[level_id], -units, freed=freed.at(level_id) if freed else 0)
    _check_states(levels, entries)
    with lot_refusals.named(), lot_refusals.sold():
        journal.write_entries(
            levels, [*(freed.expired_entries() if freed else ()), *entries], by=by
        )
    return [entry.level_id for entry in entries]


def move_units(
    level_id: UUID,
    quantity: int,
    *,
    source: UUID | None,
    target: UUID | None,
    lot_id: UUID | None = None,
    by: Principal,
) -> BinMove:
    """Move units of a level from one bin to another; None is no bin. Their lots come along.

    The level's figures stay, except that a quarantine bin takes units off sale and gives them back.
    Locks all levels of the variant, then the bins. Raises `LevelNotFound`, `BinNotFound`,
    `BinElsewhere`, `BinInactive`, `BinShort` when fewer units are there, and `InsufficientStock`
    when orders or live reservations need units that would go to quarantine. `LotShort` where the
    lot has fewer.
    """
    if quantity <= 0 or source == target:
        raise ValueError("a move is of at least one unit, from one place to another")
    levels, level = _lock(level_id, by=by)
    if lot_id is not None:
        lots.check_lot(lot_id, level_id)
    bins = bin_contents.keep(sorted(one for one in (source, target) if one is not None))
    if target is not None:
        bin_contents.check_takes(bins[target], level.location_id)
    if source is not None:
        bin_contents.check_holds(bins[source], level_id, quantity)
    else:
        bin_contents.check_no_bin_holds(level, quantity)
    move_id, actor = new_id(), journal.actor_label(by)
    was_stopped, is_stopped = (
        one is not None and bins[one].is_quarantine for one in (source, target)
    )
    with lot_refusals.named():
        after, expired = lot_contents.move(
            level,
            quantity,
            source=source,
            target=target,
            into_quarantine=is_stopped and not was_stopped,
            lot_id=lot_id,
            move_id=move_id,
            by=by,
            actor=actor,
        )
    # In quarantine expired units count as such, and not a second time.
    if is_stopped and not was_stopped:
        into, out_of, expired = StockState.QUARANTINE, StockState.AVAILABLE, -expired
    else:
        into, out_of = StockState.AVAILABLE, StockState.QUARANTINE
    if is_stopped is not was_stopped:
        _change_state(
            levels, level, quantity, out_of=out_of, into=into, reason="moved", expired=expired,
            by=by,
        )  # fmt: skip
    audit.record(
        "stock.moved",
        by=by,
        subject_id=level_id,
        units=quantity,
        bin_id=[None if one is None else str(one) for one in (source, target)],
    )
    if source is None:
        return BinMove(move_id, level_id, level.on_hand - level.in_bins - quantity)
    return BinMove(move_id, level_id, after[source, level_id])


def change_state(
    level_id: UUID,
    quantity: int,
    *,
    source: StockState,
    target: StockState,
    reason: str,
    note: str | None,
    by: Principal,
) -> None:
    """Stop units on hand as damaged or in quarantine, or put them on sale again.

    Units in a quarantine bin stay stopped until they are moved, missing ones until their bin is
    counted. Locks all levels of the variant.
    Raises `LevelNotFound`, `StateShort` when fewer units are in the state, and `InsufficientStock`
    when orders or live reservations need units that would be stopped.
    """
    if quantity <= 0 or source is target:
        raise ValueError("at least one unit changes from one state to another")
    levels, level = _lock(level_id, by=by)
    if source is not StockState.AVAILABLE:
        present = getattr(level, source.value)
        if source is StockState.QUARANTINE:
            present -= _in_quarantine_bins(level_id) + missing_units.missing_at(level_id)
        if quantity > present:
            raise StateShort(state=source.value, present=max(0, present), requested=quantity)
    _change_state(
        levels, level, quantity, out_of=source, into=target, reason=reason, note=note, by=by
    )
    audit.record(
        "stock.state_changed",
        by=by,
        subject_id=level_id,
        units=quantity,
        state=[source.value, target.value],
        reason=reason,
        note=note,
    )


def _lock(level_id: UUID, *, by: Principal) -> tuple[dict[UUID, Level], Level]:
    levels = locks.lock(also=locks.variant_of(level_id))
    if level_id not in levels:
        raise LevelNotFound(level_id=level_id)
    auth.check_location(by, {levels[level_id].location_id})
    return levels, levels[level_id]


def _change_state(
    levels: Mapping[UUID, Level],
    level: Level,
    quantity: int,
    *,
    out_of: StockState = StockState.AVAILABLE,
    into: StockState = StockState.AVAILABLE,
    reason: str,
    note: str | None = None,
    expired: int = 0,
    by: Principal,
) -> None:
    """Write the journal entry of units that change their state."""
    entries = []
    if out_of is StockState.AVAILABLE:
        freed = release_expired(levels)
        check_removable(level, quantity, freed=freed.at(level.id))
        entries = freed.expired_entries()
    changed = {out_of: -quantity, into: quantity}
    entry = JournalEntry(
        level_id=level.id,
        kind=MovementKind.STATE_CHANGED,
        damaged=changed.get(StockState.DAMAGED, 0),
        quarantine=changed.get(StockState.QUARANTINE, 0),
        expired=expired,
        reason=reason,
        note=note,
    )
    journal.write_entries(levels, [*entries, entry], by=by)


def _check_states(levels: Mapping[UUID, Level], entries: Sequence[JournalEntry]) -> None:
    """Refuse to remove more damaged or quarantined units than there are."""
    for level_id, change in sums(entries).items():
        check_state(levels[level_id], StockState.DAMAGED, -change.damaged)
        check_state(levels[level_id], StockState.QUARANTINE, -change.quarantine)


def _in_quarantine_bins(level_id: UUID) -> int:
    units: int = (
        require_transaction()
        .execute(
            select(func.coalesce(func.sum(BinStock.quantity), 0))
            .join(Bin, Bin.id == BinStock.bin_id)
            .where(BinStock.level_id == level_id, Bin.kind == BinKind.QUARANTINE)
        )
        .scalar_one()
    )
    return units
