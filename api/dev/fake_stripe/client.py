"""Asks the stand-in for Stripe to let things happen; the standard library alone."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from api.dev.errors import DevError


class Client:
    """The stand-in at `base`, asked with the secret key."""

    def __init__(self, base: str, secret_key: str) -> None:
        self._base = base
        self._key = base64.b64encode(f"{secret_key}:".encode()).decode()

    def simulate(self, name: str, **sent: object) -> Any:
        """Let one thing happen and return what came of it; `Trouble` when it cannot."""
        given = {key: value for key, value in sent.items() if value not in (None, False)}
        texts = {key: "true" if value is True else str(value) for key, value in given.items()}
        return self._ask(f"/simulate/{name}", urllib.parse.urlencode(texts).encode())

    def list(self, path: str, **query: object) -> Any:
        """Return one page of a list."""
        return self._ask(f"/v1/{path}?{urllib.parse.urlencode(query)}", None)["data"]

    def _ask(self, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is our own
            f"{self._base}{path}", data=body, headers={"Authorization": f"Basic {self._key}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                raise DevError(
                    f"Stripe refuses: {json.load(refused)['error']['message']}"
                ) from None
        except OSError as failure:
            raise DevError(f"The embedded Stripe does not answer: {failure}.") from None
