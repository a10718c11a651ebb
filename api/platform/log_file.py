"""`LOG_FILE`: a log file that several processes write, rotated daily and kept for ten days.

Web processes, the worker and commands share one file. Handlers of the standard library and of
other packages either lose lines when another process rotates, or take a lock for each line. Here
each line is one `write` to a file opened for appending, which the kernel never interleaves; only
rotation takes a lock, and other processes notice it by the file's inode.
"""

import fcntl
import os
import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

MAX_BYTES = 500 * 1024 * 1024
KEPT_DAYS = 10
_LOOK_EVERY_SECONDS = 1.0
_PRIVATE = 0o640


class LogFile:
    """A file to append lines to. It is rotated each day (UTC) and at 500 MB."""

    def __init__(self, path: str, *, most_bytes: int = MAX_BYTES) -> None:
        self._path, self._most_bytes = Path(path), most_bytes
        self._lock = threading.Lock()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = self._open()
        self._day = self._day_of_last_line()
        self._looked_at = 0.0
        self._forget_old()

    def write(self, line: bytes) -> int:
        """Append a line atomically."""
        if time.monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS:
            with self._lock:
                self._look()
        return os.write(self._descriptor, line)

    def flush(self) -> None:
        """Do nothing: lines are not buffered."""

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)

    def _look(self) -> None:
        """Reopen the file if another process has rotated it, or rotate it if it is time."""
        self._looked_at = time.monotonic()
        if self._is_another():
            self._follow()
        if self._is_over():
            lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not self._is_another():  # else another process was faster
                    now = datetime.now(UTC)
                    self._path.rename(f"{self._path}.{now:%Y%m%d-%H%M%S-%f}")
                self._follow()
                self._forget_old()
            finally:
                os.close(lock)

    def _is_another(self) -> bool:
        ours = os.fstat(self._descriptor)
        try:
            current = self._path.stat()
        except FileNotFoundError:
            return True
        return (ours.st_dev, ours.st_ino) != (current.st_dev, current.st_ino)

    def _is_over(self) -> bool:
        size = os.fstat(self._descriptor).st_size
        return size >= self._most_bytes or (size > 0 and self._day != datetime.now(UTC).date())

    def _day_of_last_line(self) -> date:
        seen = os.fstat(self._descriptor)
        now = datetime.now(UTC)
        return datetime.fromtimestamp(seen.st_mtime, UTC).date() if seen.st_size else now.date()

    def _follow(self) -> None:
        """Open the new file under the old descriptor: other threads may be about to write."""
        new = self._open()
        os.dup2(new, self._descriptor, inheritable=False)
        os.close(new)
        self._day = datetime.now(UTC).date()

    def _forget_old(self) -> None:
        oldest = time.time() - KEPT_DAYS * 24 * 3600
        for old in self._path.parent.glob(f"{self._path.name}.[0-9]*"):
            if old.stat().st_mtime < oldest:
                old.unlink(missing_ok=True)


class Tee:
    """Writes log lines to the file and to a stream of this process, by default standard output."""

    def __init__(self, file: LogFile, stream: TextIO | None = None) -> None:
        self.file = file
        self._stream = stream or sys.stdout

    def write(self, line: Any) -> int:
        """Write a rendered line, text or bytes."""
        if isinstance(line, bytes):
            self._stream.buffer.write(line)
            return self.file.write(line)
        self._stream.write(line)
        return self.file.write(line.encode())

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()
