"""`python -m api.worker`: runs jobs, relays events and periodic jobs. Any number may run at once.

Each lane has a thread for its deliveries, so that no lane waits for another one. Periodic jobs run
in the main thread, through RQ; one more thread turns events into deliveries and monitors the lanes.
No state is kept in the process: when a worker is killed, another one continues from the
deliveries table in Postgres.
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
from api.platform import deliveries, delivery_claims, health, jobs, outbox
from api.platform.db import session, transaction
from api.platform.deliveries import ClaimedDeliveries
from api.platform.mail import Mailer
from api.platform.memory import return_freed_memory
from api.platform.outbox import Lane
from api.platform.redis import connect
from api.platform.service_registry import get_service
from api.platform.settings import Settings, SettingsError

POLL_SECONDS = 1.0
BATCHING_SECONDS = 0.02
"""Pause between two polls for events: those that arrive meanwhile are relayed together."""
YIELD_SECONDS = 1.0
REDIS_RETRY_SECONDS = 2.0
SHUTDOWN_SECONDS = 8.0
"""How long running deliveries may take to end after SIGTERM, before they are released."""

_log = structlog.get_logger("api.worker")


class LaneThread(threading.Thread):
    """Carries out the deliveries of one lane, one after another."""

    def __init__(self, app: Flask, lane: Lane, urgent: Sequence["LaneThread"] = ()) -> None:
        super().__init__(name=f"lane-{lane.name.lower()}", daemon=True)
        self._app, self._lane, self._urgent = app, lane, urgent
        self.claimed, self.news = ClaimedDeliveries(), threading.Event()
        self.is_busy = self.has_failed = False

    def run(self) -> None:
        """Work until told to stop. Waits for a lost database; any other error ends the worker."""
        try:
            with self._app.app_context():
                while not jobs.STOPPING.is_set():
                    self.news.clear()
                    self._yield_to_urgent_lanes()
                    self.is_busy = True
                    # Fewer than fit into a batch: there were no more, and others will be told of.
                    if self._carry_out_due() < deliveries.BATCH_SIZES[self._lane]:
                        self.is_busy = False
                        self._sleep()
        except BaseException:
            self.has_failed = True
            os.kill(os.getpid(), signal.SIGTERM)
            raise

    def _carry_out_due(self) -> int:
        try:
            return deliveries.carry_out_due(self._lane, self.claimed, jobs.STOPPING.is_set)
        except (SQLAlchemyError, JobTimeoutException) as error:
            _log.warning("lane_waits", lane=self._lane.name, error=type(error).__name__)
            session.rollback()
            return 0
        finally:
            session.remove()

    def _yield_to_urgent_lanes(self) -> None:
        """Let money and e-mails run before each batch of the other lanes: all share one core."""
        deadline = time.monotonic() + YIELD_SECONDS
        while time.monotonic() < deadline and any(lane.is_busy for lane in self._urgent):
            jobs.STOPPING.wait(BATCHING_SECONDS)

    def _sleep(self) -> None:
        if not self.news.wait(POLL_SECONDS):
            mailer: Mailer = get_service(Mailer)
            mailer.close()


def lane_threads(app: Flask) -> dict[Lane, LaneThread]:
    """Create the threads of all lanes; the others yield to the lanes of money and of e-mails."""
    urgent = {lane: LaneThread(app, lane) for lane in (Lane.MONEY, Lane.MAIL)}
    return urgent | {
        lane: LaneThread(app, lane, [*urgent.values()]) for lane in Lane if lane not in urgent
    }


class Relay(threading.Thread):
    """Turns events into deliveries when Redis notifies it, and monitors the lanes.

    Without Redis it polls once a second.
    """

    def __init__(self, app: Flask, settings: Settings, lanes: Mapping[Lane, LaneThread]) -> None:
        super().__init__(name="relay", daemon=True)
        self._app, self._lanes = app, lanes
        self._redis = connect(settings)
        self._news: PubSub | None = None
        self._monitored_at = 0.0
        self.has_failed = False

    def run(self) -> None:
        """Relay until told to stop. Waits for a lost database.

        Any other error ends the whole worker: one that relays no events must not look alive.
        """
        try:
            with self._app.app_context():
                while not jobs.STOPPING.is_set():
                    self._relay_all()
        except BaseException:
            self.has_failed = True
            os.kill(os.getpid(), signal.SIGTERM)
            raise

    def _relay_all(self) -> None:
        try:
            # Subscribed before the first poll, so that no notification in between is missed.
            self._subscribe()
            while jobs.relay_once() == outbox.BATCH:
                self._wake()
            self._wake()
            if time.monotonic() - self._monitored_at >= POLL_SECONDS:
                self._monitored_at = time.monotonic()
                self._monitor()
        except SQLAlchemyError as error:
            _log.warning("relay_waits", error=type(error).__name__)
            session.rollback()
            jobs.STOPPING.wait(POLL_SECONDS)
        finally:
            session.remove()
        self._wait_for_news()

    def _wake(self) -> None:
        for lane in delivery_claims.lanes_due():
            self._lanes[lane].news.set()

    def _monitor(self) -> None:
        """Renew the claims, end jobs over their time limit, and enqueue due periodic jobs."""
        hanging = jobs.note_hanging()
        if hanging or not deliveries.monitor([lane.claimed for lane in self._lanes.values()]):
            _log.error("job_hangs", lanes=[lane.name for lane in self._lanes], periodic=hanging)
            os._exit(os.EX_SOFTWARE)  # no thread can be ended that does not come back to Python
        try:
            jobs.enqueue_due_periodics()
            health.report_worker()
        except RedisError as error:
            self._unsubscribe(error)

    def _subscribe(self) -> None:
        if self._news is None:
            try:
                news = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                news.subscribe(jobs.WAKE_CHANNEL)
                self._news = news
            except RedisError as error:
                self._unsubscribe(error)

    def _wait_for_news(self) -> None:
        if self._news is None:
            jobs.STOPPING.wait(POLL_SECONDS)
            return
        try:
            if self._news.get_message(timeout=POLL_SECONDS):
                jobs.STOPPING.wait(BATCHING_SECONDS)
                while self._news.get_message():
                    continue
        except RedisError as error:
            self._unsubscribe(error)

    def _unsubscribe(self, error: RedisError) -> None:
        _log.warning("relay_waits", error=type(error).__name__)
        if self._news is not None:
            self._news.close()
            self._news = None


class Worker(SimpleWorker):
    """An RQ worker that runs jobs in its own process: no fork per job, one warm database pool."""

    max_connection_wait_time = REDIS_RETRY_SECONDS  # RQ's own wait would grow to a minute
    was_asked_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the running job and end. RQ calls this on SIGTERM and SIGINT."""
        self.was_asked_to_stop = True
        jobs.STOPPING.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


