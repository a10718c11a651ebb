"""A storefront's server speaks for many buyers: each is counted alone, and none escapes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.accounts import passwords
from api.platform.auth import hash_secret
from api.platform.rate_limits import limiter
from api.platform.settings import Settings
from api.platform.storefronts import counted_as
from tests.support.people import a_customer
from tests.support.workshop import PATH, Bench, build_workshop

KEY, OTHER = "sfk_a-key-of-the-web-shop", "sfk_a-key-of-the-app"
ANNA, BERT = "198.51.100.7", "203.0.113.9"
LOGIN, REGISTER = "/api/v1/auth/login", "/api/v1/auth/register"


@pytest.fixture
def counting(app: Flask, bench: Bench, settings: Settings) -> Iterator[Flask]:
    """A shop that counts and knows two storefronts."""
    keys = (("web", hash_secret(KEY)), ("app", hash_secret(OTHER)))
    yield build_workshop(settings, rate_limits_enabled=True, storefront_keys=keys)
    limiter.enabled = False
    limiter._storage_dead = False


@pytest.fixture
def server(counting: Flask) -> FlaskClient:
    """The storefront's server: all that it sends comes from one address."""
    return FlaskClient(counting, counting.response_class)


def speaks(buyer: str | None, key: str | None = KEY) -> dict[str, str]:
    """Return the headers with which a storefront's server speaks for a buyer."""
    headers = {"Stockroom-Storefront-Key": key, "Stockroom-Buyer-Address": buyer}
    return {name: value for name, value in headers.items() if value is not None}


def guesses(server: FlaskClient, times: int, headers: dict[str, str], email: str = "") -> list[int]:
    """Try wrong passwords, each on another account unless one is named."""
    return [
        server.post(
            LOGIN,
            json={"email": email or f"nobody-{turn}@example.test", "password": "wrong"},
            headers=headers,
        ).status_code
        for turn in range(times)
    ]


def told(answer: Any) -> tuple[int, str]:
    """Return status and code."""
    return answer.status_code, answer.json["code"]


def test_two_buyers_behind_one_storefront_are_two(server: FlaskClient) -> None:
    assert guesses(server, 11, speaks(ANNA)) == [401] * 10 + [429]

    assert guesses(server, 1, speaks(BERT)) == [401]
    assert guesses(server, 1, speaks(ANNA)) == [429]


def test_the_sixth_registration_in_a_minute_comes_in(server: FlaskClient) -> None:
    answers = [
        server.post(
            REGISTER,
            json={
                "email": f"new-{turn}@example.test",
                "full_name": "New",
                "password": "correct horse battery staple",
            },
        ).status_code
        for turn in range(7)
    ]

    assert answers == [202] * 7


def test_one_account_is_bounded_whatever_addresses_a_storefront_names(server: FlaskClient) -> None:
    carla = a_customer()
    tries = [
        guesses(server, 1, speaks(f"198.51.100.{turn}"), email=carla.email)[0] for turn in range(21)
    ]

    assert tries == [401] * 20 + [429]


