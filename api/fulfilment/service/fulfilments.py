"""Parcels and their status changes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from api.fulfilment import carriers
from api.fulfilment.errors import FulfilmentNotFound, PickupVoidTooLate, VoidReasonMissing
from api.fulfilment.events import (
    FulfilmentCancelled,
    FulfilmentCorrected,
    FulfilmentDelivered,
    FulfilmentReady,
    FulfilmentShipped,
    FulfilmentVoided,
)
from api.fulfilment.models import Fulfilment, FulfilmentLine
from api.fulfilment.states import CLAIMING, FULFILMENT, FulfilmentState, TrackingStatus
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import require_transaction
from api.platform.outbox import emit

PICKUP_VOIDABLE_FOR: Final = timedelta(hours=24)
"""How long a pick-up may be a mistake: a parcel with a carrier may be until it is delivered."""


def open_fulfilment(
    order_id: UUID, order_number: str, quantities: Mapping[UUID, int], *, by: Principal
) -> Fulfilment:
    """Create a parcel with units of an order and the next parcel number of the order.

    Quantities are units by order line, checked by the caller. The number counts all parcels that
    the order ever had; the order's lock keeps it unique.
    """
    current = require_transaction()
    existing = current.scalar(select(func.count()).where(Fulfilment.order_id == order_id)) or 0
    parcel = Fulfilment(
        id=new_id(),
        order_id=order_id,
        number=f"{order_number}-F{existing + 1}",
        status=FulfilmentState.OPEN,
        version=1,
        created_by=by.label,
        lines=[
            FulfilmentLine(id=new_id(), order_line_id=line_id, quantity=quantity)
            for line_id, quantity in quantities.items()
        ],
    )
    current.add(parcel)
    return parcel


def lock(fulfilment_id: UUID) -> Fulfilment:
    """Lock a parcel and return it with its lines; lock the order before.

    Raises `FulfilmentNotFound`.
    """
    parcel = require_transaction().scalar(
        select(Fulfilment)
        .where(Fulfilment.id == fulfilment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
        .options(selectinload(Fulfilment.lines))
    )
    if parcel is None:
        raise FulfilmentNotFound(fulfilment_id=fulfilment_id)
    return parcel


def lock_open(order_id: UUID) -> list[Fulfilment]:
    """Lock the parcels of an order that have not left yet, by id."""
    return list(
        require_transaction().scalars(
            select(Fulfilment)
            .where(Fulfilment.order_id == order_id, Fulfilment.status.in_(CLAIMING))
            .order_by(Fulfilment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
            .options(selectinload(Fulfilment.lines))
        )
    )


def join(parcel: Fulfilment, other: Fulfilment) -> None:
    """Have the units of `other`, a parcel of another order, packed in the box of `parcel`."""
    require_transaction().flush()
    other.packed_in_id = parcel.id


def separate(parcel: Fulfilment) -> None:
    """Let a parcel no longer share a box with that of another order. Needs its order locked."""
    current = require_transaction()
    parcel.packed_in_id = None
    current.flush()
    current.execute(
        update(Fulfilment)
        .where(Fulfilment.packed_in_id == parcel.id)
        .values(packed_in_id=None, version=Fulfilment.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def refuse_unshippable(parcel: Fulfilment) -> None:
    """Refuse a parcel that is not open. Raises `InvalidState`."""
    FULFILMENT.next(parcel.status, "ship")


def ship(parcel: Fulfilment, *, carrier: str, tracking_number: str | None) -> None:
    """Mark a parcel as shipped. Emits `FulfilmentShipped`. Raises `InvalidState` if not open."""
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "ship"))
    _label(parcel, carrier, tracking_number)
    parcel.shipped_at = clock.now()
    parcel.version += 1
    emit(FulfilmentShipped(fulfilment_id=parcel.id, order_id=parcel.order_id))


def cancel(parcel: Fulfilment) -> None:
    """Cancel an open parcel, which releases its units. Emits `FulfilmentCancelled`.

    Raises `InvalidState` if it is not open.
    """
    if parcel.shipped_at is not None:
        raise InvalidState(
            f"{parcel.number} is shipped and cannot be cancelled. What comes back is a "
            "return: refund the order and restock the units. If it was never handed over, or was "
            "stopped before delivery, void it.",
            machine=FULFILMENT.name,
            current=parcel.status.value,
            command="cancel",
            allowed=FULFILMENT.allowed(parcel.status),
        )
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "cancel"))
    parcel.version += 1
    emit(FulfilmentCancelled(fulfilment_id=parcel.id, order_id=parcel.order_id))


def correct(parcel: Fulfilment, *, carrier: str, tracking_number: str | None) -> bool:
    """Correct carrier and tracking number; False if they are the same.

    Emits `FulfilmentCorrected`. Raises `InvalidState` if the parcel is not shipped.
    """
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "correct"))
    if (parcel.carrier, parcel.tracking_number) == (
        carriers.carrier_name(carrier),
        tracking_number,
    ):
        return False
    _label(parcel, carrier, tracking_number)
    parcel.version += 1
    emit(
        FulfilmentCorrected(
            fulfilment_id=parcel.id, order_id=parcel.order_id, correction_id=new_id()
        )
    )
    return True


def void(parcel: Fulfilment, *, reason: str | None) -> bool:
    """Void a parcel that left; returns whether it had been picked up.

    A pick-up is voided with a reason and within a day (`VoidReasonMissing`, `PickupVoidTooLate`);
    nobody was told of it, so its customer is told nothing. For other parcels it emits
    `FulfilmentVoided`. Raises `InvalidState` if the parcel has not left or was delivered.
    """
    was_picked_up = parcel.status is FulfilmentState.PICKED_UP
    if was_picked_up:
        if not reason:
            error = {
                "pointer": "/reason",
                "in": "body",
                "code": VoidReasonMissing.code,
                "detail": "Say why the parcel was not picked up after all.",
            }
            raise VoidReasonMissing(number=parcel.number, errors=[error])
        if parcel.shipped_at is None or clock.now() - parcel.shipped_at > PICKUP_VOIDABLE_FOR:
            hours = int(PICKUP_VOIDABLE_FOR.total_seconds() // 3600)
            raise PickupVoidTooLate(number=parcel.number, hours=hours)
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "void"))
    parcel.voided_at = clock.now()
    parcel.version += 1
    if not was_picked_up:
        emit(FulfilmentVoided(fulfilment_id=parcel.id, order_id=parcel.order_id))
    return was_picked_up


def put_label(parcel: Fulfilment, *, carrier: str, tracking_number: str) -> None:
    """Write the label that was bought on a parcel that has not left; it is announced then.

    A parcel that left meanwhile keeps what it left with.
    """
    if parcel.status is FulfilmentState.OPEN:
        _label(parcel, carrier, tracking_number)
        parcel.version += 1
    if parcel.tracking_status is TrackingStatus.UNKNOWN:
        parcel.tracking_status = TrackingStatus.PRE_TRANSIT


def take_label_off(parcel: Fulfilment) -> None:
    """Take the label off a parcel that has not left: it was voided."""
    if parcel.status is FulfilmentState.OPEN:
        parcel.carrier = parcel.tracking_number = parcel.tracking_url = None
        parcel.version += 1
    if parcel.tracking_status is TrackingStatus.PRE_TRANSIT:
        parcel.tracking_status = TrackingStatus.UNKNOWN


def _label(parcel: Fulfilment, carrier: str, tracking_number: str | None) -> None:
    parcel.carrier = carriers.carrier_name(carrier)
    parcel.tracking_number = tracking_number
    parcel.tracking_url = carriers.tracking_url(carrier, tracking_number)


def deliver(parcel: Fulfilment, *, at: datetime | None = None) -> None:
    """Mark a parcel as delivered, by default now. Raises `InvalidState` if it is not shipped.

    `at` is what its carrier says: the days to withdraw begin then. It is never before the parcel
    left, nor later than now. Emits `FulfilmentDelivered`.
    """
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "deliver"))
    now = clock.now()
    parcel.delivered_at = min(max(at or now, parcel.shipped_at or now), now)
    parcel.version += 1
    emit(FulfilmentDelivered(fulfilment_id=parcel.id, order_id=parcel.order_id))


def prepare(parcel: Fulfilment) -> None:
    """Mark a parcel as ready for pick-up. Emits `FulfilmentReady`. Raises `InvalidState`."""
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "prepare"))
    parcel.version += 1
    emit(FulfilmentReady(fulfilment_id=parcel.id, order_id=parcel.order_id))


def pick_up(parcel: Fulfilment) -> None:
    """Mark a parcel as picked up. Raises `InvalidState` if it is not ready for pick-up."""
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "pick_up"))
    parcel.carrier = "Pick-up"
    parcel.shipped_at = clock.now()
    parcel.version += 1
