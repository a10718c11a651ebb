"""One connection: what has come, whether that is a whole request, and what still has to leave.

Its socket never blocks. The loop in `worker.py` reads and writes for whoever is slow; only a large
upload, which is too much to keep, is read by the thread that carries it out.
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
"""What a request line and its headers may have together."""
MAX_GATHERED = 64 * 1024
"""A larger body is read while it is carried out, where the shop takes one at all."""
MAX_GATHERED_FROM_PROVIDER = 1024 * 1024
MAX_WAITING = 1024 * 1024
"""A thread that makes more than this for one slow reader waits for it."""

IDLE_SECONDS = 75.0
"""Longer than proxies keep theirs, so that it is never we who hang up first."""
HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
STALLED_SECONDS = 30.0
"""Within this, a reader or an uploader gets on by `PROGRESS` at least."""
PROGRESS = 16 * 1024
LINGER_SECONDS = 5.0
"""For what the other side still sends after it was refused; without it the refusal gets lost."""
MAX_LINGERED = 64 * 1024 * 1024

_PROVIDER = b"POST /api/v1/webhooks/"
_FRAMING = re.compile(
    rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r]*?)[ \t]*(?=\r)", re.IGNORECASE
)
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?")


class State(Enum):
    """What a connection is waiting for."""

    IDLE = auto()
    """Its next request; it may be closed at any time."""
    GATHERING = auto()
    """The rest of a request that has begun."""
    ANSWERING = auto()
    """A thread, which has it to itself."""
    SENDING = auto()
    """Its reader."""
    LINGERING = auto()
    """The other side to stop sending what nobody reads."""


class HeadTooLarge(Exception):
    """A request whose first line, or whose headers, do not end."""

    def __init__(self, status: int) -> None:
        self.status = status


class Connection:
    """A socket with what came from it and what is to leave by it."""

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

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        self.sock, self.client, self.server = sock, client, server
        self.parser = http.get_parser(cfg, self, client)
        self.gathered = bytearray()
        self.goes_on = False
        self._out: deque[Any] = deque()
        self._head = b""
        self.waiting = 0
        """Bytes that its reader has not taken yet."""
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

    # What comes

    def gather(self) -> bool | None:
        """Take in what has come. True when a request can be carried out, None at its end.

        Raises `HeadTooLarge`.
        """
        try:
            found = self.sock.recv(READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return None
        if not found:
            return None
        self.gathered += found
        return self.is_ready()

    def is_ready(self) -> bool:
        """Tell whether a request is there as a whole, or too large to be waited for."""
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
        """Give what was gathered to the parser; a thread has the connection from now on."""
        self.state = State.ANSWERING
        self.parser.unreader.unread(bytes(self.gathered))
        self.gathered.clear()
        self._marked, self._upload_deadline = 0, time.monotonic() + STALLED_SECONDS

    def take_back(self) -> bool:
        """Begin anew after an answer; tells whether more had come behind the request."""
        self.gathered += self.parser.unreader.take_buffered()
        self.begin()
        return bool(self.gathered)

    def recv(self, size: int) -> bytes:
        """Read more of an upload, for the parser; a whole request has no more.

        Waits, but not for ever for somebody who does not get on.
        """
        if self.is_whole:
            return b""
        while True:
            try:
                found = self.sock.recv(size)
            except (BlockingIOError, InterruptedError):
                self._wait(select.POLLIN)
                continue
            self._got_on(len(found))
            return found

    def _read_head(self) -> bool:
        end = self.gathered.find(b"\r\n\r\n")
        if end < 0 or end > MAX_HEAD:
            if len(self.gathered) > MAX_HEAD:
                raise HeadTooLarge(431 if b"\r\n" in self.gathered[:MAX_HEAD] else 414)
            return False
        self._body_begins = end + 4
        told = set()
        for name, value in _FRAMING.findall(self.gathered, 0, end + 2):
            name, value = name.lower(), value.lower()
            if name in told:
                return self._leave_to_parser()
            told.add(name)
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
        """Wait for nothing more: what is there is refused."""
        self._length, self._chunk_at, self._expects = 0, -1, False
        return True

    def _chunks_ended(self) -> bool:
        """Walk along the chunks that are there (RFC 9112, 7.1); the parser reads them later."""
        while True:
            end = self.gathered.find(b"\r\n", self._chunk_at)
            if end < 0:
                return False
            size = _CHUNK.fullmatch(self.gathered, self._chunk_at, end)
            if size is None:
                return True  # the parser says what is wrong
            length = int(size[1], 16)
            if length == 0:
                return self.gathered.find(b"\r\n\r\n", end) >= 0
            self._chunk_at = end + 2 + length + 2
            if self._chunk_at > len(self.gathered):
                return False

    # What leaves

    def hold(self, head: bytes) -> None:
        """Keep the head of an answer until there is a body to send with it."""
        self._head = head

    def forget_head(self) -> bool:
        """Take back a head that has not left; tells whether there was one."""
        had, self._head = bool(self._head), b""
        return had

    def sendall(self, data: bytes) -> None:
        """Send what the other side takes at once, and keep the rest for the loop."""
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
        """Send what the other side takes; True when everything has left. Raises OSError."""
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
        """Send what is left of an answer: a head without a body."""
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
            self._got_on(before - self.waiting)

    def begin_sending(self) -> None:
        """Wait for the reader."""
        self.state = State.SENDING
        self._marked, self.deadline = 0, time.monotonic() + STALLED_SECONDS

    # The thread of a large upload or a long answer

    def _wait(self, event: int) -> None:
        waiting = select.poll()
        waiting.register(self.sock, event)
        left = self._upload_deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise TimeoutError("the other side does not get on")

    def _got_on(self, size: int) -> None:
        self._marked += size
        if self._marked >= PROGRESS:
            self._marked, self._upload_deadline = 0, time.monotonic() + STALLED_SECONDS

    # The end

    def begin_lingering(self) -> None:
        """Say that nothing more will come, and let the other side finish what it sends."""
        self.state = State.LINGERING
        self.deadline = time.monotonic() + LINGER_SECONDS
        self._marked = 0
        self.sock.shutdown(socket.SHUT_WR)

    def linger(self) -> bool:
        """Throw away what still comes; True while more may come."""
        try:
            found = self.sock.recv(READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        self._marked += len(found)
        return bool(found) and self._marked < MAX_LINGERED

    def close(self) -> None:
        """Hang up, and let go of everything."""
        for part in self._out:
            if isinstance(part, tuple):
                os.close(part[0])
        self._out.clear()
        self.waiting = 0
        self.sock.close()


class Answer(wsgi.Response):  # type: ignore[misc]
    """An answer of gunicorn that leaves with its head, and does not say what serves it."""

    headers_sent: bool

    def default_headers(self) -> list[str]:
        """Return what every answer begins with, but for `Server`."""
        headers: list[str] = super().default_headers()
        return [line for line in headers if not line.startswith("Server:")]

    def send_headers(self) -> None:
        """Hold the head until there is a body."""
        if self.headers_sent:
            return
        lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers)]
        self.sock.hold(("".join(lines) + "\r\n").encode("latin-1"))
        self.headers_sent = True
