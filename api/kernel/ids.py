"""Names for rows, made by us and sortable by time."""

import os
import threading
import time
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

_lock = threading.Lock()
_last = 0

_OPERATIONS = uuid5(NAMESPACE_URL, "stockroom:operation")


def new_id() -> UUID:
    """Return a time-ordered UUID, version 7 (RFC 9562), strictly rising within one process.

    A row can be named before it is stored, and the name then serves as the provider's
    idempotency key.
    """
    global _last
    with _lock:
        # Milliseconds in the upper 48 bits; below them a 12-bit counter in steps of 1/4096 ms,
        # so that ids made within one millisecond still sort in the order they were made.
        ticks = time.time_ns() * 4096 // 1_000_000
        _last = max(ticks, _last + 1)
        ticks = _last
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64
    value |= 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=value)


def first_id(moment: datetime) -> UUID:
    """Return an id before all that are made from a moment on: ids are compared by time."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def operation_id(actor: str, key: str) -> UUID:
    """Name the row that a command makes after the actor and the key of that command.

    The same command sent again after a crash then meets its own row instead of making a second.
    """
    return uuid5(_OPERATIONS, f"{actor}\n{key}")
