"""The API client: HTTP calls to the shop with sign-in, retries and a circuit breaker.

Adds the token and a request id, renews the token when it is spent (one renewal at a time, because
a refresh token is good once), asks again where asking again is harmless, and stops asking for a
while when the shop does not answer. Every exchange is logged for the outbox page.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from console.client.circuit_breaker import CircuitBreaker
from console.client.errors import (
    CallFailed,
    SignedOut,
    TooMany,
    Unavailable,
    Unreachable,
    from_answer,
)
from console.client.models import SignIn
from console.client.parsing import ADMIN, parse
from console.client.request_log import Call, RequestLog
from console.client.session import Session
from console.client.transport import LazyTransport, Request, Response

RETRY_PAUSES = (0.15, 0.5)
"""Seconds before the second and the third try of a question without effect."""

PATIENCE = 4.0
"""Seconds after which a failed question is not asked again: somebody is waiting for it."""

IS_SLOW = 0.4
"""Seconds after which an answer that is still out counts as late."""

DOWN = frozenset({502, 503, 504})
OTHERS_DOWN = frozenset({"gateway_unavailable", "carrier_not_reached"})
"""What a shop says that is up itself: its payment provider or a carrier is down."""


class ApiClient:
    """The one way to the shop, shared by everything in the console."""

    def __init__(
        self,
        socket: LazyTransport,
        session: Session,
        *,
        circuit: CircuitBreaker | None = None,
        journal: RequestLog | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.socket = socket
        self.session = session
        self.circuit = circuit or CircuitBreaker()
        self.journal = journal or RequestLog()
        self.changed: Callable[[], None] = _no_listener
        self.milliseconds = 0.0
        self.last_answer_at: datetime | None = None
        self._now = now
        self._sleep = sleep
        self._renewal = asyncio.Lock()
        self._answered_at = float("-inf")
        self._under_way: dict[str, float] = {}

    @property
    def oldest_under_way(self) -> float:
        """Seconds that the longest unanswered call has been out; 0 without one."""
        return self._now() - min(self._under_way.values()) if self._under_way else 0.0

    @property
    def seconds_since_answer(self) -> float:
        """How long ago the shop last answered anything."""
        return self._now() - self._answered_at

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Response:
        """Read something; asked again up to twice when the shop stumbles."""
        return await self._patiently(Request("GET", path, query or {}))

    async def ask(self, path: str, body: object) -> Response:
        """POST a question that changes nothing, such as a quote; retried like a read."""
        return await self._patiently(Request("POST", path, body=_dumped(body), headers=JSON))

    async def command(self, path: str, body: object, *, key: str) -> Response:
        """Send a command once, under its key. Whether to send it again is the outbox's business."""
        headers = {**JSON, "Idempotency-Key": key}
        return await self._signed(Request("POST", path, body=_dumped(body), headers=headers))

    async def change(
        self,
        method: str,
        path: str,
        body: object,
        *,
        key: str,
        version: int | None,
        within: float | None = None,
    ) -> Response:
        """Send a change once while somebody waits, based on the version that was looked at."""
        headers = {**JSON, "Idempotency-Key": key}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await self._signed(
            Request(method, path, body=_dumped(body), headers=headers, patience=within)
        )

    async def open(self, path: str, body: object) -> Response:
        """POST without a token: signing in and signing out."""
        return await self._once(Request("POST", path, body=_dumped(body), headers=JSON))

    async def put(self, path: str, body: object) -> Response:
        """PUT a value; idempotent, so retried like a read."""
        return await self._patiently(Request("PUT", path, body=_dumped(body), headers=JSON))

    async def delete(self, path: str) -> Response:
        """DELETE something; idempotent, so retried like a read."""
        return await self._patiently(Request("DELETE", path))

    async def peek(self, path: str, query: Mapping[str, str], patience: float) -> Response:
        """Read something that nobody waits for: once, and given up soon."""
        return await self._call_unless_offline(
            self._signed, Request("GET", path, query, patience=patience)
        )

    async def probe(self, patience: float) -> None:
        """Ask whether the shop is alive, so that the bar is right even when nobody calls."""
        await self._call_unless_offline(
            self._once, Request("GET", "/health/live", patience=patience)
        )

    async def _call_unless_offline(
        self, ask: Callable[[Request], Awaitable[Response]], asking: Request
    ) -> Response:
        """Ask; a shop that has answered nobody in the meantime is taken to be away."""
        try:
            return await ask(asking)
        except Unreachable as failure:
            is_silent = self.seconds_since_answer >= (asking.patience or 0.0)
            if is_silent and failure.code != "offline":
                self.circuit.trip()
                self.changed()
            raise

    async def _patiently(self, asking: Request) -> Response:
        started = self._now()
        for pause in (*RETRY_PAUSES, None):
            try:
                return await self._signed(asking)
            except (Unreachable, Unavailable, TooMany) as failure:
                wait = failure.retry_after or pause
                spent = self._now() - started
                if pause is None or wait is None or spent + wait > PATIENCE or self.circuit.is_open:
                    raise
                await self._sleep(wait)
        raise AssertionError("the last try either answers or raises")

    async def _signed(self, asking: Request) -> Response:
        if not self.session.is_signed_in:
            raise SignedOut("Nobody is signed in at this console.", code="not_signed_in")
        if self.session.needs_renewal:
            await self._renew(self.session.access_token)
        used = self.session.access_token
        try:
            return await self._once(_with_token(asking, used))
        except SignedOut:
            # The clock here may be wrong, or the shop ended the token early: renew once.
            await self._renew(used)
            return await self._once(_with_token(asking, self.session.access_token))

    async def _renew(self, spent: str) -> None:
        """Exchange the refresh token; who comes second finds the work done."""
        async with self._renewal:
            if self.session.access_token != spent:
                return
            if not self.session.refresh_token:
                raise SignedOut("The sign-in has ended.", code="not_signed_in")
            question = {"refresh_token": self.session.refresh_token}
            try:
                answer = await self.open(f"{ADMIN}/auth/refresh", question)
            except SignedOut:
                self.session.end()
                raise
            self.session.keep(parse(SignIn, answer.body))

    async def _once(self, asking: Request) -> Response:
        if not self.circuit.allows_call():
            raise Unreachable(
                f"The shop does not answer; next try in {self.circuit.retry_in:.0f} s.",
                code="offline",
                retry_after=self.circuit.retry_in,
            )
        request_id = uuid.uuid4().hex
        headers = {**asking.headers, "X-Request-ID": request_id}
        question = asking._replace(headers=headers)
        started = self._under_way[request_id] = self._now()
        status, note = 0, "called off"
        try:
            answer = await self.socket.exchange(question)
            status, note = answer.status, ""
            if status >= 400:
                failure = from_answer(status, answer.headers, answer.body)
                note = failure.code
                raise failure
            return answer
        except Unreachable as failure:
            note = failure.code
            failure.request_id = failure.request_id or request_id
            raise
        finally:
            del self._under_way[request_id]
            self._write_down(question, status, note, started, request_id)

    def _write_down(
        self, question: Request, status: int, note: str, started: float, request_id: str
    ) -> None:
        milliseconds = (self._now() - started) * 1000
        at = datetime.now(UTC)
        if note == "called off":
            self.circuit.abandoned()
        elif status == 0 or (status in DOWN and note not in OTHERS_DOWN):
            self.circuit.failed()
        else:
            self.circuit.answered()
            self.milliseconds = milliseconds
            self.last_answer_at = at
            self._answered_at = self._now()
        if question.patience is None or status not in (200, 401):
            # What is asked every second would drive everything else out of the journal.
            self.journal.add(
                Call(at, question.method, _shown(question), status, milliseconds, request_id, note)
            )
        self.changed()


JSON = {"Content-Type": "application/json"}


def _dumped(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _with_token(asking: Request, token: str) -> Request:
    headers = {**asking.headers, "Authorization": f"Bearer {token}"}
    return asking._replace(headers=headers)


def _shown(question: Request) -> str:
    wanted = "&".join(
        f"{k}={v[:12]}" for k, v in question.query.items() if k not in ("cursor", "after")
    )
    path = question.path.removeprefix("/api/v1")
    return f"{path}?{wanted}" if wanted else path


def _no_listener() -> None:
    """The default listener: does nothing."""


def is_passing(failure: CallFailed) -> bool:
    """Whether the same command may be sent again, under the same key, without a person."""
    return failure.is_passing or failure.code == "idempotency_in_progress"
