"""A post office between the shop and its mailbox: it can take its time, or take nothing."""

import asyncio
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

from api.dev.processes import LOOPBACK, free_port
from tests.support.waiting import Held


class PostOffice:
    """Speaks SMTP to the shop and hands on what it takes; a letter is taken once it lies there."""

    def __init__(self) -> None:
        self._before: Held | None = None
        self._after: Held | None = None
        self._is_shut = False
        self._mailbox = ("", 0)
        self._door = Controller(self, hostname=LOOPBACK, port=free_port(), enable_SMTPUTF8=True)
        self._door.start()

    def lead_to(self, address: str) -> str:
        """Stand before the mailbox with this address; returns the address to be used instead."""
        parts = urlsplit(address)
        assert parts.hostname is not None
        assert parts.port is not None
        self._mailbox = parts.hostname, parts.port
        return parts._replace(netloc=f"{LOOPBACK}:{self._door.port}").geturl()

    def close(self) -> None:
        """Close for good."""
        self._door.stop()

    @contextmanager
    def holding(self) -> Iterator[Held]:
        """Hold letters in the middle: all of it was sent, and nobody has said yes.

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
        await asyncio.to_thread(self._hand_on, envelope)
        if self._after is not None:
            await asyncio.to_thread(self._after.stand)
        return "250 OK"

    def _hand_on(self, envelope: Any) -> None:
        with smtplib.SMTP(*self._mailbox) as mailbox:
            mailbox.sendmail(
                envelope.mail_from,
                envelope.rcpt_tos,
                envelope.content,
                mail_options=[each for each in envelope.mail_options if each == "SMTPUTF8"],
            )
