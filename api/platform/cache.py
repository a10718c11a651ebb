"""Finished bytes under versioned names. A lost Redis is a counted miss, never an error.

A namespace has a version that writers raise; an answer is stored with the version under which it
was made and is passed over when the two differ. So one key empties a namespace at once, without
searching for keys, and a slow reader cannot put back what a writer has just made old.
"""

from collections.abc import Callable
from hashlib import sha256

from redis.exceptions import RedisError

from api.platform.observability import CACHE
from api.platform.redis import client

KEEP_SECONDS = 3600


def cached(namespace: str, name: str, make: Callable[[], bytes]) -> bytes:
    """Return the bytes for a name, making and storing them on a miss. One round trip on a hit."""
    key = _key(namespace, name)
    try:
        version, stored = client().mget(_version_key(namespace), key)
    except RedisError:
        CACHE.labels("unavailable").inc()
        return make()
    version = version or b"0"
    if stored is not None:
        made_under, _, body = stored.partition(b"\n")
        if made_under == version:
            CACHE.labels("hit").inc()
            return bytes(body)
    CACHE.labels("miss").inc()
    body = make()
    try:
        client().set(key, version + b"\n" + body, ex=KEEP_SECONDS)
    except RedisError:
        CACHE.labels("unavailable").inc()
    return body


def outdate(namespace: str) -> None:
    """Make everything in a namespace old. Raises RedisError: the job that calls it tries again."""
    client().incr(_version_key(namespace))


def _version_key(namespace: str) -> str:
    return f"cache:{namespace}:version"


def _key(namespace: str, name: str) -> str:
    return f"cache:{namespace}:{sha256(name.encode()).hexdigest()[:32]}"
