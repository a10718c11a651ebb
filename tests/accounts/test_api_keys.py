"""How programs come in: keys that are told once, do what they were made for, and are replaced."""

import dataclasses
import hmac
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from api.accounts import service as accounts_service
from api.accounts.errors import GrantExceedsOwn
from api.accounts.models import ApiKey
from api.accounts.roles import KeyKind
from api.app import create_app
from api.kernel import clock
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.platform.audit import AuditEntry
from api.platform.db import db, session, transaction
from api.platform.settings import Settings
from tests.accounts.test_staff import audited
from tests.support.people import Person, a_staff_member, signs_in
from tests.support.shop import Shop
from tests.support.sql import count_statements

KEYS = "/api/v1/admin/api-keys"
ORDERS = "/api/v1/admin/orders"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("owner", "Anna Owner")


def makes(client: FlaskClient, by: Person, *scopes: str, **more: Any) -> Any:
    """Make a key for the bookkeeping."""
    form = {"name": "Bookkeeping", "scopes": scopes, **more}
    return client.post(KEYS, json=form, headers=by.headers)


def rotates(client: FlaskClient, by: Person, key_id: str, **more: Any) -> Any:
    """Replace a key."""
    return client.post(f"{KEYS}/{key_id}/rotate", json=more, headers=by.headers)


def comes(client: FlaskClient, key: str, path: str = ORDERS) -> Any:
    """Come in with a key."""
    return client.get(path, headers={"Authorization": f"Bearer {key}"})


def test_a_key_is_told_once_and_opens_what_it_was_made_for(
    client: FlaskClient, anna: Person
) -> None:
    made = makes(client, anna, "orders:read")

    key = made.json["key"]
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert key.startswith(made.json["prefix"])
    assert (key[:3], len(key), made.json["status"]) == ("sk_", 35, "live")
    assert comes(client, key).status_code == 200
    refused = comes(client, key, "/api/v1/admin/products")
    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    again = client.get(made.headers["Location"], headers=anna.headers).json
    assert "key" not in again
    assert key not in str(session.execute(select(ApiKey.__table__)).one())
    assert key not in str(session.execute(select(AuditEntry.changes)).all())


def test_scopes_are_those_of_roles_but_for_what_is_for_people(
    client: FlaskClient, anna: Person
) -> None:
    wide = makes(client, anna, "fulfilment:write", "locations:write").json
    assert wide["scopes"] == [
        "fulfilment:write", "inventory:read", "locations:write", "orders:read",
    ]  # fmt: skip
    for scopes, more in (
        (["staff:read"], {}),
        (["keys:write"], {}),
        ([], {}),
        (["orders:read"], {"kind": "publishable"}),
    ):
        refused = makes(client, anna, *scopes, **more)
        assert refused.status_code == 422
        assert refused.json["errors"][0]["pointer"].startswith("/scopes")


@pytest.mark.parametrize("role", ["manager", "warehouse", "support"])
def test_only_owners_make_keys(client: FlaskClient, role: str) -> None:
    refused = makes(client, a_staff_member(role), "orders:read")

    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    assert audited("api_key.created") == []


def test_nobody_makes_or_renews_a_key_that_does_more_than_they_may(
    client: FlaskClient, anna: Person
) -> None:
    deputy = Principal(kind="staff", permissions=frozenset({Permission.KEYS_WRITE}))
    made = makes(client, anna, "orders:read").json
    given = {"name": "x", "kind": KeyKind.SECRET, "expires_at": None, "requests_per_minute": 1}

    with pytest.raises(GrantExceedsOwn), transaction():
        accounts_service.create_key(**given, scopes={Permission.ORDERS_READ}, by=deputy)
    with pytest.raises(GrantExceedsOwn), transaction():
        accounts_service.rotate_key(made["id"], old_expires_at=None, by=deputy)


@pytest.mark.parametrize("key", ["sk_", "sk_1234567890", "sk_" + "x" * 32, "sk_" + "x" * 4000])
def test_a_made_up_key_is_refused(client: FlaskClient, anna: Person, key: str) -> None:
    makes(client, anna, "orders:read")

    assert comes(client, key).json["code"] == "api_key_invalid"


