"""Gauges of `/metrics`: queues, backlog, attention items, jobs, connections, the doctor, stock.

Each value is read at a scrape, by a few indexed statements that count up to a limit, and cached for
some seconds: a scrape costs the same in a large shop, and several scrapers cost no more than one.
A value that cannot be read is left out, and `stockroom_source_up` is 0 for its source.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.kernel import clock
from api.platform import doctor_runs, health, jobs, outbox
from api.platform.db import db, session, transaction

KEPT_SECONDS: Final = 10.0
COUNTED_UP_TO: Final = 10_000
_PATIENCE: Final = "2s"

_ATTENTION: Final = text(
    "SELECT kind, count(*) FROM (SELECT kind FROM attention_items WHERE resolved_at IS NULL"
    " LIMIT :most) AS open GROUP BY kind"
)
_TIMETABLE: Final = text("SELECT name, failures, last_run_at FROM timetable")
_CONNECTIONS: Final = text(
    "SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() GROUP BY 1"
)
_LIMIT: Final = text("SELECT current_setting('max_connections')::int")


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value, or one for each value of a label. None means unknown and is left out."""

    name: str
    help: str
    values: Mapping[str, float | None]
    label: str | None = None

    @classmethod
    def single(cls, name: str, help: str, value: float | None) -> "Gauge":
        """Create a gauge without a label."""
        return cls(name, help, {"": value})

    def family(self) -> GaugeMetricFamily:
        """Convert it to a metric family of prometheus_client."""
        labels = [] if self.label is None else [self.label]
        family = GaugeMetricFamily(f"stockroom_{self.name}", self.help, labels=labels)
        for name, value in self.values.items():
            if value is not None:
                family.add_metric([name] if self.label else [], value)
        return family


Source = Callable[[], Iterable[Gauge]]
"""Reads some gauges, within a short transaction."""


class ShopCollector(Collector):
    """Reads all gauges, and caches them for some seconds."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._read: list[Gauge] = []
        self._read_at = float("-inf")

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the current gauges, or those of some seconds ago."""
        with self._lock:
            if time.monotonic() - self._read_at > KEPT_SECONDS:
                self._read = self._read_all()
                self._read_at = time.monotonic()
            read = self._read
        yield from (gauge.family() for gauge in read)

    def forget(self) -> None:
        """Clear the cache, so that the next scrape reads again."""
        self._read_at = float("-inf")

    def _read_all(self) -> list[Gauge]:
        gauges: list[Gauge] = []
        is_up: dict[str, float | None] = {}
        for name, source in self._sources.items():
            try:
                gauges += list(source())
                is_up[name] = 1
            except (SQLAlchemyError, RedisError):
                session.rollback()
                is_up[name] = 0
        help_text = "Whether the gauges of a source could be read."
        return [*gauges, Gauge("source_up", help_text, is_up, "source")]


def init_app(app: Flask, shop: Source) -> None:
    """Register the gauges of the platform, and those of the shop's domains (`shop`)."""
    sources = {"queue": _queue, "machinery": _in_short(_machinery), "shop": _in_short(shop)}
    app.extensions["stockroom_gauges"] = ShopCollector(sources)


def collector() -> ShopCollector:
    """Return the running app's collector."""
    registered: ShopCollector = current_app.extensions["stockroom_gauges"]
    return registered


def gauges() -> bytes:
    """Return all gauges in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector())
    return generate_latest(registry)


def _in_short(source: Source) -> Source:
    """Read in one transaction with a short statement timeout."""

    def read() -> Iterable[Gauge]:
        with transaction() as current:
            current.execute(text(f"SET LOCAL statement_timeout = '{_PATIENCE}'"))
            return list(source())

    return read


def _queue() -> Iterator[Gauge]:
    lengths: dict[str, float | None] = {}
    for is_long in (False, True):
        queue = jobs.queue(is_long=is_long)
        lengths[queue.name] = queue.count
    yield Gauge("queue_jobs", "Jobs that wait in a queue of Redis.", lengths, "queue")
    seen = health.worker_state()
    yield Gauge.single(
        "worker_up", "Whether a worker reported within the last minute.", seen["state"] == "running"
    )
    at = seen["last_seen_at"]
    yield Gauge.single(
        "worker_last_seen_seconds",
        "How long ago a worker last reported.",
        None if at is None else (clock.now() - at).total_seconds(),
    )


def _machinery() -> Iterator[Gauge]:
    backlog, age = outbox.backlog()
    yield Gauge.single("deliveries_waiting", "Events and deliveries that are not done.", backlog)
    yield Gauge.single(
        "oldest_undelivered_seconds", "Age of the oldest event that is not delivered.", age
    )
    yield Gauge(
        "attention_items",
        f"Open attention items, by kind, counted up to {COUNTED_UP_TO:,}.",
        {row[0]: row[1] for row in session.execute(_ATTENTION, {"most": COUNTED_UP_TO})},
        "kind",
    )
    timetable = session.execute(_TIMETABLE).all()
    now = clock.now()
    yield Gauge(
        "timetable_failures",
        "How often a periodic job failed in a row.",
        {row.name: row.failures for row in timetable},
        "periodic",
    )
    yield Gauge(
        "timetable_last_run_seconds",
        "How long ago a periodic job last ended.",
        {
            row.name: (now - row.last_run_at).total_seconds()
            for row in timetable
            if row.last_run_at is not None
        },
        "periodic",
    )
    yield Gauge(
        "database_connections",
        "Connections to the shop's database by state, of all processes.",
        {row[0]: row[1] for row in session.execute(_CONNECTIONS)},
        "state",
    )
    yield Gauge.single(
        "database_connections_limit",
        "How many connections PostgreSQL allows.",
        session.scalar(_LIMIT),
    )
    yield from _pool()
    light = doctor_runs.status_light()
    checked_at = light["checked_at"]
    yield Gauge.single(
        "doctor_differences",
        "Rows that break an invariant, in the last run of the doctor.",
        None if checked_at is None else light["differences"],
    )
    yield Gauge.single(
        "doctor_last_run_seconds",
        "How long ago the doctor last checked everything.",
        None if checked_at is None else (now - checked_at).total_seconds(),
    )


def _pool() -> Iterator[Gauge]:
    """Read the connection pool of the process that answers."""
    pool: Any = db.engine.pool
    yield Gauge.single(
        "database_pool_in_use",
        "Connections in use in the process that answered.",
        pool.checkedout(),
    )
    yield Gauge.single(
        "database_pool_limit",
        "Connections that one process may open.",
        pool.size() + max(0, pool._max_overflow),
    )
