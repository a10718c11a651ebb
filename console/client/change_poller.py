"""Polls the change feed every second; less often without an operator, not while offline.

The same questions notice a shop that stops answering: they are given up after two seconds, where a
slow command has ten. The shop may be old and not know them; then it is only asked whether it lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from console.client.api_client import ApiClient
from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed, NotFound, SignedOut
from console.client.models import Overview
from console.client.parsing import ADMIN, parse

LOOK_EVERY = 1.0
"""Seconds between two looks while somebody works."""

IDLE_EVERY = 5.0
"""While no key was pressed for `IDLE_AFTER` seconds."""

UNSEEN_EVERY = 15.0
"""While another window has the focus."""

PULSE_EVERY = 10.0
"""While nobody is signed in, or the shop knows no changes."""

IDLE_AFTER = 300.0
PATIENCE = 2.0
"""Seconds after which a shop that answers nobody counts as away."""

SLOWEST = 10.0
WORKER_EVERY = 30.0
"""Seconds between questions whether a worker is at work."""


class ChangePoller:
    """Polls the change feed for as long as the console runs."""

    def __init__(self, caller: ApiClient, *, now: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._now = now
        self._cursor = ""
        self._knows_changes = True
        self._wake = asyncio.Event()
        self._touched_at = now()
        self._worker_asked_at = float("-inf")
        self.is_seen = True
        """Whether the console's window has the focus, as far as the terminal tells."""

        self.heard: Callable[[ChangeBatch], None] = _no_listener
        self.came_back: Callable[[], None] = _no_waiter
        self.signed_out: Callable[[SignedOut], None] = _no_handler
        self.overview: Overview | None = None
        """The day in figures as they were read last, wherever that was."""

    @property
    def pause(self) -> float:
        """Seconds until the next look."""
        if self._caller.circuit.is_open:
            return max(self._caller.circuit.retry_in, 0.2)
        if not self._follows:
            return PULSE_EVERY
        if not self.is_seen:
            return UNSEEN_EVERY
        return IDLE_EVERY if self._now() - self._touched_at > IDLE_AFTER else LOOK_EVERY

    def touched(self) -> None:
        """A key was pressed: whoever was away wants to see how things stand."""
        was_idle = self._now() - self._touched_at > IDLE_AFTER
        self._touched_at = self._now()
        if was_idle or not self.is_seen:
            self.is_seen = True
            self._wake.set()

    def seen(self, is_seen: bool) -> None:
        """The window came to the front, or went behind another one."""
        self.is_seen = is_seen
        if is_seen:
            self._wake.set()

    def begin_anew(self) -> None:
        """Somebody else signed in, who may hear of other things."""
        self._cursor, self._knows_changes, self.overview = "", True, None
        self._worker_asked_at = float("-inf")
        self._wake.set()

    async def run(self) -> None:
        """Look again and again."""
        while True:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pause):
                    await self._wake.wait()
            was_away = self._caller.circuit.is_open
            try:
                await self._look()
            except SignedOut as failure:
                self.signed_out(failure)
            except CallFailed:
                # Written down by the caller; the bar shows it.
                continue
            if was_away and not self._caller.circuit.is_open:
                self.came_back()

    @property
    def _follows(self) -> bool:
        return self._knows_changes and self._caller.session.is_signed_in

    async def _look(self) -> None:
        """Ask once. Raises `CallFailed`."""
        if not self._follows:
            if self._caller.circuit.is_open or self._caller.seconds_since_answer >= PULSE_EVERY:
                await self._caller.probe(self._patience)
            return
        query = {"after": self._cursor} if self._cursor else {}
        try:
            answer = await self._caller.peek(f"{ADMIN}/changes", query, self._patience)
        except NotFound:
            self._knows_changes = False
            return
        except CallFailed as failure:
            if failure.code == "cursor_invalid":
                self._cursor = ""
            raise
        news = parse(ChangeBatch, answer.body)
        if not self._cursor:
            # Nobody knows what changed between what is shown and this first look.
            news = ChangeBatch(news.cursor, True, news.changes, news.claims)
        self._cursor = news.cursor
        self.heard(news)
        await self._ask_after_worker()

    async def _ask_after_worker(self) -> None:
        if self._now() - self._worker_asked_at < WORKER_EVERY:
            return
        self._worker_asked_at = self._now()
        answer = await self._caller.peek(f"{ADMIN}/overview", {}, SLOWEST)
        self.overview = parse(Overview, answer.body)

    @property
    def _patience(self) -> float:
        """A shop that is always slow gets more time, so that it is not called away."""
        if self._caller.circuit.is_open:
            return SLOWEST
        return min(SLOWEST, max(PATIENCE, 3 * self._caller.milliseconds / 1000))


def _no_listener(news: ChangeBatch) -> None:
    """The default listener: does nothing."""


def _no_waiter() -> None:
    """The default when nothing waits for the shop: does nothing."""


def _no_handler(failure: SignedOut) -> None:
    """The default for a lost sign-in: does nothing."""
