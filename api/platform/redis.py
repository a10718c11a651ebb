"""The one Redis client of a process. Everything in it may vanish; nothing here is a promise."""

from typing import cast

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError
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
