"""Units that were not found in their bin: off sale until a count says whether they are there.

They stay on hand, as only a count changes that, and are in quarantine, so that nobody is promised
them. A count of their bin puts on sale what it finds (`settle`), and writes off what it does not.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from api.inventory.models import BinStock, MovementKind, StockLevel
from api.inventory.models.missing_units import MissingUnits
from api.inventory.service import allocation_rows, back_orders, journal, locks
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction

_REASON: Final = "not found"


def back_order_missing(
    order_id: UUID,
    order_line_id: UUID,
    level_id: UUID,
    quantity: int,
    *,
    bin_id: UUID | None,
    reference: str,
    by: Principal,
) -> int:
    """Let an order line wait for units of its allocation that are not in their bin.

    At most as many as are allocated to the line at the level; returns how many. They are stopped
    until a count of the bin is posted, which the caller plans first, and with them what nobody is
    promised of the bin: where some are missing the others are, too. The line waits as it does for
    a back-order: what can be sold, now or later, is allocated to it in its turn. The limit of the
    variant's back-orders, and whether it has any, do not matter: the units were sold from stock.
    Locks all levels of the order's variants.
    """
    levels, shares = allocation_rows.lock_allocations(order_id)
    own = [share for share in shares if share.level_id == level_id]
    taken = allocation_rows.take(own, {order_line_id: quantity})
    units = sum(share.quantity for share in taken)
    if not units:
        return 0
    allocation_rows.reduce(taken)
    back_orders.add_rows(order_id, {(order_line_id, level_id): (0, units)})
    left = _present(levels[level_id], bin_id) - missing_at(level_id, bin_id) - units
    missing = units + max(0, min(left, levels[level_id].free))
    new = insert(MissingUnits).values(
        id=new_id(), created_at=clock.now(), level_id=level_id, bin_id=bin_id, quantity=missing
    )
    require_transaction().execute(
        new.on_conflict_do_update(
            index_elements=["level_id", "bin_id"],
            set_={"quantity": MissingUnits.quantity + new.excluded.quantity},
        ).execution_options(synchronize_session=False)
    )

    stopped = JournalEntry(
        level_id=level_id,
        kind=MovementKind.STATE_CHANGED,
        quarantine=missing,
        reason=_REASON,
        reference=reference,
    )
    of_order = replace(stopped, quarantine=0, order_id=order_id)
    entries = [
        replace(of_order, kind=MovementKind.RELEASED, allocated=-units),
        stopped,
        replace(of_order, kind=MovementKind.BACK_ORDERED, back_ordered=units),
    ]
    journal.write_entries(levels, entries, by=by)
    return units


def missing_at(level_id: UUID, *bins: UUID | None) -> int:
    """Count missing units of a locked level: of these bins (None: of no bin), else of all."""
    total = select(func.coalesce(func.sum(MissingUnits.quantity), 0))
    found: int = require_transaction().execute(total.where(_at(level_id, bins))).scalar_one()
    return found


def settle(level_id: UUID, *bins: UUID | None) -> list[JournalEntry]:
    """End the wait for a count of these bins, else of all; returns the entries that belong to it.

    The level is locked, and the caller writes them together with what was counted.
    """
    return _ended(_at(level_id, bins), reason="counted")


def release_missing(places: Collection[tuple[UUID, UUID | None]], *, by: Principal) -> None:
    """Put missing units on sale again that will not be counted; those who wait get them first.

    `places` are levels and bins. Locks all levels of the variants.
    """
    of_levels = any_of(MissingUnits.level_id, {level_id for level_id, _ in places})
    rows = require_transaction().execute(
        select(MissingUnits.id, MissingUnits.level_id, MissingUnits.bin_id).where(of_levels)
    )
    chosen = {row.id: row.level_id for row in rows if (row.level_id, row.bin_id) in places}
    if not chosen:
        return
    variants = select(StockLevel.variant_id).where(any_of(StockLevel.id, set(chosen.values())))
    levels = locks.lock(also=variants.correlate(None).scalar_subquery())
    entries = _ended(any_of(MissingUnits.id, chosen), reason="count discarded")
    journal.write_entries(levels, entries, by=by)


def _present(level: Level, bin_id: UUID | None) -> int:
    """Count what a bin has of a level by the books, or what of it is in no bin."""
    if bin_id is None:
        return level.on_hand - level.in_bins
    of_bin = (BinStock.level_id == level.id) & (BinStock.bin_id == bin_id)
    return require_transaction().scalar(select(BinStock.quantity).where(of_bin)) or 0


def _at(level_id: UUID, bins: Collection[UUID | None]) -> ColumnElement[bool]:
    in_bins = (MissingUnits.bin_id.is_not_distinct_from(one) for one in bins)
    return (MissingUnits.level_id == level_id) & (or_(*in_bins) if bins else true())


def _ended(which: ColumnElement[bool], *, reason: str) -> list[JournalEntry]:
    rows = require_transaction().execute(
        delete(MissingUnits)
        .where(which)
        .returning(MissingUnits.level_id, MissingUnits.quantity)
        .execution_options(synchronize_session=False)
    )
    return [
        JournalEntry(
            level_id=level_id, kind=MovementKind.STATE_CHANGED, quarantine=-quantity, reason=reason
        )
        for level_id, quantity in rows.all()
    ]
