"""A program of the stack: how it is started, when it is ready, how it is stopped."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from api.dev.errors import DevError
from api.dev.unix_user import UnixUser

LOOPBACK = "127.0.0.1"
_TETHER = Path(__file__).with_name("parent_watch.py")
_GLANCE = 0.02  # seconds between two looks at something that is about to happen


@dataclass(frozen=True, kw_only=True)
class Service:
    """One program of the stack, described but not running."""

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment of whoever starts it."""
    folder: Path | None = None
    account: UnixUser | None = None
    """The user it runs as; None keeps ours."""
    stop_signal: signal.Signals = signal.SIGTERM
    seconds_to_start: float = 60.0
    """How long it may stay silent. One that ends is noticed at once, so patience costs nothing."""
    seconds_to_stop: float = 10.0
    speaks: bool = False
    """Whether what is out of the ordinary belongs on the terminal, and not only in its log."""

    def tethered_command(self) -> list[str]:
        """Return the command that dies with this process, and as the right user."""
        uid, gid = (self.account.uid, self.account.gid) if self.account else ("-", "-")
        tether = [sys.executable, "-I", "-S", str(_TETHER)]
        ties = [str(os.getpid()), str(int(self.stop_signal)), str(uid), str(gid)]
        return [*tether, *ties, *self.command]

    def full_environment(self) -> dict[str, str]:
        """Return the environment that the program sees."""
        return {**os.environ, **self.environment}


def start(service: Service, log: Path) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own, its output appended to `log`; wait until ready.

    A program that is not ready in time is stopped again before `Trouble` is raised.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            service.tethered_command(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=service.full_environment(),
            cwd=service.folder,
            start_new_session=True,
        )
    try:
        wait_until_ready(service, is_alive=lambda: child.poll() is None, log=log)
    except BaseException:
        stop(service, child)
        raise
    return child


def wait_until_ready(service: Service, *, is_alive: Callable[[], bool], log: Path) -> None:
    """Return when the service answers; `Trouble` when it ends or stays silent for too long."""
    deadline = time.monotonic() + service.seconds_to_start
    while not service.is_ready():
        if not is_alive():
            raise DevError(f"{service.name} ended while starting; {_last_words(log)}")
        if time.monotonic() > deadline:
            seconds = round(service.seconds_to_start)
            raise DevError(f"{service.name} gave no answer within {seconds} s; see {log}.")
        time.sleep(_GLANCE)


def stop(service: Service, child: subprocess.Popen[bytes]) -> None:
    """Ask the program to end, insist when it takes too long, and leave none of its children."""
    if child.poll() is None:
        child.send_signal(service.stop_signal)
        try:
            child.wait(service.seconds_to_stop)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    end_session(child.pid)


def end_session(leader: int, *, not_before: float = 0.0) -> None:
    """Kill what is left of a program that has ended: workers that it forked and did not take along.

    They are known by their session, which carries the pid of the program. With `not_before`, those
    that are older than the program are spared: they belong to an earlier user of that pid. Returns
    when they are gone, because until then they hold on to their ports.
    """
    killed = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.create_time() >= not_before - 1:
                process.kill()
                killed.append(process)
        except (OSError, psutil.Error):
            continue  # it ended in the meantime, or was never ours
    wait_for_the_end(killed, within=5)


def wait_for_the_end(processes: Iterable[psutil.Process], *, within: float) -> None:
    """Return when all of them have ended, or when the time (seconds) is over."""
    deadline = time.monotonic() + within
    while any(is_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(_GLANCE)


def is_alive(process: psutil.Process) -> bool:
    """Say whether a process still does something; one that only waits to be buried does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def free_port(preferred: int = 0) -> int:
    """Return a loopback port that is free now: the preferred one if possible.

    The others come from below the range that the system uses for outgoing connections, where a port
    that was free a moment ago may be gone.
    """
    candidates = [preferred] if preferred else []
    candidates += random.sample(range(20_000, 32_000), 100)
    for port in candidates:
        if is_free(port):
            return port
    raise DevError("This machine has no free port on 127.0.0.1.")


def is_free(port: int) -> bool:
    """Say whether we could listen on this loopback port now."""
    with socket.socket() as probe:
        # Without this, a port is refused for a minute after its last connection closed.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Say whether someone accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return f'its last words ({log}): "{lines[-1].strip()}"' if lines else f"see {log}."
