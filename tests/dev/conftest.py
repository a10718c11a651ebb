"""A copy of the shop as a person runs it: `python -m api.dev run`, in a folder of its own."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from api.dev.processes import LOOPBACK, free_port
from api.dev.stack import ROOT
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import running_service

REPLACEABLE = ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "SMTP_URL", "PORT")


class Copy:
    """One folder of data and the process that runs the shop on it, if it is running."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "var"
        self.port = free_port()
        self._output = folder / "output"
        self._process: subprocess.Popen[bytes] | None = None

    def ensure_running(self) -> "Copy":
        """Start it unless it runs, and wait for the summary."""
        if self._process is None or self._process.poll() is not None:
            with self._output.open("wb") as output:
                self._process = subprocess.Popen(
                    self._command("run", self.folder),
                    cwd=ROOT,
                    env=self._environment(self.port),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            self._wait_for("Stockroom is running.")
        return self

    def refusal(self, command: str, *, port: int | None = None, folder: Path | None = None) -> str:
        """Run a command that must fail and return the one line that it says."""
        refused = subprocess.run(
            self._command(command, folder or self.folder),
            cwd=ROOT,
            env=self._environment(port or self.port),
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
        return refused.stderr.strip()

    def said(self) -> str:
        """Return what it printed."""
        return self._output.read_text(errors="replace")

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        """Press Ctrl-C, or send another signal, and return the exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Wait until it has ended and return the exit status."""
        assert self._process is not None
        status = self._process.wait(90)
        self._process = None
        return status

    def kill(self) -> None:
        """Kill the supervisor alone, without warning."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def children(self) -> dict[str, psutil.Process]:
        """Return the programs that it runs now, by name."""
        running = {}
        for name, (pid, _) in json.loads((self.folder / "children.json").read_text()).items():
            with suppress(psutil.NoSuchProcess):
                running[name] = psutil.Process(pid)
        running.pop("setup", None)
        return running

    def is_healthy(self) -> bool:
        """Say whether the API answers."""
        return self._answers("/health/live")

    def is_ready(self) -> bool:
        """Say whether the API answers and reaches its database."""
        return self._answers("/health/ready")

    def _answers(self, path: str) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def discard(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self.interrupt()

    def _command(self, command: str, folder: Path) -> list[str]:
        return [sys.executable, "-m", "api.dev", command, str(folder)]

    def _environment(self, port: int) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if k not in REPLACEABLE}
        return {**inherited, "PORT": str(port)}

    def _wait_for(self, text: str) -> None:
        assert self._process is not None
        process = self._process
        eventually(lambda: text in self.said() or process.poll() is not None)
        if text not in self.said():
            self._process = None
            pytest.fail(f"it ended with status {process.wait(30)}, saying:\n{self.said()}")


def eventually(condition: object, within: float = 90.0) -> None:
    """Look again and again until the condition holds; fail when it does not in time."""
    assert callable(condition)
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that PostgreSQL's own user may pass through when we are root."""
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def copy() -> Iterator[Copy]:
    """One copy for all tests: each asks it to be running, any may end it, none may empty it."""
    with _open_folder() as folder:
        copy = Copy(folder)
        try:
            yield copy
        finally:
            copy.discard()


@contextmanager
def _open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="stockroom-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeStripe, Any]]:
    """The stand-in for Stripe of one file of tests, and its process."""
    folder = tmp_path_factory.mktemp("stripe")
    fake = FakeStripe(folder)
    with running_service(fake.service, folder) as running:
        yield fake, running
    fake.listener.shutdown()
    fake.listener.server_close()


@pytest.fixture
def fake(stage: tuple[FakeStripe, Any]) -> FakeStripe:
    """The stand-in for Stripe, its webhook listening and without earlier messages."""
    fake, _ = stage
    fake.events.clear()
    fake.is_away = False
    return fake
