"""The worker: wakes what is due, keeps out of the way of the shop, and never looks alive dead."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from api import worker
from api.kernel.events import Event
from api.platform import jobs
from api.platform.attention import AttentionItem
from api.platform.db import session, transaction
from api.platform.jobs import (
    JobRegistry,
    PeriodicJob,
    ScheduledJob,
    enqueue_due_periodics,
    run_periodic,
)
from api.platform.redis import client
from api.platform.settings import Settings
from tests.support.workshop import put_onto, stock_of


@dataclass(frozen=True, kw_only=True)
class LetterPosted(Event):
    """A fact of these tests."""

    letter_id: UUID


def shelves(_: LetterPosted) -> None:
    """Do something that can be counted."""
    put_onto("letters")


def sweeps() -> None:
    """Do something that can be counted."""
    with transaction():
        put_onto("swept")


@pytest.fixture
def shop(workshop: Flask, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The shop with one job and one periodic job; the signals are put back afterwards."""
    work = JobRegistry(
        subscribers={LetterPosted: [shelves]},
        timetable=(PeriodicJob("sweep", timedelta(hours=1), sweeps),),
    )
    monkeypatch.setitem(app.extensions, "stockroom_work", work)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield app
    for number, heard_by in before.items():
        signal.signal(number, heard_by)


def works_off_the_queue(settings: Settings) -> None:
    """Let a real RQ worker carry out what stands in the queue."""
    worker.new_worker(settings).work(burst=True, logging_level="WARNING")


def test_rq_carries_out_periodic_jobs(shop: Flask, settings: Settings) -> None:
    enqueue_due_periodics()

    works_off_the_queue(settings)

    assert stock_of("swept") == 1
    assert jobs.queue().count == 0
    assert list(client().scan_iter("rq:job:*")) == []  # nothing is left to clean up


def test_rq_waits_long_on_connections_of_its_own_and_jobs_do_not(
    shop: Flask, settings: Settings
) -> None:
    """On shared ones a hanging Redis would hold each job, and with it every other, for minutes."""
    made = worker.new_worker(settings)

    assert made.connection.connection_pool.connection_kwargs["socket_timeout"] > 60
    assert client().connection_pool.connection_kwargs["socket_timeout"] <= 2


def test_a_relay_that_fails_takes_the_worker_with_it(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker without its relay would report for duty and tell no fact."""
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))

    def breaks() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "relay_once", breaks)
    relay = worker.Relay(shop, settings, {})

    with pytest.raises(ZeroDivisionError):
        relay.run()

    assert relay.has_failed
    assert heard == [signal.SIGTERM]


class Ended(BaseException):
    """The process ended here."""


def of_the_timetable(run: Callable[[], None], app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make one job the whole timetable, and let it be due."""
    work = JobRegistry(subscribers={}, timetable=(PeriodicJob("job", timedelta(minutes=1), run),))
    monkeypatch.setitem(app.extensions, "stockroom_work", work)
    enqueue_due_periodics()


def error_of_the_job() -> str | None:
    """Return what the timetable says of it."""
    session.rollback()
    return session.scalar(select(ScheduledJob.last_error).where(ScheduledJob.name == "job"))


def test_a_periodic_job_that_takes_too_long_is_told_to_end_and_put_before_a_person(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "JOB_TIMEOUT_SECONDS", 1 + jobs.HARD_AFTER_SECONDS)
    monkeypatch.setattr(jobs, "PERIODIC_FAILURES_BEFORE_ATTENTION", 1)
    began = time.monotonic()
    of_the_timetable(lambda: time.sleep(20), shop, monkeypatch)

    works_off_the_queue(settings)

    assert time.monotonic() - began < 15
    assert error_of_the_job() == "JobTimeoutException: it took too long"
    assert "it took too long" in session.scalars(select(AttentionItem.reason)).one()


def test_a_periodic_job_that_does_not_end_ends_its_worker_and_is_noted(
    shop: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs where Python cannot reach it, and nothing of the timetable would run any more."""
    noted: list[str | None] = []

    def ends(status: int) -> None:
        noted.append(error_of_the_job())
        raise Ended(status)

    def hangs() -> None:
        monkeypatch.setattr(jobs, "JOB_TIMEOUT_SECONDS", 0)
        worker.Relay(shop, settings, {}).run()

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    monkeypatch.setattr(os, "_exit", ends)
    of_the_timetable(hangs, shop, monkeypatch)
    assert not jobs.note_hanging()

    with pytest.raises(Ended, match=str(os.EX_SOFTWARE)):
        run_periodic("job")

    assert noted == ["JobTimeoutException: it did not end"]
    assert not jobs.note_hanging()


def test_the_worker_does_not_start_with_unfit_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "STOCKROOM_ENV"):
        monkeypatch.delenv(name, raising=False)

    assert worker.main() == 78
    assert "DATABASE_URL is missing" in capsys.readouterr().err
