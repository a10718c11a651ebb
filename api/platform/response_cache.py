"""The cache of finished responses, with cache tags. A lost Redis is a counted miss, never an error.

A response has one or more tags (namespaces), and each tag has a token. A response is stored with
the current tokens and is ignored once one of them differs. So `invalidate_tags` invalidates all
responses of a tag with one write, without searching for keys, and a slow request cannot store a
response that was invalidated while it was made. Tokens are random: one that Redis lost is replaced,
and responses stored with it stay invalid.

Of several simultaneous misses of one response, one request makes it and the others wait for it.
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

from api.platform.auth import claimed_groups
from api.platform.languages import negotiate_language
from api.platform.observability import CACHE
from api.platform.redis import Script, client
from api.platform.settings import current_settings

KEEP_SECONDS = 600
"""How long a response is stored; limits the memory for unused URLs, not the age of the content."""
TOKEN_SECONDS = 86_400
OF_GROUPS = "of-groups"
"""The tag of all responses with the prices of price lists."""
BROWSER_SECONDS = 1
"""How long browsers and proxies may use a response without revalidation."""
FLIGHT_SECONDS = 3.0
"""How long other requests wait for the one that makes a response, before they make it."""
_LOOK_AGAIN_SECONDS = 0.005

# Atomic: of two simultaneous misses only one may begin to make the response, and no token may
# change in between. A missing token is created.
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

# Atomic: between the comparison of the tokens and the write, somebody could invalidate them.
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
    """The bytes of a response, their strong ETag, and their language."""

    etag: str
    body: bytes
    language: str = ""

    @classmethod
    def of(cls, body: bytes, language: str = "") -> "CachedResponse":
        """Create a response whose ETag is a hash of the bytes."""
        return cls(f'"{blake2b(body, digest_size=12).hexdigest()}"', body, language)

    def pack(self, tokens: bytes) -> bytes:
        """Serialize it together with its tokens."""
        return b"\n".join((tokens, self.etag.encode(), self.language.encode(), self.body))

    @classmethod
    def unpack(cls, stored: bytes) -> "CachedResponse":
        """Deserialize a stored response."""
        _, etag, language, body = stored.split(b"\n", 3)
        return cls(etag.decode(), body, language.decode())


Make = Callable[[], CachedResponse]


def get_or_create(namespaces: Sequence[str], name: str, make: Make) -> CachedResponse:
    """Return the cached response of a name, or make and store it. One round trip on a hit.

    On a miss one caller, of all processes, makes the response while the others wait for it; they
    make their own only when it takes longer than FLIGHT_SECONDS or fails.
    """
    token_keys = tuple(_token_key(namespace) for namespace in namespaces)
    key = f"cache:answer:{sha256(name.encode()).hexdigest()[:32]}"
    try:
        cached = _get_or_lock(key, token_keys)
    except RedisError:
        CACHE.labels("unavailable").inc()
        return make()
    if isinstance(cached, CachedResponse):
        return cached
    CACHE.labels("miss").inc()
    try:
        answer = make()
    except BaseException:
        _unlock(cached)
        raise
    _store(cached, answer)
    return answer


@dataclass(frozen=True, slots=True)
class _FlightLock:
    """The exclusive right to make a response with the tokens of its beginning."""

    key: str
    token_keys: tuple[str, ...]
    tokens: bytes

    @property
    def name(self) -> str:
        return f"{self.key}:flight:{self.tokens.decode()}"


def _get_or_lock(key: str, token_keys: tuple[str, ...]) -> CachedResponse | _FlightLock:
    """Return the cached response, waiting for one in the making, or the lock to make it."""
    deadline = time.monotonic() + FLIGHT_SECONDS
    pause, outcome = _LOOK_AGAIN_SECONDS, "hit"
    while True:
        arguments = (secrets.token_hex(8), TOKEN_SECONDS, int(FLIGHT_SECONDS * 1000))
        tokens, stored, is_ours = _LOOK.run((key, *token_keys), arguments)
        if stored is not None:
            CACHE.labels(outcome).inc()
            return CachedResponse.unpack(stored)
        if is_ours or time.monotonic() > deadline:
            return _FlightLock(key, token_keys, tokens)
        outcome = "waited"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _store(flight: _FlightLock, answer: CachedResponse) -> None:
    """Store a response, unless it was invalidated while it was made."""
    keys = (flight.key, flight.name, *flight.token_keys)
    try:
        _STORE.run(keys, (flight.tokens, answer.pack(flight.tokens), KEEP_SECONDS))
    except RedisError:
        CACHE.labels("unavailable").inc()


def _unlock(flight: _FlightLock) -> None:
    """Release the lock after an error, so that waiting requests go on; it also expires."""
    try:
        client().delete(flight.name)
    except RedisError:
        CACHE.labels("unavailable").inc()


def invalidate_tags(*namespaces: str) -> None:
    """Invalidate all responses with any of these tags.

    Raises RedisError: the job that calls it is retried.
    """
    with client().pipeline(transaction=False) as pipe:
        for namespace in namespaces:
            pipe.set(_token_key(namespace), secrets.token_hex(8), ex=TOKEN_SECONDS)
        pipe.execute()


Namespaces = Callable[..., Sequence[str]]


def cache_response(namespaces: Namespaces) -> Callable[[Any], Callable[..., Response]]:
    """Cache the successful responses of a public view, by its full URL, language and groups.

    Those for groups or a country have prices of price lists, which hold for days.

    Must be the outermost decorator, so that a hit costs neither validation nor database.
    `namespaces` is called with the view's path arguments. Answers 304 when If-None-Match names the
    response. Errors and redirects are not cached.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def answer(**path: object) -> Response:
            def make() -> CachedResponse:
                response = view(**path)
                if response.status_code != HTTPStatus.OK:
                    raise _NotCached(response)
                language = response.headers.get("Content-Language", "")
                return CachedResponse.of(response.get_data(), language)

            groups = claimed_groups()
            tags = namespaces(**path)
            address = (
                f"{request.path}?{request.query_string.decode('latin-1')}#{negotiate_language()}"
            )
            if groups or "country" in request.args:
                # Their prices begin and end with a day.
                address = "#".join((address, str(current_settings().today), *groups))
                tags = (*tags, OF_GROUPS)
            try:
                kept = get_or_create(tags, address, make)
                return send_conditional(kept, is_private=bool(groups))
            except _NotCached as passing:
                return passing.response

        answer._apidoc = _documented(view)  # type: ignore[attr-defined]
        return answer

    return decorate


