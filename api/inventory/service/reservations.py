"""Reservations: units kept for a cart during checkout."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, insert, select

from api.inventory.models import MovementKind, StockReservation
from api.inventory.service import journal, locks
from api.inventory.service.available_stock import FreedStock, choose, release_expired
from api.inventory.service.journal_entries import JournalEntry
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform import sweeps
from api.platform.db import require_transaction, session

SWEPT_AT_ONCE = 500


def reserve(owner_id: UUID, demand: Mapping[UUID, int], *, until: datetime) -> None:
    """Reserve units for a cart until a moment, in place of its earlier reservation.

    What a variant that allows back-orders lacks is not reserved: the order will wait for it.
    `demand` is quantity by variant; the same demand again only extends the time. Raises
    `InsufficientStock`, and then the earlier reservation stays. The caller holds a lock on the
    cart. Locks all levels of the variants, reserved or requested.
    """
    if any(quantity <= 0 for quantity in demand.values()):
        raise ValueError("a reservation is for at least one unit")
    levels = locks.lock_with_reservations(demand.keys(), owner_id)
    freed = release_expired(levels, owner_id=owner_id)
    plan, _ = choose(levels, freed, list(demand.items()))
    reserved = {
        level_id: quantity for taking in plan.values() for level_id, quantity in taking.items()
    }
    if reserved:
        now = clock.now()
        require_transaction().execute(
            insert(StockReservation),
            [
                {
                    "id": new_id(),
                    "created_at": now,
                    "owner_id": owner_id,
                    "level_id": level_id,
                    "quantity": quantity,
                    "expires_at": until,
                }
                for level_id, quantity in reserved.items()
            ],
        )
    journal.write_entries(levels, [*freed.expired_entries(), *_changed(freed, reserved)], by=SYSTEM)


def release_reservation(owner_id: UUID) -> None:
    """Release the reservation of a cart, if it has one. Locks the levels of its variants."""
    levels = locks.lock_with_reservations((), owner_id)
    freed = release_expired(levels, owner_id=owner_id)
    journal.write_entries(levels, [*freed.expired_entries(), *_changed(freed, {})], by=SYSTEM)


def expire_reservations(limit: int = SWEPT_AT_ONCE, *, only: UUID | None = None) -> int:
    """Release expired reservations in one batch of levels; returns how many levels changed.

    Levels that another transaction has locked are skipped: it releases them itself if it needs the
    units, and the next run finds the rest. Orders that wait for units get them by
    `serve_back_orders`, which locks all levels of a variant. `only` limits it to one level.
    """
    expired = _expired(limit)
    if only is not None:
        expired = expired.where(StockReservation.level_id == only)
    levels = locks.lock_unlocked(expired)
    freed = release_expired(levels)
    journal.write_entries(levels, freed.expired_entries(), by=SYSTEM, serves=False)
    return len(freed.expired)


def levels_to_sweep(limit: int) -> Sequence[UUID]:
    """List levels with expired reservations, except those whose sweep failed lately."""
    backing_off = sweeps.waits("expire-reservations", StockReservation.level_id)
    return list(dict.fromkeys(session.scalars(_expired(limit).where(~backing_off))))


def _expired(limit: int) -> Select[UUID]:
    return (
        select(StockReservation.level_id)
        .where(StockReservation.expires_at <= clock.now())
        .order_by(StockReservation.expires_at)
        .limit(limit)
    )


def _changed(freed: FreedStock, reserved: Mapping[UUID, int]) -> list[JournalEntry]:
    """Build the journal entries for the difference between the old and the new reservation."""
    entries = []
    for level_id in freed.own.keys() | reserved.keys():
        change = reserved.get(level_id, 0) - freed.own.get(level_id, 0)
        if change:
            kind = MovementKind.RESERVED if change > 0 else MovementKind.RELEASED_HOLD
            entries.append(JournalEntry(level_id=level_id, kind=kind, reserved=change))
    return entries
