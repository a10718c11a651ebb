"""Holds: goods kept for a cart while somebody checks out."""

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
    """Keep goods for a cart until a moment, in place of whatever it held before.

    The demand names quantities by variant; the same demand again only extends the time. Raises
    `InsufficientStock`, and then the earlier hold stands. Two calls for one cart are kept apart by
    the caller's lock on that cart. Locks all levels of the variants, held or wanted.
    """
    if any(quantity <= 0 for quantity in demand.values()):
        raise ValueError("a hold is for at least one")
    levels = locks.lock_with_reservations(demand.keys(), owner_id)
    freed = release_expired(levels, owner_id=owner_id)
    plan = choose(levels, freed, list(demand.items()))
    taken = {
        level_id: quantity for taking in plan.values() for level_id, quantity in taking.items()
    }
    if taken:
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
                for level_id, quantity in taken.items()
            ],
        )
    journal.write_entries(levels, [*freed.expired_entries(), *_changed(freed, taken)], by=SYSTEM)


def release_reservation(owner_id: UUID) -> None:
    """Give back what a cart holds; nothing happens when it holds nothing."""
    levels = locks.lock_with_reservations((), owner_id)
    freed = release_expired(levels, owner_id=owner_id)
    journal.write_entries(levels, [*freed.expired_entries(), *_changed(freed, {})], by=SYSTEM)


def expire_reservations(limit: int = SWEPT_AT_ONCE, *, only: UUID | None = None) -> int:
    """Sweep holds that ran out, one batch of levels; returns how many levels came free.

    Levels that somebody is working on are passed over: who needs their goods sweeps them there and
    then, and the next round finds the rest. `only` sweeps one level alone.
    """
    ran_out = _ran_out(limit)
    if only is not None:
        ran_out = ran_out.where(StockReservation.level_id == only)
    levels = locks.lock_unlocked(ran_out)
    freed = release_expired(levels)
    journal.write_entries(levels, freed.expired_entries(), by=SYSTEM)
    return len(freed.expired)


def levels_to_sweep(limit: int) -> Sequence[UUID]:
    """List levels with holds that ran out, those that failed lately left out."""
    waiting = sweeps.waits("expire-reservations", StockReservation.level_id)
    return list(dict.fromkeys(session.scalars(_ran_out(limit).where(~waiting))))


def _ran_out(limit: int) -> Select[UUID]:
    return (
        select(StockReservation.level_id)
        .where(StockReservation.expires_at <= clock.now())
        .order_by(StockReservation.expires_at)
        .limit(limit)
    )


def _changed(freed: FreedStock, taken: Mapping[UUID, int]) -> list[JournalEntry]:
    """Write the difference between what a cart held and what it holds now."""
    entries = []
    for level_id in freed.own.keys() | taken.keys():
        change = taken.get(level_id, 0) - freed.own.get(level_id, 0)
        if change:
            kind = MovementKind.RESERVED if change > 0 else MovementKind.RELEASED_HOLD
            entries.append(JournalEntry(level_id=level_id, kind=kind, reserved=change))
    return entries
