"""Who works here: taking people on, changing what they may do, letting them go."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from api.accounts import service as accounts_service
from api.accounts.errors import GrantExceedsOwn
from api.accounts.models import User
from api.accounts.roles import PERMISSIONS, Role
from api.kernel.permissions import Permission, with_implied
from api.kernel.principal import SYSTEM, Principal
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from tests.support.people import (
    PASSWORD,
    PASSWORD_HASH,
    Person,
    a_customer,
    a_staff_member,
    signs_in,
)
from tests.support.sql import count_statements

STAFF = "/api/v1/admin/staff"
WANDA = {
    "email": "wanda@shop.example",
    "full_name": "Wanda Warehouse",
    "role": "warehouse",
    "password": PASSWORD,
}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("owner", "Anna Owner")


def edits(client: FlaskClient, by: Person, whom: Person, version: int = 1, **body: Any) -> Any:
    """Change a member of staff."""
    return client.patch(
        f"{STAFF}/{whom.id}", json=body, headers=by.with_headers(If_Match=f'"{version}"')
    )


def audited(action: str) -> list[Any]:
    """Read what was written down of one kind of change."""
    return list(
        session.execute(
            select(AuditEntry.actor, AuditEntry.subject_id, AuditEntry.changes).where(
                AuditEntry.action == action
            )
        )
    )


def state_of(person: Person) -> tuple[str, bool]:
    """Read what someone is here for and whether they still are."""
    row = session.execute(select(User.role, User.is_active).where(User.id == person.id)).one()
    return row.role, row.is_active


def test_roles_are_what_the_shop_agreed_on() -> None:
    everything = set(Permission)
    assert all(with_implied(held) == held for held in PERMISSIONS.values())
    assert PERMISSIONS[Role.OWNER] == everything
    assert everything - PERMISSIONS[Role.MANAGER] == {
        Permission.STAFF_WRITE,
        Permission.KEYS_WRITE,
    }
    assert {p.value for p in PERMISSIONS[Role.WAREHOUSE]} == {
        "catalog:read",
        "fulfilment:write",
        "inventory:adjust",
        "inventory:read",
        "inventory:receive",
        "inventory:transfer",
        "orders:read",
        "purchasing:read",
        "returns:write",
    }
    assert {p.value for p in PERMISSIONS[Role.SUPPORT]} == {
        "catalog:read",
        "credit:read",
        "customers:read",
        "inventory:read",
        "orders:cancel",
        "orders:read",
        "orders:refund",
        "orders:write",
        "returns:write",
    }


def test_staff_see_themselves_and_what_they_may_do(client: FlaskClient) -> None:
    sam = a_staff_member("support", "Sam Support")

    response = client.get("/api/v1/admin/me", headers=sam.headers)

    assert response.headers["ETag"] == '"1"'
    assert (
        response.json.items()
        >= {
            "id": str(sam.id),
            "email": sam.email,
            "full_name": "Sam Support",
            "role": "support",
            "version": 1,
        }.items()
    )
    assert response.json["permissions"] == sorted(p.value for p in PERMISSIONS[Role.SUPPORT])


def test_whoever_is_taken_on_can_sign_in_and_it_is_written_down(
    client: FlaskClient, anna: Person
) -> None:
    response = client.post(STAFF, json=WANDA, headers=anna.headers)

    body = response.json
    assert response.status_code == 201
    assert response.headers["Location"] == f"{STAFF}/{body['id']}"
    assert client.get(response.headers["Location"], headers=anna.headers).json == body
    assert (body["role"], body["is_active"], body["version"]) == ("warehouse", True, 1)
    assert "password" not in body
    login = client.post(
        "/api/v1/admin/auth/login", json={"email": WANDA["email"], "password": PASSWORD}
    )
    assert login.json["user"]["id"] == body["id"]
    ((actor, subject_id, changes),) = audited("staff.created")
    assert (actor, str(subject_id)) == (f"staff:{anna.id}", body["id"])
    assert changes == {"role": "warehouse"}


def test_an_address_is_on_the_staff_once(client: FlaskClient, anna: Person) -> None:
    a_customer(email="WANDA@shop.example")
    client.post(STAFF, json=WANDA, headers=anna.headers)

    again = client.post(STAFF, json=WANDA | {"email": "Wanda@Shop.example"}, headers=anna.headers)

    assert (again.status_code, again.json["code"]) == (409, "email_taken")
    assert len(audited("staff.created")) == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"role": "king"}, "/role"),
        ({"full_name": ""}, "/full_name"),
        ({"password": "password123"}, "/password"),
        ({"permissions": []}, "/permissions"),
    ],
)
def test_a_form_that_is_not_filled_in_well_takes_nobody_on(
    client: FlaskClient, anna: Person, changes: dict[str, Any], pointer: str
) -> None:
    response = client.post(STAFF, json=WANDA | changes, headers=anna.headers)

    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == pointer
    assert audited("staff.created") == []


@pytest.mark.parametrize("role", ["manager", "warehouse", "support"])
def test_only_owners_look_after_the_staff(client: FlaskClient, anna: Person, role: str) -> None:
    other = a_staff_member(role)

    hired = client.post(STAFF, json=WANDA, headers=other.headers)
    promoted = edits(client, other, other, role="owner")

    for refused in (hired, promoted):
        assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    assert state_of(other) == (role, True)
    assert client.get(STAFF, headers=other.headers).status_code == (
        200 if role == "manager" else 403
    )


def test_nobody_grants_or_takes_more_than_they_hold(app: Flask, anna: Person) -> None:
    manager = Principal(
        kind="staff", permissions=PERMISSIONS[Role.MANAGER] - {Permission.PRICING_WRITE}
    )
    given = {"email": "x@shop.example", "full_name": "X", "password_hash": PASSWORD_HASH}

    with pytest.raises(GrantExceedsOwn), transaction():
        accounts_service.create_staff(**given, role=Role.MANAGER, by=manager)
    for changes in ({"role": Role.SUPPORT}, {"is_active": False}):
        with pytest.raises(GrantExceedsOwn), transaction():
            accounts_service.edit_staff(anna.id, by=manager, expected_version=1, changes=changes)
    with transaction():
        accounts_service.create_staff(**given, role=Role.SUPPORT, by=manager)

    assert state_of(anna) == ("owner", True)
    assert [changes["role"] for _, _, changes in audited("staff.created")] == ["support"]


def test_a_new_role_counts_with_the_next_request(client: FlaskClient, anna: Person) -> None:
    wanda = a_staff_member("warehouse")
    assert client.get(STAFF, headers=wanda.headers).status_code == 403

    response = edits(client, anna, wanda, role="manager", full_name="Wanda Manager")

    assert (response.status_code, response.json["version"]) == (200, 2)
    assert client.get(STAFF, headers=wanda.headers).status_code == 200
    ((actor, subject_id, changes),) = audited("staff.edited")
    assert (actor, subject_id) == (f"staff:{anna.id}", wanda.id)
    assert changes == {
        "before": {"role": "warehouse", "full_name": wanda.principal.label},
        "after": {"role": "manager", "full_name": "Wanda Manager"},
    }


def test_whoever_is_let_go_is_out_at_once_everywhere(client: FlaskClient, anna: Person) -> None:
    wanda = a_staff_member("warehouse")
    token = signs_in(client, wanda)["refresh_token"]

    assert edits(client, anna, wanda, is_active=False).json["is_active"] is False

    assert client.get("/api/v1/admin/me", headers=wanda.headers).status_code == 401
    refused = client.post("/api/v1/admin/auth/refresh", json={"refresh_token": token})
    assert refused.json["code"] == "token_invalid"
    edits(client, anna, wanda, 2, is_active=True)
    assert client.get("/api/v1/admin/me", headers=wanda.headers).status_code == 200
    again = client.post("/api/v1/admin/auth/refresh", json={"refresh_token": token})
    assert again.json["code"] == "token_invalid"


@pytest.mark.parametrize("change", [{"role": "manager"}, {"is_active": False}])
def test_the_last_active_owner_stays(
    client: FlaskClient, anna: Person, change: dict[str, Any]
) -> None:
    gone = a_staff_member("owner", active=False)

    refused = edits(client, anna, anna, **change)

    assert (refused.status_code, refused.json["code"]) == (409, "last_owner")
    assert state_of(anna) == ("owner", True)
    assert audited("staff.edited") == []
    assert edits(client, anna, anna, full_name="Anna the Owner").status_code == 200
    assert edits(client, anna, gone, is_active=True).status_code == 200
    assert edits(client, anna, anna, 2, **change).status_code == 200


def test_two_owners_who_dismiss_each_other_leave_one(app: Flask) -> None:
    """Without the lock on all owners each would see the other still there, and none would stay."""
    for _ in range(5):
        pair = [a_staff_member("owner"), a_staff_member("owner")]
        start = threading.Barrier(2)

        def dismiss(
            who: tuple[Person, Person], start: threading.Barrier = start
        ) -> tuple[int, str | None]:
            client = app.test_client()
            start.wait()
            answer = edits(client, who[0], who[1], is_active=False)
            return answer.status_code, answer.json.get("code")

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(dismiss, [(pair[0], pair[1]), (pair[1], pair[0])]))

        # The loser is refused as the last owner, or comes too late and is out already.
        assert sorted(status for status, _ in answers)[0] == 200
        assert [code for status, code in answers if status != 200] in (
            ["last_owner"],
            ["token_invalid"],
        )
        left = [person for person in pair if state_of(person)[1]]
        assert len(left) == 1
        with transaction():
            accounts_service.edit_staff(
                left[0].id,
                by=SYSTEM,
                expected_version=1,
                changes={"full_name": "Kept"},
            )
            session.execute(User.__table__.update().values(is_active=False))


def test_a_stale_change_is_refused_and_an_empty_one_leaves_no_trace(
    client: FlaskClient, anna: Person
) -> None:
    wanda = a_staff_member("warehouse")

    assert edits(client, anna, wanda, 7, role="support").json["current_version"] == 1
    assert edits(client, anna, wanda, role="warehouse").json["version"] == 1

    assert state_of(wanda) == ("warehouse", True)
    assert audited("staff.edited") == []


def test_customers_are_not_on_the_staff(client: FlaskClient, anna: Person) -> None:
    carla = a_customer()

    refused = edits(client, anna, carla, is_active=False)

    assert (refused.status_code, refused.json["code"]) == (404, "staff_not_found")
    seen = client.get(f"{STAFF}/{carla.id}", headers=anna.headers)
    assert (seen.status_code, seen.json["code"]) == (404, "staff_not_found")


def test_the_staff_is_listed_by_name_at_a_constant_cost(client: FlaskClient, anna: Person) -> None:
    for name in ("Zoe", "Ben", "Mia"):
        a_staff_member("support", name)
    a_customer("Carla")

    with count_statements() as statements:
        first = client.get(STAFF, query_string={"limit": 3}, headers=anna.headers).json
    rest = client.get(
        STAFF,
        query_string={"cursor": first["page"]["next_cursor"], "include": "total"},
        headers=anna.headers,
    ).json

    assert statements.count == 2, statements
    names = [person["full_name"] for person in first["data"] + rest["data"]]
    assert names == ["Anna Owner", "Ben", "Mia", "Zoe"]
    assert (rest["page"]["total"], rest["page"]["has_more"]) == (4, False)
