"""Reads of picking: the queue, waves, batches and their walk, what to put back, and figures."""

from api.picking.queries.batches import (
    batch,
    batch_of_line,
    batches,
    bins_scanned,
    order_ids_in,
    order_ids_of,
    orders_in_wave,
    orders_of,
)
from api.picking.queries.figures import figures
from api.picking.queries.lines import line, line_that_needs
from api.picking.queries.packing import (
    OrderForItem,
    order_for_item,
    pick_slip,
)
from api.picking.queries.queue import (
    MOST_IN_WAVE,
    MOST_ORDERS,
    BatchRequest,
    demands,
    next_orders,
    own_location,
    queue,
    sources_of,
    sources_of_levels,
)
from api.picking.queries.substitutes import free_substitutes, substitute, substitutes
from api.picking.queries.totes import (
    put_backs,
    tote_in_use,
    totes_holding,
    totes_of,
    units_in_totes,
    units_to_put_back,
)
from api.picking.queries.waves import (
    BatchEstimate,
    BinPlaces,
    WaveEstimate,
    Work,
    preview_wave,
    sum_of,
    wave,
    waves,
)

__all__ = [
    "MOST_IN_WAVE",
    "MOST_ORDERS",
    "BatchEstimate",
    "BatchRequest",
    "BinPlaces",
    "OrderForItem",
    "WaveEstimate",
    "Work",
    "batch",
    "batch_of_line",
    "batches",
    "bins_scanned",
    "demands",
    "figures",
    "free_substitutes",
    "line",
    "line_that_needs",
    "next_orders",
    "order_for_item",
    "order_ids_in",
    "order_ids_of",
    "orders_in_wave",
    "orders_of",
    "own_location",
    "pick_slip",
    "preview_wave",
    "put_backs",
    "queue",
    "sources_of",
    "sources_of_levels",
    "substitute",
    "substitutes",
    "sum_of",
    "tote_in_use",
    "totes_holding",
    "totes_of",
    "units_in_totes",
    "units_to_put_back",
    "wave",
    "waves",
]
