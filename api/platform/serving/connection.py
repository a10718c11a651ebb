"""One client connection: received bytes, whether they form a whole request, and unsent bytes.

Its socket never blocks. The event loop in `worker.py` reads and writes for slow clients; only a
large upload, which is too large to buffer, is read by the thread that handles it.
"""

import os
import re
import select
import socket
import time
from collections import deque
from enum import Enum, auto
from typing import Any

from gunicorn import http
from gunicorn.http import wsgi

READ_AT_ONCE = 64 * 1024
MAX_HEAD = 64 * 1024
"""The maximum size of a request line and its headers together."""
MAX_GATHERED = 64 * 1024
"""A larger body is read while the request is handled, if the route accepts it at all."""
MAX_GATHERED_FROM_PROVIDER = 1024 * 1024
MAX_WAITING = 1024 * 1024
"""A thread with more unsent bytes than this waits for its slow reader."""

IDLE_SECONDS = 75.0
"""Longer than proxies keep idle connections, so that they close first."""
HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
STALLED_SECONDS = 30.0
"""The time in which a reader or uploader must transfer at least `PROGRESS` bytes."""
PROGRESS = 16 * 1024
LINGER_SECONDS = 5.0
"""How long the client may go on sending after an error; closing at once could lose the response."""
MAX_LINGERED = 64 * 1024 * 1024

_PROVIDER = b"POST /api/v1/webhooks/"
_FRAMING = re.compile(
    rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r]*?)[ \t]*(?=\r)", re.IGNORECASE
)
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?")


class State(Enum):
    """What a connection waits for."""

    IDLE = auto()
    """The next request; it may be closed at any time."""
    GATHERING = auto()
    """The rest of a request."""
    ANSWERING = auto()
    """A thread, which uses it exclusively."""
    SENDING = auto()
    """The client, to read the response."""
    LINGERING = auto()
    """The client, to stop sending what is ignored."""


class HeadTooLarge(Exception):
    """The request line or the headers are too large."""

    def __init__(self, status: int) -> None:
        self.status = status


