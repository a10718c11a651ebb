"""Writes of parcels. Callers hold the lock on the order; see `flows`."""

from api.fulfilment.models import Fulfilment
from api.fulfilment.service.fulfilments import (
    cancel,
    correct,
    deliver,
    join,
    lock,
    lock_open,
    open_fulfilment,
    pick_up,
    prepare,
    put_label,
    refuse_unshippable,
    separate,
    ship,
    take_label_off,
    void,
)
from api.fulfilment.service.tracking import note_tracking
from api.fulfilment.service.verification import must_scan, verify

__all__ = [
    "Fulfilment",
    "cancel",
    "correct",
    "deliver",
    "join",
    "lock",
    "lock_open",
    "must_scan",
    "note_tracking",
    "open_fulfilment",
    "pick_up",
    "prepare",
    "put_label",
    "refuse_unshippable",
    "separate",
    "ship",
    "take_label_off",
    "verify",
    "void",
]
