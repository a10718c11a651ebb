"""The rows of the packing table: parcels and what happens to them."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from api.fulfilment import carriers
from api.fulfilment.errors import FulfilmentNotFound
from api.fulfilment.events import (
    FulfilmentCorrected,
    FulfilmentShipped,
    FulfilmentVoided,
)
from api.fulfilment.models import Fulfilment, FulfilmentLine
from api.fulfilment.states import FULFILMENT, FulfilmentState
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import require_transaction
from api.platform.outbox import emit


def open_fulfilment(
    order_id: UUID, order_number: str, quantities: Mapping[UUID, int], *, by: Principal
) -> Fulfilment:
    """Put units of an order aside for one parcel, and give it the next number of the order.

    Quantities are units by order line, checked by the caller. The number counts all parcels that
    the order ever had; under the order's lock two cannot get the same one.
    """
    current = require_transaction()
    so_far = current.scalar(select(func.count()).where(Fulfilment.order_id == order_id)) or 0
    parcel = Fulfilment(
        id=new_id(),
        order_id=order_id,
        number=f"{order_number}-F{so_far + 1}",
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
    """Lock a parcel and return it with its lines; the order is locked before.

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
    """Lock the parcels of an order that have not left the house, in the order of their ids."""
    return list(
        require_transaction().scalars(
            select(Fulfilment)
            .where(Fulfilment.order_id == order_id, Fulfilment.status == FulfilmentState.OPEN)
            .order_by(Fulfilment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
            .options(selectinload(Fulfilment.lines))
        )
    )


def refuse_unshippable(parcel: Fulfilment) -> None:
    """Refuse to hand over what has left or was cancelled. Raises `InvalidState`."""
    FULFILMENT.next(parcel.status, "ship")


def ship(parcel: Fulfilment, *, carrier: str, tracking_number: str | None) -> None:
    """Hand a parcel to its carrier. Raises `InvalidState` when it is not open."""
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "ship"))
    _label(parcel, carrier, tracking_number)
    parcel.shipped_at = clock.now()
    parcel.version += 1
    emit(FulfilmentShipped(fulfilment_id=parcel.id, order_id=parcel.order_id))


def cancel(parcel: Fulfilment) -> None:
    """Give the units of an open parcel back to the queue.

    Raises `InvalidState` when it is not open; one that has left comes back as a return.
    """
    if parcel.shipped_at is not None:
        raise InvalidState(
            f"{parcel.number} has left the house and cannot be cancelled. What comes back is a "
            "return: refund the order and put the units back on the shelf. If it never left, or is "
            "not delivered yet and was caught, void it.",
            machine=FULFILMENT.name,
            current=parcel.status.value,
            command="cancel",
            allowed=FULFILMENT.allowed(parcel.status),
        )
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "cancel"))
    parcel.version += 1


def correct(parcel: Fulfilment, *, carrier: str, tracking_number: str | None) -> bool:
    """Write down what a parcel's label really says; False when that is known.

    Raises `InvalidState` when it is not on its way.
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


def void(parcel: Fulfilment) -> None:
    """Take back that a parcel was shipped. Raises `InvalidState` when it is not on its way."""
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "void"))
    parcel.voided_at = clock.now()
    parcel.version += 1
    emit(FulfilmentVoided(fulfilment_id=parcel.id, order_id=parcel.order_id))


def _label(parcel: Fulfilment, carrier: str, tracking_number: str | None) -> None:
    parcel.carrier = carriers.carrier_name(carrier)
    parcel.tracking_number = tracking_number
    parcel.tracking_url = carriers.tracking_url(carrier, tracking_number)


def deliver(parcel: Fulfilment) -> None:
    """Note that a parcel reached its customer. Raises `InvalidState` when it is not on its way."""
    parcel.status = FulfilmentState(FULFILMENT.next(parcel.status, "deliver"))
    parcel.delivered_at = clock.now()
    parcel.version += 1
