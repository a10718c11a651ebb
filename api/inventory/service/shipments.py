"""Shipments: units leave the stock for a customer, are un-shipped, or are restocked."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from api.inventory.errors import NotAllocated, UnitsAlreadyReturned
from api.inventory.models import MovementKind, StockAllocation, StockMovement
from api.inventory.service import allocation_rows, journal, locations, locks, lot_refusals, lots
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.kernel.principal import Principal
from api.platform.db import require_transaction


def ship(
    order_id: UUID,
    quantities: Mapping[UUID, int],
    *,
    fulfilment_id: UUID,
    by: Principal,
    reference: str | None = None,
) -> None:
    """Ship units to a customer: subtract them from on hand and from the order's allocation.

    Quantities are by order line. Availability does not matter: these units are allocated. Locks all
    levels of the order's variants. Raises `NotAllocated` when the order has fewer allocated, and
    `LotsNotSellable` when too few are left in lots that are still sold. The same fulfilment again
    changes nothing.
    """
    if any(quantity <= 0 for quantity in quantities.values()):
        raise ValueError("a parcel holds at least one unit")
    levels, shares = allocation_rows.lock_allocations(order_id)
    if _recorded(StockMovement.fulfilment_id == fulfilment_id):
        return
    shipped = allocation_rows.take(shares, quantities)
    allocated = allocation_rows.by_line(shipped)
    short = {
        line_id: quantity
        for line_id, quantity in quantities.items()
        if allocated.get(line_id, 0) < quantity
    }
    if short:
        raise NotAllocated(
            order_id=order_id,
            lines=[
                {
                    "order_line_id": line_id,
                    "requested": quantity,
                    "allocated": allocated.get(line_id, 0),
                }
                for line_id, quantity in short.items()
            ],
        )
    allocation_rows.reduce(shipped)
    with lot_refusals.sold():
        journal.write_entries(
            levels,
            [
                JournalEntry(
                    level_id=level_id,
                    kind=MovementKind.SHIPPED,
                    on_hand=-quantity,
                    allocated=-quantity,
                    reference=reference,
                    order_id=order_id,
                    fulfilment_id=fulfilment_id,
                )
                for level_id, quantity in allocation_rows.by_level(shipped).items()
            ],
            by=by,
        )


def void_shipment(
    order_id: UUID, quantities: Mapping[UUID, int], *, fulfilment_id: UUID, by: Principal
) -> None:
    """Void a shipment: its units are on hand and allocated again, as before `ship`.

    The levels are those of the journal; quantities are by order line. Locks all levels of the
    order's variants. Raises `UnitsAlreadyReturned` when units were restocked as a return. The same
    fulfilment again changes nothing.
    """
    levels, _ = allocation_rows.lock_allocations(order_id)
    of_fulfilment = StockMovement.fulfilment_id == fulfilment_id
    if _recorded(of_fulfilment & (StockMovement.kind == MovementKind.SHIPMENT_VOIDED)):
        return
    current = require_transaction()
    by_level: dict[UUID, int] = {
        level_id: -change
        for level_id, change in current.execute(
            select(StockMovement.level_id, StockMovement.on_hand_change).where(
                of_fulfilment, StockMovement.kind == MovementKind.SHIPPED
            )
        )
    }
    _check_not_returned(order_id, levels, by_level)
    returning = _shipped_shares(order_id, quantities, by_level)
    of_lots = lots.out_with(order_id, fulfilment_id=fulfilment_id)
    allocation_rows.add(returning)
    journal.write_entries(
        levels,
        [
            JournalEntry(
                level_id=level_id,
                kind=MovementKind.SHIPMENT_VOIDED,
                on_hand=quantity,
                allocated=quantity,
                lots=lots.at_most(of_lots.get(levels[level_id].variant_id, ()), quantity),
                order_id=order_id,
                fulfilment_id=fulfilment_id,
            )
            for level_id, quantity in allocation_rows.by_level(returning).items()
        ],
        by=by,
    )


def _check_not_returned(
    order_id: UUID, levels: Mapping[UUID, Level], by_level: Mapping[UUID, int]
) -> None:
    """Refuse to un-ship more units than the journal shows as shipped and not restocked."""
    still_out: dict[UUID, int] = {}
    for level_id, change in require_transaction().execute(
        select(StockMovement.level_id, func.sum(StockMovement.on_hand_change))
        .where(StockMovement.order_id == order_id)
        .group_by(StockMovement.level_id)
    ):
        variant_id = levels[level_id].variant_id
        still_out[variant_id] = still_out.get(variant_id, 0) - change
    for level_id, quantity in by_level.items():
        still_out[levels[level_id].variant_id] -= quantity
    if any(units < 0 for units in still_out.values()):
        raise UnitsAlreadyReturned


def _shipped_shares(
    order_id: UUID, quantities: Mapping[UUID, int], by_level: Mapping[UUID, int]
) -> list[allocation_rows.AllocationShare]:
    """Find the allocations that the units were shipped from."""
    of_lines, of_levels, shares = dict(quantities), dict(by_level), []
    for allocation_id, line_id, level_id in require_transaction().execute(
        select(StockAllocation.id, StockAllocation.order_line_id, StockAllocation.level_id)
        .where(StockAllocation.order_id == order_id)
        .order_by(StockAllocation.id)
    ):
        quantity = min(of_lines.get(line_id, 0), of_levels.get(level_id, 0))
        if quantity > 0:
            of_lines[line_id] -= quantity
            of_levels[level_id] -= quantity
            shares.append(
                allocation_rows.AllocationShare(allocation_id, line_id, level_id, quantity)
            )
    if any(of_lines.values()) or any(of_levels.values()):
        raise journal.LevelMoved(
            "a parcel's units do not match the allocations that they were shipped from"
        )
    return shares


def restock(
    variant_quantities: Mapping[UUID, int],
    *,
    order_id: UUID,
    refund_id: UUID,
    by: Principal,
    location_id: UUID | None = None,
    reference: str | None = None,
) -> None:
    """Restock units that a customer returned.

    Without a location they go back to where the order was served from, else to the default
    location. Of the lots that the order got, they are taken to be of the one that expires first.
    Locks all levels of the variants. The same refund again changes nothing.
    """
    if any(quantity <= 0 for quantity in variant_quantities.values()):
        raise ValueError("a return is of at least one unit")
    levels = locks.lock(variant_quantities.keys())
    if not variant_quantities or _recorded(StockMovement.refund_id == refund_id):
        return
    targets = _targets(levels, order_id=order_id, location_id=location_id)
    missing = [variant_id for variant_id in variant_quantities if variant_id not in targets]
    if missing:
        target_id = location_id or locations.default_location()
        journal.open_levels(dict.fromkeys(missing, 0), target_id, by=by)
        levels = locks.lock(variant_quantities.keys())
        for level in levels.values():
            if level.location_id == target_id and level.variant_id in missing:
                targets[level.variant_id] = level.id
    of_lots = lots.out_with(order_id)
    journal.write_entries(
        levels,
        [
            JournalEntry(
                level_id=targets[variant_id],
                kind=MovementKind.RESTOCKED,
                on_hand=quantity,
                lots=lots.at_most(of_lots.get(variant_id, ()), quantity),
                reference=reference,
                order_id=order_id,
                refund_id=refund_id,
            )
            for variant_id, quantity in variant_quantities.items()
        ],
        by=by,
    )


def _targets(
    levels: Mapping[UUID, Level], *, order_id: UUID, location_id: UUID | None
) -> dict[UUID, UUID]:
    """Find the level, per variant, to which units are restocked."""
    if location_id is not None:
        return {
            level.variant_id: level.id
            for level in levels.values()
            if level.location_id == location_id
        }
    served_from = set(
        require_transaction().scalars(
            select(StockAllocation.level_id).where(StockAllocation.order_id == order_id)
        )
    )
    targets: dict[UUID, UUID] = {}
    for level in levels.values():
        if level.id in served_from and level.is_active:
            targets.setdefault(level.variant_id, level.id)
    return targets


def _recorded(reference: ColumnElement[bool]) -> bool:
    """Tell whether the journal has entries of a fulfilment or refund. Call it under the locks."""
    return (
        require_transaction().scalar(select(StockMovement.id).where(reference).limit(1)) is not None
    )
