"""Periodic jobs: of many hosts one enqueues, and what the queue loses comes due again soon."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from api.kernel import clock
from api.platform.db import session, transaction
from api.platform.jobs import (
    PATIENCE,
    JobRegistry,
    PeriodicJob,
    ScheduledJob,
    enqueue_due_periodics,
    queue,
    run_periodic,
)
from api.platform.redis import client
from tests.support.workshop import put_onto, stock_of

DAILY, MINUTELY = timedelta(days=1), timedelta(minutes=1)


def counts() -> None:
    """Do something that can be counted."""
    with transaction():
        put_onto("counted")


def fails() -> None:
    """Do something and fail."""
    with transaction():
        put_onto("failing")
    raise LookupError("the ladder is gone")


@pytest.fixture
def shop(workshop: Flask, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The shop with two periodic jobs as all of its work."""
    work = JobRegistry(
        subscribers={},
        timetable=(PeriodicJob("count", DAILY, counts), PeriodicJob("fail", MINUTELY, fails)),
    )
    monkeypatch.setitem(app.extensions, "stockroom_work", work)
    return app


def entry(name: str) -> ScheduledJob:
    """Read what the timetable says of a job."""
    with transaction():
        return session.scalars(select(ScheduledJob).where(ScheduledJob.name == name)).one()


def queued() -> list[str]:
    """Return the names of the jobs in the queue."""
    return [str(job.args[0]) for job in queue().get_jobs()]


def moment() -> datetime:
    """Return now in the precision of the database."""
    return clock.now()


def test_a_new_job_is_due_at_once_and_then_not_before_its_time(shop: Flask) -> None:
    with clock.frozen(moment()):
        assert enqueue_due_periodics() == ["count", "fail"]
        assert queued() == ["count", "fail"]
        assert enqueue_due_periodics() == []
        run_periodic("count")
        assert entry("count").next_run_at == clock.now() + DAILY
        assert entry("count").last_run_at == clock.now()
        assert entry("count").last_error is None
    assert stock_of("counted") == 1

    with clock.frozen(moment() + DAILY - MINUTELY):
        assert "count" not in enqueue_due_periodics()
    with clock.frozen(moment() + DAILY):
        assert "count" in enqueue_due_periodics()


def test_of_two_hosts_one_enqueues(shop: Flask) -> None:
    """Without the claim every host would add its own entry."""
    start = threading.Barrier(4)

    def looks() -> None:
        with shop.app_context():
            start.wait()
            for _ in range(5):
                enqueue_due_periodics()

    threads = [threading.Thread(target=looks) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(queued()) == ["count", "fail"]


def test_what_the_queue_forgets_comes_due_again_soon_and_not_a_day_later(shop: Flask) -> None:
    with clock.frozen(moment()):
        enqueue_due_periodics()
        client().flushdb()
        noticed = clock.now() + PATIENCE

    with clock.frozen(noticed - timedelta(seconds=1)):
        assert "count" not in enqueue_due_periodics()
    with clock.frozen(noticed):
        assert "count" in enqueue_due_periodics()


def test_a_job_that_fails_is_noted_and_runs_again_at_its_time(shop: Flask) -> None:
    with clock.frozen(moment()):
        enqueue_due_periodics()
        run_periodic("fail")

        assert entry("fail").last_error == "LookupError: the ladder is gone"
        assert entry("fail").next_run_at == clock.now() + MINUTELY
    assert stock_of("failing") == 1


def test_the_queue_tells_a_job_to_end_a_minute_before_its_worker_must(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = JobRegistry(
        {}, (PeriodicJob("short", DAILY, counts), PeriodicJob("long", DAILY, counts, True))
    )
    monkeypatch.setitem(shop.extensions, "stockroom_work", work)

    enqueue_due_periodics()

    assert [job.timeout for job in queue().get_jobs()] == [240]
    assert [job.timeout for job in queue(is_long=True).get_jobs()] == [6 * 3600 - 60]


def test_a_job_can_be_run_by_hand_before_the_timetable_knows_it(shop: Flask) -> None:
    run_periodic("count")

    assert stock_of("counted") == 1


def test_the_command_says_how_it_went(shop: Flask) -> None:
    runner = shop.test_cli_runner()

    well, badly = (
        runner.invoke(args=["run-periodic", "count"]),
        runner.invoke(args=["run-periodic", "fail"]),
    )
    unknown = runner.invoke(args=["run-periodic", "tidy"])

    assert (well.exit_code, well.output) == (0, "count ran.\n")
    assert (badly.exit_code, "fail failed" in badly.output) == (1, True)
    assert (unknown.exit_code, "there are count, fail" in unknown.output) == (1, True)


def test_a_job_that_nobody_knows_is_named_in_the_refusal(shop: Flask) -> None:
    with pytest.raises(LookupError, match="no periodic job is called tidy; there are count, fail"):
        run_periodic("tidy")


def test_a_shop_without_periodic_jobs_has_nothing_to_do(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        shop.extensions, "stockroom_work", JobRegistry(subscribers={}, timetable=())
    )

    assert enqueue_due_periodics() == []