class Connection:
    """A client socket with its buffers of received and unsent bytes."""

    __slots__ = (
        "_body_begins",
        "_chunk_at",
        "_expects",
        "_head",
        "_length",
        "_marked",
        "_out",
        "_upload_deadline",
        "client",
        "deadline",
        "gathered",
        "goes_on",
        "is_whole",
        "parser",
        "server",
        "sock",
        "state",
        "waiting",
    )

    def __init__(self, cfg: object, sock: socket.socket, client: object, server: object) -> None:
        sock.setblocking(False)
        self.sock, self.client, self.server = sock, client, server
        self.parser = http.get_parser(cfg, self, client)
        self.gathered = bytearray()
        self.goes_on = False
        self._out: deque[Any] = deque()
        self._head = b""
        self.waiting = 0
        """How many bytes are unsent."""
        self._marked = 0
        self._upload_deadline = 0.0
        self.begin()

    def begin(self) -> None:
        """Wait for the next request."""
        self.state = State.IDLE
        self.deadline = time.monotonic() + IDLE_SECONDS
        self._body_begins = 0
        self._length = 0
        self._chunk_at = -1
        self._expects = False
        self.is_whole = False

    def fileno(self) -> int:
        """Return the socket's number, for selectors."""
        return self.sock.fileno()

    # Receiving

    def gather(self) -> bool | None:
        """Receive bytes. True when a request can be handled, None when the client has closed.

        Raises `HeadTooLarge`.
        """
        try:
            data = self.sock.recv(READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return None
        if not data:
            return None
        self.gathered += data
        return self.is_ready()

    def is_ready(self) -> bool:
        """Return whether a whole request was received, or one too large to buffer."""
        if self.state is State.IDLE:
            self.state = State.GATHERING
            self.deadline = time.monotonic() + HEAD_SECONDS
        if not self._body_begins and not self._read_head():
            return False
        if self._chunk_at >= 0:
            self.is_whole = self._chunks_ended()
        else:
            self.is_whole = len(self.gathered) - self._body_begins >= self._length
        if self.is_whole:
            return True
        most = MAX_GATHERED
        if self.gathered.startswith(_PROVIDER):
            most = MAX_GATHERED_FROM_PROVIDER
        if max(self._length, len(self.gathered) - self._body_begins) > most:
            return True
        if self._expects:
            self._expects = False
            self.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return False

    def hand_over(self) -> None:
        """Pass the received bytes to the parser; a thread uses the connection from now on."""
        self.state = State.ANSWERING
        self.parser.unreader.unread(bytes(self.gathered))
        self.gathered.clear()
        self._marked, self._upload_deadline = 0, time.monotonic() + STALLED_SECONDS

    def reuse(self) -> bool:
        """Prepare for the next request; returns whether some of it was received already."""
        self.gathered += self.parser.unreader.take_buffered()
        self.begin()
        return bool(self.gathered)

    def recv(self, size: int) -> bytes:
        """Read more of an upload, for the parser; b"" after a whole request.

        Blocks; raises TimeoutError when the client stalls.
        """
        if self.is_whole:
            return b""
        while True:
            try:
                data = self.sock.recv(size)
            except (BlockingIOError, InterruptedError):
                self._wait(select.POLLIN)
                continue
            self._note_progress(len(data))
            return data

    def _read_head(self) -> bool:
        end = self.gathered.find(b"\r\n\r\n")
        if end < 0 or end > MAX_HEAD:
            if len(self.gathered) > MAX_HEAD:
                raise HeadTooLarge(431 if b"\r\n" in self.gathered[:MAX_HEAD] else 414)
            return False
        self._body_begins = end + 4
        seen = set()
        for name, value in _FRAMING.findall(self.gathered, 0, end + 2):
            name, value = name.lower(), value.lower()
            if name in seen:
                return self._leave_to_parser()
            seen.add(name)
            if name == b"content-length" and value.isdigit() and len(value) < 16:
                self._length = int(value)
            elif name == b"transfer-encoding" and value == b"chunked":
                self._chunk_at = self._body_begins
            elif name == b"expect" and value == b"100-continue":
                self._expects = True
            else:
                return self._leave_to_parser()
        if self._length or self._chunk_at >= 0:
            self.deadline = time.monotonic() + BODY_SECONDS
        return True

    def _leave_to_parser(self) -> bool:
        """Wait for no body: the parser will refuse the request."""
        self._length, self._chunk_at, self._expects = 0, -1, False
        return True

    def _chunks_ended(self) -> bool:
        """Skip received chunks (RFC 9112, 7.1); True at the last one. The parser reads them."""
        while True:
            end = self.gathered.find(b"\r\n", self._chunk_at)
            if end < 0:
                return False
            size = _CHUNK.fullmatch(self.gathered, self._chunk_at, end)
            if size is None:
                return True  # the parser reports the error
            length = int(size[1], 16)
            if length == 0:
                return self.gathered.find(b"\r\n\r\n", end) >= 0
            self._chunk_at = end + 2 + length + 2
            if self._chunk_at > len(self.gathered):
                return False

    # Sending

    def hold(self, head: bytes) -> None:
        """Buffer the head of a response until there is a body to send with it."""
        self._head = head

    def forget_head(self) -> bool:
        """Discard an unsent head; returns whether there was one."""
        had, self._head = bool(self._head), b""
        return had

    def sendall(self, data: bytes) -> None:
        """Send what the socket takes at once, and buffer the rest for the event loop."""
        if self._head:
            data, self._head = self._head + data, b""
        self._out.append(memoryview(data))
        self.waiting += len(data)
        self.flush()
        self._wait_for_reader()

    send = sendall

    def sendfile(self, file: Any, offset: int, count: int) -> None:
        """Send a part of a file, which may be closed afterwards."""
        if self._head:
            self.sendall(b"")
        self._out.append((os.dup(file.fileno()), offset, count))
        self.waiting += count
        self.flush()

    def flush(self) -> bool:
        """Send what the socket takes; True when everything is sent. Raises OSError."""
        try:
            while self._out:
                part = self._out[0]
                if isinstance(part, tuple):
                    self._flush_file(*part)
                    continue
                sent = self.sock.send(part)
                self._left(sent)
                if sent < len(part):
                    self._out[0] = part[sent:]
                else:
                    self._out.popleft()
        except (BlockingIOError, InterruptedError):
            return False
        return True

    def finish(self) -> None:
        """Send the head of a response without a body, if it is still buffered."""
        if self._head:
            self.sendall(b"")

    def _flush_file(self, number: int, offset: int, count: int) -> None:
        sent = os.sendfile(self.sock.fileno(), number, offset, min(count, MAX_WAITING))
        self._left(sent)
        if sent == 0 or sent == count:
            self._out.popleft()
            os.close(number)
        else:
            self._out[0] = (number, offset + sent, count - sent)

    def _left(self, sent: int) -> None:
        self.waiting -= sent
        if self.state is State.SENDING:
            self._marked += sent
            if self._marked >= PROGRESS:
                self._marked, self.deadline = 0, time.monotonic() + STALLED_SECONDS

    def _wait_for_reader(self) -> None:
        if self.state is not State.ANSWERING:
            return
        while self.waiting > MAX_WAITING:
            before = self.waiting
            self._wait(select.POLLOUT)
            self.flush()
            self._note_progress(before - self.waiting)

    def begin_sending(self) -> None:
        """Wait for the client to read the response."""
        self.state = State.SENDING
        self._marked, self.deadline = 0, time.monotonic() + STALLED_SECONDS

    # The thread of a large upload or a long answer

    def _wait(self, event: int) -> None:
        waiting = select.poll()
        waiting.register(self.sock, event)
        left = self._upload_deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise TimeoutError("the client stalls")

    def _note_progress(self, size: int) -> None:
        self._marked += size
        if self._marked >= PROGRESS:
            self._marked, self._upload_deadline = 0, time.monotonic() + STALLED_SECONDS

    # Closing

    def begin_lingering(self) -> None:
        """Close the sending side, and let the client finish sending."""
        self.state = State.LINGERING
        self.deadline = time.monotonic() + LINGER_SECONDS
        self._marked = 0
        self.sock.shutdown(socket.SHUT_WR)

    def linger(self) -> bool:
        """Discard received bytes; True while more may come."""
        try:
            data = self.sock.recv(READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        self._marked += len(data)
        return bool(data) and self._marked < MAX_LINGERED

    def close(self) -> None:
        """Close the socket and all files."""
        for part in self._out:
            if isinstance(part, tuple):
                os.close(part[0])
        self._out.clear()
        self.waiting = 0
        self.sock.close()


class Answer(wsgi.Response):  # type: ignore[misc]
    """gunicorn's response, sent together with its head and without a `Server` header."""

    headers_sent: bool

    def default_headers(self) -> list[str]:
        """Return gunicorn's default headers without `Server`."""
        headers: list[str] = super().default_headers()
        return [line for line in headers if not line.startswith("Server:")]

    def send_headers(self) -> None:
        """Buffer the head until there is a body."""
        if self.headers_sent:
            return
        lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers)]
        self.sock.hold(("".join(lines) + "\r\n").encode("latin-1"))
        self.headers_sent = True
