"""An ordered queue of codes and key presses with one consumer.

A code may open another screen; the next one must find that screen. So there is one consumer, which
finishes with one thing, screen change included, before it takes the next. What comes in meanwhile
waits unread, because what a key means depends on the screen that it will find.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class EventQueue(Generic[Item]):
    """An ordered queue with one consumer."""

    def __init__(self, take: Callable[[Item], Awaitable[None]]) -> None:
        self._take = take
        self._queue: asyncio.Queue[Item] = asyncio.Queue()
        self._current: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being worked on, or waits."""
        return self._current is not None or not self._queue.empty()

    @property
    def waiting(self) -> int:
        """How much waits behind the current one."""
        return self._queue.qsize()

    def put(self, item: Item) -> None:
        """Add something at the end."""
        self._queue.put_nowait(item)

    def let_go(self) -> bool:
        """Stop working on the current one and forget what waits; False when there was nothing."""
        if not self.is_busy:
            return False
        while not self._queue.empty():
            self._queue.get_nowait()
        if self._current is not None:
            self._current.cancel()
        return True

    async def run(self) -> None:
        """Take one after the other, for as long as the console lives."""
        while True:
            item = await self._queue.get()
            self._current = asyncio.ensure_future(self._work(item))
            try:
                await asyncio.wait({self._current})
            except asyncio.CancelledError:
                self._current.cancel()
                await asyncio.wait({self._current})
                raise
            task, self._current = self._current, None
            if not task.cancelled():
                # What failed here is a fault of the console: it must be seen.
                task.result()

    async def _work(self, item: Item) -> None:
        await self._take(item)
