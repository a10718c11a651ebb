"""What is left of the promises to an order, and how parts of it are taken."""

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
    select,
    update,
)
from sqlalchemy.orm import aliased

from api.inventory.models import StockAllocation, StockLevel
from api.inventory.service import journal, locks
from api.inventory.service.locks import Level
from api.platform.db import require_transaction


@dataclass(frozen=True, slots=True)
class AllocationShare:
    """Some units of one allocation: of this order line, at this level."""

    allocation_id: UUID
    order_line_id: UUID
    level_id: UUID
    quantity: int


def lock_allocations(order_id: UUID) -> tuple[dict[UUID, Level], list[AllocationShare]]:
    """Lock all levels of an order's variants; return them and what is still promised there.

    The promises come in the order of preference of their locations.
    """
    levels = locks.lock(and_those_of=_allocated_variants(order_id))
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
    parts = [AllocationShare(*row) for row in rows]
    return levels, sorted(parts, key=lambda part: preference[part.level_id])


def take(
    left: Iterable[AllocationShare], quantities: Mapping[UUID, int] | None
) -> list[AllocationShare]:
    """Pick from what is left as much of each order line as is wanted and there; `None` is all."""
    if quantities is None:
        return list(left)
    wanted, parts = dict(quantities), []
    for part in left:
        quantity = min(part.quantity, wanted.get(part.order_line_id, 0))
        if quantity > 0:
            wanted[part.order_line_id] -= quantity
            parts.append(
                AllocationShare(part.allocation_id, part.order_line_id, part.level_id, quantity)
            )
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


def reduce(parts: Sequence[AllocationShare]) -> None:
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
        raise journal.LevelMoved("an allocation shrank although its level was locked")


_ADD: Final = (
    update(StockAllocation)
    .where(StockAllocation.id == _share.c.allocation_id)
    .values(quantity=StockAllocation.quantity + _share.c.quantity)
    .execution_options(synchronize_session=False)
)


def add(parts: Sequence[AllocationShare]) -> None:
    """Put parts back on their allocations: promised again, as before they left."""
    if parts:
        require_transaction().execute(
            _ADD,
            {
                "allocation_ids": [part.allocation_id for part in parts],
                "quantities": [part.quantity for part in parts],
            },
        )


def by_level(parts: Iterable[AllocationShare]) -> dict[UUID, int]:
    """Sum parts per level."""
    sums: dict[UUID, int] = {}
    for part in parts:
        sums[part.level_id] = sums.get(part.level_id, 0) + part.quantity
    return sums


def by_line(parts: Iterable[AllocationShare]) -> dict[UUID, int]:
    """Sum parts per order line."""
    sums: dict[UUID, int] = {}
    for part in parts:
        sums[part.order_line_id] = sums.get(part.order_line_id, 0) + part.quantity
    return sums


def _allocated_variants(order_id: UUID) -> ScalarSelect[Any]:
    level = aliased(StockLevel)
    return (
        select(level.variant_id)
        .join(StockAllocation, StockAllocation.level_id == level.id)
        .where(StockAllocation.order_id == order_id)
        .correlate(None)
        .scalar_subquery()
    )
