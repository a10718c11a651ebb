"""The worker: wakes what is due, keeps out of the way of the shop, and never looks alive dead."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from api import worker
from api.kernel.events import Event
from api.platform import jobs
from api.platform.db import transaction
from api.platform.jobs import Periodic, Work, enqueue_due_periodics
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
    work = Work(
        subscribers={LetterPosted: [shelves]},
        timetable=(Periodic("sweep", timedelta(hours=1), sweeps),),
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


def test_the_worker_does_not_start_with_unfit_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "STOCKROOM_ENV"):
        monkeypatch.delenv(name, raising=False)

    assert worker.main() == 78
    assert "DATABASE_URL is missing" in capsys.readouterr().err
