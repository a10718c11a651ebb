"""Goods leave the shelf for a customer, and come back to it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from api.inventory.errors import NotAllocated, UnitsAlreadyReturned
from api.inventory.models import MovementKind, StockAllocation, StockMovement
from api.inventory.service import allocation_rows, journal, locations, locks
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
    """Let goods leave for a customer: off the shelf, and off the promise to the order.

    Quantities are by order line. Never looks at what is free: these goods are the order's. Raises
    `NotAllocated` when the order has less than that. The same fulfilment again changes nothing.
    """
    if any(quantity <= 0 for quantity in quantities.values()):
        raise ValueError("a parcel holds at least one")
    levels, left = allocation_rows.lock_allocations(order_id)
    if _recorded(StockMovement.fulfilment_id == fulfilment_id):
        return
    leaving = allocation_rows.take(left, quantities)
    found = allocation_rows.by_line(leaving)
    short = {
        line_id: quantity
        for line_id, quantity in quantities.items()
        if found.get(line_id, 0) < quantity
    }
    if short:
        raise NotAllocated(
            order_id=order_id,
            lines=[
                {
                    "order_line_id": line_id,
                    "requested": quantity,
                    "allocated": found.get(line_id, 0),
                }
                for line_id, quantity in short.items()
            ],
        )
    allocation_rows.reduce(leaving)
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
            for level_id, quantity in allocation_rows.by_level(leaving).items()
        ],
        by=by,
    )


def void_shipment(
    order_id: UUID, quantities: Mapping[UUID, int], *, fulfilment_id: UUID, by: Principal
) -> None:
    """Take goods back that were shipped by mistake: onto their shelf, and promised as before.

    The inverse of `ship`, level by level as the journal has it; quantities are by order line. Units
    that came back as a return are on the shelf already: raises `GoodsReturned`. The same fulfilment
    again changes nothing.
    """
    levels, _ = allocation_rows.lock_allocations(order_id)
    mine = StockMovement.fulfilment_id == fulfilment_id
    if _recorded(mine & (StockMovement.kind == MovementKind.SHIPMENT_VOIDED)):
        return
    current = require_transaction()
    back: dict[UUID, int] = {
        level_id: -change
        for level_id, change in current.execute(
            select(StockMovement.level_id, StockMovement.on_hand_change).where(
                mine, StockMovement.kind == MovementKind.SHIPPED
            )
        )
    }
    _refuse_returned(order_id, levels, back)
    returning = _back_to_allocations(order_id, quantities, back)
    allocation_rows.add(returning)
    journal.write_entries(
        levels,
        [
            JournalEntry(
                level_id=level_id,
                kind=MovementKind.SHIPMENT_VOIDED,
                on_hand=quantity,
                allocated=quantity,
                order_id=order_id,
                fulfilment_id=fulfilment_id,
            )
            for level_id, quantity in allocation_rows.by_level(returning).items()
        ],
        by=by,
    )


def _refuse_returned(
    order_id: UUID, levels: Mapping[UUID, Level], back: Mapping[UUID, int]
) -> None:
    """Refuse to take more back than is still outside, by what the journal says of the order."""
    outside: dict[UUID, int] = {}
    for level_id, change in require_transaction().execute(
        select(StockMovement.level_id, func.sum(StockMovement.on_hand_change))
        .where(StockMovement.order_id == order_id)
        .group_by(StockMovement.level_id)
    ):
        variant_id = levels[level_id].variant_id
        outside[variant_id] = outside.get(variant_id, 0) - change
    for level_id, quantity in back.items():
        outside[levels[level_id].variant_id] -= quantity
    if any(units < 0 for units in outside.values()):
        raise UnitsAlreadyReturned


def _back_to_allocations(
    order_id: UUID, quantities: Mapping[UUID, int], back: Mapping[UUID, int]
) -> list[allocation_rows.AllocationShare]:
    """Find the promises from which the units were taken. A line has one variant, and it alone."""
    wanted, room, found = dict(quantities), dict(back), []
    for allocation_id, line_id, level_id in require_transaction().execute(
        select(StockAllocation.id, StockAllocation.order_line_id, StockAllocation.level_id)
        .where(StockAllocation.order_id == order_id)
        .order_by(StockAllocation.id)
    ):
        quantity = min(wanted.get(line_id, 0), room.get(level_id, 0))
        if quantity > 0:
            wanted[line_id] -= quantity
            room[level_id] -= quantity
            found.append(
                allocation_rows.AllocationShare(allocation_id, line_id, level_id, quantity)
            )
    if any(wanted.values()) or any(room.values()):
        raise journal.LevelMoved("a parcel's goods do not fit the promises they were taken from")
    return found


def restock(
    variant_quantities: Mapping[UUID, int],
    *,
    order_id: UUID,
    refund_id: UUID,
    by: Principal,
    location_id: UUID | None = None,
    reference: str | None = None,
) -> None:
    """Put goods that came back from a customer on a shelf again.

    Without a location they go back to where the order was served from, else to the default
    location. The same refund again changes nothing: a unit is put back once.
    """
    if any(quantity <= 0 for quantity in variant_quantities.values()):
        raise ValueError("a return is of at least one")
    levels = locks.lock(variant_quantities.keys())
    if not variant_quantities or _recorded(StockMovement.refund_id == refund_id):
        return
    targets = _targets(levels, order_id=order_id, location_id=location_id)
    missing = [variant_id for variant_id in variant_quantities if variant_id not in targets]
    if missing:
        place = location_id or locations.default_location()
        journal.open_levels(dict.fromkeys(missing, 0), place, by=by)
        levels = locks.lock(variant_quantities.keys())
        for level in levels.values():
            if level.location_id == place and level.variant_id in missing:
                targets[level.variant_id] = level.id
    journal.write_entries(
        levels,
        [
            JournalEntry(
                level_id=targets[variant_id],
                kind=MovementKind.RESTOCKED,
                on_hand=quantity,
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
    """Find the level, per variant, to which goods go back."""
    if location_id is not None:
        return {
            level.variant_id: level.id
            for level in levels.values()
            if level.location_id == location_id
        }
    origin = set(
        require_transaction().scalars(
            select(StockAllocation.level_id).where(StockAllocation.order_id == order_id)
        )
    )
    targets: dict[UUID, UUID] = {}
    for level in levels.values():
        if level.id in origin and level.is_active:
            targets.setdefault(level.variant_id, level.id)
    return targets


def _recorded(reference: ColumnElement[bool]) -> bool:
    """Tell whether the journal knows a fulfilment or a refund; asked under the lock."""
    return (
        require_transaction().scalar(select(StockMovement.id).where(reference).limit(1)) is not None
    )
