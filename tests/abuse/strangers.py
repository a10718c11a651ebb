"""People who mean the shop no good, many of them in one thread: slow, large, or just many."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BEAT = 1.0
"""How often each of them sends or reads one byte."""

SLOW_HEAD = b"GET /api/v1/products HTTP/1.1\r\nHost: shop\r\nX-Slow: " + b"s" * 1_000
SLOW_BODY = (
    b"POST /api/v1/cart/items HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
    b"Content-Length: 60000\r\n\r\n"
)
SLOW_CHUNKS = (
    b"POST /api/v1/checkout HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nea60\r\n"
)
SLOW_UPLOAD = (
    b"POST /api/v1/admin/imports HTTP/1.1\r\nHost: shop\r\nContent-Type: text/csv\r\n"
    b"Content-Length: 30000000\r\n\r\n"
)
SLOW_READER = b"GET /openapi/storefront.json HTTP/1.1\r\nHost: shop\r\n\r\n"


@dataclass
class Stranger:
    """One connection: what is said at once, what is dripped afterwards, whether it reads."""

    at_once: bytes
    drips: bytes = b""
    reads: bool = False
    sock: socket.socket | None = None
    heard: bytearray = field(default_factory=bytearray)

    def call(self, address: tuple[str, int]) -> None:
        """Connect, with as little room for answers as a socket can have, and begin to speak."""
        self.sock = socket.socket()
        if self.reads:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.sock.settimeout(5)
        self.sock.connect(address)
        with suppress(OSError):
            self.sock.sendall(self.at_once)
        self.sock.setblocking(False)

    def drip(self, beat: int) -> bool:
        """Send or read one byte; False when the shop has hung up."""
        assert self.sock is not None
        try:
            if self.reads:
                found = self.sock.recv(1)
                self.heard += found
                return bool(found)
            if self.drips:
                self.sock.send(self.drips[beat % len(self.drips) :][:1])
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


def slow_ones(count: int) -> list[Stranger]:
    """Have so many people of every slow kind."""
    kinds = (
        Stranger(SLOW_HEAD[:-1_000], SLOW_HEAD[-1_000:]),
        Stranger(SLOW_BODY, b" "),
        Stranger(SLOW_CHUNKS, b" "),
        Stranger(SLOW_UPLOAD, b"x"),
        Stranger(SLOW_READER, reads=True),
    )
    return [
        Stranger(kind.at_once, kind.drips, kind.reads)
        for each in range(count)
        for kind in (kinds[each % len(kinds)],)
    ]


@contextmanager
def bothering(url: str, strangers: list[Stranger]) -> Iterator[list[Stranger]]:
    """Let them do it for the length of a block; whoever is hung up on calls again."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 80)
    stop = threading.Event()

    def go_on() -> None:
        beat = 0
        while not stop.wait(BEAT):
            beat += 1
            for each in strangers:
                if stop.is_set():
                    return
                if not each.drip(beat):
                    with suppress(OSError):
                        each.sock.close()  # type: ignore[union-attr]
                        each.call(address)

    for each in strangers:
        each.call(address)
    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield strangers
    finally:
        stop.set()
        thread.join()
        for each in strangers:
            if each.sock is not None:
                each.sock.close()


def exchange(url: str, said: bytes, *, seconds: float = 10.0) -> bytes:
    """Say something on a connection of its own, whatever the shop does; return all that it says.

    Sends while it can and reads all the while, as HTTP clients do. Raises ConnectionResetError
    when the answer is lost.
    """
    parts = urlsplit(url)
    sock = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=5)
    heard, left = bytearray(), memoryview(said)
    with sock, selectors.DefaultSelector() as waiting:
        sock.setblocking(False)
        waiting.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for _, event in waiting.select(ends - time.monotonic()):
                if event & selectors.EVENT_WRITE:
                    left = left[sock.send(left) :] if left else left
                    if not left:
                        waiting.modify(sock, selectors.EVENT_READ)
                if event & selectors.EVENT_READ:
                    found = sock.recv(65536)
                    heard += found
                    if not found:
                        return bytes(heard)
    return bytes(heard)
