"""What is free for whom at this moment, and from which shelf it is to be taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, or_

from api.inventory import allocation_strategy, queries
from api.inventory.errors import InsufficientStock
from api.inventory.models import MovementKind, StockReservation
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.locks import Level
from api.kernel import clock
from api.platform.db import require_transaction


@dataclass(slots=True)
class FreedStock:
    """What holds gave back, by level: those of the asking cart, and those that had run out."""

    own: dict[UUID, int] = field(default_factory=dict)
    expired: dict[UUID, int] = field(default_factory=dict)

    def at(self, level_id: UUID) -> int:
        """Return how many units came free at a level."""
        return self.own.get(level_id, 0) + self.expired.get(level_id, 0)

    def expired_entries(self) -> list[JournalEntry]:
        """Write the holds that ran out as entries for the journal."""
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
    """Take away the holds of a cart, and all that ran out, at levels that the caller has locked.

    The caller carries what came free into the levels. One statement, none when nothing is held.
    """
    held = [level.id for level in levels.values() if level.reserved]
    freed = FreedStock()
    if not held:
        return freed
    ran_out = StockReservation.expires_at <= clock.now()
    rows = require_transaction().execute(
        delete(StockReservation)
        .where(
            StockReservation.level_id.in_(held),
            ran_out if owner_id is None else or_(StockReservation.owner_id == owner_id, ran_out),
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
) -> allocation_strategy.AllocationPlan:
    """Decide from which levels the lines (variant, quantity) are served.

    Sums the lines per variant first, so that two lines that share goods cannot both count on
    them. Raises `InsufficientStock` with every shortage at once, pointing at the first line of
    each variant that falls short.
    """
    demand: dict[UUID, int] = {}
    for variant_id, quantity in lines:
        demand[variant_id] = demand.get(variant_id, 0) + quantity
    shelves = [
        allocation_strategy.AvailableLevel(
            level.id, level.variant_id, level.location_id, level.free + freed.at(level.id)
        )
        for level in levels.values()
        if level.is_active
    ]
    plan, short = allocation_strategy.plan_allocation(demand, shelves)
    if short:
        raise _insufficient(short, [variant_id for variant_id, _ in lines])
    return plan


def _insufficient(
    short: Sequence[allocation_strategy.Shortage], variant_ids: Sequence[UUID]
) -> InsufficientStock:
    skus = queries.skus([shortage.variant_id for shortage in short])
    return InsufficientStock(
        lines=[
            {
                "variant_id": shortage.variant_id,
                "sku": skus.get(shortage.variant_id),
                "requested": shortage.requested,
                "available": shortage.available,
            }
            for shortage in short
        ],
        errors=[
            {
                "pointer": f"/lines/{variant_ids.index(shortage.variant_id)}/quantity",
                "code": InsufficientStock.code,
                "detail": f"{shortage.requested} asked for, {shortage.available} available.",
            }
            for shortage in short
        ],
    )
