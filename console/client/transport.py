"""The transport interface: one HTTP exchange with the shop.

`http` is the real thing; it is plugged in after the first frame, because loading it takes longer
than painting. Callers simply wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

NONE: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """What is asked of the shop; `path` is below its root."""

    method: str
    path: str
    query: Mapping[str, str] = NONE
    headers: Mapping[str, str] = NONE
    body: bytes | None = None
    patience: float | None = None
    """Seconds to wait for the answer, where they are fewer than usual."""


class Response(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one question to the shop and one answer back."""

    async def exchange(self, asking: Request) -> Response:
        """Raise `Unreachable` when it never arrived, `AnswerLost` when nobody knows."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class LazyTransport:
    """Where a transport is plugged in; who exchanges earlier waits for it.

    Reads need not wait when there is something for them in the meantime.
    """

    def __init__(self) -> None:
        self.for_early_reads: Transport | None = None
        self._plugged = asyncio.Event()
        self._transport: Transport | None = None

    @property
    def is_plugged(self) -> bool:
        """Whether exchanges of every kind go out at once."""
        return self._transport is not None

    def plug(self, transport: Transport) -> None:
        """Let the waiting exchanges go."""
        self._transport = transport
        self._plugged.set()

    async def exchange(self, asking: Request) -> Response:
        """Exchange as soon as there is a transport."""
        if self._transport is None and asking.method == "GET" and self.for_early_reads is not None:
            return await self.for_early_reads.exchange(asking)
        await self._plugged.wait()
        assert self._transport is not None
        return await self._transport.exchange(asking)

    async def close(self) -> None:
        """Close the transport, if there ever was one."""
        if self._transport is not None:
            await self._transport.close()
