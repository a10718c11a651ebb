"""Locks on stock levels, always taken in the order of their ids.

Code that changes a level locks all levels of that variant first: two carts with the same variants
then wait for each other instead of deadlocking, and the total that decides between "in stock" and
"sold out" is known under the lock. It is FOR NO KEY UPDATE: rows that only refer to a level, as
lines of a count do, are written meanwhile.
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
from sqlalchemy.orm import aliased

from api.inventory.models import Location, StockLevel, StockReservation
from api.platform.db import AnySelect, require_transaction, table_of
from api.platform.prepared import prepared


@dataclass(frozen=True, slots=True)
class Level:
    """A locked level as it was before this transaction wrote to it."""

    id: UUID
    variant_id: UUID
    location_id: UUID
    is_active: bool
    on_hand: int
    allocated: int
    reserved: int
    damaged: int
    quarantine: int
    safety_stock: int
    in_bins: int
    expired: int
    in_lots: int
    below_threshold: bool
    back_ordered: int = 0

    @property
    def removable(self) -> int:
        """Return what may leave: sound units that are neither allocated nor reserved.

        Expired reservations still count as reserved.
        """
        return self.on_hand - self.allocated - self.reserved - self.damaged - self.quarantine

    @property
    def free(self) -> int:
        """Return what may be sold: what may leave, less safety stock and expired lots.

        May be negative.
        """
        return self.removable - self.safety_stock - self.expired


LEVELS, _LOCATIONS = table_of(StockLevel), table_of(Location)
_LOCKED_COLUMNS: Final = (
    *LEVELS.c["id", "variant_id", "location_id"],
    _LOCATIONS.c.is_active,
    *LEVELS.c["on_hand", "allocated", "reserved", "damaged", "quarantine", "safety_stock"],
    *LEVELS.c["in_bins", "expired", "in_lots", "below_threshold", "back_ordered"],
    _LOCATIONS.c.priority,
)


def lock(
    variant_ids: Collection[UUID] = (), *, also: ScalarSelect[Any] | None = None
) -> dict[UUID, Level]:
    """Lock all levels of the variants, and return them with the most preferred location first.

    `also` selects further variants by a subquery, so that it takes one round trip. Variants
    without a level are absent from the result.
    """
    statement = _OF_VARIANTS if also is None else _of_variants_and(also)
    return _locked(statement, variant_ids=list(variant_ids))


def lock_levels(variant_ids: Collection[UUID]) -> None:
    """Lock all levels of the variants of several orders, before the goods of each are moved.

    Moving them one order after the other would lock levels in the order of the orders.
    """
    lock(variant_ids)


def variant_of(level_id: UUID) -> ScalarSelect[Any]:
    """Select the variant of a level, for `lock`."""
    level = aliased(StockLevel)
    return select(level.variant_id).where(level.id == level_id).correlate(None).scalar_subquery()


def lock_with_reservations(variant_ids: Collection[UUID], owner_id: UUID) -> dict[UUID, Level]:
    """Lock all levels of the variants, and of those reserved for a cart, as `lock` does."""
    return _locked(_WITH_RESERVED, variant_ids=list(variant_ids), owner_id=owner_id)


def lock_unlocked(level_ids: Select[UUID]) -> dict[UUID, Level]:
    """Lock those of the levels that no other transaction has locked (SKIP LOCKED).

    Not all levels of a variant need be among them, so entries for these may only release units:
    the worst result is that the catalog is told twice that a variant is in stock.
    """
    return _locked(_locking(LEVELS.c.id.in_(level_ids), skip_locked=True))


def _locking(which: ColumnElement[bool], *, skip_locked: bool = False) -> AnySelect:
    return (
        select(*_LOCKED_COLUMNS)
        .join_from(LEVELS, _LOCATIONS, _LOCATIONS.c.id == LEVELS.c.location_id)
        .where(which)
        .order_by(LEVELS.c.id)
        .with_for_update(of=LEVELS, key_share=True, skip_locked=skip_locked)
    )


def _of_variants_and(more: ScalarSelect[Any]) -> AnySelect:
    listed = func.array_cat(_VARIANT_IDS, func.array(more, type_=ARRAY(Uuid)), type_=ARRAY(Uuid))
    return prepared(_locking(LEVELS.c.variant_id == any_(listed)))


def _locked(statement: AnySelect, **parameters: object) -> dict[UUID, Level]:
    current = require_transaction()
    current.flush()  # subqueries may look for rows that are not written yet
    rows = current.execute(statement, parameters)
    preferred = sorted(rows.all(), key=lambda row: (row.priority, row.location_id))
    return {row.id: Level(*row[:-1]) for row in preferred}


# Built once: every checkout runs them, and building costs more than running.
_VARIANT_IDS: Final = bindparam("variant_ids", type_=ARRAY(Uuid))
_OF_VARIANTS: Final = prepared(_locking(LEVELS.c.variant_id == any_(_VARIANT_IDS)))
_reserved_level = aliased(StockLevel)
_WITH_RESERVED: Final = _of_variants_and(
    select(_reserved_level.variant_id)
    .join(StockReservation, StockReservation.level_id == _reserved_level.id)
    .where(StockReservation.owner_id == bindparam("owner_id"))
    .correlate(None)
    .scalar_subquery()
)
