"""Nobody who guesses at passwords locks their owner out, and whoever is out is out at once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.platform.rate_limits import limiter
from api.platform.settings import Settings
from tests.support.mailer import RecordingMailer
from tests.support.people import PASSWORD, a_customer, a_staff_member

DOORS = {"customer": "/api/v1/auth", "staff": "/api/v1/admin/auth"}


@pytest.fixture
def limited(app: Flask, settings: Settings, mailer: RecordingMailer) -> Iterator[FlaskClient]:
    """A shop that counts."""
    counting = create_app(replace(settings, rate_limits_enabled=True), mailer=mailer)
    yield counting.test_client()
    limiter.enabled = False


def signs_in(
    client: FlaskClient, email: str, password: str = PASSWORD, *, address: str = "192.0.2.1",
    door: str = "/api/v1/admin/auth", **more: Any,
) -> TestResponse:  # fmt: skip
    return client.post(
        f"{door}/login",
        json={"email": email, "password": password, **more},
        environ_base={"REMOTE_ADDR": address},
    )


def guesses(client: FlaskClient, email: str) -> None:
    """Have many addresses guess until the account is closed to strangers."""
    for number in range(25):
        refused = signs_in(client, email, "not it", address=f"198.51.100.{number}")
        assert refused.status_code in (401, 429)
    assert signs_in(client, email, address="203.0.113.1").status_code == 429


@pytest.mark.parametrize(("kind", "door"), DOORS.items())
def test_a_known_device_comes_in_while_others_guess(
    limited: FlaskClient, kind: str, door: str
) -> None:
    anna = a_staff_member() if kind == "staff" else a_customer()
    other = a_staff_member()
    token = signs_in(limited, anna.email, door=door).json["device_token"]  # type: ignore[index]
    guesses(limited, anna.email)

    known = signs_in(limited, anna.email, door=door, device_token=token)

    assert known.status_code == 200
    assert known.json is not None
    assert known.json["device_token"] == token
    # It is this account's alone, and nobody makes one up.
    guesses(limited, other.email)
    for forged in (token, token[:-1] + "x", "x"):
        assert signs_in(limited, other.email, device_token=forged).status_code == 429


def test_a_known_device_may_not_guess_without_end_either(limited: FlaskClient) -> None:
    anna = a_staff_member()
    token = signs_in(limited, anna.email).json["device_token"]  # type: ignore[index]

    tried = [
        signs_in(limited, anna.email, "x", address=f"192.0.2.{n}", device_token=token).status_code
        for n in range(25)
    ]

    assert tried.count(401) == 20
    assert tried[-1] == 429


def test_an_address_is_closed_before_the_account_is(limited: FlaskClient) -> None:
    anna = a_staff_member()
    tried = [signs_in(limited, anna.email, "x", address="198.51.100.9") for _ in range(40)]

    assert tried[-1].status_code == 429
    assert signs_in(limited, anna.email, address="203.0.113.1").status_code == 200


def test_the_owner_unlocks_from_the_shell(limited: FlaskClient) -> None:
    anna, runner = a_staff_member(), limited.application.test_cli_runner()
    guesses(limited, anna.email)

    said = runner.invoke(args=["unlock", f" {anna.email.upper()} "])

    assert said.exit_code == 0
    assert "may try again" in said.output
    assert signs_in(limited, anna.email, address="203.0.113.1").status_code == 200
    assert "Nothing was counted" in runner.invoke(args=["unlock", "nobody@example.test"]).output
    assert runner.invoke(args=["unlock", "nonsense"]).exit_code == 1


def test_an_address_is_unlocked_too(limited: FlaskClient) -> None:
    for number in range(11):
        signs_in(limited, f"guess-{number}@example.test", "x", address="2001:db8::7")
    anna, runner = a_staff_member(), limited.application.test_cli_runner()
    assert signs_in(limited, anna.email, address="2001:db8::8").status_code == 429

    assert "may try again" in runner.invoke(args=["unlock", "2001:db8::9"]).output

    assert signs_in(limited, anna.email, address="2001:db8::8").status_code == 200


def test_an_access_token_ends_with_its_sign_in(app: Flask) -> None:
    client, anna = app.test_client(), a_staff_member()

    def opens() -> dict[str, Any]:
        answer = signs_in(client, anna.email)
        assert answer.json is not None
        return dict(answer.json)

    def status(pair: dict[str, Any]) -> int:
        headers = {"Authorization": f"Bearer {pair['access_token']}"}
        return client.get("/api/v1/admin/me", headers=headers).status_code

    signed_out, stolen, other, mine = (opens() for _ in range(4))
    assert [status(pair) for pair in (signed_out, stolen, other, mine)] == [200] * 4

    client.post(f"{DOORS['staff']}/logout", json={"refresh_token": signed_out["refresh_token"]})
    for address in ("192.0.2.1", "203.0.113.77"):  # the second one is the thief, or the owner
        client.post(
            f"{DOORS['staff']}/refresh",
            json={"refresh_token": stolen["refresh_token"]},
            environ_base={"REMOTE_ADDR": address},
        )
    assert [status(pair) for pair in (signed_out, stolen, other, mine)] == [401, 401, 200, 200]

    form = {"current_password": PASSWORD, "password": "another kettle for the office 9"}
    headers = {"Authorization": f"Bearer {mine['access_token']}"}
    changed = client.post("/api/v1/admin/me/password", json=form, headers=headers)

    assert changed.status_code == 204
    assert [status(pair) for pair in (other, mine)] == [401, 200]
