"""Coming in by password."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import argon2
import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token, decode_token
from sqlalchemy import select, update

from api.accounts import passwords
from api.accounts.models import RefreshToken, Session, User
from api.app import create_app
from api.kernel import clock
from api.platform.audit import AuditEntry
from api.platform.db import db, session, transaction
from api.platform.rate_limits import limiter
from api.platform.settings import Settings
from tests.support.mailer import RecordingMailer
from tests.support.people import PASSWORD, a_customer, a_staff_member, signs_in
from tests.support.sql import count_statements

CONSOLE = "stockroom-console/0.1"


def tries(client: FlaskClient, email: str, password: str = PASSWORD, desk: str = "auth") -> Any:
    """Try to sign in."""
    return client.post(f"/api/v1/{desk}/login", json={"email": email, "password": password})


@pytest.fixture
def limited(app: Flask, settings: Settings, mailer: RecordingMailer) -> Iterator[FlaskClient]:
    """A client of a second app on the same tables, whose limits count; Redis starts empty."""
    second = create_app(replace(settings, rate_limits_enabled=True), mailer=mailer)
    yield second.test_client()
    limiter.enabled = False
    with second.app_context():
        db.engine.dispose()


def test_a_customer_comes_in_with_a_pair_of_tokens(app: Flask) -> None:
    carla = a_customer("Carla")

    response = tries(app.test_client(), carla.email.upper())

    body = response.json
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 900
    assert body["user"] == {
        "id": str(carla.id), "email": carla.email, "full_name": "Carla", "groups": [],
    }  # fmt: skip
    claims = decode_token(body["access_token"])
    assert (claims["sub"], claims["kind"]) == (str(carla.id), "customer")
    assert claims["exp"] - claims["iat"] == 900
    assert claims["sid"] == str(session.scalar(select(Session.id)))
    me = app.test_client().get(
        "/api/v1/users/me", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert me.json["id"] == str(carla.id)


def test_staff_come_in_with_their_role_and_what_it_allows(app: Flask) -> None:
    wanda = a_staff_member("warehouse", "Wanda")

    body = signs_in(app.test_client(), wanda, device=CONSOLE)

    assert body["user"] == {
        "id": str(wanda.id),
        "email": wanda.email,
        "full_name": "Wanda",
        "role": "warehouse",
        "permissions": [
            "catalog:read",
            "fulfilment:write",
            "inventory:adjust",
            "inventory:read",
            "inventory:receive",
            "inventory:transfer",
            "orders:read",
            "purchasing:read",
            "returns:write",
        ],
    }
    entry = session.execute(
        select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject_id, AuditEntry.changes)
    ).one()
    assert entry.action == "staff.signed_in"
    assert (entry.actor, entry.subject_id) == (f"staff:{wanda.id}", wanda.id)
    assert entry.changes == {"device": "stockroom-console 0.1", "network": "127.0.0.0/24"}


def test_what_is_stored_of_a_sign_in_cannot_be_used_to_come_in(app: Flask) -> None:
    carla = a_customer()

    body = signs_in(app.test_client(), carla, device=CONSOLE)

    row = session.execute(
        select(
            Session.user_id, Session.device, Session.network, Session.expires_at, Session.created_at
        )
    ).one()
    assert (row.user_id, row.device, row.network) == (
        carla.id,
        "stockroom-console 0.1",
        "127.0.0.0/24",
    )
    assert row.expires_at - row.created_at == timedelta(days=30)
    stored = session.scalar(select(RefreshToken.token_hash))
    assert len(stored) == 64
    assert body["refresh_token"] not in stored


def test_wrong_unknown_and_switched_off_look_alike(app: Flask) -> None:
    carla, gone = a_customer(), a_customer(active=False)
    client = app.test_client()

    refusals = [
        tries(client, carla.email, "not the password"),
        tries(client, "nobody@example.test"),
        tries(client, gone.email),
    ]

    told = [{k: v for k, v in refusal.json.items() if k != "request_id"} for refusal in refusals]
    assert [refusal.status_code for refusal in refusals] == [401, 401, 401]
    assert told[0]["code"] == "bad_credentials"
    assert told[0] == told[1] == told[2]
    assert session.scalar(select(Session.id)) is None


def test_unknown_and_wrong_take_the_same_steps(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the time of a refusal would tell who has an account."""
    carla, gone = a_customer(), a_customer(active=False)
    compared: list[str] = []
    matches: Callable[[str, str], bool] = passwords.matches

    def noted(stored: str, password: str) -> bool:
        compared.append(stored.split("$")[3])
        return matches(stored, password)

    monkeypatch.setattr(passwords, "matches", noted)
    counts = []
    for email in (carla.email, "nobody@example.test", gone.email):
        with count_statements() as statements:
            tries(app.test_client(), email, "not the password")
        counts.append(statements.count)

    assert compared == ["m=19456,t=2,p=1"] * 3
    assert counts == [1, 1, 1]