def test_all_failures_of_one_storefront_are_bounded(
    server: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a stolen key would let its holder try every account from a new address each time."""
    monkeypatch.setattr(passwords, "matches", lambda *_: False)  # three hundred take seconds
    for turn in range(300):
        assert guesses(server, 1, speaks(f"2001:db8:{turn:x}::1"), f"no-{turn}@example.test") == [
            401
        ]

    assert guesses(server, 1, speaks(ANNA)) == [429]
    assert guesses(server, 1, speaks(ANNA, OTHER)) == [401]


def test_a_buyer_is_counted_like_a_person_and_not_like_a_storefront(server: FlaskClient) -> None:
    path = f"{PATH}/whatever"
    statuses = {server.post(path, headers=speaks(ANNA)).status_code for _ in range(300)}

    assert statuses == {200}
    assert server.post(path, headers=speaks(ANNA)).status_code == 429
    assert server.post(path, headers=speaks(BERT)).status_code == 200
    assert server.post(path).status_code == 200


@pytest.mark.parametrize(
    "invented",
    [
        {"X-Forwarded-For": "192.0.2.{turn}"},
        {"X-Real-IP": "192.0.2.{turn}"},
        {"Forwarded": "for=192.0.2.{turn}"},
        {"X-Cart-Token": "a-token-that-i-have-made-up-{turn}"},
        {"X-Forwarded-For": "192.0.2.{turn}", **speaks(ANNA)},
    ],
)
def test_a_buyer_cannot_free_himself_by_inventing_headers(
    server: FlaskClient, invented: dict[str, str]
) -> None:
    statuses = [
        guesses(
            server, 1, {name: value.format(turn=turn) for name, value in invented.items()},
            email=f"nobody-{turn}@example.test",
        )[0]
        for turn in range(11)
    ]  # fmt: skip

    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize(
    "headers",
    [
        speaks(ANNA, None),
        speaks(ANNA, "sfk_wrong"),
        speaks(ANNA, ""),
        speaks(None, "sfk_wrong"),
        speaks(ANNA, hash_secret(KEY)),
        speaks(ANNA, KEY.upper()),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_key_is_refused_and_not_ignored(
    server: FlaskClient, headers: dict[str, str], method: str
) -> None:
    answer = server.open(f"{PATH}/whatever", method=method, headers=headers)

    assert told(answer) == (401, "storefront_key_invalid")


def test_a_shop_without_storefronts_takes_nobodys_word(workshop: Flask) -> None:
    answer = workshop.test_client().post(f"{PATH}/whatever", headers=speaks(ANNA, ""))

    assert told(answer) == (401, "storefront_key_invalid")


@pytest.mark.parametrize("address", ["", "home", "1.2.3.4:80", "1.2.3.4, 5.6.7.8", "300.1.1.1"])
def test_what_is_no_address_is_refused(server: FlaskClient, address: str) -> None:
    answer = server.post(f"{PATH}/whatever", headers=speaks(address))

    assert told(answer) == (400, "buyer_address_invalid")


def test_staff_speak_for_themselves(server: FlaskClient) -> None:
    answer = server.post("/api/v1/admin/auth/login", json={}, headers=speaks(ANNA))

    assert told(answer) == (403, "storefront_key_forbidden")


def test_the_list_of_sessions_names_the_buyers_network(server: FlaskClient) -> None:
    carla = a_customer()
    signed_in = server.post(
        LOGIN, json={"email": carla.email, "password": carla.password}, headers=speaks(ANNA)
    ).json
    sessions = server.get(
        "/api/v1/users/me/sessions",
        headers={"Authorization": f"Bearer {signed_in['access_token']}"},
    ).json

    assert sessions["data"][0]["network"] == "198.51.100.0/24"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
    ],
)
def test_one_customer_has_all_of_a_network(address: str, counted: str) -> None:
    assert counted_as(address) == counted


def test_the_command_makes_a_key_and_its_entry(app: Flask, settings: Settings) -> None:
    told = app.test_cli_runner().invoke(args=["storefront-key", "web"]).output
    key = told.split("Stockroom-Storefront-Key: ")[1].split()[0]
    entry = told.split("STOREFRONT_KEYS=")[1].split()[0]

    assert entry == f"web:{hash_secret(key)}"
    assert len(key) > 40
    found = Settings.from_env(
        {
            "STOCKROOM_ENV": "development",
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "STOREFRONT_KEYS": entry,
        }
    ).storefront_keys
    assert found == (("web", hash_secret(key)),)
    assert replace(settings, storefront_keys=found).storefront_keys == found


@pytest.mark.parametrize(
    "wrong", [["storefront-key", "The Web"], ["storefront-key", "web:1"], ["storefront-key", ""]]
)
def test_the_command_refuses_a_name_that_the_settings_would_refuse(
    app: Flask, wrong: list[str]
) -> None:
    result = app.test_cli_runner().invoke(args=wrong)

    assert result.exit_code != 0
    assert "lower case" in result.output
