"""Ids of rows: UUIDs made by the application, sortable by time."""

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

    The id exists before the row is stored, so it can serve as the provider's idempotency key.
    """
    global _last
    with _lock:
        # Milliseconds in the upper 48 bits; below them a 12-bit counter in steps of 1/4096 ms,
        # so that ids of the same millisecond still sort in the order of their creation.
        ticks = time.time_ns() * 4096 // 1_000_000
        _last = max(ticks, _last + 1)
        ticks = _last
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64
    value |= 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=value)


def first_id(moment: datetime) -> UUID:
    """Return an id that sorts before every id created at or after a time."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def operation_id(actor: str, key: str) -> UUID:
    """Derive the id of the row that a command creates from its actor and its idempotency key.

    The same command sent again after a crash then finds its own row instead of creating a second.
    """
    return uuid5(_OPERATIONS, f"{actor}\n{key}")
