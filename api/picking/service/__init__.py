"""Writes of picking. Lock order: the order, then the batch, then the stock levels."""

from api.picking.service.batches import (
    cancel_batch,
    cancel_wave,
    claim_batch,
    claim_next_batch,
    finish_batch,
    give_back_order,
    park_batch,
    remove_order,
    set_done,
)
from api.picking.service.picks import (
    PickAnswer,
    Scan,
    add_new_lines,
    pick,
    put_back,
    report_short,
    skip_line,
)
from api.picking.service.release import release_batch, release_wave
from api.picking.service.substitutes import add_substitute, remove_substitute
from api.picking.service.totes import assign_tote

__all__ = [
    "PickAnswer",
    "Scan",
    "add_new_lines",
    "add_substitute",
    "assign_tote",
    "cancel_batch",
    "cancel_wave",
    "claim_batch",
    "claim_next_batch",
    "finish_batch",
    "give_back_order",
    "park_batch",
    "pick",
    "put_back",
    "release_batch",
    "release_wave",
    "remove_order",
    "remove_substitute",
    "report_short",
    "set_done",
    "skip_line",
]
