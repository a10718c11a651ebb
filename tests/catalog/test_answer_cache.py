"""Finished answers in Redis: found, outdated, lost, and never put back by a slow reader."""

import time
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from api.platform import response_cache
from api.platform.redis import client, connect
from api.platform.response_cache import CachedResponse
from api.platform.settings import Settings
from tests.support.threads import at_once


def test_an_answer_is_made_once_and_its_tag_names_its_content(app: Flask) -> None:
    """The same bytes have the same tag wherever they were made."""
    made: list[int] = []

    def make() -> CachedResponse:
        made.append(1)
        return CachedResponse.of(b"[]")

    first = response_cache.get_or_create(["shop"], "list", make)
    second = response_cache.get_or_create(["shop"], "list", make)

    assert first == second == CachedResponse.of(b"[]")
    assert len(made) == 1


def test_outdating_one_namespace_leaves_the_others(app: Flask) -> None:
    """An answer is as old as the oldest of what it belongs to."""
    for name in ("a", "b"):
        response_cache.get_or_create(["shop", name], name, lambda: CachedResponse.of(b"old"))

    response_cache.invalidate_tags("a")

    assert (
        response_cache.get_or_create(["shop", "a"], "a", lambda: CachedResponse.of(b"new")).body
        == b"new"
    )
    assert (
        response_cache.get_or_create(["shop", "b"], "b", lambda: CachedResponse.of(b"new")).body
        == b"old"
    )
    response_cache.invalidate_tags("shop")
    assert (
        response_cache.get_or_create(["shop", "b"], "b", lambda: CachedResponse.of(b"new")).body
        == b"new"
    )


def test_a_slow_reader_does_not_put_back_what_is_old(app: Flask) -> None:
    """It read before the change and stores after it."""

    def read_slowly() -> CachedResponse:
        response_cache.invalidate_tags("shop")  # somebody changes a price meanwhile
        return CachedResponse.of(b"old")

    response_cache.get_or_create(["shop"], "list", read_slowly)

    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"new")).body
        == b"new"
    )


def test_a_lost_token_makes_answers_old_and_does_not_bring_back_older_ones(app: Flask) -> None:
    """Redis may throw away any key at any time."""
    response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"old"))

    client().delete("cache:token:shop")

    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"new")).body
        == b"new"
    )


def test_without_redis_every_answer_is_made_anew(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right and slower, never an error."""
    nowhere = connect(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    monkeypatch.setitem(app.extensions, "stockroom_redis", nowhere)

    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"[1]")).body
        == b"[1]"
    )
    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"[2]")).body
        == b"[2]"
    )


def test_a_kept_answer_costs_one_round_trip_and_a_new_one_two(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs as much as the checks of a whole request."""
    said: list[str] = []
    plain = Redis.execute_command

    def note(self: Redis, *command: Any, **options: Any) -> Any:
        said.append(command[0])
        return plain(self, *command, **options)

    response_cache.get_or_create(
        ["shop"], "any", lambda: CachedResponse.of(b"Redis knows the scripts by now")
    )
    monkeypatch.setattr(Redis, "execute_command", note)

    for _ in range(2):
        response_cache.get_or_create(["shop", "shelf"], "list", lambda: CachedResponse.of(b"[]"))

    assert said == ["EVALSHA", "EVALSHA", "EVALSHA"]


def test_a_redis_that_forgot_its_scripts_is_taught_them_again(app: Flask) -> None:
    """As it does when it is started anew, or fails over to another machine."""
    response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"[1]"))
    client().script_flush()

    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"[2]")).body
        == b"[1]"
    )
    client().script_flush()
    response_cache.invalidate_tags("shop")
    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"[3]")).body
        == b"[3]"
    )
    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"[4]")).body
        == b"[3]"
    )


def test_of_a_herd_on_a_cold_answer_one_makes_it(app: Flask) -> None:
    """And all have it."""
    made: list[int] = []

    def make_slowly() -> CachedResponse:
        made.append(1)
        time.sleep(0.1)
        return CachedResponse.of(b"[]")

    def ask() -> bytes:
        return response_cache.get_or_create(["shop"], "list", make_slowly).body

    assert at_once(app, [ask] * 30).results == [b"[]"] * 30
    assert len(made) == 1


def test_a_herd_that_meets_a_change_sees_what_is_new(app: Flask) -> None:
    """Who began to wait before the change does not take what was made before it."""
    made: list[bytes] = []

    def make_slowly() -> CachedResponse:
        body = b"old" if not made else b"new"
        made.append(body)
        if body == b"old":
            response_cache.invalidate_tags("shop")
        time.sleep(0.05)
        return CachedResponse.of(body)

    def ask() -> bytes:
        return response_cache.get_or_create(["shop"], "list", make_slowly).body

    answers = at_once(app, [ask] * 20).results

    assert answers.count(b"old") == 1, "only the one who was making it"
    assert made == [b"old", b"new"]


def test_when_the_one_who_makes_it_fails_the_next_one_does(app: Flask) -> None:
    """Nobody waits for what never comes."""
    made: list[int] = []

    def make() -> CachedResponse:
        made.append(1)
        if len(made) == 1:
            time.sleep(0.05)
            raise KeyError
        return CachedResponse.of(b"[]")

    def ask() -> bytes:
        return response_cache.get_or_create(["shop"], "list", make).body

    began = time.monotonic()
    outcomes = at_once(app, [ask] * 10)

    assert outcomes.refused_by(KeyError) == 1
    assert outcomes.results == [b"[]"] * 9
    assert len(made) == 2
    assert time.monotonic() - began < response_cache.FLIGHT_SECONDS


def test_whoever_waits_too_long_makes_it_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one who was making it may be dead."""
    monkeypatch.setattr(response_cache, "FLIGHT_SECONDS", 0.1)
    client().mset({"cache:token:shop": b"t"})
    app_answer = response_cache.get_or_create(["shop"], "other", lambda: CachedResponse.of(b"x"))
    assert app_answer.body == b"x"
    flight = response_cache._FlightLock(
        f"cache:answer:{response_cache.sha256(b'list').hexdigest()[:32]}",
        ("cache:token:shop",),
        b"t",
    )
    client().set(flight.name, b"1", px=60_000)

    assert (
        response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"mine")).body
        == b"mine"
    )


def test_a_slow_reader_does_not_lay_the_old_over_the_new(app: Flask) -> None:
    """It began before a change, and ends after somebody else has made what is new."""

    def read_slowly() -> CachedResponse:
        response_cache.invalidate_tags("shop")
        assert (
            response_cache.get_or_create(["shop"], "list", lambda: CachedResponse.of(b"new")).body
            == b"new"
        )
        return CachedResponse.of(b"old")

    response_cache.get_or_create(["shop"], "list", read_slowly)

    assert (
        response_cache.get_or_create(
            ["shop"], "list", lambda: CachedResponse.of(b"made again")
        ).body
        == b"new"
    )
