"""Request ids, structured logs without personal data, and metrics.

A request id is passed on from a key press in the console to the e-mail that follows from it.
"""

import logging
import re
import sys
import time
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram
from structlog.typing import EventDict

from api.kernel.ids import new_id
from api.platform import sentry
from api.platform.log_file import LogFile, Tee
from api.platform.settings import Settings

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CONSOLE = "stockroom-console"
_current: ContextVar[str] = ContextVar("request_id", default="-")
_way_in: ContextVar[str] = ContextVar("way_in", default="command")

REQUESTS = Histogram(
    "stockroom_request_seconds",
    "Time to answer a request, by route.",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
CACHE = Counter("stockroom_cache_total", "Cache look-ups by outcome.", ["outcome"])
JOBS = Counter("stockroom_jobs_total", "Jobs by name and outcome.", ["job", "outcome"])
EVENTS = Counter("stockroom_facts_total", "Events relayed to subscribers, by name.", ["fact"])

_log = structlog.get_logger("api.requests")


def request_id() -> str:
    """Return the id of the request or job that is running, `-` outside of one."""
    return _current.get()


def way_in() -> str:
    """Return what started the running work: `api`, `console`, `job` or `command`."""
    return _way_in.get()


def bind_request_id(value: str, way: str = "job") -> None:
    """Use the id of the request that caused this work."""
    _current.set(value)
    _way_in.set(way)
    structlog.contextvars.bind_contextvars(request_id=value)


@lru_cache(maxsize=4096)
def shortened(address: str) -> str:
    """Return the network of an IP address: /24, or /48 for IPv6; logs hold nothing else of it."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def configure_logging(settings: Settings) -> None:
    """Log structured lines to standard output: JSON for machines, columns for people.

    Also to `LOG_FILE`, if it is set; errors to Sentry, if `SENTRY_DSN` is set.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    as_json = settings.log_format == "json"
    file: Any = Tee(LogFile(settings.log_file)) if settings.log_file else None
    sentry.init(settings.sentry_dsn, settings.env)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([sentry.report] if settings.sentry_dsn else []),
            # Plain: a rich traceback shows local variables, and so names and addresses of people.
            structlog.processors.format_exc_info,
            _without_values,
            structlog.processors.JSONRenderer(orjson.dumps)
            if as_json
            else structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(file)
        if as_json
        else structlog.PrintLoggerFactory(file),
        cache_logger_on_first_use=settings.env != "test",
    )
    logging.basicConfig(
        level=max(level, logging.WARNING),
        format="%(levelname)s %(name)s %(message)s",
        stream=None if file is None else Tee(file.file, sys.stderr),
    )


def _without_values(logger: object, method: str, line: EventDict) -> EventDict:
    """Remove what PostgreSQL quotes from a row, as in `Key (email)=(...) already exists`."""
    if "exception" in line:
        lines = str(line["exception"]).splitlines()
        line["exception"] = "\n".join(text for text in lines if not text.startswith("DETAIL:"))
    return line


def log_as_debug() -> None:
    """Log this request at level DEBUG only, if it succeeds.

    For polling every second, whose lines would drown all others. It is measured as usual.
    """
    g.is_routine = True


def init_app(app: Flask) -> None:
    """Give each request an id, one log line and one measurement of its duration."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.began, g.is_routine = time.perf_counter(), False
    sent = request.headers.get("X-Request-ID", "")
    value = sent if _ACCEPTED.fullmatch(sent) else new_id().hex
    structlog.contextvars.clear_contextvars()
    agent = request.headers.get("User-Agent", "")
    bind_request_id(value, "console" if agent.startswith(_CONSOLE) else "api")


def _finish(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    # The rule and not the path: ids and search terms stay out of logs and labels.
    route = request.url_rule.rule if request.url_rule else "unmatched"
    response.headers["X-Request-ID"] = request_id()
    # A caller may invent methods, and each would become a label that is kept for ever.
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(method, route, str(response.status_code)).observe(seconds)
    is_routine = g.get("is_routine", False) and response.status_code < 400
    _log.log(
        logging.DEBUG if is_routine else logging.INFO,
        "request",
        method=method,
        route=route,
        status=response.status_code,
        network=shortened(request.remote_addr or ""),
        ms=round(seconds * 1000, 1),
    )
    return response