def test_the_decoys_password_opens_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "matches", lambda stored, password: True)

    assert tries(app.test_client(), "nobody@example.test").status_code == 401


def test_staff_and_customers_have_doors_of_their_own(app: Flask) -> None:
    carla, anna = a_customer(), a_staff_member()
    client = app.test_client()

    assert tries(client, carla.email, desk="admin/auth").status_code == 401
    assert tries(client, anna.email).status_code == 401


def test_a_customers_token_opens_no_door_of_staff_and_the_other_way_round(app: Flask) -> None:
    carla, anna = a_customer(), a_staff_member()
    client = app.test_client()

    assert client.get("/api/v1/admin/me", headers=carla.headers).status_code == 403
    assert client.get("/api/v1/users/me", headers=anna.headers).status_code == 403


def test_whoever_is_switched_off_is_out_with_the_next_request(app: Flask) -> None:
    carla, client = a_customer(), app.test_client()
    assert client.get("/api/v1/users/me", headers=carla.headers).status_code == 200

    with transaction():
        session.execute(update(User).where(User.id == carla.id).values(is_active=False))

    refused = client.get("/api/v1/users/me", headers=carla.headers)
    assert (refused.status_code, refused.json["code"]) == (401, "token_invalid")


def test_a_hash_of_yesterdays_parameters_is_renewed_on_the_way_in(app: Flask) -> None:
    carla = a_customer()
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with transaction():
        session.execute(update(User).where(User.id == carla.id).values(password_hash=weak))

    assert tries(app.test_client(), carla.email).status_code == 200

    renewed = session.scalar(select(User.password_hash))
    assert passwords.needs_rehash(renewed) is False
    assert passwords.matches(renewed, PASSWORD)
    assert session.scalar(select(User.version)) == 1


