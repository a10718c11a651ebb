"""A password that is changed, or forgotten and set anew with the link of a letter."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from api.accounts import queries as accounts_queries
from api.accounts import service as accounts_service
from api.accounts.events import PasswordChanged, PasswordResetRequested
from api.accounts.models import PasswordReset, User
from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.audit import AuditEntry
from api.platform.auth import hash_secret
from api.platform.db import session, transaction
from tests.support.events import facts_of
from tests.support.people import Person, a_customer, a_staff_member, signs_in
from tests.support.sql import count_statements

NEW = "a wholly new password"


def asks(client: FlaskClient, email: str) -> Any:
    """Say that a password is forgotten."""
    return client.post("/api/v1/auth/forgot-password", json={"email": email})


def sets(client: FlaskClient, token: str, password: str = NEW) -> Any:
    """Set a password with the token of a letter."""
    return client.post("/api/v1/auth/reset-password", json={"token": token, "password": password})


def letter(email: str, client: FlaskClient) -> accounts_service.ResetEmail:
    """Ask for a letter and write it, as the job of the fact does."""
    asks(client, email)
    written = write(facts_of(PasswordResetRequested)[-1].request_id)
    assert written is not None
    return written


def write(request_id: UUID) -> accounts_service.ResetEmail | None:
    with transaction():
        return accounts_service.make_reset_token(request_id)


def may_come_in(client: FlaskClient, person: Person, password: str) -> bool:
    """Tell whether a password opens the door."""
    answer = client.post("/api/v1/auth/login", json={"email": person.email, "password": password})
    return bool(answer.status_code == 200)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def carla(app: Flask) -> Person:
    return a_customer("Carla", email="Carla@example.com")


def test_a_letter_sets_a_new_password_once_and_ends_every_session(
    client: FlaskClient, carla: Person
) -> None:
    stolen = signs_in(client, carla)["refresh_token"]
    written = letter("carla@EXAMPLE.com", client)
    assert (written.email, written.full_name) == ("Carla@example.com", "Carla")

    response = sets(client, written.token)

    assert (response.status_code, response.data) == (204, b"")
    assert may_come_in(client, carla, NEW)
    assert not may_come_in(client, carla, carla.password)
    refused = client.post("/api/v1/auth/refresh", json={"refresh_token": stolen})
    assert refused.json["code"] == "token_invalid"
    assert facts_of(PasswordChanged) == [PasswordChanged(user_id=carla.id)]
    again = sets(client, written.token, "yet another password")
    assert (again.status_code, again.json["code"]) == (422, "reset_token_invalid")
    assert may_come_in(client, carla, NEW)


def test_asking_is_answered_the_same_for_known_and_unknown_addresses(
    client: FlaskClient, carla: Person
) -> None:
    """Otherwise the answer, or its time, would tell who has an account."""
    a_customer("Gone", email="gone@example.com", active=False)
    answers, steps = [], []
    for email in (carla.email, "nobody@example.com", "gone@example.com"):
        with count_statements() as statements:
            answer = asks(client, email)
        answers.append((answer.status_code, answer.json))
        steps.append([text.split(" (")[0] for text in statements.texts])

    detail = "If this address has an account, an e-mail with a link is on its way to it."
    assert answers == [(202, {"detail": detail})] * 3
    assert steps[0] == steps[1] == steps[2]
    assert len(facts_of(PasswordResetRequested)) == 3


def test_only_an_active_customer_gets_a_letter(client: FlaskClient, carla: Person) -> None:
    a_customer("Gone", email="gone@example.com", active=False)
    a_staff_member(email="anna@example.com")

    for email in ("nobody@example.com", "gone@example.com", "anna@example.com"):
        asks(client, email)

    assert [write(fact.request_id) for fact in facts_of(PasswordResetRequested)] == [None] * 3
    assert write(new_id()) is None


def test_neither_the_row_nor_the_fact_holds_the_token(client: FlaskClient, carla: Person) -> None:
    written = letter(carla.email, client)

    row = session.execute(
        select(PasswordReset.token_hash, PasswordReset.expires_at, PasswordReset.user_id)
    ).one()
    assert row.token_hash == hash_secret(written.token)
    assert row.user_id == carla.id
    assert row.expires_at == written.expires_at
    assert facts_of(PasswordResetRequested)[0].to_json().keys() == {"request_id"}
    assert written.token not in repr(written)


def test_a_link_is_good_for_an_hour(client: FlaskClient, carla: Person) -> None:
    written = letter(carla.email, client)

    with clock.frozen(written.expires_at):
        assert sets(client, written.token).status_code == 422
    with clock.frozen(written.expires_at - timedelta(seconds=1)):
        assert sets(client, written.token).status_code == 204


def test_a_letter_that_is_written_twice_holds_the_token_that_counts(
    client: FlaskClient, carla: Person
) -> None:
    first = letter(carla.email, client)
    second = write(facts_of(PasswordResetRequested)[0].request_id)

    assert second is not None
    assert sets(client, first.token).status_code == 422
    assert sets(client, second.token).status_code == 204


def test_a_letter_is_not_written_after_a_day_or_after_it_was_answered(
    client: FlaskClient, carla: Person
) -> None:
    used = letter(carla.email, client)
    asks(client, carla.email)
    answered, waiting = (fact.request_id for fact in facts_of(PasswordResetRequested))

    with clock.frozen(clock.now() + timedelta(days=1, seconds=1)):
        assert write(waiting) is None
    sets(client, used.token)
    assert write(answered) is None


def test_a_new_password_makes_other_letters_void(client: FlaskClient, carla: Person) -> None:
    """Without it an old letter in a stolen mailbox would undo the rescue."""
    first, second = letter(carla.email, client), letter(carla.email, client)

    assert sets(client, second.token).status_code == 204

    assert sets(client, first.token).json["code"] == "reset_token_invalid"


def test_a_weak_password_does_not_use_up_the_letter(client: FlaskClient, carla: Person) -> None:
    written = letter(carla.email, client)

    assert sets(client, written.token, "carla@example.com").json["code"] == "password_refused"
    assert sets(client, written.token, "short").status_code == 422

    assert sets(client, written.token).status_code == 204


def test_the_letter_of_someone_who_was_switched_off_opens_nothing(
    client: FlaskClient, carla: Person
) -> None:
    written = letter(carla.email, client)
    with transaction():
        session.execute(update(User).where(User.id == carla.id).values(is_active=False))

    assert sets(client, written.token).json["code"] == "reset_token_invalid"
    with transaction(), pytest.raises(accounts_queries.AccountNotFound):
        accounts_queries.get_account(new_id())


def test_of_two_who_use_one_letter_at_once_one_sets_the_password(app: Flask, carla: Person) -> None:
    """Without the guarded update the thief's password could be the one that stays."""
    written = letter(carla.email, app.test_client())
    start = threading.Barrier(2)

    def use(password: str) -> int:
        client = app.test_client()
        start.wait()
        return int(sets(client, written.token, password).status_code)

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(use, ("the first of two", "the second of two")))

    assert sorted(statuses) == [204, 422]
    winner = ("the first of two", "the second of two")[statuses.index(204)]
    assert may_come_in(app.test_client(), carla, winner)
    assert len(facts_of(PasswordChanged)) == 1