class LongWorker(Worker):
    """An RQ worker for a thread: it receives no signals, so a timer ends jobs that hang."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Leave signals to the main thread."""


class LongPeriodics(threading.Thread):
    """Runs the periodic jobs that may take minutes, one after another.

    It ends with the process, even in the middle of a job: such jobs continue where they stopped.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="long-periodics", daemon=True)
        self._app = app
        self._redis = connect(settings)

    def run(self) -> None:
        """Poll for long jobs once a second until told to stop. Waits for a lost Redis."""
        with self._app.app_context():
            while not jobs.STOPPING.wait(POLL_SECONDS):
                try:
                    queue = jobs.queue(self._redis, is_long=True)
                    if queue.count:
                        _work(
                            LongWorker([queue], connection=self._redis, serializer=JSONSerializer),
                            burst=True,
                        )
                except RedisError as error:
                    _log.warning("long_periodics_wait", error=type(error).__name__)


def main() -> int:
    """Run until SIGTERM or SIGINT; running deliveries are finished or released.

    Returns the exit status: 1 when a thread failed, 78 for invalid settings.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 78  # EX_CONFIG
    return_freed_memory()
    app = create_app(settings, answers_requests=False)
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
            except RedisError as error:
                _log.warning("worker_waits_for_redis", error=type(error).__name__)
            _on_signals(stop)  # RQ leaves the handlers of the worker that has ended
            jobs.STOPPING.wait(REDIS_RETRY_SECONDS)
        jobs.STOPPING.set()
        _log.info("worker_stopping", pid=os.getpid())
        _finish_or_release(lanes)
    relay.join(timeout=2)
    _log.info("worker_stopped", pid=os.getpid())
    has_failed = relay.has_failed or any(lane.has_failed for lane in lanes.values())
    return 1 if has_failed else 0


def _finish_or_release(lanes: Mapping[Lane, LaneThread]) -> None:
    """Wait for running deliveries; release those that do not end in time, and the long ones."""
    for news in (thread.news for thread in lanes.values()):
        news.set()
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    for lane, thread in sorted(lanes.items()):
        thread.join(timeout=0 if lane is Lane.LONG else max(0.0, deadline - time.monotonic()))
    unfinished = [
        delivery
        for thread in lanes.values()
        if thread.is_alive()
        for delivery in thread.claimed.deliveries()
    ]
    if not unfinished:
        return
    try:
        with transaction():
            delivery_claims.release(unfinished)
        _log.info("jobs_handed_back", jobs=[delivery.subscriber for delivery in unfinished])
    except SQLAlchemyError as error:
        _log.warning("jobs_not_handed_back", error=type(error).__name__)


def new_worker(settings: Settings) -> Worker:
    """Create an RQ worker with its own connections: RQ blocks on them for minutes."""
    connection = connect(settings)
    return Worker([jobs.queue(connection)], connection=connection, serializer=JSONSerializer)


def _work(worker: Worker, *, burst: bool = False) -> bool:
    """Work until asked to stop (True), or until RQ gives up on a lost Redis (False).

    With `burst` only until the queue is empty.
    """
    try:
        worker.work(burst=burst, logging_level="WARNING")
    except RedisError:
        if not worker.was_asked_to_stop:
            raise
    finally:
        listener = cast("PubSubWorkerThread | None", worker.pubsub_thread)
        if listener is not None:
            listener.stop()  # or it would run beside that of the next worker
    return worker.was_asked_to_stop


def _on_signals(stop: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