def test_a_sign_in_whose_password_changed_meanwhile_is_refused(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the second look a thief who types while the owner resets would stay in."""
    carla = a_customer()
    matches = passwords.matches

    def slowly(stored: str, password: str) -> bool:
        found = matches(stored, password)
        with transaction():
            session.execute(update(User).where(User.id == carla.id).values(password_hash="changed"))
        return found

    monkeypatch.setattr(passwords, "matches", slowly)

    assert tries(app.test_client(), carla.email).json["code"] == "bad_credentials"
    assert session.scalar(select(Session.id)) is None


def test_a_sign_in_costs_four_statements(app: Flask) -> None:
    carla = a_customer()

    with count_statements() as statements:
        tries(app.test_client(), carla.email)

    assert statements.count == 4, statements


def test_one_account_cannot_be_guessed_from_many_addresses(limited: FlaskClient) -> None:
    carla, dora = a_customer(), a_customer()

    def guess(number: int, email: str) -> int:
        return limited.post(
            "/api/v1/auth/login",
            json={"email": email, "password": "not the password"},
            environ_base={"REMOTE_ADDR": f"198.51.100.{number}"},
        ).status_code

    assert [guess(number, carla.email) for number in range(20)] == [401] * 20
    assert guess(21, carla.email) == 429
    assert guess(22, f" {carla.email.upper()} ") == 429
    assert guess(23, dora.email) == 401


def test_one_address_cannot_guess_at_many_accounts(limited: FlaskClient) -> None:
    statuses = [tries(limited, f"guess-{n}@example.test").status_code for n in range(11)]

    assert statuses == [401] * 10 + [429]
    refused = tries(limited, "guess@example.test")
    assert refused.json["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) > 0


def test_a_whole_shift_may_sign_in_from_one_address(limited: FlaskClient) -> None:
    people = [a_staff_member("warehouse") for _ in range(12)]
    assert [tries(limited, p.email, desk="admin/auth").status_code for p in people] == [200] * 12


def test_without_redis_people_still_come_in_and_guessing_stays_bounded(
    app: Flask, settings: Settings, mailer: RecordingMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "_storage_dead", False)  # and again afterwards
    carla = a_customer()
    lost = replace(settings, rate_limits_enabled=True, redis_url="redis://127.0.0.1:1/0")
    alone = create_app(lost, mailer=mailer)
    client = alone.test_client()
    try:
        assert tries(client, carla.email).status_code == 200
        guesses = [tries(client, carla.email, "not the password").status_code for _ in range(11)]
    finally:
        limiter.enabled = False
        with alone.app_context():
            db.engine.dispose()

    assert guesses == [401] * 10 + [429]


def test_registrations_and_reset_letters_are_bounded_by_account(limited: FlaskClient) -> None:
    """Without it anyone could fill a stranger's mailbox with our letters."""

    def asks(number: int) -> int:
        return limited.post(
            "/api/v1/auth/forgot-password",
            json={"email": "ada@example.com"},
            environ_base={"REMOTE_ADDR": f"198.51.100.{number}"},
        ).status_code

    assert [asks(number) for number in range(6)] == [202] * 5 + [429]


def test_an_access_token_that_was_verified_before_runs_out_all_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    carla, client = a_customer(), app.test_client()
    token = create_access_token(
        str(carla.id), additional_claims={"kind": "customer"}, expires_delta=timedelta(minutes=5)
    )
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/users/me", headers=headers).status_code == 200

    in_time, late = time.time() + 290, time.time() + 301
    monkeypatch.setattr(time, "time", lambda: in_time)
    assert client.get("/api/v1/users/me", headers=headers).status_code == 200
    monkeypatch.setattr(time, "time", lambda: late)
    assert client.get("/api/v1/users/me", headers=headers).json["code"] == "token_expired"


def test_an_access_token_that_ran_out_says_so(app: Flask) -> None:
    """The code tells a client to refresh; `token_invalid` tells it to ask for the password."""
    carla, client = a_customer(), app.test_client()
    old = create_access_token(
        str(carla.id), additional_claims={"kind": "customer"}, expires_delta=timedelta(seconds=-1)
    )

    def refused(authorization: str) -> Any:
        headers = {"Authorization": authorization}
        return client.get("/api/v1/users/me", headers=headers).json["code"]

    assert refused(f"Bearer {old}") == "token_expired"
    assert refused("Bearer nonsense") == "token_invalid"
    assert refused("Basic nonsense") == "unauthenticated"


def test_how_long_tokens_last_is_a_setting(
    app: Flask, settings: Settings, mailer: RecordingMailer
) -> None:
    lasting = replace(settings, access_token_minutes=30, refresh_token_days=7)
    shop = create_app(lasting, mailer=mailer)
    carla = a_customer("Carla")
    began = clock.now()
    with clock.frozen(began):
        signed_in = signs_in(shop.test_client(), carla)
    claims = jwt.decode(signed_in["access_token"], options={"verify_signature": False})

    assert signed_in["expires_in"] == 1800
    assert claims["exp"] - claims["iat"] == 1800
    for days, status in ((6, 200), (12, 200), (20, 401)):
        with clock.frozen(began + timedelta(days=days)):
            answer = shop.test_client().post(
                "/api/v1/auth/refresh", json={"refresh_token": signed_in["refresh_token"]}
            )
        assert answer.status_code == status, days
        signed_in = answer.json
    with shop.app_context():
        db.engine.dispose()