def test_a_key_with_the_right_beginning_alone_is_refused(client: FlaskClient, anna: Person) -> None:
    key = makes(client, anna, "orders:read").json["key"]

    assert comes(client, key[:12] + key[12:][::-1]).json["code"] == "api_key_invalid"
    assert comes(client, key.lower()).json["code"] == "api_key_invalid"


def test_a_key_ends_when_it_is_revoked_and_when_its_time_is_over(
    client: FlaskClient, anna: Person
) -> None:
    first = makes(client, anna, "orders:read").json
    path = f"{KEYS}/{first['id']}/revoke"
    assert client.post(path, headers=anna.headers).json["status"] == "revoked"
    assert comes(client, first["key"]).json["code"] == "api_key_invalid"
    assert client.post(path, headers=anna.headers).json["code"] == "api_key_not_found"

    soon = (clock.now() + timedelta(hours=1)).isoformat()
    second = makes(client, anna, "orders:read", expires_at=soon).json
    assert comes(client, second["key"]).status_code == 200
    with transaction() as current:
        current.execute(
            update(ApiKey).where(ApiKey.id == second["id"]).values(expires_at=clock.now())
        )
    assert comes(client, second["key"]).json["code"] == "api_key_invalid"
    for never in ("2020-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"):
        refused = makes(client, anna, "orders:read", expires_at=never)
        assert refused.json["errors"][0]["pointer"] == "/expires_at"


def test_two_keys_are_good_while_one_replaces_the_other(client: FlaskClient, anna: Person) -> None:
    old = makes(client, anna, "orders:read", requests_per_minute=50).json

    new = rotates(client, anna, old["id"]).json

    assert (new["series_id"], new["scopes"], new["requests_per_minute"]) == (
        old["series_id"], old["scopes"], 50,
    )  # fmt: skip
    assert [comes(client, one["key"]).status_code for one in (old, new)] == [200, 200]
    for one in (old, new):
        third = rotates(client, anna, one["id"])
        assert (third.status_code, third.json["code"]) == (409, "api_key_rotating")
    told = client.get(f"{KEYS}/{old['id']}", headers=anna.headers).json
    left = datetime.fromisoformat(told["expires_at"]) - clock.now()
    assert timedelta(days=6) < left <= timedelta(days=7)
    client.post(f"{KEYS}/{old['id']}/revoke", headers=anna.headers)
    assert rotates(client, anna, new["id"]).status_code == 201


def test_of_two_who_rotate_at_once_one_makes_the_new_key(app: Flask, anna: Person) -> None:
    """Counting before the lock, each would find one live key, and three would be good."""
    old = makes(app.test_client(), anna, "orders:read").json
    start = threading.Barrier(2)

    def rotate(_: int) -> int:
        client = app.test_client()
        start.wait()
        return int(rotates(client, anna, old["id"]).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(rotate, range(2))) == [201, 409]
    assert len(session.scalars(select(ApiKey.id)).all()) == 2


def test_a_use_is_noted_once_a_minute_and_costs_one_statement_else(
    client: FlaskClient, anna: Person
) -> None:
    made = makes(client, anna, "inventory:read").json
    path = "/api/v1/admin/locations"

    def used_at() -> Any:
        session.rollback()
        return session.scalar(select(ApiKey.last_used_at))

    assert used_at() is None
    comes(client, made["key"], path)
    noted = used_at()
    with count_statements() as statements:
        comes(client, made["key"], path)
    assert statements.count == 2, statements
    assert used_at() == noted
    with transaction() as current:
        current.execute(update(ApiKey).values(last_used_at=noted - timedelta(seconds=61)))
    comes(client, made["key"], path)
    assert used_at() > noted


def test_what_a_program_did_is_written_down_under_its_key(shop: Shop) -> None:
    anna, client = a_staff_member("owner"), shop.app.test_client()
    shop.sells("MUG", 5)
    order = shop.an_order(MUG=1)
    made = makes(client, anna, "orders:write", "fulfilment:write").json
    headers = {"Authorization": f"Bearer {made['key']}", "Idempotency-Key": "parcel-of-today"}

    held = client.post(f"{ORDERS}/{order['id']}/holds", json={"reason": "risk"}, headers=headers)
    del headers["Idempotency-Key"]
    claimed = client.put(f"{ORDERS}/{order['id']}/claim", json={}, headers=headers)

    assert (held.status_code, held.json["created_by"]) == (201, "Bookkeeping")
    ((actor, subject_id, _),) = audited("order.held")
    assert (actor, str(subject_id)) == (f"key:{made['id']}", order["id"])
    assert (claimed.status_code, claimed.json["code"]) == (403, "forbidden")


