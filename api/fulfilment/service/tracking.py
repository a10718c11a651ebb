"""Where parcels are, as their carriers say: data that moves no stock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from api.fulfilment.models import Fulfilment
from api.fulfilment.states import TrackingStatus
from api.platform.db import require_transaction, table_of


def note_tracking(fulfilment_id: UUID, status: TrackingStatus, *, at: datetime) -> None:
    """Store what counts of all that a carrier said of a parcel; the caller holds its lock."""
    parcels = table_of(Fulfilment)
    require_transaction().execute(
        update(parcels)
        .where(parcels.c.id == fulfilment_id)
        .values(tracking_status=status, tracking_status_at=at)
    )
