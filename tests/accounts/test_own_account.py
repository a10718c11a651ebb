"""What belongs to a customer: the account, the address book, the sessions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from api.accounts import queries as accounts_queries
from api.accounts.errors import AccountNotFound
from api.accounts.models import Address
from api.accounts.queries import Contact
from api.accounts.service.address_book import MAX_ADDRESSES
from api.kernel.ids import new_id
from api.platform.db import session
from tests.support.people import Person, a_customer, signs_in
from tests.support.sql import count_statements

BOOK = "/api/v1/users/me/addresses"
SESSIONS = "/api/v1/users/me/sessions"
BREMEN = {
    "name": "Carla Customer",
    "line1": "Marktplatz 3",
    "city": "Bremen",
    "postal_code": "28195",
    "country": "DE",
}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def carla(app: Flask) -> Person:
    return a_customer("Carla Customer")


def adds(client: FlaskClient, person: Person, **changes: Any) -> Any:
    """Add an address that differs from the one in Bremen."""
    return client.post(BOOK, json=BREMEN | changes, headers=person.headers)


def book(client: FlaskClient, person: Person) -> Any:
    """Read an address book."""
    return client.get(BOOK, headers=person.headers).json["data"]


def test_customers_see_and_rename_themselves(client: FlaskClient, carla: Person) -> None:
    seen = client.get("/api/v1/users/me", headers=carla.headers)
    assert seen.headers["ETag"] == '"1"'
    assert seen.json.keys() == {
        "id", "email", "full_name", "groups", "created_at", "version", "email_verified_at",
    }  # fmt: skip

    renamed = client.patch(
        "/api/v1/users/me",
        json={"full_name": "Carla C. Customer"},
        headers=carla.with_headers(If_Match='"1"'),
    )

    assert (renamed.status_code, renamed.headers["ETag"]) == (200, '"2"')
    assert renamed.json == seen.json | {"full_name": "Carla C. Customer", "version": 2}


def test_a_change_needs_the_version_that_it_is_based_on(client: FlaskClient, carla: Person) -> None:
    body = {"full_name": "Someone Else"}

    missing = client.patch("/api/v1/users/me", json=body, headers=carla.headers)
    stale = client.patch("/api/v1/users/me", json=body, headers=carla.with_headers(If_Match='"9"'))

    assert (missing.status_code, missing.json["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
    assert stale.json["current_version"] == 1
    assert client.get("/api/v1/users/me", headers=carla.headers).json["version"] == 1


@pytest.mark.parametrize("field", ["email", "role", "is_active", "kind"])
def test_nobody_promotes_themselves(client: FlaskClient, carla: Person, field: str) -> None:
    response = client.patch(
        "/api/v1/users/me",
        json={"full_name": "Carla", field: "owner"},
        headers=carla.with_headers(If_Match='"1"'),
    )

    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == f"/{field}"


def test_an_address_book_grows_changes_and_shrinks(client: FlaskClient, carla: Person) -> None:
    added = adds(client, carla, phone="+49 421 361 0", is_default_shipping=True)
    where = added.headers["Location"]
    assert (added.status_code, added.headers["ETag"]) == (201, '"1"')
    assert client.get(where, headers=carla.headers).json == added.json
    assert added.json == {
        "id": where.rsplit("/", 1)[1],
        "name": "Carla Customer",
        "company": None,
        "line1": "Marktplatz 3",
        "line2": None,
        "city": "Bremen",
        "region": None,
        "postal_code": "28195",
        "country": "DE",
        "phone": "+49 421 361 0",
        "phone_e164": "+494213610",
        "label_lines": ["Carla Customer", "Marktplatz 3", "28195 Bremen", "GERMANY"],
        "is_default_shipping": True,
        "is_default_billing": False,
        "version": 1,
    }

    edited = client.patch(
        where,
        json={"line1": "Domshof 1", "phone": None},
        headers=carla.with_headers(If_Match='"1"'),
    )
    expected = added.json | {
        "line1": "Domshof 1",
        "phone": None,
        "phone_e164": None,
        "label_lines": ["Carla Customer", "Domshof 1", "28195 Bremen", "GERMANY"],
        "version": 2,
    }
    assert (edited.status_code, edited.json) == (200, expected)
    assert book(client, carla) == [expected]

    removed = client.delete(where, headers=carla.with_headers(If_Match='"2"'))
    assert removed.status_code == 204
    assert book(client, carla) == []
    assert client.get(where, headers=carla.headers).json["code"] == "address_not_found"


def test_there_is_one_default_of_each_kind(client: FlaskClient, carla: Person) -> None:
    home = adds(client, carla, is_default_shipping=True, is_default_billing=True).json
    work = adds(client, carla, line1="Domshof 1", is_default_shipping=True).json

    first, second = book(client, carla)
    assert (first["is_default_shipping"], first["is_default_billing"]) == (False, True)
    assert (second["is_default_shipping"], second["is_default_billing"]) == (True, False)
    assert (first["version"], second["version"]) == (2, 1)

    client.patch(
        f"{BOOK}/{work['id']}",
        json={"is_default_billing": True},
        headers=carla.with_headers(If_Match='"1"'),
    )

    assert [a["is_default_billing"] for a in book(client, carla)] == [False, True]
    assert accounts_queries.address(carla.id, home["id"])["version"] == 3


def test_of_two_new_defaults_at_once_one_stays(app: Flask, carla: Person) -> None:
    """Without the lock on the account the second would fail on the unique index."""
    start = threading.Barrier(4)

    def add(number: int) -> int:
        client = app.test_client()
        start.wait()
        return int(adds(client, carla, line1=f"{number}", is_default_shipping=True).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(add, range(4))) == [201] * 4

    defaults = [a["is_default_shipping"] for a in book(app.test_client(), carla)]
    assert sorted(defaults) == [False, False, False, True]


def test_a_change_must_leave_an_address_that_its_country_can_deliver_to(
    client: FlaskClient, carla: Person
) -> None:
    where = adds(client, carla).headers["Location"]

    moved = client.patch(where, json={"country": "us"}, headers=carla.with_headers(If_Match='"1"'))
    emptied = client.patch(
        where, json={"postal_code": ""}, headers=carla.with_headers(If_Match='"1"')
    )

    assert (moved.status_code, moved.json["code"]) == (422, "address_incomplete")
    assert [e["pointer"] for e in moved.json["errors"]] == ["/region"]
    assert [e["pointer"] for e in emptied.json["errors"]] == ["/postal_code"]
    assert book(client, carla)[0]["country"] == "DE"


def test_a_stale_change_to_an_address_is_refused(client: FlaskClient, carla: Person) -> None:
    where = adds(client, carla).headers["Location"]
    fresh, stale = carla.with_headers(If_Match='"1"'), carla.with_headers(If_Match='"1"')
    client.patch(where, json={"city": "Hamburg"}, headers=fresh)

    assert client.patch(where, json={"city": "Kiel"}, headers=stale).status_code == 412
    assert client.delete(where, headers=stale).status_code == 412
    assert client.delete(where, headers=carla.headers).status_code == 428
    assert book(client, carla)[0]["city"] == "Hamburg"


def test_another_customers_address_does_not_exist(client: FlaskClient, carla: Person) -> None:
    dora = a_customer("Dora")
    where = adds(client, carla).headers["Location"]
    match = dora.with_headers(If_Match='"1"')

    refusals = [
        client.get(where, headers=dora.headers),
        client.patch(where, json={"city": "Hamburg"}, headers=match),
        client.delete(where, headers=match),
    ]

    assert [(r.status_code, r.json["code"]) for r in refusals] == [(404, "address_not_found")] * 3
    assert book(client, dora) == []
    assert book(client, carla)[0]["city"] == "Bremen"


def test_an_address_book_has_an_end(client: FlaskClient, carla: Person) -> None:
    for _ in range(MAX_ADDRESSES):
        assert adds(client, carla).status_code == 201

    refused = adds(client, carla)

    assert (refused.status_code, refused.json["code"]) == (422, "too_many_addresses")
    assert session.scalar(select(func.count()).select_from(Address)) == MAX_ADDRESSES


def test_an_address_sent_twice_with_one_key_is_added_once(
    client: FlaskClient, carla: Person
) -> None:
    headers = carla.with_headers(Idempotency_Key="address-0001")

    first, second = (client.post(BOOK, json=BREMEN, headers=headers) for _ in range(2))

    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(book(client, carla)) == 1


def test_the_address_book_is_read_in_pages_at_a_constant_cost(
    client: FlaskClient, carla: Person
) -> None:
    for number in range(5):
        adds(client, carla, line1=f"Street {number}")
    seen, cursor = [], ""
    while cursor is not None:
        query = {"limit": 2, "include": "total"} | ({"cursor": cursor} if cursor else {})
        with count_statements() as statements:
            page = client.get(BOOK, query_string=query, headers=carla.headers).json
        seen += [address["line1"] for address in page["data"]]
        assert statements.count == 3, statements
        assert (page["page"]["total"], page["page"]["total_is_capped"]) == (5, False)
        cursor = page["page"]["next_cursor"]

    assert seen == [f"Street {number}" for number in range(5)]


def test_customers_see_where_they_are_signed_in(client: FlaskClient, carla: Person) -> None:
    signs_in(client, carla, device="Mozilla/5.0 (iPhone) Safari/604.1")
    here = signs_in(client, carla, device="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    signs_in(client, a_customer("Dora"))
    headers = {"Authorization": f"Bearer {here['access_token']}"}

    sessions = client.get(SESSIONS, headers=headers).json["data"]

    assert [(s["device"], s["network"], s["is_current"]) for s in sessions] == [
        ("Firefox on Linux", "127.0.0.0/24", True),
        ("Safari on iPhone", "127.0.0.0/24", False),
    ]


def test_a_lost_telephone_is_signed_out_from_elsewhere(client: FlaskClient, carla: Person) -> None:
    lost = signs_in(client, carla)["refresh_token"]
    (only,) = client.get(SESSIONS, headers=carla.headers).json["data"]
    where = f"{SESSIONS}/{only['id']}"

    assert client.delete(where, headers=carla.headers).status_code == 204

    refused = client.post("/api/v1/auth/refresh", json={"refresh_token": lost})
    assert refused.json["code"] == "token_invalid"
    assert client.get(SESSIONS, headers=carla.headers).json["data"] == []
    again = client.delete(where, headers=carla.headers)
    assert (again.status_code, again.json["code"]) == (404, "session_not_found")


def test_nobody_ends_a_strangers_session(client: FlaskClient, carla: Person) -> None:
    token = signs_in(client, carla)["refresh_token"]
    (only,) = client.get(SESSIONS, headers=carla.headers).json["data"]

    refused = client.delete(f"{SESSIONS}/{only['id']}", headers=a_customer("Dora").headers)

    assert refused.status_code == 404
    kept = client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    assert kept.status_code == 200


def test_letters_know_whom_they_are_for(app: Flask, carla: Person) -> None:
    assert accounts_queries.contact(carla.id) == Contact(carla.email, "Carla Customer")
    with pytest.raises(AccountNotFound):
        accounts_queries.contact(new_id())
