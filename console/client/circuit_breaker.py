"""A circuit breaker: when to stop calling a shop that does not answer, and when to retry."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

OPENS_AFTER = 3
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between tries; the last one repeats."""


def pause_after(failures: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds to wait after this many failures in a row.

    A fifth more or less by chance, so that a hall of consoles does not come back as one; never
    over the last pause.
    """
    base = PAUSES[min(max(failures, 1), len(PAUSES)) - 1]
    return min(base * (0.8 + 0.4 * jitter()), PAUSES[-1])


class CircuitBreaker:
    """Open after three failures in a row; then one probe at a time, at growing distances."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.failures = 0
        self._now = now
        self._jitter = jitter
        self._retry_at = 0.0
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether the shop is taken to be down."""
        return self.failures >= OPENS_AFTER

    @property
    def retry_in(self) -> float:
        """Seconds until the next probe may go out; 0 when calls may go at once."""
        if not self.is_open:
            return 0.0
        return max(0.0, self._retry_at - self._now())

    def allows_call(self) -> bool:
        """Whether a call may go out now. While open, one probe at a time."""
        if not self.is_open:
            return True
        if self._is_probing or self._now() < self._retry_at:
            return False
        self._is_probing = True
        return True

    def answered(self) -> None:
        """The shop is there."""
        self.failures = 0
        self._is_probing = False

    def failed(self) -> None:
        """The shop did not answer, or could not."""
        self.failures += 1
        self._is_probing = False
        if self.is_open:
            self._retry_at = self._now() + pause_after(
                self.failures - OPENS_AFTER + 1, self._jitter
            )

    def trip(self) -> None:
        """The shop answers nobody: it is taken to be down without waiting for more failures."""
        self.failures = max(self.failures, OPENS_AFTER - 1)
        self.failed()

    def abandoned(self) -> None:
        """A call was called off by its caller: it says nothing about the shop."""
        self._is_probing = False
