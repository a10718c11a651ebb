"""Locks on stock levels, always taken in the order of their ids.

Whoever changes a level locks all levels of that variant first: two baskets that share goods then
queue instead of deadlocking, and the total that decides between "in stock" and "sold out" is known
under the lock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    ScalarSelect,
    Select,
    Uuid,
    any_,
    bindparam,
    func,
    select,
)

from api.inventory.models import Location, StockLevel
from api.platform.db import require_transaction


@dataclass(frozen=True, slots=True)
class Level:
    """A locked level as it stood before this transaction wrote to it."""

    id: UUID
    variant_id: UUID
    location_id: UUID
    is_active: bool
    on_hand: int
    allocated: int
    reserved: int
    below_threshold: bool

    @property
    def free(self) -> int:
        """Return what neither an order nor a hold has; holds that ran out unswept still count."""
        return self.on_hand - self.allocated - self.reserved


_LOCKED_COLUMNS: Final = (
    StockLevel.id,
    StockLevel.variant_id,
    StockLevel.location_id,
    Location.is_active,
    StockLevel.on_hand,
    StockLevel.allocated,
    StockLevel.reserved,
    StockLevel.below_threshold,
    Location.priority,
)


def lock(
    variant_ids: Collection[UUID] = (), *, and_those_of: ScalarSelect[Any] | None = None
) -> dict[UUID, Level]:
    """Lock all levels of the variants, and return them with the most preferred location first.

    `and_those_of` names further variants by a query, so that it takes one round trip. Variants
    without a level are simply absent.
    """
    wanted: Any = bindparam("variant_ids", list(variant_ids), type_=ARRAY(Uuid))
    if and_those_of is not None:
        wanted = func.array_cat(wanted, func.array(and_those_of, type_=ARRAY(Uuid)))
    return _locked(StockLevel.variant_id == any_(wanted))


def lock_idle(level_ids: Select[UUID]) -> dict[UUID, Level]:
    """Lock those of the levels that nobody else works on, without waiting.

    Not all levels of a variant need be among them, so entries for these may only set goods free:
    then the worst is that the catalogue hears twice that something can be bought.
    """
    return _locked(StockLevel.id.in_(level_ids), skip_locked=True)


def _locked(which: ColumnElement[bool], *, skip_locked: bool = False) -> dict[UUID, Level]:
    rows = require_transaction().execute(
        select(*_LOCKED_COLUMNS)
        .join(Location, Location.id == StockLevel.location_id)
        .where(which)
        .order_by(StockLevel.id)
        .with_for_update(of=StockLevel, skip_locked=skip_locked)
    )
    preferred = sorted(rows.all(), key=lambda row: (row.priority, row.location_id))
    return {row.id: Level(*row[:-1]) for row in preferred}
