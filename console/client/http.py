"""The transport over httpx: alone in importing it, and imported only after the first paint."""

from __future__ import annotations

import ssl
import sys
from urllib.parse import urlsplit

# httpx brings its own command line along where it can, and with that forty modules of other
# packages: 3 MB for something that nobody calls here. It does without when there is none.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx  # noqa: E402 - see above

from console.client.errors import AnswerLost, Unreachable  # noqa: E402
from console.client.transport import Request, Response  # noqa: E402
from console.settings import VERSION  # noqa: E402

TIMEOUT = httpx.Timeout(10.0, connect=3.0, pool=10.0)
LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=60.0)

NEVER_ARRIVED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
"""With these the request did not leave, so nothing can have happened."""


class HttpTransport:
    """Keeps at most sixteen connections to one shop."""

    def __init__(self, url: str, *, by: httpx.AsyncBaseTransport | None = None) -> None:
        # Reading the system's certificates takes 20 ms or more; a plain address needs none.
        needs_certificates = urlsplit(url).scheme == "https" and by is None
        verify = (
            ssl.create_default_context()
            if needs_certificates
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        # Proxy settings of the environment are for the open internet, not for calls to the shop.
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=TIMEOUT,
            limits=LIMITS,
            verify=verify,
            trust_env=False,
            transport=by,
            headers={
                "Accept": "application/json, application/problem+json",
                "User-Agent": f"stockroom-console/{VERSION}",
            },
        )

    async def exchange(self, asking: Request) -> Response:
        """Send one request and read the whole answer."""
        try:
            answer = await self._client.request(
                asking.method,
                asking.path,
                params=dict(asking.query) or None,
                headers=dict(asking.headers),
                content=asking.body,
                timeout=_timeout(asking.patience),
            )
        except NEVER_ARRIVED as failure:
            raise Unreachable(
                f"The shop at {self._client.base_url} cannot be reached ({_why(failure)}).",
                code="unreachable",
            ) from failure
        except httpx.TransportError as failure:
            raise AnswerLost(
                f"The shop did not answer ({_why(failure)}).", code="answer_lost"
            ) from failure
        return Response(answer.status_code, answer.headers, answer.content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _timeout(patience: float | None) -> httpx.Timeout:
    if patience is None:
        return TIMEOUT
    return httpx.Timeout(patience, connect=min(patience, 3.0))


def _why(failure: httpx.TransportError) -> str:
    if isinstance(failure, httpx.TimeoutException):
        return "it took too long"
    return str(failure) or type(failure).__name__
