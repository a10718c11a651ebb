"""Who was refused at the door, with the whole address, for programs that bar addresses (fail2ban).

Apart from every other log, because it alone holds addresses of people: a file of its own, a day
each, kept for seven days, and none at all unless SECURITY_LOG names it. Accounts stand in it as
hashes.
"""

import fcntl
import os
import time
from datetime import UTC, timedelta
from pathlib import Path
from typing import IO

import structlog

from api.kernel import clock
from api.platform import observability
from api.platform.service_registry import get_service
from api.platform.settings import Settings
from api.platform.storefronts import client_address

KEPT_DAYS = 7

_log = structlog.get_logger("api.security")


def refused(what: str, **facts: str) -> None:
    """Write down that somebody was refused: what for, from where, and facts without spaces.

    The answer does not depend on it: a file that cannot be written is told in the other log.
    """
    settings: Settings = get_service(Settings)
    if not settings.security_log:
        return
    told = {
        "address": client_address(),
        **facts,
        "request_id": observability.request_id(),
    }
    line = " ".join([f"{clock.now():%Y-%m-%dT%H:%M:%S}Z {what}", *map("=".join, told.items())])
    try:
        _append(Path(settings.security_log), line + "\n")
    except OSError as unwritable:
        _log.error("security_log_unwritable", error=str(unwritable))


def _append(path: Path, line: str) -> None:
    """Write a line, after the file of an earlier day was put aside; many processes do so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with _opened(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            there = os.fstat(file.fileno())
            if not path.exists() or path.stat().st_ino != there.st_ino:
                continue  # somebody has just put it aside
            if there.st_size and _day(there.st_mtime) < _day(clock.now().timestamp()):
                path.rename(path.with_name(f"{path.name}.{_day(there.st_mtime)}"))
                _purge_old(path)
                continue
            file.write(line)
            return


def _opened(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640), "a")


def _purge_old(path: Path) -> None:
    oldest = f"{clock.now().astimezone(UTC) - timedelta(days=KEPT_DAYS):%Y-%m-%d}"
    for file in path.parent.glob(f"{path.name}.????-??-??"):
        if file.name.rpartition(".")[2] < oldest:
            file.unlink(missing_ok=True)


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
