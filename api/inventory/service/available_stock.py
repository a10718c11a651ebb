"""Which units are available under the locks, and the choice of levels to take them from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, or_

from api.inventory import allocation_strategy, queries
from api.inventory.errors import InsufficientStock
from api.inventory.models import MovementKind, StockReservation
from api.inventory.service import back_orders
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.kernel import clock
from api.platform.db import require_transaction


@dataclass(slots=True)
class FreedStock:
    """Units of released reservations by level: the cart's own, and expired ones of others."""

    own: dict[UUID, int] = field(default_factory=dict)
    expired: dict[UUID, int] = field(default_factory=dict)

    def at(self, level_id: UUID) -> int:
        """Return how many units were released at a level."""
        return self.own.get(level_id, 0) + self.expired.get(level_id, 0)

    def expired_entries(self) -> list[JournalEntry]:
        """Build the journal entries of the expired reservations."""
        return [
            JournalEntry(
                level_id=level_id,
                kind=MovementKind.RELEASED_HOLD,
                reserved=-quantity,
                reason="expired",
            )
            for level_id, quantity in self.expired.items()
        ]


def release_expired(levels: Mapping[UUID, Level], *, owner_id: UUID | None = None) -> FreedStock:
    """Delete the reservations of a cart, and all expired ones, at levels that the caller locked.

    The caller writes the journal entries. One statement; none when nothing is reserved.
    """
    reserved = [level.id for level in levels.values() if level.reserved]
    freed = FreedStock()
    if not reserved:
        return freed
    expired = StockReservation.expires_at <= clock.now()
    rows = require_transaction().execute(
        delete(StockReservation)
        .where(
            StockReservation.level_id.in_(reserved),
            expired if owner_id is None else or_(StockReservation.owner_id == owner_id, expired),
        )
        .returning(StockReservation.owner_id, StockReservation.level_id, StockReservation.quantity)
        .execution_options(synchronize_session=False)
    )
    for row in rows:
        side = freed.own if row.owner_id == owner_id else freed.expired
        side[row.level_id] = side.get(row.level_id, 0) + row.quantity
    return freed


def choose(
    levels: Mapping[UUID, Level], freed: FreedStock, lines: Sequence[tuple[UUID, int]]
) -> tuple[allocation_strategy.AllocationPlan, dict[UUID, int]]:
    """Decide from which levels the lines (variant, quantity) are served, and what must wait.

    Sums the lines per variant first, so that two lines cannot both count on the same units. What a
    variant lacks waits, by variant, as far as it allows back-orders. Raises `InsufficientStock`
    with every shortage at once, pointing at the first line of each short variant.
    """
    demand: dict[UUID, int] = {}
    for variant_id, quantity in lines:
        demand[variant_id] = demand.get(variant_id, 0) + quantity
    available = [
        allocation_strategy.AvailableLevel(
            level.id, level.variant_id, level.location_id, level.free + freed.at(level.id)
        )
        for level in levels.values()
        if level.is_active
    ]
    available = back_orders.without_claimed(available, levels, freed.own)
    plan, shortages = allocation_strategy.plan_allocation(demand, available)
    if not shortages:
        return plan, {}
    room = back_orders.room(levels, [short.variant_id for short in shortages])
    waiting = {short.variant_id: short.requested - short.available for short in shortages}
    refused = [
        allocation_strategy.Shortage(
            short.variant_id, short.requested, short.available + room[short.variant_id]
        )
        for short in shortages
        if waiting[short.variant_id] > room[short.variant_id]
    ]
    if refused:
        raise _insufficient(refused, [variant_id for variant_id, _ in lines])
    here = {one: units - waiting.get(one, 0) for one, units in demand.items()}
    plan, _ = allocation_strategy.plan_allocation(
        {one: units for one, units in here.items() if units}, available
    )
    return plan, waiting


def _insufficient(
    shortages: Sequence[allocation_strategy.Shortage], variant_ids: Sequence[UUID]
) -> InsufficientStock:
    skus = queries.skus([shortage.variant_id for shortage in shortages])
    return InsufficientStock(
        lines=[
            {
                "variant_id": shortage.variant_id,
                "sku": skus.get(shortage.variant_id),
                "requested": shortage.requested,
                "available": shortage.available,
            }
            for shortage in shortages
        ],
        errors=[
            {
                "pointer": f"/lines/{variant_ids.index(shortage.variant_id)}/quantity",
                "code": InsufficientStock.code,
                "detail": f"{shortage.requested} requested, {shortage.available} available.",
            }
            for shortage in shortages
        ],
    )
