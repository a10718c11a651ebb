"""Ways for the client to reach a made-up shop without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.console.support.wire import WireShop


class InMemory(httpx.AsyncBaseTransport):
    """Carries httpx's requests to a `WireShop` in this process."""

    def __init__(self, shop: WireShop) -> None:
        self.shop = shop
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.shop.moods.latency)
        await self.gate.wait()
        if self.shop.moods.is_down:
            raise httpx.ConnectError("connection refused", request=request)
        reply = self.shop.answer(
            request.method, request.url.raw_path.decode(), request.headers, request.content
        )
        if reply.status == 0:
            raise httpx.ReadError("the line was cut", request=request)
        return httpx.Response(reply.status, headers=reply.headers, content=reply.body)


@dataclass
class Expected:
    """One request that is due, and what it gets: an answer, or a failure to raise."""

    method: str
    path: str
    reply: httpx.Response | Exception
    check: Callable[[httpx.Request], None] | None = None


@dataclass
class Scripted(httpx.AsyncBaseTransport):
    """Plays a script, and refuses anything that is not the next line of it."""

    script: list[Expected] = field(default_factory=list)
    seen: list[httpx.Request] = field(default_factory=list)

    def expect(
        self,
        method: str,
        path: str,
        reply: httpx.Response | Exception,
        check: Callable[[httpx.Request], None] | None = None,
    ) -> None:
        """Add the next request of the script."""
        self.script.append(Expected(method, path, reply, check))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        assert self.script, f"nobody expected {request.method} {request.url.path}"
        due = self.script.pop(0)
        assert (request.method, request.url.path) == (due.method, due.path)
        if due.check:
            due.check(request)
        if isinstance(due.reply, Exception):
            raise due.reply
        return due.reply

    def assert_played(self) -> None:
        """Every expected request was made."""
        assert not self.script, f"still expected: {[one.path for one in self.script]}"
