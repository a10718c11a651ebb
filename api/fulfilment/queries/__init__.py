"""Reads of fulfilments and the dashboard."""

from api.fulfilment.carriers import (
    BY_EMAIL,
    carrier_name,
    carrier_of,
    is_by_email,
    must_verify,
)
from api.fulfilment.queries.dashboard import overview
from api.fulfilment.queries.fulfilments import (
    SCANNED_PARCEL,
    check_seen,
    claimed_units,
    find_by_label,
    fulfilment,
    fulfilment_page,
    fulfilments_of_order,
    is_label_of,
    order_of,
    packed_together,
    scanned_parameters,
    tracking_numbers,
)

__all__ = [
    "BY_EMAIL",
    "SCANNED_PARCEL",
    "carrier_name",
    "carrier_of",
    "check_seen",
    "claimed_units",
    "find_by_label",
    "fulfilment",
    "fulfilment_page",
    "fulfilments_of_order",
    "is_by_email",
    "is_label_of",
    "must_verify",
    "order_of",
    "overview",
    "packed_together",
    "scanned_parameters",
    "tracking_numbers",
]
