"""Retries after a deadlock.

Locking rows in one order avoids most deadlocks, but unique values (slugs, SKUs) are locked in the
order in which rows are inserted, so two bulk writes of the same values can still deadlock. Then
PostgreSQL aborts one of the transactions.
"""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy.exc import OperationalError

View = TypeVar("View", bound=Callable[..., Any])

ATTEMPTS = 5
_DEADLOCK = "40P01"
_PAUSE_SECONDS = 0.05

_log = structlog.get_logger("api.turns")


def retry_on_deadlock(view: View) -> View:
    """Run a view again when PostgreSQL aborted its transaction because of a deadlock.

    For views whose whole effect is one transaction that they open themselves, so that nothing of
    the failed attempt is left. The error of the last attempt is raised.
    """

    @wraps(view)
    def retried(*args: object, **kwargs: object) -> object:
        for attempt in range(1, ATTEMPTS):
            try:
                return view(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.orig, "pgcode", None) != _DEADLOCK:
                    raise
                _log.info("begins_again", attempt=attempt)
            # Random, so that transactions that were aborted together do not collide again.
            time.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311 - no secret
        return view(*args, **kwargs)

    return cast(View, retried)
