"""The `flask` commands about staff accounts: create one, set a password, unlock."""

import sys
from ipaddress import ip_address

import click
import marshmallow as ma
from flask.cli import with_appcontext
from redis.exceptions import RedisError

from api.accounts import flows, queries, service
from api.accounts.errors import (
    EmailTaken,
    LocationUnknown,
    PasswordRefused,
    RoleUnknown,
    StaffNotFound,
)
from api.accounts.roles import AccountKind
from api.accounts.schemas.staff import NewStaffSchema
from api.kernel.principal import SYSTEM
from api.platform import rate_limits
from api.platform.db import transaction
from api.platform.storefronts import counted_as


@click.command("create-staff")
@click.argument("email")
@click.option("--name", required=True, help="What colleagues call them.")
@click.option("--role", required=True, help="owner, manager, warehouse, support or your own.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--if-missing", is_flag=True, help="Succeed when they are on the staff already.")
@with_appcontext
def create_staff(email: str, name: str, role: str, password_stdin: bool, if_missing: bool) -> None:
    """Create a staff account; asks for the first password twice."""
    given = {"email": email, "full_name": name, "role": role}
    given["password"] = _password(password_stdin)
    try:
        person = NewStaffSchema().load(given)
        flows.create_staff_user(**person, by=SYSTEM)
    except ma.ValidationError as invalid:
        raise click.ClickException(_sentence(invalid)) from invalid
    except (PasswordRefused, RoleUnknown) as refused:
        raise click.ClickException(refused.detail) from refused
    except EmailTaken as taken:
        if not if_missing:
            raise click.ClickException(f"{email} is on the staff already.") from taken
        click.echo(f"{email} is on the staff already; nothing was changed.")
    else:
        click.echo(f"{person['full_name']} <{person['email']}> is on the staff now, as {role}.")


@click.command("set-staff-password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def set_staff_password(email: str, password_stdin: bool) -> None:
    """Set a new password of a staff account; it is signed out everywhere."""
    password = _password(password_stdin)
    try:
        flows.replace_staff_password(email.strip(), password=password, by=SYSTEM)
    except StaffNotFound as unknown:
        raise click.ClickException(f"Nobody on the staff has the address {email}.") from unknown
    except PasswordRefused as refused:
        raise click.ClickException(refused.detail) from refused
    click.echo(f"{email} has a new password and is signed out everywhere.")


@click.command("reset-second-factor")
@click.argument("email")
@with_appcontext
def reset_second_factor(email: str) -> None:
    """Take the second factor of someone away who lost it; they are told by e-mail."""
    account = queries.find_account(AccountKind.STAFF, email.strip())
    if account is None:
        raise click.ClickException(f"Nobody on the staff has the address {email}.")
    with transaction():
        service.reset_second_factor(account.id, by=SYSTEM)
    click.echo(f"{email} signs in with the password alone until a new app is set up.")


@click.command("reseal-second-factors")
@with_appcontext
def reseal_second_factors() -> None:
    """Encrypt the secrets of second factors anew, so that an old SECRET_KEY can be taken out."""
    with transaction():
        done, unreadable = service.reseal_second_factors()
    click.echo(f"{done} sealed anew, the others were so already.")
    if unreadable:
        raise click.ClickException(
            f"{unreadable} cannot be read by any SECRET_KEY: reset-second-factor for each."
        )


@click.command("add-terminal")
@click.argument("name")
@click.option("--location", help="The code of the location whose stock is changed there.")
@with_appcontext
def add_terminal(name: str, location: str | None) -> None:
    """Make a shared terminal, and print the code that enrols it within the hour."""
    try:
        with transaction():
            made = service.create_terminal(name, location, by=SYSTEM)
    except LocationUnknown as unknown:
        raise click.ClickException(unknown.detail) from unknown
    click.echo(f"{made.code} enrols {name}: at its console, F2 where it asks who is working here.")


@click.command("unlock")
@click.argument("who", metavar="EMAIL|ADDRESS")
@with_appcontext
def unlock(who: str) -> None:
    """Reset the sign-in limits of an account or an IP address after too many wrong passwords.

    Only the counts are reset; passwords and sign-ins stay as they are.
    """
    who = who.strip()
    try:
        key = (
            rate_limits.account_key(who)
            if "@" in who
            else f"address:{counted_as(str(ip_address(who)))}"
        )
    except ValueError as neither:
        raise click.ClickException("Give an e-mail address or a network address.") from neither
    try:
        forgotten = rate_limits.unlock(key)
    except RedisError as away:
        raise click.ClickException("Redis, which counts, does not answer. Try again.") from away
    if forgotten:
        click.echo(f"{who} may try again at once.")
    else:
        click.echo(f"Nothing was counted against {who}: it is not they who are refused.")


def _sentence(invalid: ma.ValidationError) -> str:
    """Return the validation errors in one line."""
    assert isinstance(invalid.messages, dict)
    return " ".join(f"{name}: {' '.join(texts)}" for name, texts in invalid.messages.items())


def _password(from_stdin: bool) -> str:
    """Read a password from a pipe, or twice from a prompt; never from the arguments."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="Once more"))
