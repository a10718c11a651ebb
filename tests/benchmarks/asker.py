"""One process of the client: a few connections that ask until the time is over.

Run as `python -m tests.benchmarks.asker`: it reads what to do from its input, says `ready`, waits
for `go`, asks, and writes what it saw. The standard library alone, so that it starts at once.
"""

import json
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks import checkout

_LONGEST_REPLY_SECONDS = 30.0


class Connection:
    """One connection that is kept open, with the least that a client can do."""

    def __init__(self, host: str, port: int) -> None:
        self._at = host, port
        self._socket: socket.socket | None = None
        self.hung_up = 0

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; returns status and body. Asks again when a kept connection was closed."""
        for attempt in (0, 1):
            is_kept = self._socket is not None
            try:
                return self._ask(request)
            except (ConnectionError, EOFError):
                self.close()
                if attempt or not is_kept:
                    raise
                self.hung_up += 1
        raise AssertionError

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(self._at, timeout=_LONGEST_REPLY_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            piece = self._socket.recv(262_144)
            if not piece:
                if got:
                    raise OSError("the reply broke off")
                raise EOFError
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        length = int(found[1]) if found else 0
        while len(body) < length:
            piece = self._socket.recv(262_144)
            if not piece:
                raise OSError("the reply broke off")
            body += piece
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12]), body


def wire(request: Mapping[str, Any]) -> bytes:
    """Write a request down as it is sent."""
    body: bytes = request["body"].encode()
    lines = [f"{request['method']} {request['path']} HTTP/1.1", "Host: shop"]
    lines += [f"{name}: {value}" for name, value in request["headers"].items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Asker(threading.Thread):
    """One connection of a process of ours."""

    def __init__(self, spec: Mapping[str, Any], place: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.spec, self.stop = spec, stop
        self.chance = random.Random(spec["seed"] * 1000 + place)
        self.connection = Connection(spec["host"], spec["port"])
        self.cache = _redis(spec["redis"])
        self.outdating = command("DEL", *spec["outdated"])
        self.took: list[float] = []
        self.count, self.bad, self.first_bad = 0, 0, ""
        # While the cache is emptied before each request, nobody may fill it for another one.
        number = spec["first"] + place
        is_shared = not (spec["redis"] or spec["each_once"])
        own = () if is_shared else spec["requests"][number :: spec["places"]]
        self.requests = own or spec["requests"]
        self.wires = [wire(request) for request in self.requests]

    def run(self) -> None:
        """Ask until the time is over."""
        while not self.stop.is_set():
            place = self.chance.randrange(len(self.requests))
            if self.spec["each_once"]:
                place = self.count
                if place == len(self.requests):
                    return
            self.once(place)

    def once(self, place: int) -> None:
        """Make one request, or one checkout, and note how it went."""
        if self.cache is not None:
            self.cache.sendall(self.outdating)
            self.cache.recv(64)
        began = time.perf_counter()
        try:
            if self.spec["is_checkout"]:
                checkout.journey(self.connection.ask, wire, self.requests[place])
            else:
                self._ask(self.wires[place])
        except Exception as failed:  # noqa: BLE001 - whatever it was, the reply was not good
            self.bad += 1
            self.first_bad = self.first_bad or f"{type(failed).__name__}: {failed}"[:500]
        self.took.append(round((time.perf_counter() - began) * 1000, 3))
        self.count += 1

    def _ask(self, request: bytes) -> None:
        status, body = self.connection.ask(request)
        is_good = status == 200 and len(body) >= self.spec["least_bytes"]
        if not is_good or self.spec["marker"].encode() not in body:
            raise ValueError(f"{status} {body[:400]!r}")


def command(*words: str) -> bytes:
    """Write a command for Redis down as it is sent."""
    parts = [b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words]
    return b"*%d\r\n%s" % (len(parts), b"".join(parts))


def _redis(url: str) -> socket.socket | None:
    if not url:
        return None
    at = urlsplit(url)
    opened = socket.create_connection((at.hostname or "", at.port or 6379))
    opened.sendall(command("AUTH", at.password or ""))
    assert opened.recv(64).startswith(b"+OK"), "Redis refuses the password"
    return opened


def main() -> None:
    """Be one process of the client."""
    spec = json.loads(sys.stdin.readline())
    stop = threading.Event()
    askers = [_Asker(spec, place, stop) for place in range(spec["connections"])]
    print("ready", flush=True)
    if sys.stdin.readline() != "go\n":
        return
    began = time.perf_counter()
    for asker in askers:
        asker.start()
    stop.wait(spec["seconds"])
    stop.set()
    for asker in askers:
        asker.join()
    result = {
        "count": sum(asker.count for asker in askers),
        "bad": sum(asker.bad for asker in askers),
        "first_bad": next((asker.first_bad for asker in askers if asker.first_bad), ""),
        "hung_up": sum(asker.connection.hung_up for asker in askers),
        "seconds": time.perf_counter() - began,
        "took": [value for asker in askers for value in asker.took],
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
