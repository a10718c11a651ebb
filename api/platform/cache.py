"""Finished answers under versioned names. A lost Redis is a counted miss, never an error.

An answer belongs to one or more namespaces, and each namespace has a token. An answer is stored
with the tokens under which it was made and is passed over when one of them differs now. So
`outdate` makes a whole namespace old with one write, without searching for keys, and a slow reader
cannot put back what a writer has just made old. Tokens are random: one that Redis lost is made
anew, and what was stored under the old one never comes back.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from hashlib import blake2b, sha256
from typing import Any

from flask import Response, request
from redis.exceptions import RedisError

from api.platform.observability import CACHE
from api.platform.redis import client

KEEP_SECONDS = 600
"""How long an answer lives; a bound on what an unread address costs, not on how old it may be."""
TOKEN_SECONDS = 86_400
BROWSER_SECONDS = 5
"""How long browsers and proxies may show an answer without asking again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Finished bytes and the strong ETag of exactly these bytes."""

    etag: str
    body: bytes

    @classmethod
    def of(cls, body: bytes) -> "Answer":
        """Name the bytes by their content."""
        return cls(f'"{blake2b(body, digest_size=12).hexdigest()}"', body)


def cached(namespaces: Sequence[str], name: str, make: Callable[[], bytes]) -> Answer:
    """Return the answer for a name, making and storing it on a miss. One round trip on a hit."""
    keys = [_token_key(namespace) for namespace in namespaces]
    key = f"cache:answer:{sha256(name.encode()).hexdigest()[:32]}"
    try:
        *found, stored = client().mget([*keys, key])
    except RedisError:
        CACHE.labels("unavailable").inc()
        return Answer.of(make())
    # A token that is missing is made before the answer is. When a writer makes another one
    # meanwhile, ours is not set, and what we store under it is passed over by everyone.
    new = {place: _new_token() for place, token in enumerate(found) if token is None}
    tokens: list[bytes] = [token or new[place] for place, token in enumerate(found)]
    if stored is not None and not new:
        made_under, etag, body = stored.split(b"\n", 2)
        if made_under == b".".join(tokens):
            CACHE.labels("hit").inc()
            return Answer(etag.decode(), body)
    CACHE.labels("miss").inc()
    answer = Answer.of(make())
    try:
        with client().pipeline(transaction=False) as pipe:
            for place, token in new.items():
                pipe.set(keys[place], token, ex=TOKEN_SECONDS, nx=True)
            whole = b"\n".join((b".".join(tokens), answer.etag.encode(), answer.body))
            pipe.set(key, whole, ex=KEEP_SECONDS)
            pipe.execute()
    except RedisError:
        CACHE.labels("unavailable").inc()
    return answer


def outdate(*namespaces: str) -> None:
    """Make everything in these namespaces old.

    Raises RedisError: the job that calls it tries again.
    """
    with client().pipeline(transaction=False) as pipe:
        for namespace in namespaces:
            pipe.set(_token_key(namespace), _new_token(), ex=TOKEN_SECONDS)
        pipe.execute()


def answered(namespaces: Callable[..., Sequence[str]]) -> Callable[[Any], Callable[..., Response]]:
    """Keep the successful answers of a public view, by its whole address.

    Stands outside of everything that reads the query, so that a kept answer costs neither checks
    nor database. `namespaces` is called with the view's path arguments. Says 304 to a reader who
    has the very same bytes. A refusal is raised as ever and not kept.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def answer(**path: Any) -> Response:
            address = f"{request.path}?{request.query_string.decode('latin-1')}"
            kept = cached(namespaces(**path), address, lambda: view(**path).get_data())
            return conditional(kept)

        answer._apidoc = _with_not_modified(view)  # type: ignore[attr-defined]
        return answer

    return decorate


def _with_not_modified(view: Callable[..., Response]) -> dict[str, Any]:
    """Document that a reader who has the very same bytes is told so."""
    doc = dict(getattr(view, "_apidoc", {}))
    given = dict(doc.get("response", {}))
    same = {"description": "If-None-Match names the present answer.", "content_type": None}
    given["responses"] = {**given.get("responses", {}), 304: [same]}
    return {**doc, "response": given}


def conditional(answer: Answer) -> Response:
    """Send an answer, or 304 to a reader whose If-None-Match names it."""
    headers = {
        "ETag": answer.etag,
        "Cache-Control": f"public, max-age={BROWSER_SECONDS}",
    }
    given = request.headers.get("If-None-Match")
    if given and (given.strip() == "*" or answer.etag in _tags(given)):
        return Response(status=304, headers=headers)
    return Response(answer.body, headers=headers, content_type="application/json")


def _tags(header: str) -> list[str]:
    """Split If-None-Match; W/ is dropped, because reading compares weakly (RFC 9110, 13.1.2)."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _new_token() -> bytes:
    return secrets.token_hex(8).encode()


def _token_key(namespace: str) -> str:
    return f"cache:token:{namespace}"
