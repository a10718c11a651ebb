"""`python -m api.worker`: runs jobs, relays facts and keeps the timetable. Any number may run.

The jobs of each lane run in a thread of their own, so that no lane waits for another one; those of
the timetable in the main thread, where RQ keeps them; one more thread turns facts into deliveries
and watches over the lanes. All hold nothing that matters: killed at any moment, another worker
takes over what was left, because the ledger in Postgres knows.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import cast

import structlog
from flask import Flask
from redis.client import PubSub, PubSubWorkerThread
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, TimerDeathPenalty
from sqlalchemy.exc import SQLAlchemyError

from api.app import create_app
from api.platform import deliveries, delivery_claims, health, jobs
from api.platform.db import session, transaction
from api.platform.deliveries import Hand
from api.platform.mail import Mailer
from api.platform.outbox import Lane
from api.platform.redis import connect
from api.platform.service_registry import get_service
from api.platform.settings import Settings, SettingsError

LOOK_EVERY_SECONDS = 1.0
BREATH_SECONDS = 0.02
"""Between two looks for facts: those that come in between are told together."""
GIVE_WAY_SECONDS = 1.0
REDIS_PATIENCE_SECONDS = 2.0
GOODBYE_SECONDS = 8.0
"""How long running deliveries may take to end after SIGTERM, before they are handed back."""

_log = structlog.get_logger("api.worker")


class LaneThread(threading.Thread):
    """Carries out the deliveries of one lane, one after another."""

    def __init__(self, app: Flask, lane: Lane, first: Sequence["LaneThread"] = ()) -> None:
        super().__init__(name=f"lane-{lane.name.lower()}", daemon=True)
        self._app, self._lane, self._first = app, lane, first
        self.hand, self.news = Hand(), threading.Event()
        self.is_busy = self.has_failed = False

    def run(self) -> None:
        """Work until told to stop. A lost database is waited for; anything else ends the worker."""
        try:
            with self._app.app_context():
                while not jobs.STOPPING.is_set():
                    self.news.clear()
                    self._give_way()
                    self.is_busy = True
                    if not self._work_off():
                        self.is_busy = False
                        self._rest()
        except BaseException:
            self.has_failed = True
            os.kill(os.getpid(), signal.SIGTERM)
            raise

    def _work_off(self) -> int:
        try:
            return deliveries.work_off(self._lane, self.hand, jobs.STOPPING.is_set)
        except (SQLAlchemyError, JobTimeoutException) as lost:
            _log.warning("lane_waits", lane=self._lane.name, error=type(lost).__name__)
            session.rollback()
            return 0
        finally:
            session.remove()

    def _give_way(self) -> None:
        """Let money and letters get on before each batch of the rest: all share one core."""
        until = time.monotonic() + GIVE_WAY_SECONDS
        while time.monotonic() < until and any(lane.is_busy for lane in self._first):
            jobs.STOPPING.wait(BREATH_SECONDS)

    def _rest(self) -> None:
        mailer: Mailer = get_service(Mailer)
        mailer.hang_up()
        self.news.wait(LOOK_EVERY_SECONDS)


def lane_threads(app: Flask) -> dict[Lane, LaneThread]:
    """Make the threads of all lanes; the rest gives way to money and to letters waited for."""
    first = {lane: LaneThread(app, lane) for lane in (Lane.MONEY, Lane.MAIL)}
    return first | {
        lane: LaneThread(app, lane, [*first.values()]) for lane in Lane if lane not in first
    }


class Relay(threading.Thread):
    """Turns facts into deliveries as soon as it hears of news, and watches over the lanes.

    Without Redis it hears nothing, and looks once a second.
    """

    def __init__(self, app: Flask, settings: Settings, lanes: Mapping[Lane, LaneThread]) -> None:
        super().__init__(name="relay", daemon=True)
        self._app, self._lanes = app, lanes
        self._redis = connect(settings)
        self._news: PubSub | None = None
        self._looked_at = 0.0
        self.has_failed = False

    def run(self) -> None:
        """Relay until told to stop. A lost database is waited for, not died of.

        Anything else ends the whole worker: one that tells no facts must not look alive.
        """
        try:
            with self._app.app_context():
                while not jobs.STOPPING.is_set():
                    self._look()
        except BaseException:
            self.has_failed = True
            os.kill(os.getpid(), signal.SIGTERM)
            raise

    def _look(self) -> None:
        try:
            # Subscribed before the first look: news in between is heard afterwards.
            self._listen()
            while jobs.relay_once():
                self._wake()
            self._wake()
            if time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS:
                self._looked_at = time.monotonic()
                self._watch()
        except SQLAlchemyError as lost:
            _log.warning("relay_waits", error=type(lost).__name__)
            session.rollback()
            jobs.STOPPING.wait(LOOK_EVERY_SECONDS)
        finally:
            session.remove()
        self._wait_for_news()

    def _wake(self) -> None:
        for lane in delivery_claims.lanes_due():
            self._lanes[lane].news.set()

    def _watch(self) -> None:
        """Renew the claims, end what takes too long, and wake what the timetable says."""
        hanging = jobs.note_hanging()
        if hanging or not deliveries.watch([lane.hand for lane in self._lanes.values()]):
            _log.error("job_hangs", lanes=[lane.name for lane in self._lanes], periodic=hanging)
            os._exit(os.EX_SOFTWARE)  # no thread can be ended that does not come back to Python
        try:
            jobs.enqueue_due_periodics()
            health.report_worker()
        except RedisError as lost:
            self._hear_nothing(lost)

    def _listen(self) -> None:
        if self._news is None:
            try:
                news = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                news.subscribe(jobs.WAKE_CHANNEL)
                self._news = news
            except RedisError as lost:
                self._hear_nothing(lost)

    def _wait_for_news(self) -> None:
        if self._news is None:
            jobs.STOPPING.wait(LOOK_EVERY_SECONDS)
            return
        try:
            if self._news.get_message(timeout=LOOK_EVERY_SECONDS):
                jobs.STOPPING.wait(BREATH_SECONDS)
                while self._news.get_message():
                    continue
        except RedisError as lost:
            self._hear_nothing(lost)

    def _hear_nothing(self, lost: RedisError) -> None:
        _log.warning("relay_waits", error=type(lost).__name__)
        if self._news is not None:
            self._news.close()
            self._news = None


class Worker(SimpleWorker):
    """An RQ worker that works in its own process: no fork per job, one warm database pool."""

    max_connection_wait_time = REDIS_PATIENCE_SECONDS  # of RQ's own: it would grow to a minute
    was_asked_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the running job and end. RQ calls this on SIGTERM and SIGINT."""
        self.was_asked_to_stop = True
        jobs.STOPPING.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


