"""Allocations: units assigned to order lines, and released."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select

from api.inventory.allocation_strategy import AllocationPlan
from api.inventory.models import MovementKind, StockAllocation
from api.inventory.service import allocation_rows, journal, locks
from api.inventory.service.available_stock import FreedStock, choose, release_expired
from api.inventory.service.journal_entries import JournalEntry
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import require_transaction


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """How many units of a variant one order line needs."""

    order_line_id: UUID
    variant_id: UUID
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError("an allocation is for at least one unit")


def allocate(
    order_id: UUID,
    demand: Sequence[AllocationRequest],
    *,
    cart_id: UUID | None,
    by: Principal,
    reference: str | None = None,
) -> None:
    """Allocate units to an order, from those reserved for `cart_id` and those available to all.

    Lines that were allocated before are left alone, so repeating changes nothing. Demand is summed
    per variant before it is checked. Locks all levels of the variants and releases the expired
    reservations there. Raises `InsufficientStock` with every shortage at once.
    """
    variant_ids = {line.variant_id for line in demand}
    if cart_id:
        levels = locks.lock_with_reservations(variant_ids, cart_id)
    else:
        levels = locks.lock(variant_ids)
    allocated_lines = _allocated_lines(order_id)
    lines = [line for line in demand if line.order_line_id not in allocated_lines]
    if not lines:
        return
    freed = release_expired(levels, owner_id=cart_id)
    plan = choose(levels, freed, [(line.variant_id, line.quantity) for line in lines])
    now = clock.now()
    require_transaction().execute(
        insert(StockAllocation),
        [
            {
                "id": new_id(),
                "created_at": now,
                "order_id": order_id,
                "order_line_id": line_id,
                "level_id": level_id,
                "quantity": quantity,
            }
            for line_id, level_id, quantity in _spread(lines, plan)
        ],
    )
    entries = _allocation_entries(order_id, plan, freed, reference=reference)
    journal.write_entries(levels, [*freed.expired_entries(), *entries], by=by)


def release(
    order_id: UUID,
    quantities: Mapping[UUID, int] | None,
    *,
    by: Principal,
    reason: str,
    reference: str | None = None,
) -> dict[UUID, int]:
    """Release units that order lines no longer need; `None` releases all that are allocated.

    Quantities are by order line. Returns the units released per line: never more than were still
    allocated, so repeating releases nothing. Locks all levels of the order's variants.
    """
    levels, shares = allocation_rows.lock_allocations(order_id)
    released = allocation_rows.take(shares, quantities)
    allocation_rows.reduce(released)
    journal.write_entries(
        levels,
        [
            JournalEntry(
                level_id=level_id,
                kind=MovementKind.RELEASED,
                allocated=-quantity,
                reason=reason,
                reference=reference,
                order_id=order_id,
            )
            for level_id, quantity in allocation_rows.by_level(released).items()
        ],
        by=by,
    )
    return allocation_rows.by_line(released)


def _allocated_lines(order_id: UUID) -> set[UUID]:
    """Return the lines of an order that were allocated before. Call it under the level locks."""
    return set(
        require_transaction().scalars(
            select(StockAllocation.order_line_id).where(StockAllocation.order_id == order_id)
        )
    )


def _spread(
    lines: Sequence[AllocationRequest], plan: AllocationPlan
) -> list[tuple[UUID, UUID, int]]:
    """Distribute the planned units over the lines: (order line, level, quantity)."""
    remaining = {variant_id: dict(taking) for variant_id, taking in plan.items()}
    spread = []
    for line in lines:
        missing = line.quantity
        for level_id, planned in remaining[line.variant_id].items():
            units = min(missing, planned)
            if units:
                remaining[line.variant_id][level_id] -= units
                missing -= units
                spread.append((line.order_line_id, level_id, units))
    return spread


def _allocation_entries(
    order_id: UUID, plan: AllocationPlan, freed: FreedStock, *, reference: str | None
) -> list[JournalEntry]:
    """Build the journal entries of an allocation; they also end the cart's reservations."""
    counts = {level_id: count for taking in plan.values() for level_id, count in taking.items()}
    entries = [
        JournalEntry(
            level_id=level_id,
            kind=MovementKind.ALLOCATED,
            allocated=count,
            reserved=-freed.own.get(level_id, 0),
            reference=reference,
            order_id=order_id,
        )
        for level_id, count in counts.items()
    ]
    left_over = [
        JournalEntry(
            level_id=level_id,
            kind=MovementKind.RELEASED_HOLD,
            reserved=-quantity,
            reference=reference,
            order_id=order_id,
        )
        for level_id, quantity in freed.own.items()
        if level_id not in counts
    ]
    return entries + left_over
