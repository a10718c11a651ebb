"""What happened to parcels."""

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
    """The label of a parcel on its way says something else than was told."""

    fulfilment_id: UUID
    order_id: UUID
    correction_id: UUID


@dataclass(frozen=True, kw_only=True)
class FulfilmentVoided(Event):
    """A parcel that counted as shipped is not on its way; its goods are open again."""

    fulfilment_id: UUID
    order_id: UUID
