"""Which storefronts a browser may let talk to the shop. Staff never come from a browser's page."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.platform.settings import Settings
from tests.support.workshop import PATH, Bench, build_workshop

OURS, OTHER = "https://shop.example", "https://evil.example"


@pytest.fixture(scope="module")
def made(bare_app: Flask, settings: Settings) -> Flask:
    """A shop with one storefront."""
    return build_workshop(settings, cors_origins=(OURS, "https://second.example"))


@pytest.fixture
def browser(made: Flask, bench: Bench) -> FlaskClient:
    """A browser."""
    return made.test_client()


def access_headers(headers: object) -> set[str]:
    """Return the names of the headers by which a browser lets a page in."""
    return {name for name in dict(headers) if name.startswith("Access-Control-")}  # type: ignore[call-overload]


def test_our_storefront_may_read_what_it_needs(browser: FlaskClient) -> None:
    answer = browser.get(f"{PATH}/whatever", headers={"Origin": OURS})

    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == {
        "ETag", "Location", "X-Request-ID", "Idempotent-Replayed", "Retry-After",
        "Link", "Deprecation", "Sunset",
    }  # fmt: skip
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.vary.find("Origin") >= 0


def test_a_refusal_can_be_read_as_well(browser: FlaskClient) -> None:
    answer = browser.get(f"{PATH}/own", headers={"Origin": OURS})

    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == OURS


@pytest.mark.parametrize("origin", [OTHER, "null", "http://shop.example", OURS + ".evil.example"])
def test_another_page_may_not_read(browser: FlaskClient, origin: str) -> None:
    answer = browser.get(f"{PATH}/whatever", headers={"Origin": origin})

    assert answer.status_code == 200
    assert access_headers(answer.headers) == set()


def test_an_answer_that_is_kept_on_the_way_is_kept_for_each_page(browser: FlaskClient) -> None:
    """Else a proxy would give our storefront the answer that it had kept for someone else."""
    for headers in ({}, {"Origin": OTHER}, {"Origin": OURS}):
        answer = browser.get(f"{PATH}/kept/mug", headers=headers)
        assert "public" in answer.headers["Cache-Control"]
        assert answer.vary.find("Origin") >= 0, headers


def test_our_storefront_is_told_what_it_may_send(browser: FlaskClient) -> None:
    answer = browser.options(
        f"{PATH}/counted/top",
        headers={
            "Origin": OURS,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        },
    )

    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    for name in ("authorization", "content-type", "idempotency-key"):
        assert name in allowed
    assert answer.headers["Access-Control-Max-Age"] == "600"


def test_another_page_is_not_told(browser: FlaskClient) -> None:
    answer = browser.options(
        f"{PATH}/counted/top",
        headers={"Origin": OTHER, "Access-Control-Request-Method": "POST"},
    )

    assert access_headers(answer.headers) == set()


@pytest.mark.parametrize("path", ["/api/v1/admin/orders", "/api/v1/admin/auth/login", "/metrics"])
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_no_page_speaks_for_staff(browser: FlaskClient, path: str, method: str) -> None:
    answer = browser.open(
        path,
        method=method,
        headers={"Origin": OURS, "Access-Control-Request-Method": "POST"},
    )

    assert access_headers(answer.headers) == set()


def test_without_storefronts_no_page_may_read(client: FlaskClient) -> None:
    answer = client.get(f"{PATH}/whatever", headers={"Origin": OURS})

    assert access_headers(answer.headers) == set()
