"""The made-up shop as a process of its own, on a free port of the loopback.

    python -m tests.console.support.server [--orders N] [--open N]

Prints its port on the first line. `POST /_moods` sets how it behaves, `GET /_effects` tells what
commands took effect, in order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys

from tests.console.support.warehouse import Warehouse
from tests.console.support.wire import Reply, WireShop

WORDS = {200: "OK", 201: "Created", 204: "No Content"}


class Server:
    """HTTP/1.1 with keep-alive, as little as the console needs."""

    def __init__(self, shop: WireShop) -> None:
        self.shop = shop

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if target.startswith("/_"):
            reply = self._control(target, body)
        else:
            if self.shop.moods.latency:
                await asyncio.sleep(self.shop.moods.latency)
            reply = self.shop.answer(method, target, headers, body)
        if reply.status == 0:
            writer.transport.abort()
            return False
        closes = headers.get("connection") == "close"
        reply.headers["Content-Length"] = str(len(reply.body))
        lines = [f"HTTP/1.1 {reply.status} {WORDS.get(reply.status, 'Other')}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
        await writer.drain()
        return not closes

    def _control(self, target: str, body: bytes) -> Reply:
        shop = self.shop
        if target == "/_moods":
            for name, value in json.loads(body).items():
                setattr(shop.moods, name, value)
            return Reply(204)
        if target == "/_sign_in":
            return Reply(200, {}, json.dumps(shop.sign_in()).encode())
        if target == "/_scans":
            return Reply(200, {}, json.dumps({"codes": shop.scanned}).encode())
        if target == "/_forget":
            shop.forget_tokens()
            return Reply(204)
        levels = {one.id: one.on_hand for one in shop.warehouse.levels.values()}
        told = {
            "keys": shop.keys,
            "order": shop.order_of_effects,
            "asked": len(shop.asked),
            "levels": levels,
            "prices": shop.goods.prices_told(),
        }
        return Reply(200, {}, json.dumps(told).encode())


async def main() -> None:
    """Serve until the parent goes away."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=1_284)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    shop = WireShop(Warehouse(options.orders, options.open), products=options.products)
    shop.warehouse.overview()
    listening = await asyncio.start_server(Server(shop).serve, "127.0.0.1", options.port)
    print(listening.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    listening.close()


if __name__ == "__main__":
    asyncio.run(main())
