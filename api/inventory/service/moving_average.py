"""What units cost: the moving average of a level's receipts."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from api.inventory.models import StockLevel
from api.inventory.service.journal_entries import JournalEntry
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction

_EXACT: Final = Decimal("0.0001")


def average(before: Decimal | None, on_hand: int, cost: int, quantity: int) -> Decimal:
    """Return the average cost of a unit after a receipt or its undoing, in minor units.

    What was on hand without a cost is taken to have cost as much as what comes now. A receipt that
    is undone has a negative quantity and cost, and takes out what it brought in.
    """
    if before is None or on_hand <= 0:
        return (Decimal(cost) / quantity).quantize(_EXACT, ROUND_HALF_UP)
    left = on_hand + quantity
    total = before * on_hand + cost
    return (total / left).quantize(_EXACT, ROUND_HALF_UP) if left and total >= 0 else before


def update_averages(
    on_hand_before: Mapping[UUID, int], entries: Sequence[JournalEntry]
) -> dict[int, Decimal]:
    """Update the average cost of the levels that receive units with a cost.

    Returns the average after each such entry, by the entry's place. The levels are locked. Units
    that come without a cost are worth the average, and units that go take it along: neither
    changes it.
    """
    costed = {entry.level_id for entry in entries if entry.cost is not None}
    if not costed:
        return {}
    session, on_hand = require_transaction(), dict(on_hand_before)
    rows = session.execute(
        select(StockLevel.id, StockLevel.average_cost).where(any_of(StockLevel.id, costed))
    )
    now: dict[UUID, Decimal | None] = {row.id: row.average_cost for row in rows}
    after: dict[int, Decimal] = {}
    for number, entry in enumerate(entries):
        if entry.cost is not None and entry.on_hand:
            after[number] = now[entry.level_id] = average(
                now[entry.level_id], on_hand[entry.level_id], entry.cost, entry.on_hand
            )
        on_hand[entry.level_id] += entry.on_hand
    for level_id in sorted(costed):
        session.execute(
            update(StockLevel)
            .where(StockLevel.id == level_id)
            .values(average_cost=now[level_id])
            .execution_options(synchronize_session=False)
        )
    return after
