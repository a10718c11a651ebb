"""The Redis client of the process. All data in Redis may be lost at any time."""

from collections.abc import Sequence
from hashlib import sha1
from typing import Any, cast

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, NoScriptError
from redis.retry import Retry

from api.platform.settings import Settings


def connect(settings: Settings) -> Redis:
    """Open a connection pool that fails fast: a request must not wait for a lost Redis.

    A broken connection is reopened at once; after a timeout there is no retry.
    """
    return Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=0.5,
        socket_timeout=1,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Register the app's client."""
    app.extensions["stockroom_redis"] = connect(settings)


def client() -> Redis:
    """Return the running app's client. It returns bytes."""
    return cast(Redis, current_app.extensions["stockroom_redis"])


class Script:
    """A Lua script: several commands that Redis runs atomically."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Redis identifies scripts by this digest; it is no security measure.
        self._name = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, keys: Sequence[str], values: Sequence[Any]) -> Any:
        """Run it in one round trip; two, when Redis does not know it yet. Raises RedisError."""
        arguments = (len(keys), *keys, *values)
        try:
            return client().evalsha(self._name, *arguments)
        except NoScriptError:
            return client().eval(self._text, *arguments)
