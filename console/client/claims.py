"""Claims: tells the shop which order is open here, and knows who has others open.

A claim refuses nobody anything, so nothing waits for it and a failure is no failure: the next key
says it again. Orders that are only passed through are not claimed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping

from console.client.api_client import ApiClient
from console.client.change_models import Claim
from console.client.errors import CallFailed
from console.client.parsing import ADMIN, read

CLAIM_AFTER = 0.7
"""Seconds that an order is open before it is claimed: a shift passes hundreds."""

RENEW_AFTER = 60.0
"""Seconds after which work extends the claim."""

GOODBYE_WITHIN = 0.7


class Claims:
    """At most one order at a time is this console's."""

    def __init__(self, caller: ApiClient, *, now: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._now = now
        self._wanted = ""
        self._held = ""
        self._said_at = float("-inf")
        self._wake = asyncio.Event()
        self._of: Mapping[str, Claim] = {}
        self.lost: Callable[[Claim], None] = _no_handler
        """Told when somebody takes over what this console has."""

        self.found: Callable[[Claim], None] = _no_handler
        """Told when somebody else turns out to have what was opened here."""

    def by_others(self, order_id: str) -> Claim | None:
        """Who else has an order open."""
        claim = self._of.get(order_id)
        return None if claim is None or claim.is_mine else claim

    def heard(self, claims: Iterable[Claim]) -> bool:
        """All claims there are, as the shop tells them; True when they are others than before."""
        before, self._of = self._of, {one.order_id: one for one in claims}
        taken = self.by_others(self._held) if self._held else None
        if taken is not None:
            self._held = ""
            self.lost(taken)
        if self._wanted and self._wanted != self._held and self.by_others(self._wanted) is None:
            self._wake.set()
        who = {one.order_id: one.claimed_by for one in self._of.values()}
        return who != {one.order_id: one.claimed_by for one in before.values()}

    def open(self, order_id: str) -> None:
        """This order is open here now; empty for none."""
        if order_id != self._wanted:
            self._wanted = order_id
            self._wake.set()

    def worked(self) -> None:
        """A key was pressed: whoever works keeps the order."""
        if self._wanted and self._now() - self._said_at > RENEW_AFTER:
            self._wake.set()

    async def take_over(self, order_id: str) -> None:
        """Have it, whoever has it. Raises `CallFailed`."""
        await self._caller.put(_path(order_id), {"take_over": True})
        self._wanted = self._held = order_id
        self._said_at = self._now()
        self._of = {key: one for key, one in self._of.items() if key != order_id}

    async def run(self) -> None:
        """Claim and let go, for as long as the console lives."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._held and self._held != self._wanted:
                await self._let_go()
            wanted = self._wanted
            if not wanted or not self._caller.session.is_signed_in:
                continue
            if self._held != wanted:
                await asyncio.sleep(CLAIM_AFTER)
            if wanted == self._wanted:
                # Keys that were pressed meanwhile have nothing to extend yet.
                self._wake.clear()
                await self._claim(wanted)

    async def let_go(self) -> None:
        """The console is closed, or somebody else signs in."""
        self._wanted = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_WITHIN):
                await self._let_go()

    async def _claim(self, order_id: str) -> None:
        self._said_at = self._now()
        try:
            await self._caller.put(_path(order_id), {"take_over": False})
        except CallFailed as failure:
            if failure.code == "order_claimed":
                claim = read(Claim, dict(failure.facts))
                self._of = {**self._of, order_id: claim}
                self.found(claim)
            # Whatever else it was, the next key tries again; nobody waits for it.
            return
        self._held = order_id
        if order_id != self._wanted:
            await self._let_go()

    async def _let_go(self) -> None:
        held, self._held = self._held, ""
        if held and self._caller.session.is_signed_in:
            with contextlib.suppress(CallFailed):
                # It ends by itself in any case.
                await self._caller.delete(_path(held))


def _path(order_id: str) -> str:
    return f"{ADMIN}/orders/{order_id}/claim"


def _no_handler(claim: Claim) -> None:
    """The default listener: does nothing."""
