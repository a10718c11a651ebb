"""`python -m api.worker`: runs jobs, relays facts and keeps the timetable. Any number may run.

The jobs run in the main thread of this process, one after another; those that may take minutes run
in a second thread, beside them; a third turns facts into jobs. All hold nothing that matters:
killed at any moment, another worker takes over what was left, because the ledger in Postgres knows.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import cast

import structlog
from flask import Flask
from redis.client import PubSub, PubSubWorkerThread
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from sqlalchemy.exc import SQLAlchemyError

from api.app import create_app
from api.platform import health, jobs
from api.platform.db import session
from api.platform.redis import connect
from api.platform.settings import Settings, SettingsError

LOOK_EVERY_SECONDS = 1.0
REDIS_PATIENCE_SECONDS = 2.0

_log = structlog.get_logger("api.worker")


class Relay(threading.Thread):
    """Turns facts into queued jobs as soon as it is told of news, and once a second anyway."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="relay", daemon=True)
        self._app = app
        self._redis = connect(settings)
        self.stopping = threading.Event()
        self.has_failed = False

    def run(self) -> None:
        """Relay until told to stop. A lost database or Redis is waited for, not died of.

        Anything else ends the whole worker: one that tells no facts must not look alive.
        """
        try:
            while not self.stopping.is_set():
                self._relay_until_lost()
        except BaseException:
            self.has_failed = True
            os.kill(os.getpid(), signal.SIGTERM)
            raise

    def _relay_until_lost(self) -> None:
        try:
            with (
                self._app.app_context(),
                self._redis.pubsub(ignore_subscribe_messages=True) as news,  # type: ignore[no-untyped-call]
            ):
                # Subscribed before the first look: news in between is heard afterwards.
                news.subscribe(jobs.WAKE_CHANNEL)
                self._relay_until_stopped(news)
        except (SQLAlchemyError, RedisError) as lost:
            _log.warning("relay_waits", error=type(lost).__name__)
            self.stopping.wait(LOOK_EVERY_SECONDS)

    def _relay_until_stopped(self, news: PubSub) -> None:
        while not self.stopping.is_set():
            while jobs.relay_once():
                continue
            jobs.enqueue_due_periodics()
            health.report_worker()
            session.remove()
            news.get_message(timeout=LOOK_EVERY_SECONDS)


class Worker(SimpleWorker):
    """An RQ worker that works in its own process: no fork per job, one warm database pool.

    A job that takes the process down is not lost: its delivery comes due again.
    """

    max_connection_wait_time = REDIS_PATIENCE_SECONDS  # of RQ's own: it would grow to a minute
    was_asked_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the running job and end. RQ calls this on SIGTERM and SIGINT."""
        self.was_asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


class LongWorker(Worker):
    """An RQ worker for a thread: it cannot hear signals, and ends jobs that hang by a timer."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Leave signals to the main thread."""


class LongLane(threading.Thread):
    """Runs the jobs that may take minutes, one after another.

    It ends with the process, in the middle of a job if need be: such jobs go on where they were.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="long-lane", daemon=True)
        self._app = app
        self._redis = connect(settings)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Look for long jobs once a second until told to stop. A lost Redis is waited for."""
        with self._app.app_context():
            while not self.stopping.wait(LOOK_EVERY_SECONDS):
                try:
                    waiting = jobs.queue(self._redis, is_long=True)
                    if waiting.count:
                        _work(
                            LongWorker(
                                [waiting], connection=self._redis, serializer=JSONSerializer
                            ),
                            burst=True,
                        )
                except RedisError as lost:
                    _log.warning("long_lane_waits", error=type(lost).__name__)


def main() -> int:
    """Run until SIGTERM or SIGINT; the running job is finished first. 1 when the relay failed."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as unfit:
        sys.stderr.write(f"{unfit}\n")
        return 78  # EX_CONFIG
    app = create_app(settings)
    relay, long_lane = Relay(app, settings), LongLane(app, settings)

    def stop(number: int, frame: FrameType | None) -> None:
        relay.stopping.set()
        long_lane.stopping.set()

    _on_signals(stop)
    relay.start()
    long_lane.start()
    _log.info("worker_started", pid=os.getpid())
    with app.app_context():
        while not relay.stopping.is_set():
            try:
                if _work(new_worker(settings)):
                    break
            except RedisError as lost:
                _log.warning("worker_waits_for_redis", error=type(lost).__name__)
            _on_signals(stop)  # RQ leaves those of the worker that is gone
            relay.stopping.wait(REDIS_PATIENCE_SECONDS)
    relay.stopping.set()
    long_lane.stopping.set()
    relay.join(timeout=5)
    _log.info("worker_stopped", pid=os.getpid())
    return 1 if relay.has_failed else 0


def new_worker(settings: Settings) -> Worker:
    """Make a worker with connections of its own: RQ waits on them for minutes, jobs must not."""
    connection = connect(settings)
    return Worker([jobs.queue(connection)], connection=connection, serializer=JSONSerializer)


def _work(worker: Worker, *, burst: bool = False) -> bool:
    """Work until asked to stop (True), or until RQ gives up over a Redis that it lost (False).

    In a `burst` only until nothing waits.
    """
    try:
        worker.work(burst=burst, logging_level="WARNING")
    except RedisError:
        if not worker.was_asked_to_stop:
            raise
    finally:
        listener = cast("PubSubWorkerThread | None", worker.pubsub_thread)
        if listener is not None:
            listener.stop()  # or it would go on beside that of the next worker
    return worker.was_asked_to_stop


def _on_signals(stop: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
