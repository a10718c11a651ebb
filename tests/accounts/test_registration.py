"""Opening a customer account, without telling anyone who has one already."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from api.accounts import passwords
from api.accounts.events import CustomerRegistered, RegistrationRepeated
from api.accounts.models import User
from api.platform.db import session
from tests.support.events import facts_of
from tests.support.people import PASSWORD, a_customer, a_staff_member
from tests.support.sql import count_statements

ADA = {"email": "Ada@Example.com", "password": PASSWORD, "full_name": "Ada Lovelace"}
ANSWER = {"detail": "Thank you. If this address is new here, its account is ready: sign in."}


def registers(client: FlaskClient, **changes: Any) -> Any:
    """Send a registration that differs from Ada's."""
    return client.post("/api/v1/auth/register", json=ADA | changes)


def accounts() -> list[tuple[str, str, str]]:
    """Read the accounts there are."""
    rows = session.execute(select(User.kind, User.email, User.full_name).order_by(User.id))
    return [(row.kind, row.email, row.full_name) for row in rows]


def test_a_new_customer_can_sign_in_at_once(app: Flask) -> None:
    client = app.test_client()

    response = registers(client, email=" Ada@Example.com ")

    assert (response.status_code, response.json) == (202, ANSWER)
    assert accounts() == [("customer", "Ada@Example.com", "Ada Lovelace")]
    customer_id = session.scalar(select(User.id))
    assert facts_of(CustomerRegistered) == [CustomerRegistered(customer_id=customer_id)]
    login = client.post(
        "/api/v1/auth/login", json={"email": "ada@example.COM", "password": PASSWORD}
    )
    assert login.status_code == 200
    assert login.json["user"] == {
        "id": str(customer_id),
        "email": "Ada@Example.com",
        "full_name": "Ada Lovelace",
        "groups": [],
    }


def test_a_known_address_gets_the_same_answer_and_its_owner_a_letter(app: Flask) -> None:
    ada = a_customer("Ada", email="ada@example.com")
    before = session.scalar(select(User.password_hash))

    response = registers(app.test_client(), full_name="Mallory", password="another long one")

    assert (response.status_code, response.json) == (202, ANSWER)
    assert accounts() == [("customer", "ada@example.com", "Ada")]
    assert session.scalar(select(User.password_hash)) == before
    assert facts_of(RegistrationRepeated) == [RegistrationRepeated(customer_id=ada.id)]
    assert facts_of(CustomerRegistered) == []


def test_known_and_new_addresses_take_the_same_steps(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the time of the answer would tell who has an account."""
    a_customer("Ada", email="ada@example.com")
    hashed = Counting(passwords.hashed)
    monkeypatch.setattr(passwords, "hashed", hashed)
    steps = []
    for email in ("ada@example.com", "new@example.com"):
        with count_statements() as statements:
            registers(app.test_client(), email=email)
        steps.append([text.split(" (")[0] for text in statements.texts])

    assert steps[0] == steps[1]
    assert len(steps[0]) == 3
    assert hashed.calls == 2


def test_staff_may_be_customers_under_the_same_address(app: Flask) -> None:
    a_staff_member(name="Ada", email="ada@example.com")

    registers(app.test_client())

    assert [kind for kind, _, _ in accounts()] == ["staff", "customer"]


def test_of_many_who_register_one_address_at_once_one_gets_it(app: Flask) -> None:
    """Without the unique index on the lower-case address there would be eight accounts."""

    def register(number: int) -> int:
        written = "ADA@example.com" if number % 2 else "ada@example.com"
        return int(registers(app.test_client(), email=written).status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(register, range(8)))

    assert statuses == [202] * 8
    assert len(accounts()) == 1
    assert len(facts_of(CustomerRegistered)) == 1
    assert len(facts_of(RegistrationRepeated)) == 7


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": '"a\x01b"@example.com'}, "/email"),
        ({"email": "a" * 250 + "@example.com"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "x1" * 101}, "/password"),
        ({"full_name": "  "}, "/full_name"),
        ({"full_name": "Ada\x00"}, "/full_name"),
        ({"role": "owner"}, "/role"),
        ({"is_active": True}, "/is_active"),
    ],
)
def test_a_form_that_is_not_filled_in_well_opens_nothing(
    app: Flask, changes: dict[str, Any], pointer: str
) -> None:
    response = registers(app.test_client(), **changes)

    assert response.status_code == 422
    assert {error["pointer"] for error in response.json["errors"]} == {pointer}
    assert accounts() == []


def test_the_commonest_passwords_are_refused(app: Flask) -> None:
    response = registers(app.test_client(), password="Password123")

    assert (response.status_code, response.json["code"]) == (422, "password_refused")
    assert response.json["errors"][0]["pointer"] == "/password"
    assert response.json["errors"][0]["code"] == "too_common"
    assert accounts() == []


class Counting:
    """Counts the calls of a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.calls = 0
        self._function = function

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self._function(*args)
