"""Finished answers under versioned names. A lost Redis is a counted miss, never an error.

An answer belongs to one or more namespaces, and each namespace has a token. An answer is stored
with the tokens under which it was made and is passed over when one of them differs now. So
`outdate` makes a whole namespace old with one write, without searching for keys, and a slow reader
cannot put back what a writer has just made old. Tokens are random: one that Redis lost is made
anew, and what was stored under the old one never comes back.

Of many who miss the same answer at once, one makes it and the others wait for it.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from hashlib import blake2b, sha256
from http import HTTPStatus
from typing import Any

from flask import Response, request
from redis.exceptions import RedisError

from api.platform.languages import negotiate_language
from api.platform.observability import CACHE
from api.platform.redis import Script, client

KEEP_SECONDS = 600
"""How long an answer lives; a bound on what an unread address costs, not on how old it may be."""
TOKEN_SECONDS = 86_400
BROWSER_SECONDS = 1
"""How long browsers and proxies may show an answer without asking again."""
FLIGHT_SECONDS = 3.0
"""How long others wait for the one who makes an answer, before they make it themselves."""
_LOOK_AGAIN_SECONDS = 0.005

# One step: two who miss the same answer at the same moment must not both begin to make it, and
# between two steps a token could change. A token that is missing is made.
_LOOK = Script(r"""
    local tokens = {}
    for place = 2, #KEYS do
        local token = redis.call('GET', KEYS[place])
        if not token then
            token = ARGV[1] .. place
            redis.call('SET', KEYS[place], token, 'EX', ARGV[2])
        end
        tokens[place - 1] = token
    end
    local present = table.concat(tokens, '.')
    local stored = redis.call('GET', KEYS[1])
    if stored and string.sub(stored, 1, #present + 1) == present .. '\n' then
        return {present, stored, 0}
    end
    local begun = redis.call('SET', KEYS[1] .. ':flight:' .. present, 1, 'NX', 'PX', ARGV[3])
    return {present, false, begun and 1 or 0}
""")

# In one step: between looking at the tokens and storing, somebody could make them old.
_STORE = Script("""
    local tokens = redis.call('MGET', unpack(KEYS, 3))
    for _, token in ipairs(tokens) do
        if not token then return 0 end
    end
    if table.concat(tokens, '.') ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
    redis.call('DEL', KEYS[2])
    return 1
""")


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """Finished bytes, the strong ETag of exactly these bytes, and the languages they are in."""

    etag: str
    body: bytes
    language: str = ""

    @classmethod
    def of(cls, body: bytes, language: str = "") -> "CachedResponse":
        """Name the bytes by their content."""
        return cls(f'"{blake2b(body, digest_size=12).hexdigest()}"', body, language)

    def pack(self, tokens: bytes) -> bytes:
        """Write it down together with the tokens under which it was made."""
        return b"\n".join((tokens, self.etag.encode(), self.language.encode(), self.body))

    @classmethod
    def unpack(cls, stored: bytes) -> "CachedResponse":
        """Read what was written down."""
        _, etag, language, body = stored.split(b"\n", 3)
        return cls(etag.decode(), body, language.decode())


Make = Callable[[], CachedResponse]


def get_or_create(namespaces: Sequence[str], name: str, make: Make) -> CachedResponse:
    """Return the answer for a name, making and storing it on a miss. One round trip on a hit.

    On a miss one caller, of all processes, makes the answer while the others wait for it; they
    make their own only when it takes longer than FLIGHT_SECONDS or comes to nothing.
    """
    token_keys = tuple(_token_key(namespace) for namespace in namespaces)
    key = f"cache:answer:{sha256(name.encode()).hexdigest()[:32]}"
    try:
        found = _found_or_ours_to_make(key, token_keys)
    except RedisError:
        CACHE.labels("unavailable").inc()
        return make()
    if isinstance(found, CachedResponse):
        return found
    CACHE.labels("miss").inc()
    try:
        answer = make()
    except BaseException:
        _land(found)
        raise
    _keep(found, answer)
    return answer


@dataclass(frozen=True, slots=True)
class _FlightLock:
    """The making of one answer under the tokens of its beginning; only one at a time has it."""

    key: str
    token_keys: tuple[str, ...]
    tokens: bytes

    @property
    def name(self) -> str:
        return f"{self.key}:flight:{self.tokens.decode()}"


def _found_or_ours_to_make(key: str, token_keys: tuple[str, ...]) -> CachedResponse | _FlightLock:
    """Return the answer that is there or that somebody was making, else the right to make it."""
    until = time.monotonic() + FLIGHT_SECONDS
    pause, outcome = _LOOK_AGAIN_SECONDS, "hit"
    while True:
        given = (secrets.token_hex(8), TOKEN_SECONDS, int(FLIGHT_SECONDS * 1000))
        tokens, stored, is_ours = _LOOK.run((key, *token_keys), given)
        if stored is not None:
            CACHE.labels(outcome).inc()
            return CachedResponse.unpack(stored)
        if is_ours or time.monotonic() > until:
            return _FlightLock(key, token_keys, tokens)
        outcome = "waited"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _keep(flight: _FlightLock, answer: CachedResponse) -> None:
    """Store an answer, unless it has become old while it was made: a newer one may be there."""
    keys = (flight.key, flight.name, *flight.token_keys)
    try:
        _STORE.run(keys, (flight.tokens, answer.pack(flight.tokens), KEEP_SECONDS))
    except RedisError:
        CACHE.labels("unavailable").inc()


def _land(flight: _FlightLock) -> None:
    """Let those who wait go on by themselves; they do so anyway after a while."""
    try:
        client().delete(flight.name)
    except RedisError:
        CACHE.labels("unavailable").inc()


def invalidate_tags(*namespaces: str) -> None:
    """Make everything in these namespaces old.

    Raises RedisError: the job that calls it tries again.
    """
    with client().pipeline(transaction=False) as pipe:
        for namespace in namespaces:
            pipe.set(_token_key(namespace), secrets.token_hex(8), ex=TOKEN_SECONDS)
        pipe.execute()


Namespaces = Callable[..., Sequence[str]]


def cache_response(namespaces: Namespaces) -> Callable[[Any], Callable[..., Response]]:
    """Keep the successful answers of a public view, by its whole address and language.

    Stands outside of everything that reads the query, so that a kept answer costs neither checks
    nor database. `namespaces` is called with the view's path arguments. Says 304 to a reader who
    has the very same bytes. A refusal is raised as ever and not kept; nor is a redirect.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def answer(**path: Any) -> Response:
            def make() -> CachedResponse:
                made = view(**path)
                if made.status_code != HTTPStatus.OK:
                    raise _NotKept(made)
                return CachedResponse.of(made.get_data(), made.headers.get("Content-Language", ""))

            address = (
                f"{request.path}?{request.query_string.decode('latin-1')}#{negotiate_language()}"
            )
            try:
                return send_conditional(get_or_create(namespaces(**path), address, make))
            except _NotKept as passing:
                return passing.response

        answer._apidoc = _documented(view)  # type: ignore[attr-defined]
        return answer

    return decorate


class _NotKept(Exception):
    """An answer that is passed on and forgotten."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def _documented(view: Callable[..., Response]) -> dict[str, Any]:
    """Document that a reader who has the very same bytes is told so."""
    doc = dict(getattr(view, "_apidoc", {}))
    given = dict(doc.get("response", {}))
    same = {"description": "If-None-Match names the present answer.", "content_type": None}
    given["responses"] = {**given.get("responses", {}), 304: [same]}
    return {**doc, "response": given}


def send_conditional(answer: CachedResponse) -> Response:
    """Send an answer, or 304 to a reader whose If-None-Match names it."""
    headers = {
        "ETag": answer.etag,
        "Cache-Control": f"public, max-age={BROWSER_SECONDS}",
        "Vary": "Accept-Language",
    }
    if answer.language:
        headers["Content-Language"] = answer.language
    given = request.headers.get("If-None-Match")
    if given and (given.strip() == "*" or answer.etag in _tags(given)):
        return Response(status=304, headers=headers)
    return Response(answer.body, headers=headers, content_type="application/json")


def _tags(header: str) -> list[str]:
    """Split If-None-Match; W/ is dropped, because reading compares weakly (RFC 9110, 13.1.2)."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _token_key(namespace: str) -> str:
    return f"cache:token:{namespace}"
