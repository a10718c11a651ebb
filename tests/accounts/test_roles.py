"""Roles of the shop's own, what the built-in ones may not, and who may give which."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from api.accounts import service as accounts_service
from api.accounts.errors import GrantExceedsOwn
from api.accounts.models import StaffRole
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.platform.db import session, transaction
from tests.accounts.test_staff import STAFF, audited, edits
from tests.support.people import Person, a_staff_member, signs_in
from tests.support.shop import Shop
from tests.support.sql import count_statements

ROLES = "/api/v1/admin/roles"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("owner", "Anna Owner")


def makes(client: FlaskClient, by: Person, name: str, *permissions: str) -> Any:
    """Make a role."""
    return client.post(ROLES, json={"name": name, "permissions": permissions}, headers=by.headers)


def test_a_shop_opens_with_the_built_in_roles(client: FlaskClient, anna: Person) -> None:
    listed = client.get(ROLES, headers=anna.headers).json["data"]

    assert [(one["name"], one["kind"]) for one in listed] == [
        ("manager", "built_in"),
        ("owner", "built_in"),
        ("support", "built_in"),
        ("warehouse", "built_in"),
    ]
    owner = client.get(f"{ROLES}/{listed[1]['id']}", headers=anna.headers).json
    assert owner["permissions"] == sorted(Permission)


def test_a_role_of_the_shops_own_opens_what_it_holds_and_what_follows_and_no_more(
    client: FlaskClient, anna: Person
) -> None:
    made = makes(client, anna, "night shift", "locations:write", "fulfilment:write")

    assert made.status_code == 201
    assert made.json["permissions"] == [
        "fulfilment:write", "inventory:read", "locations:write", "orders:read",
    ]  # fmt: skip
    assert client.get(made.headers["Location"], headers=anna.headers).json == made.json
    nora = a_staff_member("night shift", "Nora")
    with count_statements() as statements:
        assert client.get("/api/v1/admin/locations", headers=nora.headers).status_code == 200
    # The role comes with its holder: one statement for who asks, one for the list.
    assert statements.count == 2, statements
    refused = client.get(STAFF, headers=nora.headers)
    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    signed_in = signs_in(client, nora)
    assert signed_in["user"]["permissions"] == made.json["permissions"]
    again = client.post(
        "/api/v1/admin/auth/refresh", json={"refresh_token": signed_in["refresh_token"]}
    )
    assert again.json["user"]["role"] == "night shift"
    me = client.get("/api/v1/admin/me", headers=nora.headers).json
    assert me["permissions"] == made.json["permissions"]


def test_a_changed_role_counts_for_its_holders_with_the_next_request(
    client: FlaskClient, anna: Person
) -> None:
    role = makes(client, anna, "counting", "staff:read").json
    carl = a_staff_member("counting", "Carl")
    assert client.get(STAFF, headers=carl.headers).status_code == 200

    changed = client.patch(
        f"{ROLES}/{role['id']}",
        json={"permissions": ["inventory:adjust"]},
        headers=anna.with_headers(If_Match='"1"'),
    )

    assert (changed.json["version"], changed.json["permissions"]) == (
        2,
        ["inventory:adjust", "inventory:read"],
    )
    assert client.get(STAFF, headers=carl.headers).status_code == 403
    ((actor, subject_id, changes),) = audited("role.edited")
    assert (actor, str(subject_id)) == (f"staff:{anna.id}", role["id"])
    assert changes == {
        "before": {"permissions": ["staff:read"]},
        "after": {"permissions": ["inventory:adjust", "inventory:read"]},
    }


@pytest.mark.parametrize("name", ["owner", "manager", "warehouse", "support"])
def test_what_a_built_in_role_holds_is_not_edited(
    client: FlaskClient, anna: Person, name: str
) -> None:
    role_id = session.scalar(select(StaffRole.id).where(StaffRole.name == name))
    headers = anna.with_headers(If_Match='"1"')

    edited = client.patch(
        f"{ROLES}/{role_id}", json={"permissions": ["staff:read"]}, headers=headers
    )
    deleted = client.delete(f"{ROLES}/{role_id}", headers=headers)

    for refused in (edited, deleted):
        assert (refused.status_code, refused.json["code"]) == (422, "role_built_in")
    taken = makes(client, anna, name, "staff:read")
    assert (taken.status_code, taken.json["code"]) == (409, "role_name_taken")


def test_a_role_that_somebody_has_stays_and_one_that_nobody_has_goes(
    client: FlaskClient, anna: Person
) -> None:
    role = makes(client, anna, "holiday help", "orders:read").json
    henry = a_staff_member("holiday help", "Henry", active=False)
    headers = anna.with_headers(If_Match='"1"')

    refused = client.delete(f"{ROLES}/{role['id']}", headers=headers)
    assert (refused.status_code, refused.json["code"]) == (409, "role_in_use")
    assert edits(client, anna, henry, role="support").status_code == 200
    assert client.delete(f"{ROLES}/{role['id']}", headers=headers).status_code == 204

    assert client.get(f"{ROLES}/{role['id']}", headers=anna.headers).status_code == 404
    unknown = edits(client, anna, henry, 2, role="holiday help")
    assert (unknown.status_code, unknown.json["code"]) == (422, "role_unknown")
    assert unknown.json["errors"][0]["pointer"] == "/role"
    assert [changes["name"] for _, _, changes in audited("role.deleted")] == ["holiday help"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "Night", "permissions": ["staff:read"]}, "/name"),
        ({"name": " night", "permissions": ["staff:read"]}, "/name"),
        ({"name": "night\n", "permissions": ["staff:read"]}, "/name"),
        ({"name": "x" * 41, "permissions": ["staff:read"]}, "/name"),
        ({"name": "night", "permissions": []}, "/permissions"),
        ({"name": "night", "permissions": ["staff:fire"]}, "/permissions/0"),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(
    client: FlaskClient, anna: Person, body: dict[str, Any], pointer: str
) -> None:
    refused = client.post(ROLES, json=body, headers=anna.headers)

    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == pointer
    assert audited("role.created") == []


def test_nobody_makes_widens_or_empties_a_role_beyond_what_they_hold(
    client: FlaskClient, anna: Person
) -> None:
    hired = Permission.STAFF_READ, Permission.STAFF_WRITE, Permission.ORDERS_READ
    deputy = Principal(kind="staff", permissions=frozenset(hired))
    wide = makes(client, anna, "wide", "orders:refund").json
    narrow = makes(client, anna, "narrow", "orders:read").json

    with pytest.raises(GrantExceedsOwn), transaction():
        accounts_service.create_role("mine", {Permission.ORDERS_REFUND}, by=deputy)
    for role, changes in (
        (narrow, {"permissions": {Permission.ORDERS_REFUND}}),
        (wide, {"permissions": {Permission.ORDERS_READ}}),
        (wide, {"requires_second_factor": True}),
    ):
        with pytest.raises(GrantExceedsOwn), transaction():
            accounts_service.edit_role(role["id"], changes, expected_version=1, by=deputy)
    with pytest.raises(GrantExceedsOwn), transaction():
        accounts_service.delete_role(wide["id"], expected_version=1, by=deputy)
    with transaction():
        accounts_service.edit_role(
            narrow["id"],
            {"permissions": {Permission.STAFF_READ}},
            expected_version=1,
            by=deputy,
        )

    stored = dict(session.execute(select(StaffRole.name, StaffRole.permissions)).all())
    assert (stored["wide"], stored["narrow"]) == (["orders:read", "orders:refund"], ["staff:read"])


def test_what_another_release_allowed_allows_nothing_here(
    client: FlaskClient, anna: Person
) -> None:
    role = makes(client, anna, "later", "staff:read").json
    lea = a_staff_member("later", "Lea")
    with transaction() as current:
        current.execute(
            StaffRole.__table__.update()
            .where(StaffRole.name == "later")
            .values(permissions=["staff:read", "time:travel"])
        )

    assert client.get(STAFF, headers=lea.headers).status_code == 200
    seen = client.get(f"{ROLES}/{role['id']}", headers=anna.headers).json
    assert seen["permissions"] == ["staff:read"]


def test_the_warehouse_reads_no_more_of_a_customer_than_a_label_needs(shop: Shop) -> None:
    shop.sells("MUG", 5)
    order = shop.an_order(MUG=1)
    packer, support = shop.staff("warehouse"), shop.staff("support")

    for path in (f"/orders/{order['id']}", "/orders", f"/scan/{order['number']}"):
        assert "@" not in packer.gets(path).text, path
        assert "@" in support.gets(path).text, path
    page = packer.opens(order)
    assert page["shipping_address"]["line1"]
    assert (page["billing_address"], page["customer_id"], page["email"]) == (None, None, None)


@pytest.mark.parametrize("path", ["/emails", "/stock-requests"])
def test_the_warehouse_reads_neither_e_mails_nor_who_waits_for_goods(
    client: FlaskClient, path: str
) -> None:
    packer, support = a_staff_member("warehouse"), a_staff_member("support")

    assert client.get(f"/api/v1/admin{path}", headers=packer.headers).status_code == 403
    assert client.get(f"/api/v1/admin{path}", headers=support.headers).status_code == 200


def test_the_warehouse_neither_makes_nor_switches_off_locations(shop: Shop) -> None:
    packer = shop.staff("warehouse")
    (place,) = packer.gets("/locations").json["data"]

    made = packer.posts("/locations", {"code": "B-01", "name": "Shelf"})
    off = packer.client.patch(
        f"/api/v1/admin/locations/{place['id']}",
        json={"is_active": False},
        headers={**packer.headers, "If-Match": '"1"'},
    )

    assert (made.status_code, off.status_code) == (403, 403)
    assert [one["is_active"] for one in packer.gets("/locations").json["data"]] == [True]
