"""What the house shows of itself: health, metrics, the document, and headers that keep it safe."""

import dataclasses
import pkgutil
import re
import tomllib
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.dev.stack import ROOT
from api.kernel import clock
from api.kernel.events import Event
from api.kernel.release import VERSION
from api.platform import draining, health, observability, openapi
from api.platform.db import db, session, transaction
from api.platform.jobs import ScheduledJob
from api.platform.outbox import emit
from api.platform.redis import client as redis_client
from api.platform.schema import newest_migration
from api.platform.settings import Settings


@dataclasses.dataclass(frozen=True, kw_only=True)
class LampLit(Event):
    """A fact that nobody has relayed yet."""


class Visitor(FlaskClient):
    """Someone who looks from outside, and reads each answer to its end."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Make a request."""
        return super().open(*args, **{"buffered": True, **options})


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Someone who looks from outside."""
    return Visitor(app, app.response_class)


@pytest.fixture
def worker_reports(app: Flask) -> None:
    """A worker that reports; the database stands at the migration that the code expects."""
    health.report_worker()


def elsewhere(settings: Settings, **changes: str) -> FlaskClient:
    """Look at a shop with other settings."""
    made = create_app(dataclasses.replace(settings, **changes))  # type: ignore[arg-type]
    return Visitor(made, made.response_class)


def test_a_process_that_runs_is_alive_whatever_else_is_gone(settings: Settings) -> None:
    nowhere = elsewhere(
        settings,
        database_url="postgresql+psycopg2://x@127.0.0.1:1/x",
        redis_url="redis://127.0.0.1:1",
    )

    answer = nowhere.get("/health/live")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_process_that_is_told_to_end_says_so(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "is_leaving", lambda: True)

    answer = visitor.get("/health/live")

    assert (answer.status_code, answer.json) == (503, {"status": "ending"})


@pytest.mark.usefixtures("worker_reports")
def test_a_whole_shop_is_ready(visitor: FlaskClient) -> None:
    answer = visitor.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "parts": {
            **{"database": "ok", "redis": "ok", "worker": "ok", "facts": "ok"},
            **{"timetable": "ok", "doctor": "ok", "attention": "ok", "backups": "not set up"},
        },
    }


@pytest.mark.usefixtures("worker_reports")
def test_without_redis_the_shop_is_degraded_and_still_ready(settings: Settings) -> None:
    answer = elsewhere(settings, redis_url="redis://127.0.0.1:1/0").get("/health/ready")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["status"] == "degraded"
    assert answer.json["parts"]["redis"] == "unavailable (ConnectionError)"
    assert answer.json["parts"]["worker"] == "unknown"


@pytest.mark.usefixtures("worker_reports")
def test_without_a_worker_the_shop_is_degraded(visitor: FlaskClient) -> None:
    redis_client().flushdb()

    answer = visitor.get("/health/ready")

    assert answer.json is not None
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["parts"]["worker"] == "no worker has reported for a minute"


@pytest.mark.usefixtures("worker_reports")
def test_a_job_that_keeps_failing_is_named_without_its_reason(visitor: FlaskClient) -> None:
    with transaction():
        for name, failures in (("sweep-refunds", 3), ("expire-reservations", 2)):
            entry = ScheduledJob(name=name, next_run_at=clock.now(), failures=failures)
            session.add(entry)
            entry.last_error = "OperationalError: of somebody"

    answer = visitor.get("/health/ready")

    assert answer.json is not None
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["parts"]["timetable"] == "failing: sweep-refunds"


@pytest.mark.usefixtures("worker_reports")
def test_facts_that_wait_are_told(visitor: FlaskClient) -> None:
    with clock.frozen(clock.now() - timedelta(minutes=6)), transaction():
        emit(LampLit())

    answer = visitor.get("/health/ready")

    assert answer.json is not None
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["parts"]["facts"].startswith("1 delivery waits, the oldest for 36")


def test_without_a_database_no_requests_should_come(settings: Settings) -> None:
    answer = elsewhere(settings, database_url="postgresql+psycopg2://x@127.0.0.1:1/x").get(
        "/health/ready"
    )

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json is not None
    assert answer.json["status"] == "unavailable"
    assert answer.json["parts"]["database"] == "unavailable (OperationalError)"
    assert answer.json["parts"]["facts"] == "unknown"


@pytest.mark.usefixtures("worker_reports")
def test_behind_on_migrations_no_requests_should_come(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "newest_migration", lambda: "9999")

    answer = visitor.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json is not None
    said = f"the database is at migration {newest_migration()}, the code needs 9999"
    assert answer.json["parts"]["database"] == said


def test_health_leaves_no_connection_behind(visitor: FlaskClient) -> None:
    for _ in range(5):
        visitor.get("/health/ready")
    session.rollback()

    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_the_machine_itself_may_read_its_metrics(visitor: FlaskClient) -> None:
    answer = visitor.get("/metrics")

    assert answer.status_code == 200
    assert "stockroom_request_seconds_bucket" in answer.text


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=203.0.113.7"}]
)
def test_someone_behind_the_proxy_of_this_machine_may_not(
    visitor: FlaskClient, headers: dict[str, str]
) -> None:
    assert visitor.get("/metrics", headers=headers).status_code == 403


def test_another_machine_may_not_read_the_metrics(visitor: FlaskClient) -> None:
    answer = visitor.get("/metrics", environ_overrides={"REMOTE_ADDR": "203.0.113.7"})

    assert answer.status_code == 403


def test_with_a_token_whoever_has_it_may_read_the_metrics_and_nobody_else(
    settings: Settings,
) -> None:
    guarded = elsewhere(settings, metrics_token="a-token-for-prometheus")
    far = {"REMOTE_ADDR": "203.0.113.7"}

    def reads(token: str | None) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return guarded.get("/metrics", headers=headers, environ_overrides=far).status_code

    assert reads("a-token-for-prometheus") == 200
    assert [reads(None), reads("a-token"), reads("ü")] == [403, 403, 403]
    assert guarded.get("/metrics").status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/", "/docs", "/openapi/admin.json", "/health/live", "/api/v1/products", "/api/v1/nowhere"],
)
def test_every_answer_tells_browsers_to_be_careful(visitor: FlaskClient, path: str) -> None:
    headers = visitor.get(path).headers

    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert headers.getlist("X-Frame-Options") == ["DENY"]
    assert headers.getlist("Referrer-Policy") == ["no-referrer"]
    (policy,) = headers.getlist("Content-Security-Policy")
    assert "frame-ancestors 'none'" in policy
    assert policy.startswith("default-src 'self'" if path == "/docs" else "default-src 'none'")


def test_what_is_meant_for_one_person_is_kept_by_nobody(visitor: FlaskClient) -> None:
    assert visitor.get("/api/v1/users/me").headers["Cache-Control"] == "no-store"
    assert visitor.get("/api/v1/nowhere").headers["Cache-Control"] == "no-store"
    assert "public" in visitor.get("/api/v1/products").headers["Cache-Control"]


def test_no_answer_sets_a_cookie(visitor: FlaskClient) -> None:
    for path in ("/", "/docs", "/api/v1/products", "/api/v1/cart"):
        assert "Set-Cookie" not in visitor.get(path).headers


def test_the_document_and_its_page_come_from_this_server_alone(visitor: FlaskClient) -> None:
    page = visitor.get("/docs").text

    for audience in ("storefront", "admin"):
        assert visitor.get(f"/openapi/{audience}.json").json
    assert "http://" not in page
    assert "https://" not in page
    assert visitor.get("/docs/docs.js").status_code == 200
    for asset in re.findall('(?:src|href)="([^"]+)"', page):
        assert visitor.get(asset).status_code == 200, asset
    assert visitor.get("/docs/../settings.py").status_code == 404


def test_the_type_of_a_problem_leads_to_its_explanation(visitor: FlaskClient) -> None:
    problem = visitor.get("/api/v1/users/me").json
    assert problem is not None
    page, _, anchor = problem["type"].partition("#")

    explained = visitor.get(page)

    assert explained.status_code == 200
    assert f'<tr id="{anchor}"><td>401</td><td>unauthenticated</td>' in explained.text
    assert "<td>405</td><td>method_not_allowed</td>" in explained.text


def test_codes_that_a_storefront_can_meet_are_explained_apart_from_those_of_staff(
    visitor: FlaskClient,
) -> None:
    page = visitor.get("/docs/problems").text

    storefront, staff = page.split("For staff alone")
    assert "<td>401</td><td>token_expired</td>" in storefront
    assert "<td>403</td><td>permission_missing</td>" in staff
    anchors = re.findall('<tr id="([^"]+)">', page)
    assert len(anchors) == len(set(anchors))


def test_a_document_is_sent_once_to_those_who_keep_it(visitor: FlaskClient) -> None:
    first = visitor.get("/openapi/storefront.json")
    again = visitor.get(
        "/openapi/storefront.json", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert (again.status_code, again.data) == (304, b"")
    assert visitor.get("/openapi/admin.json").headers["ETag"] != first.headers["ETag"]
    assert visitor.get("/openapi/nobody.json").status_code == 404


def test_tools_that_look_in_the_usual_place_find_the_document_of_the_storefront(
    visitor: FlaskClient,
) -> None:
    assert visitor.get("/openapi.json").headers["Location"] == "/openapi/storefront.json"


def test_documents_are_made_at_the_first_question_and_not_at_the_start(settings: Settings) -> None:
    app = create_app(settings)

    assert [one.spec for one in openapi.documents(app).values()] == [None, None]


def test_the_front_page_says_where_to_go_on(visitor: FlaskClient) -> None:
    front = visitor.get("/").json

    assert front is not None
    assert front["docs"] == "/docs"
    for place in (front["docs"], *front["openapi"].values()):
        assert visitor.get(place).status_code == 200


def test_health_in_a_word(visitor: FlaskClient, worker_reports: None, settings: Settings) -> None:
    healthy = visitor.get("/health")
    assert (healthy.status_code, healthy.json) == (200, {"status": "healthy", "version": VERSION})

    lost = elsewhere(settings, database_url="postgresql+psycopg2://x@127.0.0.1:1/x").get("/health")
    assert lost.status_code == 503
    assert lost.json == {"status": "unhealthy", "version": VERSION}
    assert lost.headers["Retry-After"] == "5"


def test_the_release_is_told_in_one_number(visitor: FlaskClient) -> None:
    """pyproject.toml reads it from where the shop does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    where = project["tool"]["setuptools"]["dynamic"]["version"]["attr"]

    assert "version" in project["project"]["dynamic"]
    assert pkgutil.resolve_name(where.replace("release.", "release:")) == VERSION
    assert visitor.get("/").json["version"] == VERSION
    for one in openapi.documents(visitor.application).values():
        assert one.described["info"]["version"] == VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_in_production_browsers_come_by_https_alone(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when they are refused; on somebody's own machine there is no certificate."""
    # Production keeps each logger as it is at first use: later tests could not change theirs.
    monkeypatch.setattr(observability, "configure_logging", lambda _: None)
    shop = create_app(dataclasses.replace(settings, env="production"))

    for path, status in (("/", 200), ("/api/v1/nowhere", 404)):
        answer = shop.test_client().get(path)
        assert answer.status_code == status
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers
