"""Questions to the packing table, and those that the counter asks all day."""

from api.fulfilment.queries.desk import overview, scan
from api.fulfilment.queries.parcels import (
    claimed_units,
    fulfilment,
    fulfilment_page,
    fulfilments_of_order,
    order_of,
)

__all__ = [
    "claimed_units",
    "fulfilment",
    "fulfilment_page",
    "fulfilments_of_order",
    "order_of",
    "overview",
    "scan",
]
