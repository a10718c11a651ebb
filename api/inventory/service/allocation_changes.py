"""Changing what is allocated to an order that staff edit: units released and added together."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.inventory.models import StockAllocation, StockLevel
from api.inventory.service import allocations, back_orders, journal, locks
from api.inventory.service.allocations import AllocationRequest
from api.inventory.service.available_stock import choose, release_expired
from api.kernel.principal import Principal

_REASON: Final = "order edited"


def change_allocations(
    order_id: UUID,
    *,
    released: Mapping[UUID, int],
    added: Sequence[AllocationRequest],
    reference: str,
    by: Principal,
) -> None:
    """Release units of order lines and allocate others to the same order, also to known lines.

    Units that one line releases are available to another of the same variant. All levels of the
    variants are locked first, by id, so that two edits wait for each other. Units that a line waits
    for are released first, and what is added may wait as in `allocate`; orders that have waited
    longer get what is released before it. The caller holds the order's lock and runs this once for
    an edit. Raises `InsufficientStock` with every shortage,
    and then nothing has changed.
    """
    if not released and not added:
        return
    allocated = (
        select(StockLevel.variant_id)
        .join(StockAllocation, StockAllocation.level_id == StockLevel.id)
        .where(StockAllocation.order_id == order_id)
        .correlate(None)
        .scalar_subquery()
    )
    locks.lock({line.variant_id for line in added}, also=allocated)
    if released:
        allocations.release(order_id, released, by=by, reason=_REASON, reference=reference)
    if added:
        _allocate(order_id, added, reference=reference, by=by)


def _allocate(
    order_id: UUID, added: Sequence[AllocationRequest], *, reference: str, by: Principal
) -> None:
    levels = locks.lock({line.variant_id for line in added})
    freed = release_expired(levels)
    plan, waiting = choose(levels, freed, [(line.variant_id, line.quantity) for line in added])
    shares = allocations.spread(added, plan)
    lacking = allocations.lines_that_wait(added, shares, levels) if waiting else {}
    rows = {key: (0, units) for key, units in lacking.items()}
    for line_id, level_id, quantity in shares:
        rows[line_id, level_id] = (quantity, lacking.get((line_id, level_id), 0))
    back_orders.add_rows(order_id, rows)
    entries = allocations.allocation_entries(
        order_id, plan, freed, reason=_REASON, reference=reference
    )
    entries += allocations.waiting_entries(order_id, lacking, reason=_REASON, reference=reference)
    journal.write_entries(levels, [*freed.expired_entries(), *entries], by=by)
