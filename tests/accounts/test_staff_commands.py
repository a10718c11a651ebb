"""Staff from the owner's shell."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from api.accounts.models import User
from api.platform.audit import AuditEntry
from api.platform.db import session
from tests.support.people import PASSWORD, a_customer, a_staff_member, signs_in

ANNA = ["create-staff", "anna@shop.example", "--name", "Anna Owner", "--role", "owner"]


def runs(app: Flask, *arguments: str, typed: str = f"{PASSWORD}\n{PASSWORD}\n") -> Any:
    """Run a command with something typed or piped in."""
    return app.test_cli_runner().invoke(args=list(arguments), input=typed)


def comes_in(app: Flask, password: str) -> bool:
    """Tell whether Anna's password opens the door."""
    body = {"email": "anna@shop.example", "password": password}
    answer = app.test_client().post("/api/v1/admin/auth/login", json=body)
    return bool(answer.status_code == 200)


def test_the_first_owner_comes_in_through_the_shell(app: Flask) -> None:
    result = runs(app, *ANNA)

    assert result.exit_code == 0
    assert result.output.endswith("Anna Owner <anna@shop.example> is on the staff now, as owner.\n")
    assert PASSWORD not in result.output
    assert comes_in(app, PASSWORD)
    assert session.execute(
        select(AuditEntry.actor, AuditEntry.changes).where(AuditEntry.action == "staff.created")
    ).one() == ("system:-", {"role": "owner"})


def test_a_deploy_step_pipes_the_password_in(app: Flask) -> None:
    result = runs(app, *ANNA, "--password-stdin", typed=f"{PASSWORD}\n")

    assert result.exit_code == 0
    assert result.output == "Anna Owner <anna@shop.example> is on the staff now, as owner.\n"
    assert comes_in(app, PASSWORD)


def test_two_passwords_that_differ_are_asked_for_again(app: Flask) -> None:
    result = runs(
        app, *ANNA, typed=f"one password here\nanother one here\n{PASSWORD}\n{PASSWORD}\n"
    )

    assert result.exit_code == 0
    assert comes_in(app, PASSWORD)


def test_nobody_is_taken_on_twice(app: Flask) -> None:
    runs(app, *ANNA)

    again = runs(app, *ANNA, typed="another password\nanother password\n")

    assert again.exit_code == 1
    assert again.output.endswith("Error: anna@shop.example is on the staff already.\n")
    assert comes_in(app, PASSWORD)


def test_a_deploy_step_may_run_again(app: Flask) -> None:
    step = [*ANNA, "--password-stdin", "--if-missing"]
    runs(app, *step)

    again = runs(app, *step, typed="another password\n")

    assert again.exit_code == 0
    assert again.output == "anna@shop.example is on the staff already; nothing was changed.\n"
    assert comes_in(app, PASSWORD)


def test_what_does_not_fit_is_refused_in_one_sentence(app: Flask) -> None:
    common = runs(app, *ANNA, "--password-stdin", typed="password123\n")
    address = runs(
        app, "create-staff", "anna", "--name", "Anna", "--role", "owner", "--password-stdin"
    )
    role = runs(app, "create-staff", "anna@shop.example", "--name", "Anna", "--role", "king")
    nothing = runs(app, *ANNA, "--password-stdin", typed="")

    assert common.output == (
        "Error: This password will not do. It is easy to guess. Take a few words that do not "
        "belong together.\n"
    )
    assert address.output == "Error: email: Not a valid email address.\n"
    assert role.output.endswith(
        "Error: There is no role called king. GET /api/v1/admin/roles lists them.\n"
    )
    assert nothing.output == "Error: password: Length must be between 10 and 200.\n"
    assert [r.exit_code for r in (common, address, role, nothing)] == [1, 1, 1, 1]
    assert session.scalar(select(User.id)) is None


def test_a_forgotten_password_of_staff_is_replaced_and_they_are_out_everywhere(app: Flask) -> None:
    anna = a_staff_member(email="anna@shop.example")
    token = signs_in(app.test_client(), anna)["refresh_token"]

    result = runs(
        app,
        "set-staff-password",
        "Anna@shop.example",
        "--password-stdin",
        typed="a wholly new password\n",
    )

    assert result.output == ("Anna@shop.example has a new password and is signed out everywhere.\n")
    assert comes_in(app, "a wholly new password")
    assert not comes_in(app, PASSWORD)
    refused = app.test_client().post("/api/v1/admin/auth/refresh", json={"refresh_token": token})
    assert refused.json["code"] == "token_invalid"
    assert session.scalar(
        select(AuditEntry.actor).where(AuditEntry.action == "staff.password_changed")
    ) == ("system:-")


def test_customers_get_no_password_through_the_shell(app: Flask) -> None:
    a_customer(email="carla@example.com")

    result = runs(app, "set-staff-password", "carla@example.com")

    assert result.exit_code == 1
    assert result.output.endswith("Error: Nobody on the staff has the address carla@example.com.\n")
