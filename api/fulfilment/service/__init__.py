"""Writes of parcels. Callers hold the lock on the order; see `flows`."""

from api.fulfilment.service.fulfilments import (
    cancel,
    correct,
    deliver,
    lock,
    lock_open,
    open_fulfilment,
    pick_up,
    prepare,
    refuse_unshippable,
    ship,
    void,
)
from api.fulfilment.service.verification import verify

__all__ = [
    "cancel",
    "correct",
    "deliver",
    "lock",
    "lock_open",
    "open_fulfilment",
    "pick_up",
    "prepare",
    "refuse_unshippable",
    "ship",
    "verify",
    "void",
]
