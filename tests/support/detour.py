"""A road between two parts of the shop, with somebody on it who gets in the way as told.

Everything passes unless a test says otherwise: `with road.losing_answers("POST", "/v1/refunds"):`.
Calls arrive here and go on over real sockets, so both ends meet what they would meet in the world.
"""

import re
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.support.waiting import LONGEST_HOLD_SECONDS, Held

_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")

Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass(eq=False)
class Hindrance:
    """What happens to the calls that it is about."""

    method: str
    path: re.Pattern[str]
    times: float = float("inf")
    before: Held | None = None
    refusal: int | None = None
    after: Held | None = None
    is_answer_lost: bool = False

    def meets(self, method: str, path: str) -> bool:
        """Say whether a call is among those that it is about."""
        return self.times > 0 and method == self.method and bool(self.path.fullmatch(path))


@dataclass
class Detour:
    """One road, with whoever stands on it at the moment."""

    _origin: str = ""
    _hindrances: list[Hindrance] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _traveller(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def lead_to(self, address: str) -> str:
        """Make this the road to an address; returns the one by which it begins."""
        parts = urlsplit(address)
        self._origin = parts.netloc
        return parts._replace(netloc=f"127.0.0.1:{self._server.server_port}").geturl()

    @property
    def destination(self) -> str:
        """The address to which it leads, for those who want to go there directly."""
        return f"http://{self._origin}"

    def close(self) -> None:
        """Tear it up."""
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def holding(self, method: str, path: str) -> Iterator[Held]:
        """Hold calls before the other end hears of them."""
        held = Held()
        with self._hindering(Hindrance(method, re.compile(path), before=held)):
            yield held
            held.let_go()

    @contextmanager
    def holding_answers(
        self, method: str, path: str, times: float = float("inf")
    ) -> Iterator[Held]:
        """Let the other end do what is asked, and hold its answer, so many times."""
        held = Held()
        with self._hindering(Hindrance(method, re.compile(path), times, after=held)):
            yield held
            held.let_go()

    @contextmanager
    def losing_answers(self, method: str, path: str) -> Iterator[None]:
        """Let the other end do what is asked, and hang up before it can say so."""
        with self._hindering(Hindrance(method, re.compile(path), is_answer_lost=True)):
            yield

    @contextmanager
    def refusing(self, method: str, path: str, status: int = 500) -> Iterator[None]:
        """Answer with this status instead of asking the other end."""
        with self._hindering(Hindrance(method, re.compile(path), refusal=status)):
            yield

    def travel(
        self, method: str, path: str, headers: Any, body: bytes, is_abandoned: Callable[[], bool]
    ) -> Answer | None:
        """Take one call along the road; None when its answer got lost.

        A call whose caller died while it was held goes no further.
        """
        with self._lock:
            met = [each for each in self._hindrances if each.meets(method, urlsplit(path).path)]
            for each in met:
                each.times -= 1
        for each in met:
            if each.before is not None:
                each.before.stand()
                if is_abandoned():
                    return None
            if each.refusal is not None:
                return each.refusal, [("Content-Type", "application/json")], _TROUBLE
        answer = self._pass_on(method, path, headers, body)
        for each in met:
            if each.after is not None:
                each.after.stand()
        return None if any(each.is_answer_lost for each in met) else answer

    @contextmanager
    def _hindering(self, hindrance: Hindrance) -> Iterator[None]:
        with self._lock:
            self._hindrances.append(hindrance)
        try:
            yield
        finally:
            with self._lock:
                self._hindrances.remove(hindrance)
            for held in (hindrance.before, hindrance.after):
                if held is not None:
                    held.let_go()

    def _pass_on(self, method: str, path: str, headers: Any, body: bytes) -> Answer | None:
        sent = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
        with closing(HTTPConnection(self._origin, timeout=LONGEST_HOLD_SECONDS)) as connection:
            try:
                connection.request(method, path, body=body, headers=sent)
                answer = connection.getresponse()
                kept = [pair for pair in answer.getheaders() if pair[0].lower() not in _HOP_BY_HOP]
                return answer.status, kept, answer.read()
            except (OSError, HTTPException):
                return None  # the other end is away: whoever called meets a broken connection


_TROUBLE = b'{"error": {"type": "api_error", "message": "Something went wrong on our end."}}'


def _traveller(road: Detour) -> type[BaseHTTPRequestHandler]:
    class Traveller(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # whoever called was killed in the meantime

        def do_GET(self) -> None:
            self._travel()

        def do_POST(self) -> None:
            self._travel()

        def do_DELETE(self) -> None:
            self._travel()

        def log_message(self, *_: Any) -> None:
            return

        def _travel(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = road.travel(self.command, self.path, self.headers, body, self._is_abandoned)
            if answer is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _is_abandoned(self) -> bool:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    return Traveller
