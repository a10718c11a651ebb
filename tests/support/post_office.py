"""A mail server that takes its time: it can hold a letter before or after it has taken it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller

from api.dev.services import LOOPBACK, free_port
from tests.support.letters import Letter, read
from tests.support.waiting import Held


class PostOffice:
    """Speaks SMTP at `url`; `letters` are the copies that it has taken, in that order."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self._before: Held | None = None
        self._after: Held | None = None
        self._is_shut = False
        self._door = Controller(self, hostname=LOOPBACK, port=free_port(), enable_SMTPUTF8=True)
        self._door.start()
        self.url = f"smtp://{LOOPBACK}:{self._door.port}"

    def close(self) -> None:
        """Close for good."""
        self._door.stop()

    @contextmanager
    def holding(self) -> Iterator[Held]:
        """Hold letters in the middle: all of it was sent, and the server has not said yes.

        A letter whose sender dies meanwhile is not taken.
        """
        self._before = held = Held()
        try:
            yield held
        finally:
            self._before = None
            held.let_go()

    @contextmanager
    def holding_receipts(self) -> Iterator[Held]:
        """Take letters and hold the answer that says so."""
        self._after = held = Held()
        try:
            yield held
        finally:
            self._after = None
            held.let_go()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Take nothing for now."""
        self._is_shut = True
        try:
            yield
        finally:
            self._is_shut = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Take a letter; the name is what aiosmtpd calls."""
        if self._is_shut:
            return "451 4.3.0 Come back tomorrow"
        if self._before is not None:
            await asyncio.to_thread(self._before.stand)
        self.letters.append(read(envelope.content))
        if self._after is not None:
            await asyncio.to_thread(self._after.stand)
        return "250 OK"
