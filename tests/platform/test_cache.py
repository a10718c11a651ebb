"""Finished answers: kept until a fact outdates them, and never needed."""

import threading
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from api.platform.redis import client as redis_client
from api.platform.redis import connect
from api.platform.response_cache import invalidate_tags
from api.platform.settings import Settings
from tests.support.workshop import PATH, Bench

MUG = f"{PATH}/kept/mug"


def counted(outcome: str) -> float:
    """Return how often a look-up had an outcome."""
    return REGISTRY.get_sample_value("stockroom_cache_total", {"outcome": outcome}) or 0


@pytest.fixture(autouse=True)
def numbered(bench: Bench) -> None:
    """Each answer that is made is another one."""
    numbers = count(1)
    bench.during = lambda: next(numbers)


def made(answer: Any) -> int:
    """Return the number of an answer."""
    assert answer.status_code == 200, answer.text
    return int(answer.json["made"])


def test_an_answer_is_made_once_and_kept(client: FlaskClient) -> None:
    hits, misses = counted("hit"), counted("miss")

    first, second = client.get(MUG), client.get(MUG)

    assert (made(first), made(second)) == (1, 1)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert (counted("hit") - hits, counted("miss") - misses) == (1, 1)


def test_another_address_is_another_answer(client: FlaskClient) -> None:
    assert [made(client.get(url)) for url in (MUG, f"{PATH}/kept/cup", f"{MUG}?limit=3")] == [
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("namespace", ["workshop", "workshop:mug"])
def test_a_fact_outdates_what_it_concerns(client: FlaskClient, namespace: str) -> None:
    client.get(MUG)
    client.get(f"{PATH}/kept/cup")

    invalidate_tags(namespace)

    assert made(client.get(MUG)) == 3
    assert made(client.get(f"{PATH}/kept/cup")) == (4 if namespace == "workshop" else 2)


def test_an_answer_that_was_outdated_while_it_was_made_is_not_kept(
    workshop: Flask, client: FlaskClient, bench: Bench
) -> None:
    """Else a slow reader would put back what a writer has just made old, for ten minutes."""
    begun, changed = threading.Event(), threading.Event()
    numbers = count(1)

    def slowly() -> int:
        begun.set()
        assert changed.wait(10)
        return next(numbers)

    bench.during = slowly
    reader = threading.Thread(target=lambda: workshop.test_client().get(MUG))
    reader.start()
    assert begun.wait(10)
    invalidate_tags("workshop")
    changed.set()
    reader.join()

    assert made(client.get(MUG)) == 2


def test_a_reader_who_has_the_very_same_bytes_is_told_so(client: FlaskClient) -> None:
    tag = client.get(MUG).headers["ETag"]

    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get(MUG, headers={"If-None-Match": header})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == tag
    assert client.get(MUG, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_refusal_is_not_kept(client: FlaskClient, bench: Bench) -> None:
    for _ in range(2):
        assert client.get(f"{MUG}?limit=0").status_code == 422

    assert bench.runs == 0
    assert list(redis_client().scan_iter("cache:answer:*")) == []


def test_what_redis_forgot_is_made_again_and_what_was_older_never_comes_back(
    client: FlaskClient,
) -> None:
    client.get(MUG)
    for key in redis_client().scan_iter("cache:token:*"):
        redis_client().delete(key)

    assert made(client.get(MUG)) == 2
    assert made(client.get(MUG)) == 2


def test_a_lost_redis_is_a_counted_miss_and_never_an_error(
    workshop: Flask, client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = connect(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    monkeypatch.setitem(workshop.extensions, "stockroom_redis", nowhere)
    lost = counted("unavailable")

    assert [made(client.get(MUG)) for _ in range(2)] == [1, 2]
    assert client.get(MUG).headers["ETag"]
    assert counted("unavailable") - lost == 3


def test_kept_answers_do_not_stay_for_ever(client: FlaskClient) -> None:
    client.get(MUG)

    for key in redis_client().scan_iter("cache:*"):
        assert 0 < int(redis_client().ttl(key)) <= 86_400
