"""Promises to orders: goods are allocated to order lines, and given back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    ScalarSelect,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import aliased

from api.inventory.models import MovementKind, StockAllocation, StockLevel
from api.inventory.policy import Plan
from api.inventory.service import ledger, locks
from api.inventory.service.ledger import Entry
from api.inventory.service.locks import Level
from api.inventory.service.supply import Freed, choose, sweep, variants_held_by
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import require_transaction


@dataclass(frozen=True, slots=True)
class Demand:
    """How many of a variant one order line asks for."""

    order_line_id: UUID
    variant_id: UUID
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError("a demand is for at least one")


@dataclass(frozen=True, slots=True)
class Part:
    """Some units of one allocation: of this order line, at this level."""

    allocation_id: UUID
    order_line_id: UUID
    level_id: UUID
    quantity: int


def allocate(
    order_id: UUID, demand: Sequence[Demand], *, held_by: UUID | None, by: Principal
) -> None:
    """Take goods for an order, out of what the cart `held_by` holds and of what is free.

    Lines that were served before are left alone, so asking again changes nothing. Demand is summed
    per variant before it is checked. Locks all levels of the variants and sweeps the holds that
    ran out there. Raises `InsufficientStock` with every shortage at once.
    """
    levels = locks.lock(
        {line.variant_id for line in demand},
        and_those_of=variants_held_by(held_by) if held_by else None,
    )
    served = _served_lines(order_id)
    lines = [line for line in demand if line.order_line_id not in served]
    if not lines:
        return
    freed = sweep(levels, owner_id=held_by)
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
            for line_id, level_id, quantity in _dealt_out(lines, plan)
        ],
    )
    ledger.write(levels, [*freed.expired_entries(), *_promised(order_id, plan, freed)], by=by)


def release(
    order_id: UUID, quantities: Mapping[UUID, int] | None, *, by: Principal, reason: str
) -> dict[UUID, int]:
    """Give back what order lines no longer need; `None` gives back all that is left.

    Quantities are by order line. Returns how many each line gave back: never more than was left,
    so that a repetition gives nothing.
    """
    levels, left = lock_promises(order_id)
    parts = take(left, quantities)
    reduce(parts)
    ledger.write(
        levels,
        [
            Entry(
                level_id=level_id,
                kind=MovementKind.RELEASED,
                allocated=-quantity,
                reason=reason,
                order_id=order_id,
            )
            for level_id, quantity in by_level(parts).items()
        ],
        by=by,
    )
    return by_line(parts)


def lock_promises(order_id: UUID) -> tuple[dict[UUID, Level], list[Part]]:
    """Lock all levels of an order's variants; return them and what is still promised there.

    The promises come in the order of preference of their locations.
    """
    levels = locks.lock(and_those_of=_variants_promised_to(order_id))
    rows = require_transaction().execute(
        select(
            StockAllocation.id,
            StockAllocation.order_line_id,
            StockAllocation.level_id,
            StockAllocation.quantity,
        )
        .where(StockAllocation.order_id == order_id, StockAllocation.quantity > 0)
        .order_by(StockAllocation.id)
    )
    preference = {level_id: place for place, level_id in enumerate(levels)}
    parts = [Part(*row) for row in rows]
    return levels, sorted(parts, key=lambda part: preference[part.level_id])


def take(left: Iterable[Part], quantities: Mapping[UUID, int] | None) -> list[Part]:
    """Pick from what is left as much of each order line as is wanted and there; `None` is all."""
    if quantities is None:
        return list(left)
    wanted, parts = dict(quantities), []
    for part in left:
        quantity = min(part.quantity, wanted.get(part.order_line_id, 0))
        if quantity > 0:
            wanted[part.order_line_id] -= quantity
            parts.append(Part(part.allocation_id, part.order_line_id, part.level_id, quantity))
    return parts


_share = (
    func.unnest(
        bindparam("allocation_ids", type_=ARRAY(Uuid)),
        bindparam("quantities", type_=ARRAY(Integer)),
    )
    .table_valued(column("allocation_id", Uuid), column("quantity", Integer), name="share")
    .render_derived()
)

_REDUCE: Final = (
    update(StockAllocation)
    .where(
        StockAllocation.id == _share.c.allocation_id,
        StockAllocation.quantity >= _share.c.quantity,
    )
    .values(quantity=StockAllocation.quantity - _share.c.quantity)
    .returning(StockAllocation.id)
    .execution_options(synchronize_session=False)
)


def reduce(parts: Sequence[Part]) -> None:
    """Take parts off their allocations, in one guarded statement."""
    if not parts:
        return
    reduced = require_transaction().execute(
        _REDUCE,
        {
            "allocation_ids": [part.allocation_id for part in parts],
            "quantities": [part.quantity for part in parts],
        },
    )
    if len(reduced.all()) != len(parts):
        raise ledger.LevelMoved("an allocation shrank although its level was locked")


def by_level(parts: Iterable[Part]) -> dict[UUID, int]:
    """Sum parts per level."""
    sums: dict[UUID, int] = {}
    for part in parts:
        sums[part.level_id] = sums.get(part.level_id, 0) + part.quantity
    return sums


def by_line(parts: Iterable[Part]) -> dict[UUID, int]:
    """Sum parts per order line."""
    sums: dict[UUID, int] = {}
    for part in parts:
        sums[part.order_line_id] = sums.get(part.order_line_id, 0) + part.quantity
    return sums


def _served_lines(order_id: UUID) -> set[UUID]:
    """Return the lines of an order that were allocated before; read after the levels are locked."""
    return set(
        require_transaction().scalars(
            select(StockAllocation.order_line_id).where(StockAllocation.order_id == order_id)
        )
    )


def _variants_promised_to(order_id: UUID) -> ScalarSelect[Any]:
    level = aliased(StockLevel)
    return (
        select(level.variant_id)
        .join(StockAllocation, StockAllocation.level_id == level.id)
        .where(StockAllocation.order_id == order_id)
        .correlate(None)
        .scalar_subquery()
    )


def _dealt_out(lines: Sequence[Demand], plan: Plan) -> list[tuple[UUID, UUID, int]]:
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


def _promised(order_id: UUID, plan: Plan, freed: Freed) -> list[Entry]:
    """Write the goods taken for an order; the cart's hold on the same level ends in that entry."""
    taken = {level_id: count for taking in plan.values() for level_id, count in taking.items()}
    entries = [
        Entry(
            level_id=level_id,
            kind=MovementKind.ALLOCATED,
            allocated=count,
            reserved=-freed.own.get(level_id, 0),
            order_id=order_id,
        )
        for level_id, count in taken.items()
    ]
    left_over = [
        Entry(
            level_id=level_id,
            kind=MovementKind.RELEASED_HOLD,
            reserved=-quantity,
            order_id=order_id,
        )
        for level_id, quantity in freed.own.items()
        if level_id not in taken
    ]
    return entries + left_over
