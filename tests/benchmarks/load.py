"""Eight connections at once, each asking again as soon as it has its answer.

One thread with bare sockets, so that the client costs as little as it can beside the server.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What a few seconds of asking showed; times in milliseconds."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float


class HungUp(Exception):
    """The server ended the connection, as it does with all of a worker that it replaces."""


class _Connection:
    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self._got = b""

    def ask(self, path: str) -> None:
        """Send a request."""
        self._got = b""
        self.began = time.perf_counter()
        request = f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n"
        self.socket.sendall(request.encode())

    def has_answer(self) -> bool:
        """Read what came; True when the answer is whole. Fails unless it is a success.

        Raises HungUp.
        """
        piece = self.socket.recv(262_144)
        if not piece:
            raise HungUp
        self._got += piece
        head, separator, body = self._got.partition(b"\r\n\r\n")
        if not separator:
            return False
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        return len(body) >= length


def under_load(name: str, url: str, path: Callable[[int], str], *, seconds: float = 4) -> Load:
    """Ask for paths by their number for some seconds; returns how the answers came."""
    address = urlsplit(url)
    ready = selectors.DefaultSelector()
    connections = [
        _Connection(address.hostname or "", address.port or 80) for _ in range(CONNECTIONS)
    ]
    asked = 0
    for connection in connections:
        ready.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask(path(asked))
        asked += 1
    took: list[float] = []
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for key, _ in ready.select(1):
            connection = key.data
            try:
                is_whole = connection.has_answer()
            except (HungUp, ConnectionResetError):
                ready.unregister(connection.socket)
                connection.socket.close()
                again = _Connection(address.hostname or "", address.port or 80)
                connections[connections.index(connection)] = again
                ready.register(again.socket, selectors.EVENT_READ, again)
                again.ask(path(asked))
                continue
            if is_whole:
                took.append((time.perf_counter() - connection.began) * 1000)
                connection.ask(path(asked))
                asked += 1
    spent = time.perf_counter() - began
    for connection in connections:
        connection.socket.close()
    took.sort()
    return Load(name, len(took) / spent, took[len(took) // 2], took[int(len(took) * 0.99)])
