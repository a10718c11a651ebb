"""Waiting for what other processes do: look again and again, never sleep for a fixed time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE_SECONDS = 20.0
LONGEST_HOLD_SECONDS = 40.0
_GLANCE = 0.03


def eventually(
    look: Callable[[], Found], *, within: float = PATIENCE_SECONDS, what: str = ""
) -> Found:
    """Look until there is something, and return it; fail when there is nothing in time."""
    found = soon(look, within=within)
    assert found, f"it did not happen within {within:.0f} s: {what}"
    return found


def soon(look: Callable[[], Found], *, within: float) -> Found:
    """Look until there is something or the time is over; returns what the last look found."""
    deadline = time.monotonic() + within
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(_GLANCE)
    return found


class Held:
    """A barrier on a road: whoever comes along stands there until the test lets them go."""

    def __init__(self) -> None:
        self._arrivals = threading.Semaphore(0)
        self._gate = threading.Event()

    def wait(self, arrivals: int = 1) -> None:
        """Return when so many more stand here."""
        for _ in range(arrivals):
            assert self._arrivals.acquire(timeout=PATIENCE_SECONDS), "nobody came along"

    def let_go(self) -> None:
        """Let them pass, and everybody after them."""
        self._gate.set()

    def stand(self) -> None:
        """Come along and wait."""
        self._arrivals.release()
        self._gate.wait(LONGEST_HOLD_SECONDS)
