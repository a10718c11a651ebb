"""Rate limits: strict where something can be guessed, wide elsewhere, and never an error."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from api.platform import rate_limits
from api.platform.rate_limits import limiter
from api.platform.redis import client as redis_client
from api.platform.settings import Settings
from tests.support.people import a_customer
from tests.support.workshop import PATH, Bench, build_workshop

GUESSED, WRITTEN = f"{PATH}/guessed", f"{PATH}/whatever"


def limited(settings: Settings, **changes: object) -> Flask:
    """Build a shop that counts."""
    return build_workshop(settings, rate_limits_enabled=True, **changes)


@pytest.fixture
def counting(app: Flask, bench: Bench, settings: Settings) -> Iterator[Flask]:
    """A shop that counts in this session's Redis; the others go on without counting."""
    yield limited(settings)
    _stop_counting()


@pytest.fixture
def counting_alone(app: Flask, bench: Bench, settings: Settings) -> Iterator[Flask]:
    """A shop that should count in a Redis that is not there."""
    yield limited(settings, redis_url="redis://127.0.0.1:1/0")
    _stop_counting()


def _stop_counting() -> None:
    # The counter is one for the process, and remembers the last shop that was built.
    limiter.enabled = False
    limiter._storage_dead = False


def presses(shop: Flask, times: int, path: str = GUESSED, **headers: str) -> list[int]:
    """Send a request so many times and return the statuses."""
    client = shop.test_client()
    return [client.post(path, headers=headers).status_code for _ in range(times)]


def a_minute_passes() -> None:
    """Let the counts of the last minute run out, and keep those of the hour."""
    for key in redis_client().scan_iter("LIMITS*"):
        if int(redis_client().ttl(key)) <= 60:
            redis_client().delete(key)


def test_guessing_is_bounded_and_told_when_it_may_go_on(counting: Flask) -> None:
    client = counting.test_client()
    answers = [client.post(GUESSED) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.content_type == "application/problem+json"
    assert refused.json is not None
    assert refused.json["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json["retry_after"] == int(refused.headers["Retry-After"])
    assert refused.headers["X-Request-ID"] == refused.json["request_id"]


def test_whoever_has_used_up_the_hour_is_not_told_to_come_back_in_a_minute(
    counting: Flask,
) -> None:
    for _ in range(2):
        presses(counting, 2)
        a_minute_passes()

    answer = counting.test_client().post(GUESSED)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 600


def test_another_address_is_not_punished(counting: Flask) -> None:
    presses(counting, 3)

    other = counting.test_client().post(GUESSED, environ_overrides={"REMOTE_ADDR": "203.0.113.7"})

    assert other.status_code == 200


def test_reading_is_not_counted(counting: Flask) -> None:
    client = counting.test_client()

    assert {client.get(WRITTEN).status_code for _ in range(350)} == {200}
    assert list(redis_client().scan_iter("LIMITS*")) == []


def test_writes_are_counted_by_whoever_sends_them(counting: Flask) -> None:
    """A warehouse of ten people shares one address."""
    anna = {"Authorization": "Bearer of-anna"}

    assert presses(counting, 301, WRITTEN, **anna)[-2:] == [200, 429]
    assert presses(counting, 1, WRITTEN, Authorization="Bearer of-berta") == [200]


def test_a_new_cart_for_each_request_does_not_escape_the_count(counting: Flask) -> None:
    """Guests make their tokens up: counted by those alone, they would not be counted at all."""
    for token in ("a-guest-with-a-cart-0001", "a-guest-with-a-cart-0002"):
        presses(counting, 1, WRITTEN, **{"X-Cart-Token": token})

    (counter,) = redis_client().scan_iter("LIMITS*")
    assert b"address:127.0.0.1" in counter
    assert int(redis_client().get(counter) or 0) == 2


def test_a_storefront_may_speak_for_all_of_its_guests(counting: Flask) -> None:
    assert set(presses(counting, 350, WRITTEN)) == {200}
    assert rate_limits.GUESTS_WRITES == "6000 per minute"


def test_redis_learns_neither_tokens_nor_addresses_of_people(counting: Flask) -> None:
    carla = a_customer(email="carla@private.example")
    counting.test_client().post(
        "/api/v1/auth/login", json={"email": carla.email, "password": "wrong"}
    )
    presses(counting, 1, WRITTEN, **carla.headers)

    keys = " ".join(key.decode() for key in redis_client().scan_iter("*"))

    assert "LIMITS" in keys
    assert "private.example" not in keys
    assert carla.headers["Authorization"].split()[1] not in keys


def test_without_redis_guessing_is_still_bounded_and_nobody_gets_an_error(
    counting_alone: Flask,
) -> None:
    assert presses(counting_alone, 3) == [200, 200, 429]
    assert presses(counting_alone, 2, WRITTEN) == [200, 200]


def test_without_redis_failed_sign_ins_are_counted_too(counting_alone: Flask) -> None:
    client = counting_alone.test_client()
    guess = {"email": "carla@private.example", "password": "wrong"}

    statuses = [client.post("/api/v1/auth/login", json=guess).status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]


def test_a_redis_that_dies_during_a_request_costs_that_request_nothing(
    counting: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted only when it failed is counted after the view: Redis may be gone by then."""

    def dies(*_: object, **__: object) -> bool:
        raise ConnectionError("gone")

    client = counting.test_client()
    guess = {"email": "carla@private.example", "password": "wrong"}
    monkeypatch.setattr(limiter._limiter, "hit", dies)
    monkeypatch.setattr(limiter._limiter, "test", lambda *_, **__: True)

    answer = client.post("/api/v1/auth/login", json=guess)

    assert answer.status_code == 401


def test_shops_that_do_not_count_do_not(workshop: Flask, settings: Settings) -> None:
    assert not replace(settings).rate_limits_enabled
    assert presses(workshop, 5) == [200] * 5
