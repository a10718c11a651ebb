"""Finished answers in Redis: found, outdated, lost, and never put back by a slow reader."""

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisGone

from api.platform import cache
from api.platform.redis import client


def test_an_answer_is_made_once_and_its_tag_names_its_content(app: Flask) -> None:
    """The same bytes have the same tag wherever they were made."""
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"[]"

    first = cache.cached(["shop"], "list", make)
    second = cache.cached(["shop"], "list", make)

    assert first == second == cache.Answer.of(b"[]")
    assert len(made) == 1


def test_outdating_one_namespace_leaves_the_others(app: Flask) -> None:
    """An answer is as old as the oldest of what it belongs to."""
    for name in ("a", "b"):
        cache.cached(["shop", name], name, lambda: b"old")

    cache.outdate("a")

    assert cache.cached(["shop", "a"], "a", lambda: b"new").body == b"new"
    assert cache.cached(["shop", "b"], "b", lambda: b"new").body == b"old"
    cache.outdate("shop")
    assert cache.cached(["shop", "b"], "b", lambda: b"new").body == b"new"


def test_a_slow_reader_does_not_put_back_what_is_old(app: Flask) -> None:
    """It read before the change and stores after it."""

    def read_slowly() -> bytes:
        cache.outdate("shop")  # somebody changes a price meanwhile
        return b"old"

    cache.cached(["shop"], "list", read_slowly)

    assert cache.cached(["shop"], "list", lambda: b"new").body == b"new"


def test_a_lost_token_makes_answers_old_and_does_not_bring_back_older_ones(app: Flask) -> None:
    """Redis may throw away any key at any time."""
    cache.cached(["shop"], "list", lambda: b"old")

    client().delete("cache:token:shop")

    assert cache.cached(["shop"], "list", lambda: b"new").body == b"new"


def test_without_redis_every_answer_is_made_anew(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right and slower, never an error."""

    class Gone:
        def mget(self, keys: object) -> None:
            raise RedisGone

    monkeypatch.setitem(app.extensions, "stockroom_redis", Gone())

    assert cache.cached(["shop"], "list", lambda: b"[1]").body == b"[1]"
    assert cache.cached(["shop"], "list", lambda: b"[2]").body == b"[2]"
