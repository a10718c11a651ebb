"""Totes: boxes on the picker's cart, each for one order or for a batch of single items."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.picking import queries
from api.picking.errors import AllHaveTotes, NotATote, PickLineNotFound, ToteInUse
from api.picking.models import PickOrder, PickTote
from api.picking.service.batches import check_claim, extend_claim, lock_batch, release_totes
from api.picking.states import BatchKind, PickOrderStatus
from api.platform import audit
from api.platform.db import require_transaction

_SINGLE_ITEMS: Final = "a batch of single items"


def assign_tote(batch_id: UUID, code: str, order_id: UUID | None, *, by: Principal) -> None:
    """Put a tote on the cart: for the named order, else for the next order without one.

    An order may get a second one when the first is full. The tote of a batch of single items is
    for all its orders, and for parcels of no other. Assigning the same again changes nothing.
    Locks the batch, then the tote where it is in use. Raises
    `BatchNotFound`, `InvalidState`, `ClaimNeeded`, `NotATote`, `ToteInUse` while it has units of
    another order, `PickLineNotFound` for an order that is not in the batch, and `AllHaveTotes`.
    """
    batch, _ = lock_batch(batch_id, "pick", by=by)
    check_claim(batch, by)
    tote = inventory_queries.bin_by_barcode(code.strip())
    if (
        tote is None
        or tote["kind"] is not inventory_service.BinKind.TOTE
        or tote["location_id"] != batch.location_id
    ):
        raise NotATote(scanned=code.strip())
    session = require_transaction()
    used = queries.tote_in_use(tote["id"], is_locked=True)
    is_single = batch.kind is BatchKind.SINGLE_ITEM
    target = None if is_single else _target(batch_id, order_id)
    if used is not None:
        if used.batch_id == batch_id and used.pick_order_id == target:
            return
        # Read under the lock: a pick into it may have ended in this very moment.
        now = inventory_queries.bin_by_barcode(code.strip()) or tote
        if now["units"] or (used.batch_id == batch_id and order_id is None):
            raise ToteInUse(tote=tote["code"], number=used.number or _SINGLE_ITEMS)
        release_totes(PickTote.bin_id == tote["id"])
    added = session.scalar(
        insert(PickTote)
        .values(
            id=new_id(),
            created_at=clock.now(),
            batch_id=batch_id,
            pick_order_id=target,
            bin_id=tote["id"],
        )
        .on_conflict_do_nothing()
        .returning(PickTote.id)
    )
    if added is None:  # in this very moment it was put on another cart
        other = queries.tote_in_use(tote["id"])
        raise ToteInUse(tote=tote["code"], number=(other and other.number) or _SINGLE_ITEMS)
    order = None if target is None else session.get_one(PickOrder, target).order_id
    together = queries.order_ids_in(batch_id) if is_single else None
    inventory_service.assign_tote(tote["id"], order, order_ids=together)
    audit.record("tote.assigned", by=by, subject_id=batch_id, tote=tote["code"])
    extend_claim(batch_id)


def _target(batch_id: UUID, order_id: UUID | None) -> UUID:
    session = require_transaction()
    of_batch = select(PickOrder.id).where(
        PickOrder.batch_id == batch_id, PickOrder.status == PickOrderStatus.PICKING
    )
    if order_id is not None:
        chosen = session.scalar(of_batch.where(PickOrder.order_id == order_id))
        if chosen is None:
            raise PickLineNotFound("This order is not in the batch.")
        return chosen
    has_one = select(PickTote.pick_order_id).where(
        PickTote.batch_id == batch_id,
        PickTote.pick_order_id.is_not(None),
        PickTote.released_at.is_(None),
    )
    chosen = session.scalar(
        of_batch.where(PickOrder.id.not_in(has_one)).order_by(PickOrder.position).limit(1)
    )
    if chosen is None:
        raise AllHaveTotes
    return chosen