def changes(client: FlaskClient, headers: dict[str, str], **body: str) -> Any:
    """Change one's own password."""
    desk = body.pop("desk", "users")
    return client.post(f"/api/v1/{desk}/me/password", json=body, headers=headers)


def test_a_change_of_password_keeps_this_session_and_ends_the_others(
    client: FlaskClient, carla: Person
) -> None:
    here, there = signs_in(client, carla), signs_in(client, carla)
    headers = {"Authorization": f"Bearer {here['access_token']}"}

    response = changes(client, headers, current_password=carla.password, password=NEW)

    assert response.status_code == 204
    assert may_come_in(client, carla, NEW)
    assert not may_come_in(client, carla, carla.password)
    kept = client.post("/api/v1/auth/refresh", json={"refresh_token": here["refresh_token"]})
    ended = client.post("/api/v1/auth/refresh", json={"refresh_token": there["refresh_token"]})
    assert (kept.status_code, ended.json["code"]) == (200, "token_invalid")
    assert facts_of(PasswordChanged) == [PasswordChanged(user_id=carla.id)]


def test_a_change_of_password_makes_letters_under_way_void(
    client: FlaskClient, carla: Person
) -> None:
    written = letter(carla.email, client)

    changes(client, carla.headers, current_password=carla.password, password=NEW)

    assert sets(client, written.token).status_code == 422


def test_nobody_changes_a_password_without_knowing_it(client: FlaskClient, carla: Person) -> None:
    """Otherwise a console left open for a minute would be an account lost."""
    session_token = signs_in(client, carla)["refresh_token"]

    response = changes(client, carla.headers, current_password="a guess", password=NEW)

    assert (response.status_code, response.json["code"]) == (422, "current_password_wrong")
    assert response.json["errors"][0]["pointer"] == "/current_password"
    assert may_come_in(client, carla, carla.password)
    kept = client.post("/api/v1/auth/refresh", json={"refresh_token": session_token})
    assert kept.status_code == 200
    assert facts_of(PasswordChanged) == []


def test_a_weak_new_password_changes_nothing(client: FlaskClient, carla: Person) -> None:
    response = changes(
        client, carla.headers, current_password=carla.password, password="password123"
    )

    assert response.json["code"] == "password_refused"
    assert may_come_in(client, carla, carla.password)


def test_of_two_changes_at_once_the_second_no_longer_knows_the_password(
    app: Flask, carla: Person
) -> None:
    """Without the second look under lock both would say yes and one would be lost."""
    start = threading.Barrier(2)

    def change(password: str) -> int:
        client = app.test_client()
        start.wait()
        answer = changes(client, carla.headers, current_password=carla.password, password=password)
        return int(answer.status_code)

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(change, ("the first of two", "the second of two")))

    assert sorted(statuses) == [204, 422]


def test_staff_change_their_password_too_and_it_is_written_down(client: FlaskClient) -> None:
    anna = a_staff_member()

    response = changes(
        client, anna.headers, desk="admin", current_password=anna.password, password=NEW
    )

    assert response.status_code == 204
    entry = session.execute(
        select(AuditEntry.actor, AuditEntry.subject_id, AuditEntry.changes).where(
            AuditEntry.action == "staff.password_changed"
        )
    ).one()
    assert entry == (f"staff:{anna.id}", anna.id, {})
