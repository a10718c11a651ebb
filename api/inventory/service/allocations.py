"""Allocations: units assigned to order lines, and released."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from api.inventory.allocation_strategy import AllocationPlan
from api.inventory.models import MovementKind, StockAllocation
from api.inventory.service import allocation_rows, back_orders, journal, locks
from api.inventory.service.allocation_rows import AllocationShare
from api.inventory.service.available_stock import FreedStock, choose, release_expired
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import bulk_sql
from api.platform.db import require_transaction, table_of
from api.platform.prepared import prepared


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """How many units of a variant one order line needs."""

    order_line_id: UUID
    variant_id: UUID
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError("an allocation is for at least one unit")


_ALLOCATIONS: Final = table_of(StockAllocation)
_ALLOCATED: Final = prepared(
    select(_ALLOCATIONS.c.order_line_id).where(_ALLOCATIONS.c.order_id == bindparam("order_id"))
)


def allocate(
    order_id: UUID,
    demand: Sequence[AllocationRequest],
    *,
    cart_id: UUID | None,
    by: Principal,
    reference: str | None = None,
    is_new: bool = False,
) -> None:
    """Allocate units to an order, from those reserved for `cart_id` and those available to all.

    What a variant that allows back-orders lacks, its lines wait for, up to its limit. Lines that
    were allocated before are left alone, so repeating changes nothing; an order that `is_new` has
    none, and none are looked for. Demand is summed per variant before it is checked. Locks all
    levels of the variants and releases the expired reservations there. Raises `InsufficientStock`
    with every shortage at once.
    """
    variant_ids = {line.variant_id for line in demand}
    if cart_id:
        levels = locks.lock_with_reservations(variant_ids, cart_id)
    else:
        levels = locks.lock(variant_ids)
    allocated_lines = frozenset() if is_new else _allocated_lines(order_id)
    lines = [line for line in demand if line.order_line_id not in allocated_lines]
    if not lines:
        return
    freed = release_expired(levels, owner_id=cart_id)
    plan, waiting = choose(levels, freed, [(line.variant_id, line.quantity) for line in lines])
    shares = spread(lines, plan)
    lacking = lines_that_wait(lines, shares, levels) if waiting else {}
    now = clock.now()
    bulk_sql.bulk_insert(
        _ALLOCATIONS,
        [
            {
                "id": new_id(),
                "created_at": now,
                "order_id": order_id,
                "order_line_id": line_id,
                "level_id": level_id,
                "quantity": quantity,
            }
            for line_id, level_id, quantity in shares
        ],
    )
    back_orders.add_rows(order_id, {key: (0, units) for key, units in lacking.items()})
    entries = allocation_entries(order_id, plan, freed, reference=reference)
    entries += waiting_entries(order_id, lacking, reference=reference)
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

    Quantities are by order line; units that a line waits for go first. Returns the units released
    per line: never more than were still allocated or waited for, so repeating releases nothing.
    Locks all levels of the order's variants.
    """
    levels, shares = allocation_rows.lock_allocations(order_id)
    dropped, rest = allocation_rows.take_waiting(shares, quantities)
    back_orders.lower({share.allocation_id: share.waiting for share in dropped})
    released = allocation_rows.take(shares, rest)
    allocation_rows.reduce(released)
    journal.write_entries(
        levels,
        [
            *_dropped_entries(order_id, dropped, reason=reason, reference=reference),
            *(
                JournalEntry(
                    level_id=level_id,
                    kind=MovementKind.RELEASED,
                    allocated=-quantity,
                    reason=reason,
                    reference=reference,
                    order_id=order_id,
                )
                for level_id, quantity in allocation_rows.by_level(released).items()
            ),
        ],
        by=by,
    )
    units = allocation_rows.by_line(released)
    for share in dropped:
        units[share.order_line_id] = units.get(share.order_line_id, 0) + share.waiting
    return units


def _allocated_lines(order_id: UUID) -> frozenset[UUID]:
    """Return the lines of an order that were allocated before. Call it under the level locks."""
    return frozenset(require_transaction().scalars(_ALLOCATED, {"order_id": order_id}))


def spread(
    lines: Sequence[AllocationRequest], plan: AllocationPlan
) -> list[tuple[UUID, UUID, int]]:
    """Distribute the planned units over the lines: (order line, level, quantity)."""
    remaining = {variant_id: dict(taking) for variant_id, taking in plan.items()}
    spread = []
    for line in lines:
        missing = line.quantity
        for level_id, planned in remaining.get(line.variant_id, {}).items():
            units = min(missing, planned)
            if units:
                remaining[line.variant_id][level_id] -= units
                missing -= units
                spread.append((line.order_line_id, level_id, units))
    return spread


def lines_that_wait(
    lines: Sequence[AllocationRequest],
    shares: Sequence[tuple[UUID, UUID, int]],
    levels: Mapping[UUID, Level],
) -> dict[tuple[UUID, UUID], int]:
    """Return what lines lack after their shares, by (line, level at which it is counted)."""
    given: dict[UUID, int] = {}
    for line_id, _, units in shares:
        given[line_id] = given.get(line_id, 0) + units
    return {
        (
            line.order_line_id,
            back_orders.level_to_wait_at(levels.values(), line.variant_id),
        ): line.quantity - given.get(line.order_line_id, 0)
        for line in lines
        if line.quantity > given.get(line.order_line_id, 0)
    }


def waiting_entries(
    order_id: UUID,
    lacking: Mapping[tuple[UUID, UUID], int],
    *,
    reason: str | None = None,
    reference: str | None,
) -> list[JournalEntry]:
    """Build the journal entries of what lines of an order wait for."""
    by_level: dict[UUID, int] = {}
    for (_, level_id), units in lacking.items():
        by_level[level_id] = by_level.get(level_id, 0) + units
    return [
        JournalEntry(
            level_id=level_id,
            kind=MovementKind.BACK_ORDERED,
            back_ordered=units,
            reason=reason,
            reference=reference,
            order_id=order_id,
        )
        for level_id, units in by_level.items()
    ]


def _dropped_entries(
    order_id: UUID,
    dropped: Sequence[AllocationShare],
    *,
    reason: str,
    reference: str | None,
) -> list[JournalEntry]:
    """Build the journal entries of what lines of an order do not wait for any more."""
    units = {(share.order_line_id, share.level_id): -share.waiting for share in dropped}
    return waiting_entries(order_id, units, reason=reason, reference=reference)


def allocation_entries(
    order_id: UUID,
    plan: AllocationPlan,
    freed: FreedStock,
    *,
    reason: str | None = None,
    reference: str | None,
) -> list[JournalEntry]:
    """Build the journal entries of an allocation; they also end the cart's reservations."""
    counts = {level_id: count for taking in plan.values() for level_id, count in taking.items()}
    entries = [
        JournalEntry(
            level_id=level_id,
            kind=MovementKind.ALLOCATED,
            allocated=count,
            reserved=-freed.own.get(level_id, 0),
            reason=reason,
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
