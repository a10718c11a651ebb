"""Speaks Stripe's HTTP on loopback.

Run as `python -m api.dev.fake_stripe.server PORT FOLDER`; the address and the secret of the shop's
webhook come from STRIPE_WEBHOOK_URL and STRIPE_WEBHOOK_SECRET.
"""

import asyncio
import base64
import binascii
import hmac
import json
import logging
import os
import re
import signal
import sys
import urllib.parse
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from api.dev.fake_stripe import parameters
from api.dev.fake_stripe.account import Account, StripeObject, make_id, public
from api.dev.fake_stripe.errors import StripeProblem
from api.dev.fake_stripe.operations import OPERATIONS, Operation
from api.dev.fake_stripe.rules import simulate
from api.dev.fake_stripe.webhooks import Courier
from api.dev.processes import LOOPBACK

_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Expose-Headers": "Request-Id, Idempotent-Replayed",
    "Access-Control-Max-Age": "600",
}
_PLACES: Final = [
    (each.method, re.compile(each.path.replace("{id}", "(?P<id>[^/]+)")), each)
    for each in OPERATIONS
]
_SCRIPT: Final = Path(__file__).with_name("stripe.js")
_TICK: Final = 0.5  # seconds between two looks at what is due


class Server:
    """Answers requests one after the other, each in one transaction."""

    def __init__(self, account: Account, courier: Courier) -> None:
        self._account = account
        self._courier = courier

    async def answer(self, request: web.Request) -> web.Response:
        """Answer any request as Stripe would."""
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=_CORS)
        if request.path == "/stripe.js":
            return web.Response(text=_SCRIPT.read_text(), content_type="text/javascript")
        body = await request.text()
        request_id = make_id("req")
        status, answered, headers = self._transact(request, body, request_id)
        self._courier.set_out()
        headers = {**_CORS, "Request-Id": request_id, **headers}
        return web.Response(
            body=answered, status=status, content_type="application/json", headers=headers
        )

    def let_happen(self) -> None:
        """Perform what is due by itself."""
        self._account.begin()
        for action, object_id in self._account.take_due():
            self._account.request = {"id": None, "idempotency_key": None}
            simulate.happen(self._account, action, object_id)
        self._account.commit()
        self._courier.set_out()

    def _transact(
        self, request: web.Request, body: str, request_id: str
    ) -> tuple[int, bytes, dict[str, str]]:
        account, key = self._account, None
        asked = f"{request.method} {request.path} {body}"
        account.begin()
        try:
            sent = parameters.decode(
                urllib.parse.parse_qsl(
                    request.query_string if request.method == "GET" else body,
                    keep_blank_values=True,
                )
            )
            operation, object_id = _find(request)
            held = _open(account, request, sent, operation, object_id)
            key = _idempotency_key(request)
            if key and (known := account.answer_of(key, asked)):
                account.commit()
                return (*known, {"Idempotent-Replayed": "true", "Idempotency-Key": key})
            is_simulated = operation.path.startswith("/simulate/")
            account.request = {
                "id": None if is_simulated else request_id,
                "idempotency_key": key,
            }
            expand = sent.pop("expand", {})
            done = operation.perform(account, parameters.read(sent, operation.spec), held)
            status, answered = 200, _json(_expanded(account, done, expand))
        except StripeProblem as problem:
            # What Stripe began to execute stays: a declined card leaves a failed charge.
            if not problem.is_kept:
                account.roll_back()
                return problem.status, _json({"error": problem.error}), {}
            status, answered = problem.status, _json({"error": problem.error})
        except BaseException:
            account.roll_back()
            raise
        if key:
            account.keep_answer(key, asked, status, answered)
        account.commit()
        return status, answered, {"Idempotency-Key": key} if key else {}


def _find(request: web.Request) -> tuple[Operation, str]:
    for method, place, operation in _PLACES:
        found = place.fullmatch(request.path)
        if found and method == request.method:
            return operation, found.groupdict().get("id", "")
    raise StripeProblem(
        404,
        f"Unrecognized request URL ({request.method}: {request.path}). The stand-in for Stripe "
        "does not know it.",
    )


def _open(
    account: Account, request: web.Request, sent: dict[str, Any], operation: Operation, ident: str
) -> StripeObject:
    """Return the object that the request is about, if whoever asks may do this to it.

    The secret key may do everything. A browser has the publishable key, in the header or as `key`
    in the form, and must know the `client_secret` of the payment.
    """
    key = sent.pop("key", None) or _key_of(request)
    if not key.startswith(("sk_", "rk_", "pk_")):
        raise StripeProblem(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    held = account.get(operation.kind, ident) if operation.kind else {}
    if key.startswith("pk_"):
        given = str(sent.get("client_secret", ""))
        knows = not held or hmac.compare_digest(given, str(held.get("client_secret")))
        if not operation.is_public or not knows:
            raise StripeProblem(
                401, "This API call cannot be made with a publishable API key and this secret."
            )
    return held


def _key_of(request: web.Request) -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return credentials if scheme == "Bearer" else ""
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key and len(key) > 255:
        raise StripeProblem(400, "Idempotency keys have at most 255 characters.")
    return key


def _expanded(account: Account, done: object, expand: object) -> object:
    """Show the result, with the objects whose ids are to be expanded in their place."""
    paths = list(expand.values()) if isinstance(expand, dict) else []
    if not isinstance(done, dict):
        return done
    shown = public(done)
    if shown.get("object") == "list":
        shown["data"] = [
            _with(account, public(each), [p.removeprefix("data.") for p in paths])
            for each in shown["data"]
        ]
        return shown
    return _with(account, shown, paths)


def _with(account: Account, shown: StripeObject, paths: list[str]) -> StripeObject:
    for path in paths:
        name, _, rest = path.partition(".")
        if name not in shown:
            raise StripeProblem(400, f"This property cannot be expanded ({name}).", param="expand")
        inner = account.find(shown[name]) if isinstance(shown[name], str) else shown[name]
        if isinstance(inner, dict):
            shown[name] = _with(account, public(inner), [rest] if rest else [])
    return shown


def _json(shown: object) -> bytes:
    return json.dumps(shown, indent=2).encode()


async def _serve(port: int, folder: Path) -> None:
    stopping = asyncio.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stopping.set)
    account = Account(folder / "account.sqlite")
    if not account.is_scheduled("payouts"):
        account.schedule("payouts", "", seconds=0)
    courier = Courier(
        account, os.environ["STRIPE_WEBHOOK_URL"], os.environ["STRIPE_WEBHOOK_SECRET"]
    )
    server = Server(account, courier)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    while not stopping.is_set():
        server.let_happen()
        try:
            await asyncio.wait_for(stopping.wait(), _TICK)
        except TimeoutError:
            continue
    await runner.cleanup()
    account.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
