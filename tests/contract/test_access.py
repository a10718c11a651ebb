"""Who may call which route of staff: each cell of the reviewed table, asked of the shop itself."""

import re
from pathlib import Path

import pytest
from flask import Flask

from api.accounts import service as accounts_service
from api.accounts.roles import KEY_SCOPES, KeyKind, Role
from api.kernel.permissions import Permission
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.contract import access
from tests.support.chance import some
from tests.support.people import a_customer, a_staff_member

NOWHERE = "01890000-0000-7000-8000-000000000000"
_PARAMETER = re.compile(r"<(?:[^:<>]+:)?[^<>]+>")


def test_the_reviewed_table_is_what_the_guards_say(bare_app: Flask) -> None:
    assert access.TABLE.read_text() == access.table(bare_app), (
        "python -m tests.contract.approve writes it anew; read the difference"
    )


def refused(app: Flask, operation: str, headers: dict[str, str]) -> bool:
    """Ask an operation about nothing that is there, and tell whether a guard refused."""
    method, rule = operation.split()
    answer = app.test_client().open(
        _PARAMETER.sub(NOWHERE, rule), method=method, json={}, headers=headers
    )
    return answer.status_code in (401, 403)


@pytest.fixture
def table(app: Flask) -> dict[str, list[str]]:
    """The reviewed table: the names that open each operation."""
    lines = access.TABLE.read_text().partition("\n\n")[2].splitlines()
    return {" ".join(line.split()[:2]): line.split()[2:] for line in lines}


@pytest.mark.parametrize("role", [*Role, *Permission])
def test_each_cell_is_true(app: Flask, table: dict[str, list[str]], role: str) -> None:
    """A built-in role, or one of the shop's own that holds one permission: a part of its cells."""
    if role not in set(Role):
        with transaction():
            accounts_service.create_role(role.replace(":", " "), {Permission(role)}, by=SYSTEM)
    person = a_staff_member(role.replace(":", " "))

    wrong = [
        operation
        for operation, told in some(table.items(), one_in=6)
        if told != ["public"]
        and refused(app, operation, person.headers)
        is ({role, f"{role}*"} & {*told} != set() or told == ["anyone", "on", "the", "staff"])
    ]

    assert wrong == []


@pytest.mark.parametrize("scope", sorted(KEY_SCOPES))
def test_each_cell_is_true_of_keys(app: Flask, table: dict[str, list[str]], scope: str) -> None:
    with transaction():
        made = accounts_service.create_key(
            name="program",
            kind=KeyKind.SECRET,
            scopes={Permission(scope)},
            expires_at=None,
            requests_per_minute=60_000,
            by=SYSTEM,
        )
    headers = {"Authorization": f"Bearer {made.key}"}

    wrong = [
        operation
        for operation, told in some(table.items(), one_in=6)
        if told != ["public"] and refused(app, operation, headers) is (f"{scope}*" in told)
    ]

    assert wrong == []


def test_neither_customers_nor_strangers_come_past_a_guard_of_staff(
    app: Flask, table: dict[str, list[str]]
) -> None:
    carla = a_customer()

    for headers in (carla.headers, {}):
        let_in = [
            operation
            for operation, told in table.items()
            if told != ["public"] and not refused(app, operation, headers)
        ]
        assert let_in == []


def test_every_permission_guards_something(bare_app: Flask) -> None:
    """What guards no route must be asked for by name: overriding the checks of a parcel is."""
    unasked = set(Permission) - {*map(access.permission_of, access.guards(bare_app).values())}

    assert unasked == {Permission.FULFILMENT_OVERRIDE}


def test_the_page_for_people_names_every_permission() -> None:
    named = set(re.findall(r"`([a-z]+:[a-z]+)`", Path("docs/staff.md").read_text()))

    assert named == set(Permission)
