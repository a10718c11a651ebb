"""Does it add up? Each question names the rows of which one table says something else than another.

An empty answer is the sound state. These read whole tables: they are for a command, for tests and
for a quiet hour.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, func, select

from api.catalog.models import Variant
from api.inventory.models import Location, StockAllocation, StockHold, StockLevel, StockMovement
from api.platform.db import session


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is kept twice and does not agree with itself."""

    what: str
    level_id: UUID | None
    sku: str
    location: str
    recorded: int
    expected: int

    def __str__(self) -> str:
        place = f"{self.sku} at {self.location}" if self.location else self.sku
        return f"{place}: {self.what} is {self.recorded}, should be {self.expected}"


def differences() -> list[Difference]:
    """Return everything that does not add up."""
    return [found for question in _QUESTIONS for found in question()]


def journal_differences() -> list[Difference]:
    """Find counters that are not the sum of their journal."""
    sums = (
        select(
            StockMovement.level_id,
            func.sum(StockMovement.on_hand_change).label("on_hand"),
            func.sum(StockMovement.allocated_change).label("allocated"),
            func.sum(StockMovement.reserved_change).label("reserved"),
        )
        .group_by(StockMovement.level_id)
        .subquery()
    )
    return [
        *_differing("on_hand by the journal", StockLevel.on_hand, sums, sums.c.on_hand),
        *_differing("allocated by the journal", StockLevel.allocated, sums, sums.c.allocated),
        *_differing("reserved by the journal", StockLevel.reserved, sums, sums.c.reserved),
    ]


def allocation_differences() -> list[Difference]:
    """Find levels whose `allocated` is not what is still promised from them."""
    sums = _sum_per_level(StockAllocation.level_id, StockAllocation.quantity)
    return _differing("allocated", StockLevel.allocated, sums, sums.c.quantity)


def hold_differences() -> list[Difference]:
    """Find levels whose `reserved` is not what carts hold there, unswept holds included."""
    sums = _sum_per_level(StockHold.level_id, StockHold.quantity)
    return _differing("reserved", StockLevel.reserved, sums, sums.c.quantity)


def mark_differences() -> list[Difference]:
    """Find marks that do not follow from the counters: low levels, and what the catalogue shows."""
    is_low = func.coalesce(
        StockLevel.on_hand - StockLevel.allocated <= StockLevel.low_stock_threshold, False
    )
    low = session.execute(
        select(StockLevel.id, Variant.sku, Location.code, StockLevel.below_threshold, is_low)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Location, Location.id == StockLevel.location_id)
        .where(StockLevel.below_threshold != is_low)
        .order_by(Variant.sku)
    )
    found = [Difference("low mark", r[0], r[1], r[2], int(r[3]), int(r[4])) for r in low]
    free = func.sum(StockLevel.on_hand - StockLevel.allocated - StockLevel.reserved)
    totals = (
        select(StockLevel.variant_id, (free > 0).label("in_stock"))
        .join(Location, Location.id == StockLevel.location_id)
        .where(Location.is_active)
        .group_by(StockLevel.variant_id)
        .subquery()
    )
    in_stock = func.coalesce(totals.c.in_stock, False)
    shown = session.execute(
        select(Variant.sku, Variant.in_stock, in_stock)
        .outerjoin(totals, totals.c.variant_id == Variant.id)
        .where(Variant.in_stock != in_stock)
        .order_by(Variant.sku)
    )
    found += [Difference("in_stock mark", None, r[0], "", int(r[1]), int(r[2])) for r in shown]
    return found


def _sum_per_level(level_id: Any, quantity: Any) -> Subquery:
    return (
        select(level_id.label("level_id"), func.sum(quantity).label("quantity"))
        .group_by(level_id)
        .subquery()
    )


def _differing(
    what: str, recorded: Any, sums: Subquery, expected: ColumnElement[Any]
) -> list[Difference]:
    should = func.coalesce(expected, 0)
    rows = session.execute(
        select(StockLevel.id, Variant.sku, Location.code, recorded, should)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Location, Location.id == StockLevel.location_id)
        .outerjoin(sums, sums.c.level_id == StockLevel.id)
        .where(recorded != should)
        .order_by(Variant.sku, Location.code)
    )
    return [Difference(what, r[0], r[1], r[2], int(r[3]), int(r[4])) for r in rows]


_QUESTIONS: Final[Sequence[Callable[[], list[Difference]]]] = (
    journal_differences,
    allocation_differences,
    hold_differences,
    mark_differences,
)
