"""The log of refused sign-ins with full IP addresses, for programs such as fail2ban.

Separate from every other log, because only this one holds people's addresses: one file per day,
kept for seven days, and none unless SECURITY_LOG names it. Accounts appear as hashes.
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
from api.platform.settings import current_settings
from api.platform.storefronts import client_address

KEPT_DAYS = 7

_log = structlog.get_logger("api.security")


def refused(what: str, **facts: str) -> None:
    """Log a refusal: its kind, the address, and values without spaces.

    The response does not depend on it: a file that cannot be written is reported in the main log.
    """
    settings = current_settings()
    if not settings.security_log:
        return
    values = {
        "address": client_address(),
        **facts,
        "request_id": observability.request_id(),
    }
    line = " ".join([f"{clock.now():%Y-%m-%dT%H:%M:%S}Z {what}", *map("=".join, values.items())])
    try:
        _append(Path(settings.security_log), line + "\n")
    except OSError as unwritable:
        _log.error("security_log_unwritable", error=str(unwritable))


def _append(path: Path, line: str) -> None:
    """Append a line, after rotating the file of an earlier day; several processes do so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with _opened(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            opened = os.fstat(file.fileno())
            if not path.exists() or path.stat().st_ino != opened.st_ino:
                continue  # another process has just rotated it
            if opened.st_size and _day(opened.st_mtime) < _day(clock.now().timestamp()):
                path.rename(path.with_name(f"{path.name}.{_day(opened.st_mtime)}"))
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
