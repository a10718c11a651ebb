"""Releases: orders are claimed for a batch or a wave of batches, and the walks are planned."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast
from uuid import UUID

from sqlalchemy import Table, update
from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.picking import queries
from api.picking.errors import NothingToPick, TooManyOrders
from api.picking.models import PickBatch, PickLine, PickOrder, PickWave
from api.picking.queries import BatchRequest, BinPlaces, Work
from api.picking.service.batches import set_orders
from api.picking.states import BatchStatus, PickLineStatus, PickOrderStatus
from api.picking.walk import Source, Stop, plan
from api.platform import audit, auth
from api.platform.bulk_sql import bulk_insert
from api.platform.db import require_transaction


def release_batch(request: BatchRequest, *, by: Principal) -> UUID:
    """Claim orders for a batch and plan its walk; returns the batch's id.

    Orders are taken by promised shipping time, then by age: paid, not on hold, with units allocated
    at the location, and in no other batch. Each is locked and checked again; those that somebody
    else locks at this moment are passed over, so that two people who release at once get different
    orders. Raises `TooManyOrders` when more are named than the limit, and `NothingToPick` when none
    is left.
    """
    order_ids = _locked(request, by)
    works = _release(
        request, [order_ids] if order_ids else [], BinPlaces(request.location_id), by=by
    )
    return next(iter(works))


def release_wave(request: BatchRequest, size: int, *, by: Principal) -> UUID:
    """Claim orders for a wave in one transaction, in batches of `size`; returns the wave's id.

    The orders are chosen and locked as for one batch, and divided so that the walks are short. What
    was previewed is checked again: orders that were taken, held or cancelled meanwhile are not in
    it. Raises `TooManyOrders` and `NothingToPick`.
    """
    order_ids = _locked(request, by)
    places, wave_id = BinPlaces(request.location_id), new_id()
    needed = queries.demands({one: one for one in order_ids}, request.location_id)
    wave = PickWave(
        id=wave_id,
        created_at=clock.now(),
        location_id=request.location_id,
        kind=request.kind,
        carrier=request.carrier,
        zone=request.zone,
        promised_before=request.promised_before,
        max_units=request.max_units,
        created_by=by.label[:120],
        order_count=0,
        **asdict(Work()),
    )
    session = require_transaction()
    session.add(wave)
    session.flush()
    batches = places.grouped(needed, size)
    works = _release(request, batches, places, wave_id=wave_id, by=by)
    for name, figure in asdict(queries.sum_of(list(works.values()))).items():
        setattr(wave, name, figure)
    wave.order_count = queries.orders_in_wave(wave_id)
    session.flush()
    audit.record(
        "wave.released", by=by, subject_id=wave_id, batches=len(works), orders=wave.order_count
    )
    return wave_id


def _locked(request: BatchRequest, by: Principal) -> list[UUID]:
    auth.check_location(by, {request.location_id})
    if len(request.order_ids) > request.limit:
        raise TooManyOrders(named=len(request.order_ids), limit=request.limit)
    return list(require_transaction().scalars(queries.next_orders(request)))


def _release(
    request: BatchRequest,
    batches: Sequence[Sequence[UUID]],
    places: BinPlaces,
    *,
    wave_id: UUID | None = None,
    by: Principal,
) -> dict[UUID, Work]:
    """Release batches of locked orders; returns the work of each. Raises `NothingToPick`."""
    claimed = {}
    for order_ids in batches:
        batch_id = _add_batch(request, wave_id, by)
        claimed[batch_id] = _claim_orders(batch_id, order_ids)
    rows = {order_id: row for own in claimed.values() for order_id, row in own.items()}
    demanded = queries.demands(rows, request.location_id)
    left: Sequence[Source] = queries.sources_of(demanded)
    works: dict[UUID, Work] = {}
    lines: list[dict[str, object]] = []
    for batch_id, own in claimed.items():
        of_batch = set(own.values())
        stops = plan([one for one in demanded if one.pick_order_id in of_batch], left)
        planned = {stop.demand.pick_order_id for stop in stops}
        set_orders(of_batch - planned, PickOrderStatus.REMOVED)
        work = places.work(stops)
        if stops:
            works[batch_id] = work
            audit.record("batch.released", by=by, subject_id=batch_id, orders=len(planned))
        _set_work(batch_id, work, is_empty=not stops)
        lines += [_line(walk, stop) for walk, stop in enumerate(stops, start=1)]
    if not works:
        raise NothingToPick(skipped=len(request.order_ids))
    bulk_insert(cast(Table, PickLine.__table__), lines)
    return works


def _add_batch(request: BatchRequest, wave_id: UUID | None, by: Principal) -> UUID:
    batch_id, session = new_id(), require_transaction()
    session.add(
        PickBatch(
            id=batch_id,
            location_id=request.location_id,
            kind=request.kind,
            status=BatchStatus.RELEASED,
            created_by=by.label[:120],
            wave_id=wave_id,
        )
    )
    session.flush()
    return batch_id


def _claim_orders(batch_id: UUID, order_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Add orders to a batch, but for those that are in another one; returns row by order."""
    rows = require_transaction().execute(
        insert(PickOrder)
        .values(
            [
                {
                    "id": new_id(),
                    "batch_id": batch_id,
                    "order_id": order_id,
                    "position": position,
                    "status": PickOrderStatus.PICKING,
                }
                for position, order_id in enumerate(order_ids, start=1)
            ]
        )
        .on_conflict_do_nothing()
        .returning(PickOrder.id, PickOrder.order_id)
    )
    got = {row.order_id: row.id for row in rows}
    return {order_id: got[order_id] for order_id in order_ids if order_id in got}


def _set_work(batch_id: UUID, work: Work, *, is_empty: bool) -> None:
    """Note how long the walk is; a batch whose orders others got meanwhile ends here."""
    ended = {"status": BatchStatus.CANCELLED, "finished_at": clock.now()} if is_empty else {}
    require_transaction().execute(
        update(PickBatch)
        .where(PickBatch.id == batch_id)
        .values(walk_length=work.walk_length, walk_length_alone=work.walk_length_alone, **ended)
        .execution_options(synchronize_session=False)
    )


def _line(walk: int, stop: Stop) -> dict[str, object]:
    return {
        "id": new_id(),
        "pick_order_id": stop.demand.pick_order_id,
        "order_line_id": stop.demand.order_line_id,
        "level_id": stop.demand.level_id,
        "bin_id": stop.bin_id,
        "walk": walk,
        "quantity": stop.quantity,
        "picked": 0,
        "put_back": 0,
        "status": PickLineStatus.TODO,
        "picked_at": None,
    }
