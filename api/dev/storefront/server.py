"""Hands out the storefront's pages on an origin of their own.

Run as `python -m api.dev.storefront.server PORT`; STOREFRONT_API and STOREFRONT_STRIPE_JS say where
the shop and the script with the card form are.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from api.dev.processes import LOOPBACK

_PAGES: Final = Path(__file__).with_name("pages")
_OF_STRIPE: Final = "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com"


class Storefront:
    """One page for every address of the shop; the page finds out by itself what to show there."""

    def __init__(self, api: str, stripe_js: str) -> None:
        self._config = {"api": f"{api}/api/v1", "stripe_js": stripe_js}
        stripe = "{0.scheme}://{0.netloc}".format(urlsplit(stripe_js))
        # https://docs.stripe.com/security/guide#content-security-policy
        self._headers = {
            "Content-Security-Policy": "; ".join(
                (
                    "default-src 'none'",
                    f"script-src 'self' {stripe}",
                    "style-src 'self'",
                    f"img-src 'self' {api} data:",
                    f"connect-src 'self' {api} {stripe} https://api.stripe.com",
                    f"frame-src {_OF_STRIPE}",
                    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
                )
            ),
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }

    async def config(self, _: web.Request) -> web.Response:
        """Tell the page where the shop is."""
        return web.json_response(self._config, headers=self._headers)

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Answer with a file of the storefront, or with its one page."""
        name = request.match_info["path"]
        file = _PAGES / name
        is_file = "/" not in name and file.suffix in (".js", ".css", ".svg") and file.is_file()
        return web.FileResponse(file if is_file else _PAGES / "index.html", headers=self._headers)


async def _serve(port: int, api: str, stripe_js: str) -> None:
    stopping = asyncio.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stopping.set)
    storefront = Storefront(api, stripe_js)
    app = web.Application()
    app.router.add_get("/config.json", storefront.config)
    app.router.add_get("/{path:.*}", storefront.page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    await stopping.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(
        _serve(int(sys.argv[1]), os.environ["STOREFRONT_API"], os.environ["STOREFRONT_STRIPE_JS"])
    )
