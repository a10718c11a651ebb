"""Packing sessions: opened for an order, claimed by a packer, closed with a parcel or without."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from api.fulfilment import queries as fulfilment_queries
from api.inventory import queries as inventory_queries
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.errors import NothingToShip
from api.orders.service import Order
from api.packing import queries
from api.packing.errors import SessionClaimed, SessionClaimNeeded, SessionNotFound
from api.packing.models import PackingLine, PackingSession
from api.packing.states import OPEN_SESSION, SESSION, PackingStatus
from api.platform import audit
from api.platform.db import AnyRow, require_transaction

CLAIM: Final = timedelta(minutes=5)
"""An order without a scan for that long may be packed by anybody."""


def open_session(
    order_id: UUID, *, station: str, tote_id: UUID | None, take_over: bool, by: Principal
) -> UUID:
    """Begin to pack an order, or go on with its open session; returns the session.

    Units that were refunded or shipped meanwhile are no longer in it. Locks the order, then the
    session. Raises `OrderNotFound`, `InvalidState` and `OrderOnHold` for an order that may not
    ship, `NothingToShip` when all open units are in other parcels, and `SessionClaimed` while
    somebody else packs it, unless it is taken over, which the audit log records.
    """
    order = orders_service.lock(order_id)
    orders_service.check_shippable(order)
    session = require_transaction()
    found = session.execute(
        select(*PackingSession.__table__.c)
        .where(PackingSession.order_id == order_id, PackingSession.status.in_(OPEN_SESSION))
        .with_for_update()
    ).one_or_none()
    now = clock.now()
    claim = {
        "station": station,
        "packer_id": by.id,
        "packer": by.label[:120],
        "claimed_until": now + CLAIM,
    }
    if found is None:
        session_id = new_id()
        _check_units(order)
        session.add(
            PackingSession(
                id=session_id,
                order_id=order_id,
                status=PackingStatus.OPEN,
                tote_id=tote_id,
                **claim,
            )
        )
        session.flush()
        _plan(session_id, order)
        audit.record("packing.opened", by=by, subject_id=order_id, station=station)
        return session_id
    is_taken = found.packer_id != by.id and found.claimed_until > now
    if is_taken and not take_over:
        raise SessionClaimed(
            packer=found.packer, number=order.number, until=f"{found.claimed_until:%H:%M}"
        )
    update_session(found.id, **claim, tote_id=tote_id or found.tote_id)
    is_open = found.status is PackingStatus.OPEN
    if not is_open and not queries.is_parcel_open(found.fulfilment_id):
        # Its parcel was cancelled or shipped from the order's page.
        set_state(found.id, PackingStatus.OPEN, fulfilment_id=None, override_reason=None)
        is_open = True
    if is_open:
        _check_units(order)
        _plan(found.id, order)
    if is_taken:
        audit.record("packing.taken_over", by=by, subject_id=order_id, packer=[found.packer])
    session_found: UUID = found.id
    return session_found


def lock_session(session_id: UUID, command: str, *, by: Principal) -> tuple[Order, AnyRow]:
    """Lock a session's order, then the session; returns both.

    Raises `SessionNotFound`, `InvalidState` for a command that its state does not allow, and
    `SessionClaimNeeded` when somebody else packs it.
    """
    order_id = queries.order_of(session_id)
    order = orders_service.lock(order_id)
    return order, lock_alone(session_id, command, by=by)


def lock_alone(session_id: UUID, command: str, *, by: Principal) -> AnyRow:
    """Lock a session for a step that does not touch its order. Raises as `lock_session`."""
    columns = PackingSession.__table__.c
    row = (
        require_transaction()
        .execute(select(*columns).where(columns.id == session_id).with_for_update())
        .one_or_none()
    )
    if row is None:
        raise SessionNotFound(session_id=session_id)
    SESSION.next(row.status, command)
    check_claim(row, by)
    return row


def check_claim(row: AnyRow, by: Principal) -> None:
    """Refuse to pack what somebody else packs, however long ago (`SessionClaimNeeded`)."""
    if row.packer_id != by.id:
        raise SessionClaimNeeded(packer=row.packer)


def set_state(session_id: UUID, status: PackingStatus, **values: object) -> None:
    """Write the new state of a locked session."""
    is_over = status not in OPEN_SESSION
    update_session(
        session_id, status=status, finished_at=clock.now() if is_over else None, **values
    )


def close_session(session_id: UUID, *, by: Principal) -> None:
    """Give a session up: its units are open again. Locks the session. Raises `InvalidState`."""
    row = lock_alone(session_id, "cancel", by=by)
    set_state(session_id, PackingStatus.CANCELLED, fulfilment_id=None)
    audit.record("packing.cancelled", by=by, subject_id=row.order_id)


def cancel_of_order(order_id: UUID) -> None:
    """Close the open session of an order that was cancelled or completed; repeating is harmless."""
    require_transaction().execute(
        update(PackingSession)
        .where(PackingSession.order_id == order_id, PackingSession.status.in_(OPEN_SESSION))
        .values(status=PackingStatus.CANCELLED, fulfilment_id=None, finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def update_session(session_id: UUID, **values: object) -> None:
    """Write columns of a locked session; whoever packs keeps it for another five minutes."""
    require_transaction().execute(
        update(PackingSession)
        .where(PackingSession.id == session_id)
        .values(**{"claimed_until": clock.now() + CLAIM, **values})
        .execution_options(synchronize_session=False)
    )


def units_to_pack(order: Order) -> dict[UUID, int]:
    """Return the units of an order that are open, there, and in no other parcel, by line."""
    claimed = fulfilment_queries.claimed_units(order.id)
    waiting = inventory_queries.waiting_units(order.id)
    left = {
        line.id: line.open_quantity - claimed.get(line.id, 0) - waiting.get(line.id, 0)
        for line in order.lines
    }
    return {line_id: units for line_id, units in left.items() if units > 0}


def _check_units(order: Order) -> None:
    if not units_to_pack(order):
        raise NothingToShip(
            "All units of the order are shipped, back-ordered, or in parcels that are being packed."
        )


def _plan(session_id: UUID, order: Order) -> None:
    """Write the lines of a session as they are open now; what was verified stays as far as it is"""
    wanted: Mapping[UUID, int] = units_to_pack(order)
    session = require_transaction()
    rows = session.execute(
        select(PackingLine.order_line_id, PackingLine.verified).where(
            PackingLine.session_id == session_id
        )
    )
    known = {row.order_line_id: row.verified for row in rows}
    session.execute(
        delete(PackingLine)
        .where(PackingLine.session_id == session_id, PackingLine.order_line_id.not_in(wanted))
        .execution_options(synchronize_session=False)
    )
    for line_id, units in wanted.items():
        values = {"quantity": units, "verified": min(known.get(line_id, 0), units)}
        session.execute(
            insert(PackingLine)
            .values(id=new_id(), session_id=session_id, order_line_id=line_id, **values)
            .on_conflict_do_update(index_elements=["session_id", "order_line_id"], set_=values)
        )
