"""Rows of `stock_allocations`: read under lock, reduced when units ship, added back on a void."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """Some units of one allocation: for one order line, at one level.

    `waiting` are units that the line lacks, counted at the level.
    """

    allocation_id: UUID
    order_line_id: UUID
    level_id: UUID
    quantity: int
    waiting: int = 0


def lock_allocations(order_id: UUID) -> tuple[dict[UUID, Level], list[AllocationShare]]:
    """Lock all levels of an order's variants; return them and what is allocated or waited for.

    The shares are in the order of preference of their locations.
    """
    levels = locks.lock(also=_allocated_variants(order_id))
    rows = require_transaction().execute(
        select(
            StockAllocation.id,
            StockAllocation.order_line_id,
            StockAllocation.level_id,
            StockAllocation.quantity,
            StockAllocation.waiting,
        )
        .where(
            StockAllocation.order_id == order_id,
            StockAllocation.quantity + StockAllocation.waiting > 0,
        )
        .order_by(StockAllocation.id)
    )
    preference = {level_id: rank for rank, level_id in enumerate(levels)}
    shares = [AllocationShare(*row) for row in rows]
    return levels, sorted(shares, key=lambda share: preference[share.level_id])


def take(
    shares: Iterable[AllocationShare], quantities: Mapping[UUID, int] | None
) -> list[AllocationShare]:
    """Select up to `quantities` units per order line from the shares; `None` selects all."""
    if quantities is None:
        return [share for share in shares if share.quantity]
    remaining, selected = dict(quantities), []
    for share in shares:
        quantity = min(share.quantity, remaining.get(share.order_line_id, 0))
        if quantity > 0:
            remaining[share.order_line_id] -= quantity
            selected.append(
                AllocationShare(share.allocation_id, share.order_line_id, share.level_id, quantity)
            )
    return selected


def take_waiting(
    shares: Iterable[AllocationShare], quantities: Mapping[UUID, int] | None
) -> tuple[list[AllocationShare], dict[UUID, int] | None]:
    """Select up to `quantities` waiting units per order line; returns them and what is left.

    `None` selects all.
    """
    if quantities is None:
        return [replace(share, quantity=0) for share in shares if share.waiting], None
    remaining, selected = dict(quantities), []
    for share in shares:
        units = min(share.waiting, remaining.get(share.order_line_id, 0))
        if units > 0:
            remaining[share.order_line_id] -= units
            selected.append(replace(share, quantity=0, waiting=units))
    return selected, remaining


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


def reduce(shares: Sequence[AllocationShare]) -> None:
    """Subtract shares from their allocations, in one guarded statement."""
    if not shares:
        return
    reduced = require_transaction().execute(
        _REDUCE,
        {
            "allocation_ids": [share.allocation_id for share in shares],
            "quantities": [share.quantity for share in shares],
        },
    )
    if len(reduced.all()) != len(shares):
        raise journal.LevelMoved("an allocation shrank although its level was locked")


_ADD: Final = (
    update(StockAllocation)
    .where(StockAllocation.id == _share.c.allocation_id)
    .values(quantity=StockAllocation.quantity + _share.c.quantity)
    .execution_options(synchronize_session=False)
)


def add(shares: Sequence[AllocationShare]) -> None:
    """Add shares back to their allocations, as before they shipped."""
    if shares:
        require_transaction().execute(
            _ADD,
            {
                "allocation_ids": [share.allocation_id for share in shares],
                "quantities": [share.quantity for share in shares],
            },
        )


def by_level(shares: Iterable[AllocationShare]) -> dict[UUID, int]:
    """Sum the units of shares per level."""
    sums: dict[UUID, int] = {}
    for share in shares:
        sums[share.level_id] = sums.get(share.level_id, 0) + share.quantity
    return sums


def by_line(shares: Iterable[AllocationShare]) -> dict[UUID, int]:
    """Sum the units of shares per order line."""
    sums: dict[UUID, int] = {}
    for share in shares:
        sums[share.order_line_id] = sums.get(share.order_line_id, 0) + share.quantity
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
