"""Shared terminals: enrolled once, opened by badge and PIN for warehouse work and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from api.accounts.models import Badge, RefreshToken, Session, Terminal
from api.accounts.roles import PERMISSIONS, Role
from api.accounts.service.terminals import MOST_TRIES
from api.kernel import clock
from api.platform.db import session, transaction
from tests.accounts.test_staff import audited, edits
from tests.support.people import PASSWORD, Person, a_staff_member
from tests.support.shop import Shop
from tests.support.threads import at_once

ADMIN = "/api/v1/admin"
PIN = "4711"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("owner", "Anna Owner")


def enrolled(client: FlaskClient, by: Person, **more: Any) -> tuple[str, str]:
    """Have a terminal enrolled; returns its id and its key."""
    made = client.post(f"{ADMIN}/terminals", json={"name": "Table 1", **more}, headers=by.headers)
    assert made.status_code == 201, made.json
    answer = client.post(
        f"{ADMIN}/auth/enrol-terminal", json={"code": made.json["enrolment_code"].lower()}
    )
    assert answer.status_code == 200, answer.json
    return made.json["id"], answer.json["terminal_key"]


def badge_of(client: FlaskClient, by: Person, who: Person, **more: Any) -> str:
    """Give somebody a badge and the PIN."""
    path = f"{ADMIN}/staff/{who.id}/badge"
    given = client.post(path, json={"pin": PIN, **more}, headers=by.headers)
    assert given.status_code == 200, given.json
    return str(given.json["badge"])


def comes(client: FlaskClient, key: str, badge: str, pin: str = PIN) -> Any:
    form = {"terminal_key": key, "badge": badge, "pin": pin}
    return client.post(f"{ADMIN}/auth/badge", json=form)


def bearer_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.json
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def test_a_badge_and_its_pin_open_warehouse_work_even_for_an_owner(
    client: FlaskClient, anna: Person
) -> None:
    _, key = enrolled(client, anna)
    badge = badge_of(client, anna, anna)

    answer = comes(client, key, badge)

    headers = bearer_of(answer)
    assert answer.json["user"]["full_name"] == "Anna Owner"
    held = sorted(PERMISSIONS[Role.WAREHOUSE])
    assert answer.json["user"]["permissions"] == held
    assert client.get(f"{ADMIN}/me", headers=headers).json["permissions"] == held
    assert client.get(f"{ADMIN}/orders", headers=headers).status_code == 200
    for closed in ("staff", "audit", "api-keys"):
        refused = client.get(f"{ADMIN}/{closed}", headers=headers)
        assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    again = client.post(
        f"{ADMIN}/auth/refresh", json={"refresh_token": answer.json["refresh_token"]}
    )
    assert again.json["user"]["permissions"] == answer.json["user"]["permissions"]
    assert audited("staff.signed_in")[-1][2]["device"] == "terminal Table 1"


def test_a_code_enrols_once_within_the_hour_and_a_revoked_terminal_is_shut(
    client: FlaskClient, anna: Person
) -> None:
    made = client.post(f"{ADMIN}/terminals", json={"name": "Table 1"}, headers=anna.headers).json
    enrol = {"code": made["enrolment_code"]}
    assert made["status"] == "open"
    with transaction() as current:
        current.execute(update(Terminal).values(code_expires_at=clock.now()))
    late = client.post(f"{ADMIN}/auth/enrol-terminal", json=enrol)
    assert (late.status_code, late.json["code"]) == (422, "enrolment_code_invalid")
    terminal_id, key = enrolled(client, anna)
    badge = badge_of(client, anna, anna)
    headers = bearer_of(comes(client, key, badge))
    assert key not in str(session.execute(select(Terminal.__table__)).all())

    path = f"{ADMIN}/terminals/{terminal_id}/revoke"
    revoked = client.post(path, headers=anna.headers)

    assert revoked.json["status"] == "revoked"
    assert client.get(f"{ADMIN}/orders", headers=headers).status_code == 401
    refused = comes(client, key, badge)
    assert (refused.status_code, refused.json["code"]) == (401, "terminal_unknown")
    assert client.post(path, headers=anna.headers).status_code == 404
    actions = ("terminal.created", "terminal.enrolled", "terminal.revoked", "staff.badge_set")
    assert [len(audited(one)) for one in actions] == [2, 1, 1, 1]


def test_pins_are_tried_ten_times_in_a_row_and_no_more_even_at_once(
    app: Flask, client: FlaskClient, anna: Person
) -> None:
    """Without counting before comparing: twenty at once get twenty tries."""
    _, key = enrolled(client, anna)
    badge = badge_of(client, anna, anna)
    assert comes(client, key, badge, "0815").json["code"] == "badge_refused"
    assert comes(client, key, badge).status_code == 200, "a right one begins anew"

    outcomes = at_once(
        app, [lambda: comes(app.test_client(), key, badge, "9999") for _ in range(MOST_TRIES + 6)]
    )

    assert outcomes.of_status(401) == MOST_TRIES + 6
    assert session.scalar(select(Badge.tries)) == MOST_TRIES
    locked = comes(client, key, badge)
    assert (locked.status_code, locked.json["code"]) == (401, "badge_refused")
    assert comes(client, key, "U-UNKNOWN").json["code"] == "badge_refused"
    assert badge_of(client, anna, anna, code=badge) == badge
    assert comes(client, key, badge).status_code == 200
    refused = audited("staff.sign_in_refused")
    assert sum(subject == anna.id for _, subject, _ in refused) == MOST_TRIES + 1


def test_a_sign_in_at_a_terminal_ends_with_the_shift(client: FlaskClient, anna: Person) -> None:
    _, key = enrolled(client, anna)
    answer = comes(client, key, badge_of(client, anna, anna)).json
    lasts = session.scalar(select(RefreshToken.expires_at - RefreshToken.issued_at))
    assert lasts == timedelta(hours=1)
    with transaction() as current:
        current.execute(update(Session).values(created_at=clock.now() - timedelta(hours=12)))

    ended = client.post(f"{ADMIN}/auth/refresh", json={"refresh_token": answer["refresh_token"]})

    assert (ended.status_code, ended.json["code"]) == (401, "token_invalid")


def test_a_terminal_changes_the_stock_of_its_location_alone(shop: Shop) -> None:
    client, anna = shop.app.test_client(), a_staff_member("owner", "Anna Owner")
    shop.sells("MUG", 5)
    client.post(
        f"{ADMIN}/locations", json={"code": "SHOP-2", "name": "Second"}, headers=anna.headers
    )
    _, key = enrolled(client, anna, location="SHOP-2")
    headers = bearer_of(comes(client, key, badge_of(client, anna, anna)))

    listed = client.get(f"{ADMIN}/locations", headers=headers).json["data"]

    assert [one["code"] for one in listed] == ["SHOP-2"]
    assert client.get(f"{ADMIN}/stock", headers=headers).json["data"] == []
    unknown = client.post(
        f"{ADMIN}/terminals", json={"name": "x", "location": "NOWHERE"}, headers=anna.headers
    )
    assert unknown.json["code"] == "location_unknown"


def test_pins_are_hashed_chosen_with_care_and_changed_against_the_password(
    client: FlaskClient, anna: Person
) -> None:
    wanda = a_staff_member("warehouse", "Wanda Warehouse")
    own = f"{ADMIN}/me/pin"
    body = {"current_password": PASSWORD, "pin": "2580"}
    assert client.post(own, json=body, headers=wanda.headers).json["code"] == "staff_not_found"
    badge = badge_of(client, anna, wanda)
    assert badge.startswith("U-")
    assert len(badge) == 12
    path = f"{ADMIN}/staff/{wanda.id}/badge"
    for simple in ("0000", "1234", "9876", "890123"):
        refused = client.post(path, json={"pin": simple}, headers=anna.headers)
        assert (refused.status_code, refused.json["code"]) == (422, "pin_too_simple")
    for unfit in ("12", "12a4", "123456789"):
        assert client.post(path, json={"pin": unfit}, headers=anna.headers).status_code == 422
    for code in ("U-!HOME", "O-1001", "U-x"):
        command = client.post(path, json={"pin": PIN, "code": code}, headers=anna.headers)
        assert command.status_code == 422, "no code that means something else to a scanner"
    taken = client.post(
        f"{ADMIN}/staff/{anna.id}/badge", json={"pin": PIN, "code": badge}, headers=anna.headers
    )
    assert (taken.status_code, taken.json["code"]) == (409, "badge_taken")
    assert client.post(own, json=body, headers=wanda.headers).status_code == 204
    assert PIN not in str(session.execute(select(Badge.__table__)).all())
    _, key = enrolled(client, anna)
    assert comes(client, key, badge).status_code == 401
    assert comes(client, key, badge.lower(), "2580").status_code == 200
    assert edits(client, anna, wanda, is_active=False).status_code == 200
    assert comes(client, key, badge, "2580").json["code"] == "bad_credentials"
