"""Batches: released for orders that wait, claimed by a picker, parked, finished or cancelled."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.picking import queries
from api.picking.errors import (
    BatchClaimed,
    BatchNotFound,
    ClaimNeeded,
    LinesToPick,
    NothingReleased,
    PickLineNotFound,
    ReasonNeeded,
    WaveNotFound,
)
from api.picking.models import PickBatch, PickLine, PickOrder, PickTote, PickWave
from api.picking.states import (
    BATCH,
    OPEN_BATCH,
    BatchStatus,
    PickLineStatus,
    PickOrderStatus,
)
from api.platform import audit, auth
from api.platform.db import AnyRow, require_transaction

CLAIM: Final = timedelta(minutes=5)
"""A batch without a scan for that long may be picked by anybody."""


def claim_batch(
    batch_id: UUID, *, take_over: bool, reason: str | None = None, by: Principal
) -> None:
    """Start or resume a batch; nobody else picks it while scans come, and five minutes after.

    With `take_over` and a reason it is taken from who has it, which the audit log records. Locks
    the batch. Raises `BatchNotFound`, `InvalidState`, `BatchClaimed` and `ReasonNeeded`.
    """
    batch, status = lock_batch(batch_id, "claim", by=by)
    now = clock.now()
    is_taken = _is_somebody_elses(batch, by)
    if is_taken and not take_over:
        raise BatchClaimed(picker=batch.picker, until=f"{batch.claimed_until:%H:%M}")
    if is_taken and reason is None:
        raise ReasonNeeded(picker=batch.picker)
    _update(
        batch_id,
        status=status,
        picker_id=by.id,
        picker=by.label[:120],
        claimed_until=now + CLAIM,
        started_at=batch.started_at or now,
    )
    if is_taken:
        audit.record(
            "batch.taken_over", by=by, subject_id=batch_id, picker=[batch.picker], reason=reason
        )


def claim_next_batch(location_id: UUID, *, by: Principal) -> UUID:
    """Claim the first released batch of a location that nobody began; returns its id.

    Of two who ask at once each gets another one. Locks the batch. Raises `NothingReleased`.
    """
    auth.check_location(by, {location_id})
    found = require_transaction().scalar(
        select(PickBatch.id)
        .where(
            PickBatch.location_id == location_id,
            PickBatch.status.in_(OPEN_BATCH),
            PickBatch.status == BatchStatus.RELEASED,
        )
        .order_by(PickBatch.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if found is None:
        raise NothingReleased
    claim_batch(found, take_over=False, by=by)
    return found


def park_batch(batch_id: UUID, *, reason: str | None = None, by: Principal) -> None:
    """Stop picking for now; anybody may resume. The batch of somebody else needs a reason.

    Raises `BatchNotFound`, `InvalidState` and `ReasonNeeded`.
    """
    batch, status = lock_batch(batch_id, "park", by=by)
    is_taken = _is_somebody_elses(batch, by)
    if is_taken and reason is None:
        raise ReasonNeeded(picker=batch.picker)
    _update(batch_id, status=status, picker_id=None, picker=None, claimed_until=None)
    audit.record("batch.parked", by=by, subject_id=batch_id, number=batch.number)
    if is_taken:
        audit.record(
            "batch.taken_over", by=by, subject_id=batch_id, picker=[batch.picker], reason=reason
        )


def finish_batch(batch_id: UUID, *, by: Principal) -> None:
    """End a batch whose lines are all picked or short; its orders wait to be packed.

    Raises `BatchNotFound`, `InvalidState`, `ClaimNeeded` and `LinesToPick`.
    """
    batch, status = lock_batch(batch_id, "finish", by=by)
    check_claim(batch, by)
    session = require_transaction()
    left = session.scalar(
        select(func.count())
        .select_from(PickLine)
        .join(PickOrder, PickOrder.id == PickLine.pick_order_id)
        .where(PickOrder.batch_id == batch_id, PickLine.status == PickLineStatus.TODO)
    )
    if left:
        raise LinesToPick(lines=left)
    picked = select(PickLine.pick_order_id).where(PickLine.picked > PickLine.put_back)
    of_batch = (PickOrder.batch_id == batch_id, PickOrder.status == PickOrderStatus.PICKING)
    for status_of_order, condition in (
        (PickOrderStatus.PICKED, PickOrder.id.in_(picked)),
        (PickOrderStatus.REMOVED, PickOrder.id.not_in(picked)),
    ):
        session.execute(
            update(PickOrder)
            .where(*of_batch, condition)
            .values(status=status_of_order)
            .execution_options(synchronize_session=False)
        )
    places = queries.BinPlaces(batch.location_id)
    _update(
        batch_id,
        status=status,
        finished_at=clock.now(),
        claimed_until=None,
        walked=places.length(queries.bins_scanned(batch_id)),
    )
    audit.record("batch.finished", by=by, subject_id=batch_id, number=batch.number)


def cancel_batch(batch_id: UUID, *, by: Principal) -> None:
    """Give all orders of a batch back to the queue; units in totes are to be put back.

    Locks the batch. Raises `BatchNotFound` and `InvalidState`.
    """
    batch, status = lock_batch(batch_id, "cancel", by=by)
    _remove(
        list(
            require_transaction().scalars(
                select(PickOrder.id).where(
                    PickOrder.batch_id == batch_id, PickOrder.status == PickOrderStatus.PICKING
                )
            )
        )
    )
    _update(batch_id, status=status, finished_at=clock.now(), claimed_until=None)
    audit.record("batch.cancelled", by=by, subject_id=batch_id, number=batch.number)


def cancel_wave(wave_id: UUID, *, by: Principal) -> None:
    """Give the orders of all batches of a wave back to the queue that nobody began.

    Batches that somebody began are picked to their end. Locks these batches. Raises `WaveNotFound`.
    """
    wave = require_transaction().get(PickWave, wave_id)
    if wave is None or not by.works_at(wave.location_id):
        raise WaveNotFound(wave_id=wave_id)
    waiting = require_transaction().scalars(
        select(PickBatch.id)
        .where(PickBatch.wave_id == wave_id, PickBatch.status == BatchStatus.RELEASED)
        .order_by(PickBatch.id)
        .with_for_update()
    )
    for batch_id in waiting.all():
        cancel_batch(batch_id, by=by)
    audit.record("wave.cancelled", by=by, subject_id=wave_id, number=wave.number)


def remove_order(order_id: UUID) -> None:
    """Take an order that was cancelled or is held out of its batch; repeating changes nothing.

    Its open lines are no longer picked, and what is in a tote is to be put back.
    """
    _remove(_open_orders(order_id))


def give_back_order(batch_id: UUID, order_id: UUID, *, by: Principal) -> None:
    """Take an order out of a batch: it is in the queue again, what was picked is put back.

    Locks the order, then the batch. Raises `BatchNotFound` and `PickLineNotFound`.
    """
    rows = set(_open_orders(order_id))
    batch = require_transaction().get(PickBatch, batch_id, with_for_update=True)
    if batch is None or not by.works_at(batch.location_id):
        raise BatchNotFound(batch_id=batch_id)
    chosen = queries.orders_of(batch_id) & rows
    if not chosen:
        raise PickLineNotFound("This order is not in the batch.")
    _remove(chosen)
    audit.record("batch.order_given_back", by=by, subject_id=batch_id, order_id=str(order_id))


def set_done(order_id: UUID) -> None:
    """Close the picking of an order of which a parcel left, once its totes are empty."""
    pick_order_ids = [one for one in _open_orders(order_id) if not queries.units_in_totes(one)]
    _set_lines_removed(pick_order_ids)
    set_orders(pick_order_ids, PickOrderStatus.DONE)
    release_totes(PickTote.pick_order_id.in_(pick_order_ids))


def lock_batch(batch_id: UUID, command: str, *, by: Principal) -> tuple[AnyRow, BatchStatus]:
    """Lock a batch; returns it and its status after a command."""
    columns = PickBatch.__table__.c
    row = (
        require_transaction()
        .execute(select(*columns).where(columns.id == batch_id).with_for_update())
        .one_or_none()
    )
    if row is None or not by.works_at(row.location_id):
        raise BatchNotFound(batch_id=batch_id)
    return row, BatchStatus(BATCH.next(row.status, command))


def check_claim(batch: AnyRow, by: Principal) -> None:
    """Refuse to pick a batch that somebody else claimed, however long ago (`ClaimNeeded`)."""
    if batch.picker_id != by.id:
        raise ClaimNeeded(picker=batch.picker or "Nobody")


def extend_claim(batch_id: UUID) -> None:
    """Keep the batch for its picker for another five minutes."""
    _update(batch_id, claimed_until=clock.now() + CLAIM)


def release_totes(condition: object) -> None:
    """Free the totes that are in use and meet a condition."""
    rows = require_transaction().scalars(
        update(PickTote)
        .where(PickTote.released_at.is_(None), condition)  # type: ignore[arg-type]
        .values(released_at=clock.now())
        .returning(PickTote.bin_id)
        .execution_options(synchronize_session=False)
    )
    for bin_id in rows.all():
        inventory_service.assign_tote(bin_id, None)


def _remove(pick_order_ids: Iterable[UUID]) -> None:
    ids = list(pick_order_ids)
    orders_service.end_picking(queries.order_ids_of(ids))
    _set_lines_removed(ids)
    set_orders(ids, PickOrderStatus.REMOVED)
    # A tote with units in it stays the order's until they are put back.
    in_tote = select(PickLine.pick_order_id).where(
        PickLine.pick_order_id.in_(ids), PickLine.picked > PickLine.put_back
    )
    release_totes(PickTote.pick_order_id.in_(ids) & PickTote.pick_order_id.not_in(in_tote))


def _is_somebody_elses(batch: AnyRow, by: Principal) -> bool:
    """Return whether another person picks this batch at this moment."""
    now = clock.now()
    return batch.picker_id not in (None, by.id) and (batch.claimed_until or now) > now


def _open_orders(order_id: UUID) -> list[UUID]:
    """Lock the order and return its rows in open batches."""
    session = require_transaction()
    orders_service.lock(order_id)
    open_ = (PickOrderStatus.PICKING, PickOrderStatus.PICKED)
    return list(
        session.scalars(
            select(PickOrder.id).where(PickOrder.order_id == order_id, PickOrder.status.in_(open_))
        )
    )


def _set_lines_removed(pick_order_ids: Iterable[UUID]) -> None:
    require_transaction().execute(
        update(PickLine)
        .where(
            PickLine.pick_order_id.in_(list(pick_order_ids)),
            PickLine.status == PickLineStatus.TODO,
        )
        .values(status=PickLineStatus.REMOVED)
        .execution_options(synchronize_session=False)
    )


def set_orders(pick_order_ids: Iterable[UUID], status: PickOrderStatus) -> None:
    """Set the status of rows of orders in batches."""
    require_transaction().execute(
        update(PickOrder)
        .where(PickOrder.id.in_(list(pick_order_ids)))
        .values(status=status)
        .execution_options(synchronize_session=False)
    )


def _update(batch_id: UUID, **values: object) -> None:
    require_transaction().execute(
        update(PickBatch)
        .where(PickBatch.id == batch_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
