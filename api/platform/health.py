"""Health checks for liveness and readiness: database, Redis, worker, backlog, jobs, backups."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, cast

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.kernel import clock
from api.kernel.text_folding import counted
from api.platform import attention as attention_list
from api.platform import doctor_runs, jobs, outbox
from api.platform.backups import records
from api.platform.db import session
from api.platform.redis import client
from api.platform.schema import STATE_KEY, mismatch, newest_migration
from api.platform.settings import current_settings

Check = Callable[[], str]
"""Returns `ok`, or a description of what is wrong."""

HEARTBEAT_KEY = "stockroom:worker-heartbeat"
HEARTBEAT_LIFETIME = timedelta(seconds=60)
"""How long after its last heartbeat a worker counts as running."""
_HEARTBEAT_KEPT = timedelta(days=7)
"""How long the last heartbeat is kept, so that people see since when no worker runs."""
_STATE_TEXTS = {"running": "ok", "unknown": "unknown"}


def database() -> str:
    """Check that Postgres answers and is at a migration that fits this code.

    That is the code's own, or a newer one that is compatible with it: during a rolling deploy,
    hosts of the older release stay ready.
    """
    try:
        state = session.scalar(text(STATE_KEY))
    except SQLAlchemyError as error:
        session.rollback()
        return f"unavailable ({type(error).__name__})"
    return mismatch(state, newest_migration()) or "ok"


def redis() -> str:
    """Check that Redis answers. Without it the shop still sells, slower and with late e-mails."""
    try:
        client().ping()
    except RedisError as lost:
        return f"unavailable ({type(lost).__name__})"
    return "ok"


def worker() -> str:
    """Check that some worker sent a heartbeat within the last minute."""
    state = worker_state()["state"]
    return "no worker has reported for a minute" if state == "stopped" else _STATE_TEXTS[state]


def worker_state() -> dict[str, Any]:
    """Return whether a worker is `running` or `stopped`, and the time of the last heartbeat.

    One read of Redis; `unknown` while Redis is unavailable. Without a worker the shop still sells,
    but e-mails wait and nothing expires.
    """
    try:
        heartbeat = cast("bytes | None", client().get(HEARTBEAT_KEY))
    except RedisError:
        return {"state": "unknown", "last_seen_at": None}
    if heartbeat is None:
        return {"state": "stopped", "last_seen_at": None}
    seen_at = datetime.fromisoformat(heartbeat.decode())
    is_recent = clock.now() - seen_at < HEARTBEAT_LIFETIME
    return {"state": "running" if is_recent else "stopped", "last_seen_at": seen_at}


def _if_known(check: Check) -> Check:
    """Let a check answer `unknown` while the database cannot be asked."""

    @wraps(check)
    def asked() -> str:
        try:
            return check()
        except SQLAlchemyError:
            session.rollback()
            return "unknown"

    return asked


@_if_known
def backlog() -> str:
    """Check that events are delivered: the oldest waiting one is younger than five minutes."""
    count, age = outbox.backlog()
    waiting = counted(count, "delivery waits", "deliveries wait")
    return "ok" if age < 300 else f"{waiting}, the oldest for {age:.0f} s"


@_if_known
def timetable() -> str:
    """Check that no periodic job keeps failing; the attention list has the reasons."""
    failing = jobs.failing_periodics()
    return f"failing: {', '.join(failing)}" if failing else "ok"


@_if_known
def attention() -> str:
    """Report how many attention items are open; none of them keeps the shop from selling."""
    count = attention_list.open_count()
    if count == 0:
        return "ok"
    return "1 item waits for a person" if count == 1 else f"{count} items wait for a person"


@_if_known
def doctor() -> str:
    """Report whether goods, orders and money added up in the last run of the doctor."""
    return doctor_runs.in_words()


@_if_known
def backups() -> str:
    """Report on backups: when one was last verified by restoring it, or what is wrong."""
    return records.in_words(bool(current_settings().backup_url))


def report_worker() -> None:
    """Send this worker's heartbeat. Raises RedisError when Redis is unavailable."""
    client().set(HEARTBEAT_KEY, clock.now().isoformat(), ex=int(_HEARTBEAT_KEPT.total_seconds()))