class _NotCached(Exception):
    """Carries a response that is returned but not cached."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def _documented(view: Callable[..., Response]) -> dict[str, object]:
    """Document the 304 response."""
    doc = dict(getattr(view, "_apidoc", {}))
    response = dict(doc.get("response", {}))
    not_modified = {
        "description": "If-None-Match names the current response.",
        "content_type": None,
    }
    response["responses"] = {**response.get("responses", {}), 304: [not_modified]}
    return {**doc, "response": response}


def send_conditional(answer: CachedResponse, *, is_private: bool = False) -> Response:
    """Return a response, or 304 when If-None-Match names it.

    One with the prices of a group is private, and no proxy may keep it for others.
    """
    scope = "private" if is_private else "public"
    headers = {
        "ETag": answer.etag,
        "Cache-Control": f"{scope}, max-age={BROWSER_SECONDS}",
        "Vary": "Accept-Language, Authorization",
    }
    if answer.language:
        headers["Content-Language"] = answer.language
    header = request.headers.get("If-None-Match")
    if header and (header.strip() == "*" or answer.etag in _tags(header)):
        return Response(status=304, headers=headers)
    return Response(answer.body, headers=headers, content_type="application/json")


def _tags(header: str) -> list[str]:
    """Split If-None-Match; W/ is dropped, because GET compares weakly (RFC 9110, 13.1.2)."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _token_key(namespace: str) -> str:
    return f"cache:token:{namespace}"
