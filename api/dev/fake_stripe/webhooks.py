"""Delivers events to the shop's webhook, signed, again and again while the shop is away.

Events are delivered side by side, so they may arrive in any order and, after a restart, twice: as
with Stripe (https://docs.stripe.com/webhooks#event-ordering).
"""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from typing import Final

import aiohttp

from api.dev.fake_stripe.account import Account

_PAUSES: Final = (0.2, 1, 2, 5, 10, 30, 60, 120)  # seconds before each attempt
_log = logging.getLogger("stripe")


class Courier:
    """Takes events to one webhook. What is not delivered yet stands in the account's file."""

    def __init__(self, account: Account, url: str, secret: str) -> None:
        self._account = account
        self._url = url
        self._secret = secret.encode()
        self._deliveries: dict[str, asyncio.Task[None]] = {}

    def set_out(self) -> None:
        """Begin to deliver what is not being delivered already."""
        for event_id in self._account.undelivered():
            if event_id not in self._deliveries:
                self._deliveries[event_id] = asyncio.create_task(self._deliver(event_id))

    async def _deliver(self, event_id: str) -> None:
        event = self._account.get("event", event_id)
        body = json.dumps(event).encode()
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            outcome = await self._attempt(body)
            _log.info("webhook %s: %s", event["type"], outcome)
            if outcome.startswith("2"):
                break
        self._account.delivered(event_id)
        del self._deliveries[event_id]

    async def _attempt(self, body: bytes) -> str:
        now = int(time.time())
        signed = hmac.new(self._secret, b"%d." % now + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={now},v1={signed}"}
        limit = aiohttp.ClientTimeout(total=20)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as client,
                client.post(self._url, data=body, headers=headers) as response,
            ):
                return str(response.status)
        except (aiohttp.ClientError, TimeoutError) as failure:
            return f"not delivered ({type(failure).__name__})"
