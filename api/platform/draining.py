"""Ending a web worker without cutting anybody off, under whichever class of gunicorn's workers.

Between SIGTERM and the end, clients are told on every answer that their connection closes, while
new ones are still taken; only then does the listener go. A client that keeps its connection open
would otherwise write its next request to somebody who has left. A proxy that asks for our health
sends people elsewhere meanwhile, or lets them wait.
"""

import ctypes
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

DRAIN_SECONDS = 2.0
"""Longer than a proxy keeps a connection without use, and than it takes to ask for our health."""
_begun = threading.Event()


def is_leaving() -> bool:
    """Say whether this process has been told to end: it answers, and wants no more."""
    return _begun.is_set()


def drain_on_sigterm(worker: Any) -> None:
    """Have a worker say goodbye for two seconds after SIGTERM, and take who waits before it ends.

    Of a class that accepts in another way than gthread does, the clients are told as well; only
    who connects in the last moment is not looked after.
    """
    deadline: float | None = None

    def drain(number: int, frame: FrameType | None) -> None:
        nonlocal deadline
        if deadline is None:
            deadline = time.monotonic() + DRAIN_SECONDS
            _close_after_each_answer(worker)
            _begun.set()
            again = threading.Timer(DRAIN_SECONDS, os.kill, (os.getpid(), signal.SIGTERM))
            again.daemon = True
            again.start()
        elif time.monotonic() >= deadline:  # systemd and the master both send one: one counts
            worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, drain)
    _take_who_waits(worker)


def _close_after_each_answer(worker: Any) -> None:
    """Say `Connection: close` on every answer, and keep those connections that were promised."""
    if hasattr(worker, "max_keepalived"):
        worker.max_keepalived = 0
    else:
        worker.cfg.set("keepalive", 0)


def _take_who_waits(worker: Any) -> None:
    """Accept who stands in the kernel's queue when a worker ends, then close the listener at once.

    gthread stops accepting, waits for its connections, and closes the listener last: whoever
    connected meanwhile would be answered with a reset.
    """
    set_accept_enabled = getattr(worker, "set_accept_enabled", None)
    if set_accept_enabled is None or not hasattr(worker, "accept"):
        return

    def stop_accepting_last(enabled: bool) -> None:
        set_accept_enabled(enabled)
        if enabled or worker.alive:
            return
        for listener in worker.sockets:
            for client in _all_who_wait(listener.sock):
                worker.accept(_Accepted(client))

    worker.set_accept_enabled = stop_accepting_last


def _all_who_wait(listener: socket.socket) -> Iterator[socket.socket]:
    """Accept until nobody waits, and close in the same moment.

    Python's own `accept` gives other threads their turn before it tells that nobody waits: for
    milliseconds in which somebody could come. So the C library is asked, without letting go.
    """
    library = ctypes.PyDLL(None)
    descriptor = listener.detach()
    while (accepted := library.accept(descriptor, None, None)) >= 0:
        yield socket.socket(fileno=accepted)
    library.close(descriptor)


class _Accepted:
    """A listener whose next client is known already."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the client and its address."""
        return self._client, self._client.getpeername()

    def getsockname(self) -> Any:
        """Return the address that the client came to."""
        return self._client.getsockname()
