"""What one run tries, by chance, of more cases than it has time for.

STOCKROOM_SLOW=1 tries all of them; STOCKROOM_SEED repeats the choice of a run that failed.
"""

import os
import random
import time
from collections.abc import Iterable
from typing import TypeVar

Case = TypeVar("Case")

TRIES_ALL = bool(os.environ.get("STOCKROOM_SLOW"))


def seed() -> int:
    """Return the number that a run's choices come from, and print it."""
    number = int(os.environ.get("STOCKROOM_SEED") or time.time_ns() % 10**6)
    print(f"STOCKROOM_SEED={number}")
    return number


def some(cases: Iterable[Case], *, one_in: int) -> list[Case]:
    """Choose one of so many cases, rounded up; each is tried sooner or later."""
    known = list(cases)
    if TRIES_ALL:
        return known
    return random.Random(seed()).sample(known, -(-len(known) // one_in))
