"""The last calls to the shop, for the tray: what was asked, what came back, how long it took."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One exchange with the shop; `status` 0 means no answer."""

    at: datetime
    method: str
    path: str
    status: int
    milliseconds: float
    request_id: str
    note: str = ""


@dataclass(slots=True)
class Journal:
    """Newest first, the last two hundred."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, call: Call) -> None:
        """Write one exchange down."""
        self.calls.appendleft(call)
