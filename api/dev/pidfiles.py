"""One running copy per checkout, and an account of what a copy that died has left behind."""

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

import psutil

from api.dev.errors import DevError
from api.dev.private_files import write_privately
from api.dev.processes import end_session, is_alive, wait_for_the_end

_PATIENCE: Final = 10.0  # seconds for left-overs to end by themselves: their tether was cut
_SAME_START: Final = 0.05  # seconds; two readings of one start time differ by rounding


class InstanceLock:
    """The right to run the stack of one checkout, for as long as this process lives.

    The kernel takes the lock back however the process ends, so a stale one cannot exist.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "running.lock"
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise DevError(_sentence_about(self.running())) from None
        self._file = file
        self.announce(address="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()

    def announce(self, address: str) -> None:
        """Tell whoever asks where the running copy answers."""
        assert self._file is not None
        self._file.truncate(0)
        self._file.write(json.dumps({"pid": os.getpid(), "address": address}))
        self._file.flush()

    def running(self) -> dict[str, str | int]:
        """Return pid and address of the copy that holds the lock; empty while it begins."""
        written = self._path.read_text() if self._path.exists() else ""
        told: dict[str, str | int] = json.loads(written) if written else {}
        return told

    def is_held(self) -> bool:
        """Say whether a copy is running, without keeping the lock."""
        if not self._path.exists():
            return False
        with self._path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


class PidFile:
    """The programs that were started, by pid and start time, kept where the next run finds them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._children: dict[str, list[float]] = {}

    def add(self, name: str, pid: int) -> None:
        """Note that a program was started, in place of an earlier one of the same name."""
        with suppress(psutil.NoSuchProcess):  # it ended at once; nothing to remember
            self._children[name] = [pid, psutil.Process(pid).create_time()]
            write_privately(self._file, json.dumps(self._children))

    def clear(self) -> None:
        """Forget everything, once everything has been stopped."""
        self._children.clear()
        self._file.unlink(missing_ok=True)

    def end_leftovers(self) -> list[str]:
        """End what a run that was killed has left behind; return the names of what was still alive.

        A pid alone proves nothing, because the system uses it again; pid and start time do.
        """
        if not self._file.exists():
            return []
        recorded: dict[str, list[float]] = json.loads(self._file.read_text())
        leftovers = {
            name: found
            for name, (pid, started) in recorded.items()
            if (found := _alive(int(pid), started)) is not None
        }
        for found in leftovers.values():
            with suppress(psutil.NoSuchProcess):
                found.terminate()
        wait_for_the_end(leftovers.values(), within=_PATIENCE)
        for found in leftovers.values():
            with suppress(psutil.NoSuchProcess):
                found.kill()
        for pid, started in recorded.values():
            end_session(int(pid), not_before=started)
        self.clear()
        return sorted(leftovers)


def _alive(pid: int, started: float) -> psutil.Process | None:
    try:
        found = psutil.Process(pid)
        same = abs(found.create_time() - started) < _SAME_START
    except psutil.NoSuchProcess:
        return None
    return found if same and is_alive(found) else None


def _sentence_about(running: dict[str, str | int]) -> str:
    if not running.get("address"):
        return "Stockroom is just being started or stopped in this folder by another make run."
    return (
        f"Stockroom is already running at {running['address']} (process {running['pid']}): "
        "use that one, or stop it with make stop."
    )
