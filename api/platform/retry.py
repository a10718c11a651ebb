"""Whoever the database ends, so that another one gets on, begins again.

Two writers who each want what the other has would wait for ever, so PostgreSQL ends one of them.
Locks in one order for everyone avoid most of that. What is unique cannot be had in one order: two
who claim the same addresses take them as their rows come.
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
    """Carry a view out anew when the database has ended it for the sake of another writer.

    For views whose whole effect is one transaction that they open themselves: then nothing of the
    lost attempt is left. The last attempt's error is raised as ever.
    """

    @wraps(view)
    def carry_out(*args: Any, **kwargs: Any) -> Any:
        for attempt in range(1, ATTEMPTS):
            try:
                return view(*args, **kwargs)
            except OperationalError as lost:
                if getattr(lost.orig, "pgcode", None) != _DEADLOCK:
                    raise
                _log.info("begins_again", attempt=attempt)
            # Not at the same moment as the others who lost.
            time.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311 - no secret
        return view(*args, **kwargs)

    return cast(View, carry_out)
