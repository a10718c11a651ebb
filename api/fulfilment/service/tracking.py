"""Where parcels are, as their carriers say: data that moves no stock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from api.fulfilment.models import Fulfilment
from api.fulfilment.states import TrackingStatus
from api.platform.db import require_transaction, table_of


def note_tracking(
    fulfilment_id: UUID,
    status: TrackingStatus,
    *,
    at: datetime | None = None,
    instead_of: TrackingStatus | None = None,
) -> None:
    """Store what counts of all that a carrier said of a parcel; the caller holds its lock.

    `instead_of`: only where this was stored before.
    """
    parcels = table_of(Fulfilment)
    change = update(parcels).where(parcels.c.id == fulfilment_id)
    if instead_of is not None:
        change = change.where(parcels.c.tracking_status == instead_of)
    values = {"tracking_status": status} if at is None else {
        "tracking_status": status, "tracking_status_at": at,
    }  # fmt: skip
    require_transaction().execute(change.values(values))
