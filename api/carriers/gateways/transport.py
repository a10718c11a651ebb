"""HTTP to carriers: certificates are checked, nothing is sent twice, nothing is logged.

karrio's own client is not used: at its import it switches the checks of certificates off for the
whole process, and with Sentry installed it sends a request again whose answer was an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from api.carriers.gateways import CarrierRefused, CarrierUnclear, CarrierUnreachable

LABEL_SECONDS: Final = 20.0
RATE_SECONDS: Final = 2.0
"""A checkout waits no longer than this for a carrier's price, the sign-in included."""
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429
_NOT_FOUND: Final = 404
_MOST_WORDS: Final = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a carrier that is not an error of its server."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def is_ok(self) -> bool:
        """Whether the carrier did what it was asked."""
        return self.status < 400

    @property
    def is_missing(self) -> bool:
        """Whether what was asked about does not exist there."""
        return self.status == _NOT_FOUND


class Transport:
    """Sends requests; `base` replaces the scheme and host of all, for tests alone."""

    def __init__(self, base: str = "") -> None:
        self._base = base.rstrip("/")

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: object = None,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        seconds: float = LABEL_SECONDS,
    ) -> Answer:
        """Send one request once.

        Raises `CarrierUnreachable` when it never left or the carrier said that it was too much,
        and `CarrierUnclear` when no answer came or one of a failing server.
        """
        try:
            got = httpx.request(
                method,
                self._at(url),
                headers={"Accept": "application/json", **headers},
                json=json,
                data=dict(form) if form else None,
                params=dict(query) if query else None,
                timeout=seconds,
                follow_redirects=False,
            )
        except _NEVER_SENT as error:
            raise CarrierUnreachable(_words(error)) from error
        except httpx.HTTPError as error:
            raise CarrierUnclear(_words(error)) from error
        if got.status_code == _TOO_MANY:
            raise CarrierUnreachable("It was asked too often; try again in a minute.")
        if got.status_code >= _SERVER_ERROR:
            raise CarrierUnclear(f"It answered {got.status_code}: {brief(got.text)}")
        return Answer(got.status_code, got.text, got.headers)

    def sign_in(self, url: str, **request: Any) -> Answer:
        """Send a request for a token: whatever goes wrong, nothing was bought.

        Raises `CarrierUnreachable`, and `CarrierRefused` for credentials that are not taken.
        """
        try:
            answer = self.send("POST", url, **request)
        except CarrierUnclear as error:
            raise CarrierUnreachable(str(error)) from error
        if not answer.is_ok:
            raise CarrierRefused(
                f"It did not accept the credentials of the account ({answer.status}): correct them."
            )
        return answer

    def _at(self, url: str) -> str:
        if not self._base:
            return url
        parts = urlsplit(url)
        return f"{self._base}{parts.path}{'?' + parts.query if parts.query else ''}"


def brief(text: str) -> str:
    """Return the first words of an answer, on one line."""
    return " ".join(text.split())[:_MOST_WORDS] or "nothing"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_MOST_WORDS]
