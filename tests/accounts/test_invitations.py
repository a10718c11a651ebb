"""Who is asked onto the staff by e-mail: once, for two weeks, in a role that is fixed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from api.accounts import jobs as accounts_jobs
from api.accounts.models import StaffInvitation, User
from api.kernel import clock
from api.platform.db import session, transaction
from tests.accounts.test_staff import STAFF, audited, edits
from tests.support.mailer import RecordingMailer
from tests.support.people import Person, a_customer, a_staff_member
from tests.support.work import drain

INVITATIONS = "/api/v1/admin/invitations"
OWN = "a lantern over the harbour"
WANDA = {"email": "Wanda@shop.example", "full_name": "Wanda", "role": "warehouse"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("owner", "Anna Owner")


def invites(client: FlaskClient, by: Person, **changes: str) -> Any:
    """Ask Wanda to join, or somebody else."""
    return client.post(INVITATIONS, json=WANDA | changes, headers=by.headers)


def code_of(mailer: RecordingMailer) -> str:
    """Deliver what waits, and read the code in the last letter."""
    drain()
    lines = mailer.sent[-1].text.splitlines()
    return next(line for line in lines if len(line) > 40 and " " not in line)


def accepts(client: FlaskClient, token: str, password: str = OWN) -> Any:
    """Come with the code of a letter."""
    return client.post(
        "/api/v1/admin/auth/accept-invitation", json={"token": token, "password": password}
    )


def signs_in(client: FlaskClient) -> Any:
    """Come in as Wanda."""
    form = {"email": "wanda@shop.example", "password": OWN}
    return client.post("/api/v1/admin/auth/login", json=form)


def test_whoever_is_invited_joins_with_a_password_that_nobody_else_knows(
    client: FlaskClient, anna: Person, mailer: RecordingMailer
) -> None:
    a_customer(email="wanda@shop.example")
    asked = invites(client, anna)
    assert (asked.status_code, asked.json["status"]) == (201, "open")
    token = code_of(mailer)
    assert mailer.sent[-1].to == WANDA["email"]

    joined = accepts(client, token)

    assert (joined.status_code, joined.json["role"]) == (200, "warehouse")
    assert signs_in(client).json["user"]["id"] == joined.json["id"]
    seen = client.get(asked.headers["Location"], headers=anna.headers).json
    assert seen["status"] == "accepted"
    ((actor, subject_id, changes),) = audited("staff.created")
    assert (actor, str(subject_id)) == (f"staff:{anna.id}", joined.json["id"])
    assert changes == {"role": "warehouse"}
    again = accepts(client, token)
    assert (again.status_code, again.json["code"]) == (422, "invitation_invalid")


def test_the_code_stands_in_the_letter_alone(
    client: FlaskClient, anna: Person, mailer: RecordingMailer
) -> None:
    invites(client, anna)
    token = code_of(mailer)

    book = client.get("/api/v1/admin/emails", headers=anna.headers).json["data"]
    (letter,) = (one for one in book if one["kind"] == "staff_invitation")
    whole = client.get(f"/api/v1/admin/emails/{letter['id']}", headers=anna.headers)
    assert token not in whole.text
    assert token not in str(session.execute(select(StaffInvitation.__table__)).one())


def test_a_weak_password_leaves_the_invitation_open(
    client: FlaskClient, anna: Person, mailer: RecordingMailer
) -> None:
    invites(client, anna)
    token = code_of(mailer)

    refused = accepts(client, token, "password123")

    assert (refused.status_code, refused.json["code"]) == (422, "password_refused")
    assert accepts(client, token).status_code == 200


def test_an_invitation_ends_when_it_is_taken_back_replaced_or_two_weeks_old(
    client: FlaskClient, anna: Person, mailer: RecordingMailer
) -> None:
    first = invites(client, anna).json
    replaced = code_of(mailer)
    second = invites(client, anna, email="WANDA@shop.example").json
    taken_back = code_of(mailer)
    assert accepts(client, replaced).json["code"] == "invitation_invalid"

    path = f"{INVITATIONS}/{second['id']}/revoke"
    assert client.post(path, headers=anna.headers).json["status"] == "revoked"
    assert client.post(path, headers=anna.headers).json["code"] == "invitation_not_found"
    assert accepts(client, taken_back).json["code"] == "invitation_invalid"
    invites(client, anna)
    late = code_of(mailer)
    with transaction() as current:
        current.execute(update(StaffInvitation).values(expires_at=clock.now()))
    assert accepts(client, late).json["code"] == "invitation_invalid"

    listed = client.get(INVITATIONS, headers=anna.headers).json["data"]
    assert [one["status"] for one in listed] == ["expired", "revoked", "revoked"]
    assert listed[2]["id"] == first["id"]
    assert session.scalar(select(User.id).where(User.full_name == "Wanda")) is None


def test_an_invitation_is_worth_what_its_author_is(
    client: FlaskClient, anna: Person, mailer: RecordingMailer
) -> None:
    for change in ({"is_active": False}, {"role": "manager"}):
        omar = a_staff_member("owner", "Omar")
        invites(client, omar, role="owner")
        token = code_of(mailer)
        assert edits(client, anna, omar, **change).status_code == 200

        refused = accepts(client, token)

        assert (refused.status_code, refused.json["code"]) == (422, "invitation_invalid")
    assert session.scalar(select(User.id).where(User.full_name == "Wanda")) is None


def test_who_is_on_the_staff_or_joined_meanwhile_is_not_invited_twice(
    client: FlaskClient, anna: Person, mailer: RecordingMailer
) -> None:
    invites(client, anna)
    token = code_of(mailer)
    client.post(STAFF, json=WANDA | {"password": OWN}, headers=anna.headers)

    assert accepts(client, token).json["code"] == "invitation_invalid"
    again = invites(client, anna)
    assert (again.status_code, again.json["code"]) == (409, "email_taken")
    unknown = invites(client, anna, role="king", email="x@shop.example")
    assert (unknown.status_code, unknown.json["code"]) == (422, "role_unknown")


@pytest.mark.parametrize("role", ["manager", "warehouse", "support"])
def test_only_owners_invite(client: FlaskClient, anna: Person, role: str) -> None:
    refused = invites(client, a_staff_member(role))

    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    assert audited("staff.invited") == []


def test_of_two_who_come_with_one_code_at_once_one_joins(
    app: Flask, anna: Person, mailer: RecordingMailer
) -> None:
    """Without the guarded update both would find it open; the address alone would part them."""
    invites(app.test_client(), anna)
    token = code_of(mailer)
    start = threading.Barrier(2)

    def joins(_: int) -> int:
        client = app.test_client()
        start.wait()
        return int(accepts(client, token).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(joins, range(2))) == [200, 422]
    assert len(audited("staff.created")) == 1


def test_what_ran_out_three_months_ago_is_forgotten(client: FlaskClient, anna: Person) -> None:
    invites(client, anna)
    invites(client, anna, email="mia@shop.example")
    long_ago = clock.now() - timedelta(days=91)
    with transaction() as current:
        current.execute(
            update(StaffInvitation)
            .where(StaffInvitation.email == WANDA["email"])
            .values(expires_at=long_ago)
        )

    accounts_jobs.purge_expired_tokens()

    assert session.scalars(select(StaffInvitation.email)).all() == ["mia@shop.example"]
