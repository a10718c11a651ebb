"""The state folder: private to its user, locked by one console at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import NamedTuple, TextIO

LONGEST_LOG = 1_000_000


class StateDirInUse(Exception):
    """Another console already works in this folder; the text says which and what to do."""


class StateDir(NamedTuple):
    """A locked state folder. The lock lives as long as the process, even through kill -9."""

    path: Path
    lock: int

    @property
    def outbox(self) -> Path:
        """Unsent and recent commands."""
        return self.path / "outbox.sqlite3"

    @property
    def sign_in(self) -> Path:
        """Who is signed in, readable by this user alone."""
        return self.path / "sign-in.json"

    def scan_log(self) -> TextIO:
        """Where every code is written as it came, before anything is done with it.

        Begun anew after a megabyte; the one before is kept beside it.
        """
        log = self.path / "scans.log"
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.replace(self.path / "scans.log.1")
        return log.open("a", encoding="utf-8", buffering=1)

    def release(self) -> None:
        """Let another console work here."""
        os.close(self.lock)


def open_state_dir(path: Path) -> StateDir:
    """Make the folder if need be and lock it for this process.

    Two consoles in one folder would send one another's commands and spend one another's refresh
    token, so the second is refused and told where to go.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path / "console.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(lock, 64, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise StateDirInUse(
            f"Another console (process {owner or 'unknown'}) already works in {path}.\n"
            "Use that one, or give this one a folder of its own:\n"
            f"  python -m console --home {path}-2"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode("ascii"), 0)
    return StateDir(path, lock)
