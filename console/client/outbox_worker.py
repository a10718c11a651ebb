"""The outbox worker: sends each command in order, under its key, until it is answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable

from console.client.api_client import ApiClient, is_passing
from console.client.circuit_breaker import pause_after
from console.client.errors import AnswerLost, CallFailed, OutOfContract, SignedOut, Unreachable
from console.client.outbox import Command, Outbox

AT_ONCE = 4
"""Aggregates that are sent side by side."""

KEY_LIVES = 72 * 3600.0
"""Seconds for which the shop remembers a key. An older try is not repeated without a person."""


class OutboxWorker:
    """Sends what waits; told when something new waits, and tells when something happened."""

    def __init__(
        self, outbox: Outbox, caller: ApiClient, *, now: Callable[[], float] = time.time
    ) -> None:
        self._outbox = outbox
        self._caller = caller
        self._now = now
        self._wake = asyncio.Event()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self.is_paused = False
        """Set when the shop no longer knows the operator, until somebody signs in again."""

        self.finished: Callable[[Command, CallFailed | None], None] = _no_listener
        """Told of each command that was done (without a failure) or stopped (with one)."""

    def nudge(self) -> None:
        """Something new waits, or something stands in the way no longer."""
        self._wake.set()

    def resume(self) -> None:
        """Somebody signed in again."""
        self.is_paused = False
        self.nudge()

    async def run(self) -> None:
        """Send for as long as the console lives."""
        try:
            while True:
                self._wake.clear()
                self._start_what_may_go()
                await self._wait()
        finally:
            under_way = tuple(self._sending.values())
            for task in under_way:
                task.cancel()
            # They write down how far they came: the outbox is closed after this.
            await asyncio.gather(*under_way, return_exceptions=True)

    def _start_what_may_go(self) -> None:
        person = self._caller.session.person
        if person is None or self.is_paused or not self._caller.session.is_signed_in:
            return
        for command in self._outbox.next_per_aggregate(person.id, beside=self._sending):
            if len(self._sending) >= AT_ONCE:
                break
            task = asyncio.create_task(self._send(command))
            self._sending[command.aggregate] = task

    async def _wait(self) -> None:
        person = self._caller.session.person
        due = self._outbox.next_at(person.id) if person else None
        seconds = 60.0
        if due is not None and not self.is_paused and len(self._sending) < AT_ONCE:
            # A head that is held back by its aggregate is due long since: not a reason to spin.
            seconds = due - self._now() if due > self._now() else 1.0
        # Not wait_for: it can swallow a cancellation that comes together with the wake.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _send(self, command: Command) -> None:
        try:
            if command.unanswered and self._now() - command.made_at > KEY_LIVES:
                self._give_to_a_person(command, _too_old())
                return
            await self._try(command)
        finally:
            del self._sending[command.aggregate]
            self.nudge()

    async def _try(self, command: Command) -> None:
        if not self._outbox.mark_sending(command):
            return
        started = time.perf_counter()
        try:
            answer = await self._caller.command(command.path, command.body, key=command.key)
        except AnswerLost as failure:
            self._outbox.postpone(command, pause_after(command.tries + 1), failure)
        except Unreachable as failure:
            self._outbox.never_arrived(command)
            self._outbox.postpone(command, failure.retry_after or 1.0, failure)
        except SignedOut as failure:
            self._outbox.never_arrived(command)
            self._outbox.postpone(command, 0.0, failure)
            self.is_paused = True
            self.finished(command, failure)
        except CallFailed as failure:
            if is_passing(failure):
                if not failure.may_have_happened and failure.code != "idempotency_in_progress":
                    self._outbox.never_arrived(command)
                wait = failure.retry_after or pause_after(command.tries + 1)
                self._outbox.postpone(command, wait, failure)
            else:
                self._give_to_a_person(command, failure)
        else:
            milliseconds = (time.perf_counter() - started) * 1000
            self._outbox.done(
                command,
                status=answer.status,
                answer=_parsed(answer.body),
                milliseconds=milliseconds,
            )
            self.finished(self._outbox.get(command.key), None)

    def _give_to_a_person(self, command: Command, failure: CallFailed) -> None:
        self._outbox.stop(command, failure)
        self.finished(self._outbox.get(command.key), failure)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except ValueError:
        # The status said that it is done; the words do not change that.
        return None


def _too_old() -> OutOfContract:
    return OutOfContract(
        "It was sent more than three days ago and no answer came back. Look at the order or the"
        " level first: it may have happened.",
        code="too_old",
    )


def _no_listener(command: Command, failure: CallFailed | None) -> None:
    """Until somebody wants to know."""
