"""Tracking events of a file or a webhook: stored once, the newest counts, arrivals recorded."""

from collections.abc import Sequence
from uuid import UUID

from api.carriers import queries as carriers_queries
from api.fulfilment import flows as fulfilment_flows
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment import service as fulfilment_service
from api.fulfilment.carriers import tracking_key
from api.fulfilment.states import FulfilmentState, TrackingStatus
from api.kernel.principal import SYSTEM, Principal
from api.orders import service as orders_service
from api.platform import audit
from api.shipping_labels import queries, service
from api.shipping_labels.errors import TrackingFileInvalid
from api.shipping_labels.formats import CarrierEvent, row_error


def import_tracking(events: Sequence[CarrierEvent], *, by: Principal) -> dict[str, int]:
    """Apply a file of tracking events, all of it or nothing; needs a transaction.

    Raises `TrackingFileInvalid` for numbers that no parcel has.
    """
    parcels = queries.parcels_by_number([event.tracking_number for event in events])
    errors = [
        row_error(event.row, f"No parcel has the tracking number {event.tracking_number}.")
        for event in events
        if tracking_key(event.tracking_number) not in parcels
    ]
    if errors:
        raise TrackingFileInvalid(errors=errors)
    told = _apply(events, parcels, source="file", by=by)
    audit.record("tracking.imported", by=by, subject_id=None, **told)
    return told


def receive_tracking(account_id: UUID, events: Sequence[CarrierEvent]) -> dict[str, int]:
    """Apply the events of a carrier's webhook; needs a transaction.

    Those about parcels that are not of this carrier are left out: a carrier tells of all parcels
    of an account, also of those that other programs sent.
    """
    parcels = queries.parcels_by_number(
        [event.tracking_number for event in events], carriers_queries.carrier_of(account_id)
    )
    return _apply(events, parcels, source="webhook", by=SYSTEM)


def _apply(
    events: Sequence[CarrierEvent], parcels: dict[str, UUID], *, source: str, by: Principal
) -> dict[str, int]:
    """Store events by parcel.

    All orders are locked first, by id, those with a parcel in the same box included: two carriers'
    messages and whoever ships the other order of a box wait for each other and never deadlock.
    """
    by_parcel: dict[UUID, list[CarrierEvent]] = {}
    for event in events:
        fulfilment_id = parcels.get(tracking_key(event.tracking_number))
        if fulfilment_id is not None:
            by_parcel.setdefault(fulfilment_id, []).append(event)
    packed = [row for one in by_parcel for row in fulfilment_queries.packed_together(one)]
    for order_id in sorted({row.order_id for row in packed}):
        orders_service.lock(order_id)
    new = delivered = 0
    for fulfilment_id in sorted(by_parcel):
        parcel = fulfilment_service.lock(fulfilment_id)
        told = by_parcel[fulfilment_id]
        new += service.add_events(parcel, told, source=source)
        arrivals = [one.occurred_at for one in told if one.status is TrackingStatus.DELIVERED]
        # What comes back is delivered too: to the shop.
        is_there = arrivals and not queries.comes_back(fulfilment_id, min(arrivals))
        if is_there and parcel.status is FulfilmentState.SHIPPED:
            fulfilment_flows.deliver_fulfilment(fulfilment_id, at=min(arrivals), by=by)
            delivered += 1
    return {"parcels": len(by_parcel), "new_events": new, "delivered": delivered}
