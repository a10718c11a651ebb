"""Promises to orders: goods are allocated to order lines, and given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    insert,
    select,
)

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
    """How many of a variant one order line asks for."""

    order_line_id: UUID
    variant_id: UUID
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError("a demand is for at least one")


def allocate(
    order_id: UUID,
    demand: Sequence[AllocationRequest],
    *,
    held_by: UUID | None,
    by: Principal,
    reference: str | None = None,
) -> None:
    """Take goods for an order, out of what the cart `held_by` holds and of what is free.

    Lines that were served before are left alone, so asking again changes nothing. Demand is summed
    per variant before it is checked. Locks all levels of the variants and sweeps the holds that
    ran out there. Raises `InsufficientStock` with every shortage at once.
    """
    wanted = {line.variant_id for line in demand}
    levels = locks.lock_with_reservations(wanted, held_by) if held_by else locks.lock(wanted)
    served = _served_lines(order_id)
    lines = [line for line in demand if line.order_line_id not in served]
    if not lines:
        return
    freed = release_expired(levels, owner_id=held_by)
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
    entries = _allocated(order_id, plan, freed, reference=reference)
    journal.write_entries(levels, [*freed.expired_entries(), *entries], by=by)


def release(
    order_id: UUID,
    quantities: Mapping[UUID, int] | None,
    *,
    by: Principal,
    reason: str,
    reference: str | None = None,
) -> dict[UUID, int]:
    """Give back what order lines no longer need; `None` gives back all that is left.

    Quantities are by order line. Returns how many each line gave back: never more than was left,
    so that a repetition gives nothing.
    """
    levels, left = allocation_rows.lock_allocations(order_id)
    given_back = allocation_rows.take(left, quantities)
    allocation_rows.reduce(given_back)
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
            for level_id, quantity in allocation_rows.by_level(given_back).items()
        ],
        by=by,
    )
    return allocation_rows.by_line(given_back)


def _served_lines(order_id: UUID) -> set[UUID]:
    """Return the lines of an order that were allocated before; read after the levels are locked."""
    return set(
        require_transaction().scalars(
            select(StockAllocation.order_line_id).where(StockAllocation.order_id == order_id)
        )
    )


def _spread(
    lines: Sequence[AllocationRequest], plan: AllocationPlan
) -> list[tuple[UUID, UUID, int]]:
    """Deal the planned goods out to the lines: (order line, level, quantity)."""
    left = {variant_id: dict(taking) for variant_id, taking in plan.items()}
    dealt = []
    for line in lines:
        missing = line.quantity
        for level_id, there in left[line.variant_id].items():
            part = min(missing, there)
            if part:
                left[line.variant_id][level_id] -= part
                missing -= part
                dealt.append((line.order_line_id, level_id, part))
    return dealt


def _allocated(
    order_id: UUID, plan: AllocationPlan, freed: FreedStock, *, reference: str | None
) -> list[JournalEntry]:
    """Write the goods taken for an order; the cart's hold on the same level ends in that entry."""
    taken = {level_id: count for taking in plan.values() for level_id, count in taking.items()}
    entries = [
        JournalEntry(
            level_id=level_id,
            kind=MovementKind.ALLOCATED,
            allocated=count,
            reserved=-freed.own.get(level_id, 0),
            reference=reference,
            order_id=order_id,
        )
        for level_id, count in taken.items()
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
        if level_id not in taken
    ]
    return entries + left_over
