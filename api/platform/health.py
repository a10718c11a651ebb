"""Two questions that a machine asks: are you alive, and may I send you work?"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.kernel import clock
from api.kernel.text_folding import counted
from api.platform import attention as attention_list
from api.platform import doctor_runs, jobs, outbox, service_registry
from api.platform.backups import records
from api.platform.db import session
from api.platform.redis import client
from api.platform.schema import STATE_KEY, mismatch, newest_migration
from api.platform.settings import Settings

Check = Callable[[], str]
"""Returns `ok` or what is wrong, in words."""

HEARTBEAT_KEY = "stockroom:worker-heartbeat"
HEARTBEAT_LIFETIME = timedelta(seconds=60)
"""How long after its last report a worker still counts as being at work."""
_HEARTBEAT_KEPT = timedelta(days=7)
"""How long the last report is kept, so that people read since when no worker runs."""
_SAID = {"running": "ok", "unknown": "unknown"}


def database() -> str:
    """Check that Postgres answers and stands at a migration on which the code runs.

    That is its own, or a newer one that bears it: hosts that still run the older release go on.
    """
    try:
        standing = session.scalar(text(STATE_KEY))
    except SQLAlchemyError as lost:
        session.rollback()
        return f"unavailable ({type(lost).__name__})"
    return mismatch(standing, newest_migration()) or "ok"


def redis() -> str:
    """Check that Redis answers. Without it the shop still sells, slower and with late letters."""
    try:
        client().ping()
    except RedisError as lost:
        return f"unavailable ({type(lost).__name__})"
    return "ok"


def worker() -> str:
    """Check that some worker said within the last minute that it is at work."""
    state = worker_state()["state"]
    return "no worker has reported for a minute" if state == "stopped" else _SAID[state]


def worker_state() -> dict[str, Any]:
    """Tell whether a worker is at work (`running`, `stopped`), and when one last said so.

    One read of Redis. `unknown` while Redis is away: nobody can say then. Without a worker the
    shop sells on, but e-mails wait and nothing expires.
    """
    try:
        found = cast("bytes | None", client().get(HEARTBEAT_KEY))
    except RedisError:
        return {"state": "unknown", "last_seen_at": None}
    if found is None:
        return {"state": "stopped", "last_seen_at": None}
    seen_at = datetime.fromisoformat(found.decode())
    is_recent = clock.now() - seen_at < HEARTBEAT_LIFETIME
    return {"state": "running" if is_recent else "stopped", "last_seen_at": seen_at}


def backlog() -> str:
    """Check that facts are delivered: the oldest waiting one is younger than five minutes."""
    try:
        count, age = outbox.backlog()
    except SQLAlchemyError:
        session.rollback()
        return "unknown"
    waiting = counted(count, "delivery waits", "deliveries wait")
    return "ok" if age < 300 else f"{waiting}, the oldest for {age:.0f} s"


def timetable() -> str:
    """Tell which periodic jobs keep failing; the attention list names their reasons."""
    try:
        failing = jobs.failing_periodics()
    except SQLAlchemyError:
        session.rollback()
        return "unknown"
    return f"failing: {', '.join(failing)}" if failing else "ok"


def attention() -> str:
    """Tell how much waits for a person; none of it keeps the shop from selling."""
    try:
        count = attention_list.open_count()
    except SQLAlchemyError:
        session.rollback()
        return "unknown"
    if count == 0:
        return "ok"
    return "1 item waits for a person" if count == 1 else f"{count} items wait for a person"


def doctor() -> str:
    """Tell whether goods, orders and money added up when the doctor last looked."""
    try:
        return doctor_runs.in_words()
    except SQLAlchemyError:
        session.rollback()
        return "unknown"


def backups() -> str:
    """Tell how backups stand: when one last proved that it can be restored, or what is wrong."""
    settings: Settings = service_registry.get_service(Settings)
    try:
        return records.in_words(bool(settings.backup_url))
    except SQLAlchemyError:
        session.rollback()
        return "unknown"


def report_worker() -> None:
    """Say that this worker is at work. Raises RedisError when nobody can hear it."""
    client().set(HEARTBEAT_KEY, clock.now().isoformat(), ex=int(_HEARTBEAT_KEPT.total_seconds()))
