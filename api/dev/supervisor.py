"""Watches over the programs of the stack: starts, restarts and stops them in order.

honcho runs the programs and brings their output to one terminal. By design it ends everything when
one program ends, all at once, so what to do about an ending is decided here: start it again after a
pause that grows, and give up with one sentence when it keeps failing.
"""

import os
import queue
import re
import shlex
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import psutil
from honcho.colour import get_colours
from honcho.printer import Message, Printer
from honcho.process import Process

from api.dev.errors import DevError
from api.dev.pidfiles import PidFile
from api.dev.processes import Service, end_session

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0
_STEADY_AFTER: Final = 30.0  # seconds of life after which earlier failures are forgotten
_FAILURES_IN_A_ROW: Final = 6
_EVERYDAY: Final = re.compile(r'\[(info|debug) *\]|"level": ?"(info|debug)"')
_EPILOGUES: Final = ("[SQL", "[parameters", "(Background")  # what follows a last word
_MAX_LOG: Final = 5_000_000  # bytes


class StopAsked(Exception):
    """Someone pressed Ctrl-C or asked the process to end."""


@dataclass
class _Child:
    service: Service
    colour: str
    log: Path
    pid: int | None = None
    started_at: float = 0.0
    failures: int = 0
    restart_at: float | None = None
    returncode: int = 0
    last_line: str = ""
    thread: threading.Thread | None = field(default=None, repr=False)


