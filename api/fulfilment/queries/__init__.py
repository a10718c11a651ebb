"""Reads of fulfilments and the dashboard."""

from api.fulfilment.carriers import carrier_of, must_verify
from api.fulfilment.queries.dashboard import overview
from api.fulfilment.queries.fulfilments import (
    claimed_units,
    find_scanned,
    fulfilment,
    fulfilment_page,
    fulfilments_of_order,
    order_of,
    tracking_numbers,
)

__all__ = [
    "carrier_of",
    "claimed_units",
    "find_scanned",
    "fulfilment",
    "fulfilment_page",
    "fulfilments_of_order",
    "must_verify",
    "order_of",
    "overview",
    "tracking_numbers",
]
