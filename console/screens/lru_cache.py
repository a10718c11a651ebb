"""An LRU cache of details that were just read, so that moving over rows again asks nothing."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Generic, TypeVar

Thing = TypeVar("Thing")

FRESH_FOR = 15.0
"""Seconds after which a thing is shown as it was, and read again."""


class LruCache(Generic[Thing]):
    """Values by id; the least recently used goes first."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._things: OrderedDict[str, tuple[Thing, float]] = OrderedDict()
        self._doubted = float("-inf")

    def get(self, key: str) -> Thing | None:
        """A thing as it was read last, however long ago."""
        found = self._things.get(key)
        return found[0] if found else None

    def is_fresh(self, key: str) -> bool:
        """Whether it was read a moment ago, and nothing has happened since."""
        read_at = self._things[key][1] if key in self._things else float("-inf")
        return read_at > self._doubted and time.monotonic() - read_at < FRESH_FOR

    def put(self, key: str, thing: Thing) -> None:
        """It was read."""
        self._things[key] = (thing, time.monotonic())
        self._things.move_to_end(key)
        while len(self._things) > self._at_most:
            self._things.popitem(last=False)

    def doubt(self) -> None:
        """Something has changed: everything is shown as it was, and read again when looked at."""
        self._doubted = time.monotonic()

    def forget(self) -> None:
        """Somebody else is here, who may not see it."""
        self._things.clear()