class LongWorker(Worker):
    """An RQ worker for a thread: it cannot hear signals, and ends jobs that hang by a timer."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Leave signals to the main thread."""


class LongPeriodics(threading.Thread):
    """Runs the jobs of the timetable that may take minutes, one after another.

    It ends with the process, in the middle of a job if need be: such jobs go on where they were.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="long-periodics", daemon=True)
        self._app = app
        self._redis = connect(settings)

    def run(self) -> None:
        """Look for long jobs once a second until told to stop. A lost Redis is waited for."""
        with self._app.app_context():
            while not jobs.STOPPING.wait(LOOK_EVERY_SECONDS):
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
                    _log.warning("long_periodics_wait", error=type(lost).__name__)


def main() -> int:
    """Run until SIGTERM or SIGINT; running jobs are finished or handed back. 1 when one failed."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as unfit:
        sys.stderr.write(f"{unfit}\n")
        return 78  # EX_CONFIG
    app = create_app(settings)
    lanes = lane_threads(app)
    relay = Relay(app, settings, lanes)

    def stop(number: int, frame: FrameType | None) -> None:
        jobs.STOPPING.set()

    _on_signals(stop)
    for thread in (*lanes.values(), LongPeriodics(app, settings), relay):
        thread.start()
    _log.info("worker_started", pid=os.getpid())
    with app.app_context():
        while not jobs.STOPPING.is_set():
            try:
                if _work(new_worker(settings)):
                    break
            except RedisError as lost:
                _log.warning("worker_waits_for_redis", error=type(lost).__name__)
            _on_signals(stop)  # RQ leaves those of the worker that is gone
            jobs.STOPPING.wait(REDIS_PATIENCE_SECONDS)
        jobs.STOPPING.set()
        _log.info("worker_stopping", pid=os.getpid())
        _say_goodbye(lanes)
    relay.join(timeout=2)
    _log.info("worker_stopped", pid=os.getpid())
    has_failed = relay.has_failed or any(lane.has_failed for lane in lanes.values())
    return 1 if has_failed else 0


def _say_goodbye(lanes: Mapping[Lane, LaneThread]) -> None:
    """Let the running deliveries end, and hand back those that do not, and the jobs of minutes."""
    for news in (thread.news for thread in lanes.values()):
        news.set()
    until = time.monotonic() + GOODBYE_SECONDS
    for lane, thread in sorted(lanes.items()):
        thread.join(timeout=0 if lane is Lane.LONG else max(0.0, until - time.monotonic()))
    left = [one for thread in lanes.values() if thread.is_alive() for one in thread.hand.held()]
    if not left:
        return
    try:
        with transaction():
            delivery_claims.hand_back(left)
        _log.info("jobs_handed_back", jobs=[one.subscriber for one in left])
    except SQLAlchemyError as lost:
        _log.warning("jobs_not_handed_back", error=type(lost).__name__)


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
