"""Finished answers in Redis: found, outdated, lost, and never put back by a slow reader."""

import time
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from api.platform import cache
from api.platform.cache import Answer
from api.platform.redis import client, connect
from api.platform.settings import Settings
from tests.support.threads import at_once


def test_an_answer_is_made_once_and_its_tag_names_its_content(app: Flask) -> None:
    """The same bytes have the same tag wherever they were made."""
    made: list[int] = []

    def make() -> Answer:
        made.append(1)
        return Answer.of(b"[]")

    first = cache.cached(["shop"], "list", make)
    second = cache.cached(["shop"], "list", make)

    assert first == second == Answer.of(b"[]")
    assert len(made) == 1


def test_outdating_one_namespace_leaves_the_others(app: Flask) -> None:
    """An answer is as old as the oldest of what it belongs to."""
    for name in ("a", "b"):
        cache.cached(["shop", name], name, lambda: Answer.of(b"old"))

    cache.outdate("a")

    assert cache.cached(["shop", "a"], "a", lambda: Answer.of(b"new")).body == b"new"
    assert cache.cached(["shop", "b"], "b", lambda: Answer.of(b"new")).body == b"old"
    cache.outdate("shop")
    assert cache.cached(["shop", "b"], "b", lambda: Answer.of(b"new")).body == b"new"


def test_a_slow_reader_does_not_put_back_what_is_old(app: Flask) -> None:
    """It read before the change and stores after it."""

    def read_slowly() -> Answer:
        cache.outdate("shop")  # somebody changes a price meanwhile
        return Answer.of(b"old")

    cache.cached(["shop"], "list", read_slowly)

    assert cache.cached(["shop"], "list", lambda: Answer.of(b"new")).body == b"new"


def test_a_lost_token_makes_answers_old_and_does_not_bring_back_older_ones(app: Flask) -> None:
    """Redis may throw away any key at any time."""
    cache.cached(["shop"], "list", lambda: Answer.of(b"old"))

    client().delete("cache:token:shop")

    assert cache.cached(["shop"], "list", lambda: Answer.of(b"new")).body == b"new"


def test_without_redis_every_answer_is_made_anew(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right and slower, never an error."""
    nowhere = connect(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    monkeypatch.setitem(app.extensions, "stockroom_redis", nowhere)

    assert cache.cached(["shop"], "list", lambda: Answer.of(b"[1]")).body == b"[1]"
    assert cache.cached(["shop"], "list", lambda: Answer.of(b"[2]")).body == b"[2]"


def test_a_kept_answer_costs_one_round_trip_and_a_new_one_two(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs as much as the checks of a whole request."""
    said: list[str] = []
    plain = Redis.execute_command

    def note(self: Redis, *command: Any, **options: Any) -> Any:
        said.append(command[0])
        return plain(self, *command, **options)

    cache.cached(["shop"], "any", lambda: Answer.of(b"Redis knows the scripts by now"))
    monkeypatch.setattr(Redis, "execute_command", note)

    for _ in range(2):
        cache.cached(["shop", "shelf"], "list", lambda: Answer.of(b"[]"))

    assert said == ["EVALSHA", "EVALSHA", "EVALSHA"]


def test_a_redis_that_forgot_its_scripts_is_taught_them_again(app: Flask) -> None:
    """As it does when it is started anew, or fails over to another machine."""
    cache.cached(["shop"], "list", lambda: Answer.of(b"[1]"))
    client().script_flush()

    assert cache.cached(["shop"], "list", lambda: Answer.of(b"[2]")).body == b"[1]"
    client().script_flush()
    cache.outdate("shop")
    assert cache.cached(["shop"], "list", lambda: Answer.of(b"[3]")).body == b"[3]"
    assert cache.cached(["shop"], "list", lambda: Answer.of(b"[4]")).body == b"[3]"


def test_of_a_herd_on_a_cold_answer_one_makes_it(app: Flask) -> None:
    """And all have it."""
    made: list[int] = []

    def make_slowly() -> Answer:
        made.append(1)
        time.sleep(0.1)
        return Answer.of(b"[]")

    def ask() -> bytes:
        return cache.cached(["shop"], "list", make_slowly).body

    assert at_once(app, [ask] * 30).results == [b"[]"] * 30
    assert len(made) == 1


def test_a_herd_that_meets_a_change_sees_what_is_new(app: Flask) -> None:
    """Who began to wait before the change does not take what was made before it."""
    made: list[bytes] = []

    def make_slowly() -> Answer:
        body = b"old" if not made else b"new"
        made.append(body)
        if body == b"old":
            cache.outdate("shop")
        time.sleep(0.05)
        return Answer.of(body)

    def ask() -> bytes:
        return cache.cached(["shop"], "list", make_slowly).body

    answers = at_once(app, [ask] * 20).results

    assert answers.count(b"old") == 1, "only the one who was making it"
    assert made == [b"old", b"new"]


def test_when_the_one_who_makes_it_fails_the_next_one_does(app: Flask) -> None:
    """Nobody waits for what never comes."""
    made: list[int] = []

    def make() -> Answer:
        made.append(1)
        if len(made) == 1:
            time.sleep(0.05)
            raise KeyError
        return Answer.of(b"[]")

    def ask() -> bytes:
        return cache.cached(["shop"], "list", make).body

    began = time.monotonic()
    outcomes = at_once(app, [ask] * 10)

    assert outcomes.refused_by(KeyError) == 1
    assert outcomes.results == [b"[]"] * 9
    assert len(made) == 2
    assert time.monotonic() - began < cache.FLIGHT_SECONDS


def test_whoever_waits_too_long_makes_it_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one who was making it may be dead."""
    monkeypatch.setattr(cache, "FLIGHT_SECONDS", 0.1)
    client().mset({"cache:token:shop": b"t"})
    app_answer = cache.cached(["shop"], "other", lambda: Answer.of(b"x"))
    assert app_answer.body == b"x"
    flight = cache._Flight(
        f"cache:answer:{cache.sha256(b'list').hexdigest()[:32]}", ("cache:token:shop",), b"t"
    )
    client().set(flight.name, b"1", px=60_000)

    assert cache.cached(["shop"], "list", lambda: Answer.of(b"mine")).body == b"mine"


def test_a_slow_reader_does_not_lay_the_old_over_the_new(app: Flask) -> None:
    """It began before a change, and ends after somebody else has made what is new."""

    def read_slowly() -> Answer:
        cache.outdate("shop")
        assert cache.cached(["shop"], "list", lambda: Answer.of(b"new")).body == b"new"
        return Answer.of(b"old")

    cache.cached(["shop"], "list", read_slowly)

    assert cache.cached(["shop"], "list", lambda: Answer.of(b"made again")).body == b"new"
