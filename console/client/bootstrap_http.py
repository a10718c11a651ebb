"""Reads over a plain socket, for the moment in which httpx is still being loaded.

Loading httpx takes about as long as answering the first question of the day. So the first reads go
out over a bare connection, one question each, and only where no encryption is needed: commands and
encrypted lines wait for the real transport.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from console.client.bare import HEAD_END, question
from console.client.errors import AnswerLost, Unreachable
from console.client.transport import Request, Response

CONNECT_WITHIN = 3.0
ANSWER_WITHIN = 10.0


class BootstrapReader:
    """GET over HTTP/1.1, one connection per question."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._host = parts.hostname or ""
        self._port = parts.port or 80
        self._name = parts.netloc.rpartition("@")[2]

    @staticmethod
    def can_read(url: str) -> bool:
        """Whether the shop's address needs no encryption."""
        return urlsplit(url).scheme == "http"

    async def exchange(self, asking: Request) -> Response:
        """Ask one question on a connection of its own."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError) as failure:
            why = str(failure) or "it took too long"
            raise Unreachable(
                f"The shop at {self._name} cannot be reached ({why}).", code="unreachable"
            ) from failure
        try:
            async with asyncio.timeout(asking.patience or ANSWER_WITHIN):
                writer.write(
                    question(self._url, asking.method, asking.path, asking.query, asking.headers)
                )
                answer = await _answer(reader)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as failure:
            why = str(failure) or "it took too long"
            raise AnswerLost(f"The shop did not answer ({why}).", code="answer_lost") from failure
        finally:
            writer.close()
        return answer

    async def close(self) -> None:
        """Nothing is kept open."""


async def _answer(reader: asyncio.StreamReader) -> Response:
    """Read an answer; raises EOFError or ValueError when it is cut short or is no HTTP."""
    head = await reader.readuntil(HEAD_END)
    first, *rest = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/1."):
        raise ValueError("that was no HTTP")
    pairs = (line.partition(":") for line in rest)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = await reader.read(-1)
    return Response(int(first.split(" ")[1]), headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while True:
        size = await reader.readuntil(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            return b"".join(parts)
        parts.append(await reader.readexactly(length))
        await reader.readexactly(2)
