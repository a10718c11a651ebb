"""Staying in: refresh tokens rotate, and a stolen one betrays itself."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from api.accounts import service as accounts_service
from api.accounts.models import RefreshToken, Session, User
from api.kernel import clock
from api.platform import jobs
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from tests.support.people import Person, a_customer, a_staff_member, signs_in
from tests.support.sql import count_statements


def refreshes(client: FlaskClient, token: str, desk: str = "auth", **headers: str) -> Any:
    """Trade a refresh token."""
    return client.post(f"/api/v1/{desk}/refresh", json={"refresh_token": token}, headers=headers)


def code_of(response: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return response.status_code, response.json["code"]


@pytest.fixture
def carla(app: Flask) -> Person:
    return a_customer("Carla")


def test_a_refresh_token_is_traded_for_the_next_pair(app: Flask, carla: Person) -> None:
    client = app.test_client()
    first = signs_in(client, carla)

    response = refreshes(client, first["refresh_token"])

    second = response.json
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert second.keys() == first.keys() - {"device_token"}  # a device is known by its sign-in
    assert second["user"] == first["user"]
    assert second["refresh_token"] != first["refresh_token"]
    assert refreshes(client, second["refresh_token"]).status_code == 200
    assert session.scalar(select(func.count()).select_from(Session)) == 1


def test_staff_hear_with_each_refresh_what_they_may_do_now(app: Flask) -> None:
    wanda, client = a_staff_member("warehouse"), app.test_client()
    token = signs_in(client, wanda)["refresh_token"]
    with transaction():
        session.execute(update(User).where(User.id == wanda.id).values(role="support"))

    user = refreshes(client, token, "admin/auth").json["user"]

    assert user["role"] == "support"
    assert "orders:refund" in user["permissions"]


def test_a_used_token_ends_the_whole_family(app: Flask, carla: Person) -> None:
    """Otherwise whoever stole one could go on for as long as they liked."""
    client = app.test_client()
    stolen = signs_in(client, carla)["refresh_token"]
    elsewhere = signs_in(client, carla)["refresh_token"]
    second = refreshes(client, stolen).json["refresh_token"]
    third = refreshes(client, second).json["refresh_token"]

    with clock.frozen(clock.now() + timedelta(seconds=11)):
        assert code_of(refreshes(client, stolen)) == (401, "token_reused")

    assert code_of(refreshes(client, third)) == (401, "token_invalid")
    assert code_of(refreshes(client, second)) == (401, "token_invalid")
    assert refreshes(client, elsewhere).status_code == 200


def test_the_owner_can_read_of_a_stolen_token_of_staff(app: Flask) -> None:
    anna, client = a_staff_member(), app.test_client()
    stolen = signs_in(client, anna)["refresh_token"]
    refreshes(client, stolen, "admin/auth")

    with clock.frozen(clock.now() + timedelta(seconds=11)):
        for _ in range(2):
            assert code_of(refreshes(client, stolen, "admin/auth")) == (401, "token_reused")

    entries = session.execute(
        select(AuditEntry.actor, AuditEntry.subject_id).where(
            AuditEntry.action == "staff.refresh_token_reused"
        )
    ).all()
    assert entries == [("system:-", anna.id)]


@pytest.mark.parametrize("desk", ["auth", "admin/auth"])
def test_tabs_that_refresh_at_once_get_a_working_pair_each(app: Flask, desk: str) -> None:
    """Each gets a token of its own and can go on with it; nobody is signed out."""
    person = a_customer() if desk == "auth" else a_staff_member()
    token = signs_in(app.test_client(), person)["refresh_token"]
    start = threading.Barrier(4)

    def race(_: int) -> Any:
        client = app.test_client()
        start.wait()
        return refreshes(client, token, desk)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(race, range(4)))

    assert [answer.status_code for answer in answers] == [200] * 4
    pairs = [answer.json for answer in answers]
    assert len({pair["refresh_token"] for pair in pairs}) == 4
    me = "users/me" if desk == "auth" else "admin/me"
    for pair in pairs:
        seen = app.test_client().get(
            f"/api/v1/{me}", headers={"Authorization": f"Bearer {pair['access_token']}"}
        )
        assert seen.status_code == 200
        assert refreshes(app.test_client(), pair["refresh_token"], desk).status_code == 200
    assert session.scalar(select(func.count()).select_from(Session)) == 1
    assert session.scalar(select(Session.revoked_at)) is None
    assert token not in str(session.execute(select(RefreshToken.__table__)).all())


@pytest.mark.parametrize(("seconds", "is_taken"), [(9, True), (11, False)])
def test_a_token_is_taken_again_for_ten_seconds_after_its_first_use(
    app: Flask, carla: Person, seconds: int, is_taken: bool
) -> None:
    """A second use does not begin the time anew."""
    client, began = app.test_client(), clock.now()
    with clock.frozen(began):
        token = signs_in(client, carla)["refresh_token"]
        first = refreshes(client, token).json["refresh_token"]
    with clock.frozen(began + timedelta(seconds=5)):
        second = refreshes(client, token).json["refresh_token"]
    with clock.frozen(began + timedelta(seconds=seconds)):
        answer = refreshes(client, token)
        after = [refreshes(client, pair).status_code for pair in (first, second)]

    if is_taken:
        assert answer.status_code == 200
        assert after == [200, 200]
    else:
        assert code_of(answer) == (401, "token_reused")
        assert after == [401, 401]


@pytest.mark.parametrize("elsewhere", [{"User-Agent": "curl/8.1"}, {"REMOTE_ADDR": "203.0.113.9"}])
def test_another_device_or_network_gets_no_second_pair(
    app: Flask, carla: Person, elsewhere: dict[str, str]
) -> None:
    client = app.test_client()
    token = signs_in(client, carla)["refresh_token"]
    first = refreshes(client, token).json["refresh_token"]

    thief = app.test_client()
    if "REMOTE_ADDR" in elsewhere:
        thief.environ_base.update(elsewhere)
        answer = refreshes(thief, token)
    else:
        answer = refreshes(thief, token, **elsewhere)

    assert code_of(answer) == (401, "token_reused")
    assert code_of(refreshes(client, first)) == (401, "token_invalid")


def test_who_signed_out_in_one_tab_is_out_in_the_other(app: Flask, carla: Person) -> None:
    client = app.test_client()
    token = signs_in(client, carla)["refresh_token"]
    first = refreshes(client, token).json["refresh_token"]
    client.post("/api/v1/auth/logout", json={"refresh_token": first})

    assert code_of(refreshes(client, token)) == (401, "token_invalid")
    assert code_of(refreshes(client, first)) == (401, "token_invalid")


def test_a_refresh_that_meets_a_dismissal_leaves_nobody_in(app: Flask) -> None:
    """Without the sign-in's row as meeting point a token could outlive its owner's dismissal."""
    owner = a_staff_member()
    for _ in range(10):
        wanda = a_staff_member("warehouse")
        token = signs_in(app.test_client(), wanda)["refresh_token"]
        start = threading.Barrier(2)

        def refresh(token: str = token, start: threading.Barrier = start) -> Any:
            client = app.test_client()
            start.wait()
            return refreshes(client, token, "admin/auth")

        def dismiss(wanda: Person = wanda, start: threading.Barrier = start) -> Any:
            client = app.test_client()
            start.wait()
            return client.patch(
                f"/api/v1/admin/staff/{wanda.id}",
                json={"is_active": False},
                headers=owner.with_headers(If_Match='"1"'),
            )

        with ThreadPoolExecutor(2) as pool:
            refreshed, dismissed = pool.submit(refresh), pool.submit(dismiss)

        assert dismissed.result().status_code == 200
        answer = refreshed.result()
        assert answer.status_code in (200, 401)
        if answer.status_code == 200:
            again = refreshes(app.test_client(), answer.json["refresh_token"], "admin/auth")
            assert code_of(again) == (401, "token_invalid")


def test_tokens_of_staff_are_unknown_to_the_storefront_and_stay_good(app: Flask) -> None:
    anna, client = a_staff_member(), app.test_client()
    token = signs_in(client, anna)["refresh_token"]

    assert code_of(refreshes(client, token)) == (401, "token_invalid")

    assert refreshes(client, token, "admin/auth").status_code == 200
    assert code_of(refreshes(client, token)) == (401, "token_invalid")


def test_a_token_runs_out_after_thirty_days_without_a_visit(app: Flask, carla: Person) -> None:
    client, began = app.test_client(), clock.now()
    token = signs_in(client, carla)["refresh_token"]

    with clock.frozen(began + timedelta(days=29)):
        token = refreshes(client, token).json["refresh_token"]
    with clock.frozen(began + timedelta(days=58)):
        token = refreshes(client, token).json["refresh_token"]
    with clock.frozen(began + timedelta(days=89)):
        assert code_of(refreshes(client, token)) == (401, "token_expired")


def test_nonsense_is_no_token(app: Flask) -> None:
    client = app.test_client()

    assert code_of(refreshes(client, "nonsense")) == (401, "token_invalid")
    assert refreshes(client, "").status_code == 422
    assert refreshes(client, "x" * 201).status_code == 422


def test_nobody_who_was_switched_off_gets_another_token(app: Flask, carla: Person) -> None:
    client = app.test_client()
    token = signs_in(client, carla)["refresh_token"]
    with transaction():
        session.execute(update(User).where(User.id == carla.id).values(is_active=False))

    assert code_of(refreshes(client, token)) == (401, "token_invalid")


def test_signing_out_ends_the_family_and_says_nothing(app: Flask, carla: Person) -> None:
    client = app.test_client()
    first = signs_in(client, carla)["refresh_token"]
    second = refreshes(client, first).json["refresh_token"]

    for token in (first, first, "nonsense"):
        out = client.post("/api/v1/auth/logout", json={"refresh_token": token})
        assert (out.status_code, out.data) == (204, b"")

    assert code_of(refreshes(client, second)) == (401, "token_invalid")


def test_staff_sign_out_at_their_own_door(app: Flask) -> None:
    anna, client = a_staff_member(), app.test_client()
    token = signs_in(client, anna)["refresh_token"]

    client.post("/api/v1/auth/logout", json={"refresh_token": token})
    token = refreshes(client, token, "admin/auth").json["refresh_token"]
    client.post("/api/v1/admin/auth/logout", json={"refresh_token": token})

    assert code_of(refreshes(client, token, "admin/auth")) == (401, "token_invalid")


def test_a_refresh_costs_three_statements(app: Flask, carla: Person) -> None:
    client = app.test_client()
    token = signs_in(client, carla)["refresh_token"]

    with count_statements() as statements:
        refreshes(client, token)

    assert statements.count == 3, statements


def test_what_ran_out_a_week_ago_is_forgotten_and_the_rest_is_not(
    app: Flask, carla: Person
) -> None:
    client, began = app.test_client(), clock.now()
    old = signs_in(client, carla)["refresh_token"]
    with clock.frozen(began + timedelta(days=20)):
        kept = signs_in(client, carla)["refresh_token"]
        client.post("/api/v1/auth/forgot-password", json={"email": carla.email})

    with clock.frozen(began + timedelta(days=36)):
        with transaction():
            assert accounts_service.purge_expired_tokens() == 1
        assert code_of(refreshes(client, old)) == (401, "token_expired")
    with clock.frozen(began + timedelta(days=38)):
        jobs.run_periodic("purge-expired-tokens")
        assert code_of(refreshes(client, old)) == (401, "token_invalid")
        assert refreshes(client, kept).status_code == 200
    assert session.scalar(select(func.count()).select_from(Session)) == 1
    assert session.scalar(select(func.count()).select_from(RefreshToken)) == 2
