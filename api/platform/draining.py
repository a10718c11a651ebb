"""Graceful shutdown of a web worker, for any of gunicorn's worker classes.

After SIGTERM every response says `Connection: close`, while new connections are still accepted;
only then is the listener closed. A client that keeps its connection open would otherwise send its
next request to a process that has ended. A proxy with health checks uses other workers meanwhile.
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
"""Longer than a proxy keeps an idle connection, and longer than its health check interval."""
_begun = threading.Event()


def is_leaving() -> bool:
    """Return whether this process is shutting down: it still answers, but is not ready."""
    return _begun.is_set()


def drain_on_sigterm(worker: Any) -> None:
    """Make a worker drain for two seconds after SIGTERM, and accept waiting clients before it ends.

    Worker classes that accept in another way than gthread drain as well; only a client that
    connects in the last moment may be reset.
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
    _accept_waiting_clients(worker)


def _close_after_each_answer(worker: Any) -> None:
    """Send `Connection: close` with every response; connections kept alive before stay open."""
    if hasattr(worker, "max_keepalived"):
        worker.max_keepalived = 0
    else:
        worker.cfg.set("keepalive", 0)


def _accept_waiting_clients(worker: Any) -> None:
    """Accept all clients in the kernel's queue when a worker ends, then close the listener.

    gthread stops accepting, waits for its connections, and closes the listener last: clients that
    connected meanwhile would be reset.
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
    """Accept until the queue is empty, and close immediately.

    Python's `accept` releases the GIL before it reports an empty queue: for milliseconds in which
    a client could connect. So the C library is called without releasing it.
    """
    library = ctypes.PyDLL(None)
    descriptor = listener.detach()
    while (accepted := library.accept(descriptor, None, None)) >= 0:
        yield socket.socket(fileno=accepted)
    library.close(descriptor)


class _Accepted:
    """A listener whose next client has been accepted already."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def accept(self) -> tuple[socket.socket, object]:
        """Return the client and its address."""
        return self._client, self._client.getpeername()

    def getsockname(self) -> object:
        """Return the address that the client came to."""
        return self._client.getsockname()
