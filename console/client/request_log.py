"""The request log of the outbox page: the last calls, their status and duration."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import NamedTuple

KEPT = 200


class Call(NamedTuple):
    """One exchange with the shop; `status` 0 means no answer."""

    at: datetime
    method: str
    path: str
    status: int
    milliseconds: float
    request_id: str
    note: str = ""


class RequestLog:
    """Newest first, the last two hundred."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=KEPT)

    def add(self, call: Call) -> None:
        """Write one exchange down."""
        self.calls.appendleft(call)
