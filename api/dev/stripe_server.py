"""Answers like Stripe, on loopback: localstripe behind `stripe_rules`.

localstripe by itself listens to the whole network and keeps its state in a file of a known name in
the common temporary folder. Here it listens to this machine only and keeps its state below `var/`.

Run as `python -m api.dev.stripe_server PORT FOLDER`; the address and the secret of the shop's
webhook come from STRIPE_WEBHOOK_URL and STRIPE_WEBHOOK_SECRET.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import pickle
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from localstripe import resources, server
from localstripe.resources import store

from api.dev import stripe_rules
from api.dev.services import LOOPBACK

_PAUSES: Final = (0.2, 1, 2, 5, 10, 30, 60, 120)  # seconds before each attempt to deliver an event
_UNDELIVERED: Final = "undelivered:"
_log = logging.getLogger("stripe")


class _Memory:
    """What was paid and refunded, kept in a file that only its owner can read."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def recall(self) -> None:
        """Load what an earlier run left behind."""
        if self._file.exists():
            # Our own file in a folder that is closed to others.
            store.update(pickle.loads(self._file.read_bytes()))  # noqa: S301

    @web.middleware
    async def keep(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Write everything down after each request that may have changed something."""
        response = await handler(request)
        if request.method != "GET":
            unfinished = self._file.with_suffix(".unfinished")
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(pickle.dumps(dict(store)))
            unfinished.replace(self._file)
        return response


class _Courier:
    """Delivers events to the shop's webhook, again and again while the shop is away.

    What is not delivered yet lies in the store, so that a restart forgets no payment. An event may
    arrive twice, as with the original.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret.encode()
        self._deliveries: set[asyncio.Task[None]] = set()

    def schedule(self, event: Any) -> None:
        """Take an event as it is now and deliver it later."""
        store[_UNDELIVERED + event.id] = (event.type, json.dumps(event._export()).encode())
        self._set_out(_UNDELIVERED + event.id)

    def resume(self) -> None:
        """Take up what an earlier run did not deliver."""
        for key in [key for key in store if key.startswith(_UNDELIVERED)]:
            self._set_out(key)

    def _set_out(self, key: str) -> None:
        delivery = asyncio.ensure_future(self._deliver(key))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, key: str) -> None:
        kind, body = store[key]
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            outcome = await self._attempt(body)
            _log.info("webhook %s: %s", kind, outcome)
            if outcome.startswith("2"):
                break
        del store[key]

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


async def _serve(port: int, memory: _Memory, courier: _Courier) -> None:
    stopping = asyncio.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stopping.set)
    memory.recall()
    courier.resume()
    runner = web.AppRunner(server.app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    await stopping.wait()
    await runner.cleanup()


def main(port: int, folder: Path) -> None:
    """Answer like Stripe until asked to stop."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    memory = _Memory(folder / "store.pickle")
    stripe_rules.put_on_top()
    server.app.middlewares.insert(0, memory.keep)
    # `keep` does this once per request; localstripe would for each object of it.
    resources.Store.dump_to_disk = lambda _store: None
    courier = _Courier(os.environ["STRIPE_WEBHOOK_URL"], os.environ["STRIPE_WEBHOOK_SECRET"])
    resources.schedule_webhook = courier.schedule
    asyncio.run(_serve(port, memory, courier))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
