"""Errors told to Sentry: from web, worker and console, with their request, without people."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sentry_sdk
from flask import Flask
from flask.testing import FlaskClient

from api.kernel.release import VERSION
from api.platform import deliveries, delivery_claims, observability, outbox
from api.platform.db import transaction
from api.platform.jobs import JobRegistry
from api.platform.mail import MailUnavailable
from api.platform.settings import Settings
from console.client import sentry as console_sentry
from tests.platform.test_outbox import BoxArrived, tells
from tests.support.waiting import eventually
from tests.support.workshop import PATH


@dataclass
class Sentry:
    """Takes envelopes on this machine, as Sentry does."""

    port: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        """The address as a project's page shows it."""
        return f"http://0123456789abcdef@127.0.0.1:{self.port}/7"

    def take(self, body: bytes) -> None:
        """Read an envelope: a line about it, then a line about each item and the item."""
        self.bodies.append(body)
        lines = body.split(b"\n")
        for about, item in zip(lines[1::2], lines[2::2], strict=False):
            if about and json.loads(about)["type"] == "event":
                self.events.append(json.loads(item))


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    """A server that takes envelopes; nothing is sent there any more afterwards."""
    seen = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_packed = self.headers.get("Content-Encoding") == "gzip"
            assert self.path == "/api/7/envelope/"
            seen.take(gzip.decompress(body) if is_packed else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield seen
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def told(sentry: Sentry, settings: Settings) -> Iterator[Sentry]:
    """The shop tells its errors there."""
    observability.configure_logging(replace(settings, sentry_dsn=sentry.dsn))
    yield sentry
    observability.configure_logging(settings)


def the_event(sentry: Sentry) -> dict[str, Any]:
    """Wait for the one event that was told."""
    sentry_sdk.flush(timeout=5)
    eventually(lambda: sentry.events, what="an event")
    (event,) = sentry.events
    return event


def test_a_bug_in_the_web_is_told_with_its_request_and_without_people(
    workshop: Flask, client: FlaskClient, told: Sentry, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, secret = "@".join(("ada", "example.test")), "-".join(("secret", "of", "ada"))

    def breaks(*_: Any, **__: Any) -> None:
        known = secret
        raise RuntimeError(f"no such row for {person}\nDETAIL: Key (name)=({known})")

    rule = next(rule for rule in workshop.url_map.iter_rules() if f"{PATH}/own" in rule.rule)
    monkeypatch.setitem(workshop.view_functions, rule.endpoint, breaks)
    answer = client.get(
        f"{PATH}/own?search={person}",
        headers={"X-Request-ID": "press-of-f7", "Authorization": f"Bearer {secret}"},
    )

    assert answer.status_code == 500
    event = the_event(told)
    assert event["release"] == f"stockroom@{VERSION}"
    assert event["environment"] == "test"
    assert event["tags"]["request_id"] == "press-of-f7"
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "no such row for <e-mail>")
    assert error["stacktrace"]["frames"][-1]["function"] == "breaks"
    assert not {"request", "user", "breadcrumbs", "extra", "server_name"} & event.keys()
    frames = error["stacktrace"]["frames"]
    assert all("vars" not in frame for frame in frames)
    said = b"".join(told.bodies)
    assert person.encode() not in said
    assert secret.encode() not in said


def test_a_job_that_fails_is_told_and_a_mail_server_that_is_away_is_not(
    app: Flask, told: Sentry, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = [MailUnavailable(), LookupError("the ladder is gone")]

    def shelve(_: BoxArrived) -> None:
        raise errors.pop(0)

    monkeypatch.setitem(
        app.extensions,
        "stockroom_work",
        JobRegistry(subscribers={BoxArrived: [shelve]}, timetable=()),
    )
    observability.bind_request_id("press-of-f8")
    tells("top", "top")
    with transaction():
        outbox.relay({BoxArrived: [f"{shelve.__module__.removeprefix('api.')}.shelve"]})
    with transaction():
        due = delivery_claims.claim_due()
    deliveries.carry_out(due)

    event = the_event(told)
    assert event["tags"]["job"].endswith("shelve")
    assert event["tags"]["request_id"] == "press-of-f8"
    assert event["exception"]["values"][0]["value"] == "the ladder is gone"
    observability.bind_request_id("-")


def test_a_console_that_crashes_is_told_with_its_last_request(sentry: Sentry) -> None:
    try:
        raise ValueError("ada@example.test cannot be drawn")
    except ValueError as error:
        console_sentry.report(sentry.dsn, error, request_id="press-of-f9")

    event = the_event(sentry)
    assert (event["release"], event["environment"]) == (f"stockroom-console@{VERSION}", "console")
    assert event["tags"] == {"request_id": "press-of-f9"}
    assert event["exception"]["values"][0]["value"] == "<e-mail> cannot be drawn"


@pytest.mark.parametrize("module", ["api.worker", "console.app.run"])
def test_without_an_address_nothing_of_it_is_loaded(module: str) -> None:
    """Its package takes a tenth of a second and some megabytes."""
    code = (
        "import sys; import {}; assert not [m for m in sys.modules if m.startswith('sentry_sdk')]"
    )
    name = "api.app" if module == "wsgi_free" else module
    subprocess.run([sys.executable, "-c", code.format(name)], check=True, timeout=60)
