"""Reads of fulfilments, the dashboard and scanned codes."""

from api.fulfilment.carriers import carrier_of, must_verify
from api.fulfilment.queries.dashboard import overview, scan
from api.fulfilment.queries.fulfilments import (
    claimed_units,
    fulfilment,
    fulfilment_page,
    fulfilments_of_order,
    order_of,
    tracking_numbers,
)

__all__ = [
    "carrier_of",
    "claimed_units",
    "fulfilment",
    "fulfilment_page",
    "fulfilments_of_order",
    "must_verify",
    "order_of",
    "overview",
    "scan",
    "tracking_numbers",
]
