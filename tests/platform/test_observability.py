"""One id from key press to letter, and logs that tell everything but who people are."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import text

from api.platform import observability
from api.platform.db import session
from api.platform.settings import Settings
from tests.support.people import a_customer, signs_in
from tests.support.shop import ADDRESS, Shop
from tests.support.work import drain
from tests.support.workshop import PATH, Bench

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(settings: Settings, capfd: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """Log as production does, and read what was logged."""
    observability.configure_logging(replace(settings, log_level="INFO"))

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    yield read
    observability.configure_logging(settings)


def test_an_id_that_was_sent_is_taken_over(client: FlaskClient) -> None:
    answer = client.get(f"{PATH}/whatever", headers={"X-Request-ID": "counter-2.press_0001"})

    assert answer.headers["X-Request-ID"] == "counter-2.press_0001"


@pytest.mark.parametrize(
    "given", [None, "short", "x" * 65, "with blank", "<script>alert(1)</script>"]
)
def test_an_id_is_made_when_none_was_sent_that_is_fit(
    client: FlaskClient, given: str | None
) -> None:
    answer = client.get(f"{PATH}/whatever", headers={"X-Request-ID": given} if given else {})

    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_two_requests_have_two_ids(client: FlaskClient) -> None:
    first, second = (client.get(f"{PATH}/whatever").headers["X-Request-ID"] for _ in range(2))

    assert first != second


def test_a_request_is_one_line(client: FlaskClient, lines: Lines) -> None:
    client.get(f"{PATH}/kept/mug?limit=3", headers={"X-Request-ID": "press-of-f7"})

    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "level": "info",
        "network": "127.0.0.0/24",  # never the whole address
        "request_id": "press-of-f7",
        "method": "GET",
        "route": f"{PATH}/kept/<name>",
        "status": 200,
    }


def test_that_we_live_is_no_news(client: FlaskClient, lines: Lines) -> None:
    client.get("/health/live")
    client.get(f"{PATH}/whatever")

    assert [line["route"] for line in lines()] == [f"{PATH}/whatever"]


def test_a_line_says_who_acted_by_a_number_alone(client: FlaskClient, lines: Lines) -> None:
    carla = a_customer("Carla Customer")

    client.get(f"{PATH}/own", headers=carla.headers)
    client.get(f"{PATH}/whatever")

    own, anyone = lines()
    assert own["actor"] == f"customer:{carla.id}"
    assert "actor" not in anyone


def test_a_bug_is_logged_with_its_place_and_the_id(
    client: FlaskClient, bench: Bench, lines: Lines
) -> None:
    def breaks() -> None:
        raise ZeroDivisionError("by zero")

    bench.during = breaks

    client.get(f"{PATH}/whatever", headers={"X-Request-ID": "press-of-f7"})

    bug, request = lines()
    assert (bug["event"], bug["level"], bug["request_id"]) == ("bug", "error", "press-of-f7")
    assert "ZeroDivisionError: by zero" in bug["exception"]
    assert "workshop.py" in bug["exception"]
    assert request["status"] == 500


def test_a_job_is_logged_under_the_id_of_the_request_that_caused_it(
    shop: Shop, lines: Lines
) -> None:
    shop.sells("MUG", 3)
    buyer = shop.guest()
    buyer.headers["X-Request-ID"] = "press-of-the-buyer"
    buyer.adds("MUG")
    buyer.checks_out()
    lines()

    drain()

    jobs = [line for line in lines() if line["event"] == "job"]
    assert jobs
    placed = [line for line in jobs if line["request_id"] == "press-of-the-buyer"]
    assert {line["outcome"] for line in placed} == {"done"}


def test_signing_in_and_buying_leave_no_personal_data_in_the_log(shop: Shop, lines: Lines) -> None:
    shop.sells("MUG", 3)
    carla = a_customer("Carla Secretname", email="carla.secret@private.example")
    signs_in(shop.app.test_client(), carla)
    shop.app.test_client().post(
        "/api/v1/auth/login", json={"email": carla.email, "password": "Wrong-Guess-4711"}
    )
    buyer = shop.guest()
    buyer.email = "guest.secret@private.example"
    buyer.adds("MUG")
    order = buyer.checks_out(
        shipping_address={**ADDRESS, "name": "Greta Guestname", "line1": "Geheimgasse 7"}
    )
    buyer.pays(order)
    shop.staff().gets("/orders", q="Guestname")
    drain()

    logged = json.dumps(lines())
    assert logged.count("request_id") > 5
    for secret in (
        "private.example", "Secretname", "Guestname", "Geheimgasse", "Wrong-Guess", carla.password,
        str(buyer.headers["X-Cart-Token"]),
    ):  # fmt: skip
        assert secret not in logged


def test_not_even_a_bug_in_the_database_tells_names(
    workshop: Flask, client: FlaskClient, bench: Bench, lines: Lines
) -> None:
    a_customer("Carla Secretname", email="carla.secret@private.example")
    again = text(
        "INSERT INTO users (id, kind, email, full_name, password_hash, is_active, created_at)"
        " SELECT gen_random_uuid(), kind, :email, :name, '-', true, now() FROM users"
    )

    def clashes() -> None:
        session.execute(
            again, {"email": "carla.secret@private.example", "name": "Carla Secretname"}
        )

    bench.during = clashes

    assert client.get(f"{PATH}/whatever").status_code == 500

    bug = lines()[0]
    assert "UniqueViolation" in bug["exception"]
    assert "private.example" not in json.dumps(bug)
    assert "Secretname" not in json.dumps(bug)


def test_requests_are_measured_by_route(client: FlaskClient) -> None:
    labels = {"method": "GET", "route": f"{PATH}/kept/<name>", "status": "200"}
    before = REGISTRY.get_sample_value("stockroom_request_seconds_count", labels) or 0

    for name in ("mug", "cup"):
        client.get(f"{PATH}/kept/{name}")

    assert REGISTRY.get_sample_value("stockroom_request_seconds_count", labels) == before + 2


def test_methods_that_someone_invents_are_counted_as_one(client: FlaskClient) -> None:
    """Each would be a series of its own, kept for ever: memory for whoever asks."""
    for number in range(5):
        client.open(f"{PATH}/whatever", method=f"BREW{number}")

    methods = {
        sample.labels["method"]
        for metric in REGISTRY.collect()
        if metric.name == "stockroom_request_seconds"
        for sample in metric.samples
    }
    assert "other" in methods
    assert not any(method.startswith("BREW") for method in methods)


def test_a_look_at_the_changes_that_finds_nothing_is_no_line(shop: Shop, lines: Lines) -> None:
    """Each console looks every second: its lines would be most of the log."""
    shop.sells("MUG", 3)
    staff = shop.staff()
    cursor = staff.gets("/changes").json["cursor"]
    lines()

    staff.gets("/changes", after=cursor)
    assert lines() == []

    shop.an_order(MUG=1)
    lines()
    assert staff.gets("/changes", after=cursor).json["changes"]
    staff.gets("/changes", after="made-up")

    assert [line["status"] for line in lines() if line["event"] == "request"] == [200, 422]