class Supervisor:
    """Runs services until it is asked to stop; use as the last thing on the main thread."""

    def __init__(
        self,
        *,
        logs: Path,
        register: PidFile,
        terminal: object,
        first_pause: float = _FIRST_PAUSE,
    ) -> None:
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._logs = logs
        self._register = register
        self._first_pause = first_pause
        # The programs that speak here date their lines themselves.
        self._printer = Printer(terminal, width=len("worker"), time_format="")
        self._is_watching = False
        self._colours: Iterator[str] = get_colours()
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._children: dict[str, _Child] = {}
        self._stops_asked = 0

    def listen_to_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal end the stack in order; twice, at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def start(self, *services: Service) -> None:
        """Start services side by side and return when all of them answer.

        `Trouble` when one of them ends or stays silent; `StopAsked` when someone gets impatient.
        """
        waiting = [self._launch(service) for service in services]
        deadline = time.monotonic() + max(service.seconds_to_start for service in services)
        while waiting:
            self._receive(within=0.02)
            self._raise_if_asked()
            for child in waiting:
                if child.thread is None:
                    raise DevError(f"{child.service.name} ended while starting{_last_words(child)}")
                if time.monotonic() > deadline:
                    raise DevError(f"{child.service.name} gave no answer in time; see {child.log}.")
            waiting = [
                child for child in waiting if child.pid is None or not child.service.is_ready()
            ]

    def run_to_end(self, step: Service) -> None:
        """Run a program that is meant to end, such as the migrations; `Trouble` when it fails."""
        child = self._launch(step)
        while child.thread is not None:
            self._receive(within=0.1)
            self._raise_if_asked()
        del self._children[step.name]
        if child.returncode != 0:
            raise DevError(f"{step.name} failed{_last_words(child)}")

    def watch(self) -> None:
        """Start again what ends, until someone asks to stop; `Trouble` when that is hopeless."""
        self._is_watching = True
        while True:
            self._receive(within=0.25)
            if self._stops_asked:
                return
            for child in self._children.values():
                if child.restart_at is None and child.thread is None:
                    self._plan_restart(child)
                elif child.restart_at is not None and time.monotonic() >= child.restart_at:
                    child.restart_at = None
                    self._launch(child.service)

    def stop_all(self) -> None:
        """Stop everything, the last one started first; each ends before the next is asked to."""
        asked_before = self._stops_asked
        for child in reversed(self._children.values()):
            deadline = time.monotonic() + child.service.seconds_to_stop
            self._signal(child, child.service.stop_signal)
            while child.thread is not None:
                self._receive(within=0.1)
                if self._stops_asked > asked_before or time.monotonic() > deadline:
                    self._signal(child, signal.SIGKILL)
        self._register.clear()

    def say(self, text: str) -> None:
        """Print a line of our own among those of the programs."""
        print(text, file=self._printer.output, flush=True)

    def _launch(self, service: Service) -> _Child:
        child = self._children.get(service.name)
        if child is None:
            log = self._logs / f"{service.name}.log"
            if log.exists() and log.stat().st_size > _MAX_LOG:
                log.replace(log.with_suffix(".log.old"))
            child = self._children[service.name] = _Child(service, next(self._colours), log)
        process = Process(
            "exec " + shlex.join(service.tethered_command()),
            name=service.name,
            colour=child.colour,
            env=service.full_environment(),
            cwd=service.folder,
        )
        child.started_at = time.monotonic()
        # The tether is tied to the thread that starts the program; this one lives as long as it.
        child.thread = threading.Thread(target=self._run, args=(process,), daemon=True)
        child.thread.start()
        return child

    def _run(self, process: Process) -> None:
        try:
            process.run(self._events)
        except OSError as error:  # the system has no room for one more program
            for kind, told in (("line", str(error).encode()), ("stop", {"returncode": 127})):
                now = datetime.now().astimezone()
                self._events.put(Message(kind, told, now, process.name, process.colour))

    def _receive(self, *, within: float) -> None:
        """Take in what the programs said and did, for as long as there is something to take."""
        self._release_the_dead()
        timeout = within
        while True:
            try:
                event = self._events.get(timeout=timeout)
            except queue.Empty:
                return
            if event is None:  # a signal woke us
                return
            timeout = 0
            self._note(self._children[event.name], event)

    def _note(self, child: _Child, event: Any) -> None:
        if event.type == "start":
            child.pid = event.data["pid"]
            self._register.add(event.name, event.data["pid"])
        elif event.type == "line":
            line = event.data.decode("utf-8", "replace").rstrip()
            if line and not line[0].isspace() and not line.startswith(_EPILOGUES):
                child.last_line = line
            with child.log.open("a", encoding="utf-8") as log:
                log.write(line + "\n")
            if child.service.speaks and self._is_watching and not _EVERYDAY.search(line):
                self._printer.write(event)
        elif event.type == "stop":
            steady = time.monotonic() - child.started_at > _STEADY_AFTER
            child.failures = 1 if steady else child.failures + 1
            child.returncode = event.data["returncode"]
            child.thread = child.pid = None

    def _release_the_dead(self) -> None:
        """End the workers that a killed program left behind.

        They hold its port, and its output open, without which honcho does not see that it ended.
        """
        for child in self._children.values():
            if child.pid is not None and _is_zombie(child.pid):
                end_session(child.pid)

    def _plan_restart(self, child: _Child) -> None:
        name = child.service.name
        if child.failures >= _FAILURES_IN_A_ROW:
            raise DevError(f"{name} ended {child.failures} times in a row{_last_words(child)}")
        pause = min(self._first_pause * 2 ** (child.failures - 1), _LONGEST_PAUSE)
        self.say(
            f"{name} ended ({_outcome(child.returncode)}); starting it again in {pause:.1f} s."
        )
        child.restart_at = time.monotonic() + pause

    def _signal(self, child: _Child, number: signal.Signals) -> None:
        while child.thread is not None and child.pid is None:
            self._receive(within=0.02)  # it has not yet told its pid
        if child.pid is not None:
            try:
                os.kill(child.pid, number)
            except ProcessLookupError:
                return

    def _ask_to_stop(self, number: int, _frame: FrameType | None) -> None:
        # A terminal that closes may send several signals; only a second Ctrl-C is impatience.
        if number == signal.SIGINT or not self._stops_asked:
            self._stops_asked += 1
        self._events.put(None)

    def _raise_if_asked(self) -> None:
        if self._stops_asked:
            raise StopAsked


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _outcome(returncode: int) -> str:
    return (
        f"killed by {signal.Signals(-returncode).name}" if returncode < 0 else f"exit {returncode}"
    )


def _last_words(child: _Child) -> str:
    words = f': "{child.last_line}"' if child.last_line else ""
    return f" ({_outcome(child.returncode)}){words}; see {child.log}."