@pytest.fixture
def counting(app: Flask, settings: Settings) -> Any:
    """The shop with limits switched on."""
    strict = create_app(dataclasses.replace(settings, rate_limits_enabled=True))
    yield strict
    with strict.app_context():
        db.engine.dispose()


def test_each_key_has_a_limit_of_its_own(
    counting: Flask, client: FlaskClient, anna: Person
) -> None:
    slow = makes(client, anna, "orders:read", requests_per_minute=3).json["key"]
    other = makes(client, anna, "orders:read", requests_per_minute=100).json["key"]
    strict = counting.test_client()

    answers = [comes(strict, slow) for _ in range(5)]

    statuses = [answer.status_code for answer in answers]
    # A minute may begin in between.
    assert statuses.count(429) >= 1
    assert statuses[:3].count(200) >= 2
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert comes(strict, other).status_code == 200


def test_a_publishable_key_opens_nothing_and_is_refused_once_revoked(
    client: FlaskClient, anna: Person
) -> None:
    made = makes(client, anna, kind="publishable").json
    key = made["key"]
    header = {"Stockroom-Publishable-Key": key}

    assert key.startswith("pk_")
    assert comes(client, key).json["code"] == "token_invalid"
    assert client.get("/api/v1/categories", headers=header).status_code == 200
    assert client.get(ORDERS, headers=header).json["code"] == "unauthenticated"
    client.post(f"{KEYS}/{made['id']}/revoke", headers=anna.headers)
    refused = client.get("/api/v1/categories", headers=header)
    assert (refused.status_code, refused.json["code"]) == (401, "publishable_key_invalid")
    secret = makes(client, anna, "orders:read").json["key"]
    wrong = client.get("/api/v1/categories", headers={"Stockroom-Publishable-Key": secret})
    assert wrong.json["code"] == "publishable_key_invalid"


def test_a_key_outlives_the_secret_that_its_digest_was_made_with(
    app: Flask, client: FlaskClient, anna: Person, settings: Settings
) -> None:
    key = makes(client, anna, "orders:read").json["key"]
    new = "a-new-secret-key-of-more-than-32-characters"
    rotated = dataclasses.replace(
        settings, secret_key=new, secret_keys_before=(settings.secret_key,)
    )
    forgotten = dataclasses.replace(settings, secret_key=new)
    for changed, status in ((rotated, 200), (forgotten, 401)):
        other = create_app(changed)
        assert comes(other.test_client(), key).status_code == status
        with other.app_context():
            db.engine.dispose()
    stored = session.scalar(select(ApiKey.digest))
    text = f"api-key\n{key}".encode()
    assert stored == hmac.digest(settings.secret_key.encode(), text, "sha256").hex()


def test_a_new_token_secret_signs_nobody_out(
    app: Flask, client: FlaskClient, anna: Person, settings: Settings
) -> None:
    before = {"Authorization": f"Bearer {signs_in(client, anna)['access_token']}"}
    new = "a-new-jwt-secret-of-more-than-32-characters"
    rotated = create_app(
        dataclasses.replace(
            settings, jwt_secret_key=new, jwt_secret_keys_before=(settings.jwt_secret_key,)
        )
    )
    forgotten = create_app(dataclasses.replace(settings, jwt_secret_key=new))

    seen = rotated.test_client().get("/api/v1/admin/me", headers=before)
    after = {"Authorization": f"Bearer {signs_in(rotated.test_client(), anna)['access_token']}"}

    assert seen.status_code == 200
    assert rotated.test_client().get("/api/v1/admin/me", headers=after).status_code == 200
    assert forgotten.test_client().get("/api/v1/admin/me", headers=after).status_code == 200
    assert forgotten.test_client().get("/api/v1/admin/me", headers=before).status_code == 401
    assert client.get("/api/v1/admin/me", headers=after).status_code == 401
    for other in (rotated, forgotten):
        with other.app_context():
            db.engine.dispose()
