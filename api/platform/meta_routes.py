"""Routes about the service itself: the front page, health and metrics."""

import hmac
import os
from collections.abc import Callable

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as PROCESS_METRICS
from prometheus_client.multiprocess import MultiProcessCollector

from api.kernel.errors import Forbidden
from api.kernel.release import VERSION
from api.platform import draining, health
from api.platform import metrics as shop_metrics
from api.platform.auth import public
from api.platform.http import json_response
from api.platform.observability import log_as_debug
from api.platform.settings import Settings

_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'"
)
_OURSELVES = ("127.0.0.1", "::1")
# Headers that a proxy adds: the proxy is on this machine, but its clients are not.
_FORWARDED = frozenset({"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via"})

pages = Blueprint("pages", __name__)


@pages.get("/")
@public
def front() -> Response:
    """Describe the API, with links to its documents."""
    settings: Settings = current_app.extensions["stockroom_settings"]
    return json_response(
        {
            "name": settings.shop_name,
            "service": "Stockroom",
            "version": VERSION,
            "docs": "/docs",
            "openapi": {"storefront": "/openapi/storefront.json", "admin": "/openapi/admin.json"},
            "storefront": "/api/v1",
            "health": "/health",
        }
    )


@pages.get("/health")
@public
def health_in_short() -> Response:
    """Answer in a word whether the shop is up: 503 when it cannot reach its database."""
    fit = health.database() == "ok"
    body = {"status": "healthy" if fit else "unhealthy", "version": VERSION}
    return json_response(body, 200 if fit else 503, {} if fit else {"Retry-After": "5"})


@pages.get("/health/live")
@public
def live() -> Response:
    """Answer that the process is alive, or 503 when it shuts down; checks nothing else."""
    log_as_debug()
    if draining.is_leaving():
        return json_response({"status": "ending"}, 503, {"Retry-After": "5"})
    return json_response({"status": "ok"})


@pages.get("/health/ready")
@public
def ready() -> Response:
    """Answer whether this process is ready: 503 when the database is unavailable or outdated.

    A lost Redis or worker, a backlog, failing jobs or differences that the doctor found are
    reported, but the shop stays ready: it still sells.
    """
    needed: dict[str, Callable[[], str]] = {"database": health.database}
    reported = {
        "redis": health.redis,
        "worker": health.worker,
        "facts": health.backlog,
        "timetable": health.timetable,
        "doctor": health.doctor,
    }
    parts = {name: check() for name, check in {**needed, **reported}.items()}
    fit = all(parts[name] == "ok" for name in needed)
    whole = all(state == "ok" for state in parts.values())
    # Work for people, and no reason to be marked degraded.
    parts["attention"], parts["backups"] = health.attention(), health.backups()
    status = "ok" if whole else "degraded" if fit else "unavailable"
    headers = {} if fit else {"Retry-After": "5"}
    return json_response({"status": status, "parts": parts}, 200 if fit else 503, headers)


@pages.get("/metrics")
@public
def metrics() -> Response:
    """Report counters for Prometheus, to the machine itself or to the holder of METRICS_TOKEN."""
    settings: Settings = current_app.extensions["stockroom_settings"]
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.metrics_token:
        if not hmac.compare_digest(token.encode(), settings.metrics_token.encode()):
            raise Forbidden("Send METRICS_TOKEN as a bearer token.")
    elif request.remote_addr not in _OURSELVES or _FORWARDED.intersection(request.headers.keys()):
        raise Forbidden("Metrics are for the machine itself unless METRICS_TOKEN is set.")
    registry = PROCESS_METRICS
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    # Counters of all processes, and gauges that are read now.
    exposition = generate_latest(registry) + shop_metrics.gauges()
    return Response(exposition, content_type=CONTENT_TYPE_LATEST)


def secure_headers(response: Response) -> Response:
    """Add security headers: no sniffing, no framing, no referrer, a content security policy."""
    headers, path = response.headers, request.path
    headers.add("X-Content-Type-Options", "nosniff")
    headers.add("X-Frame-Options", "DENY")
    headers.add("Referrer-Policy", "no-referrer")
    headers.add("Content-Security-Policy", _PAGE_POLICY if path.startswith("/docs") else _POLICY)
    if path.startswith("/api/") and "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
    return response


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(pages)
    app.after_request(secure_headers)
