"""Events of fulfilments."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class FulfilmentShipped(Event):
    """A parcel was handed to its carrier."""

    fulfilment_id: UUID
    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class FulfilmentCorrected(Event):
    """Carrier or tracking number of a shipped parcel were corrected."""

    fulfilment_id: UUID
    order_id: UUID
    correction_id: UUID


@dataclass(frozen=True, kw_only=True)
class FulfilmentVoided(Event):
    """A shipped parcel was voided; its units are open again."""

    fulfilment_id: UUID
    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class FulfilmentCancelled(Event):
    """A parcel that had not left was given up; its units are open again."""

    fulfilment_id: UUID
    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class FulfilmentReady(Event):
    """A parcel waits to be picked up by its customer."""

    fulfilment_id: UUID
    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class FulfilmentDelivered(Event):
    """A parcel arrived."""

    fulfilment_id: UUID
    order_id: UUID
