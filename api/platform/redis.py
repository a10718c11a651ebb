"""The one Redis client of a process. Everything in it may vanish; nothing here is a promise."""

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
    """Open a pool of connections that fail fast: a request must not wait for a lost Redis.

    A connection that broke is opened anew at once; a Redis that hangs is not asked again.
    """
    return Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=0.5,
        socket_timeout=1,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its client."""
    app.extensions["stockroom_redis"] = connect(settings)


def client() -> Redis:
    """Return the running app's client. What it reads is bytes."""
    return cast(Redis, current_app.extensions["stockroom_redis"])


class Script:
    """Several commands that Redis takes as one step, written in its Lua."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Redis itself calls scripts by this digest; it guards nothing.
        self._name = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, keys: Sequence[str], values: Sequence[Any]) -> Any:
        """Run it in one round trip; two, when Redis does not know it yet. Raises RedisError."""
        given = (len(keys), *keys, *values)
        try:
            return client().evalsha(self._name, *given)
        except NoScriptError:
            return client().eval(self._text, *given)
