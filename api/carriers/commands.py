"""Commands of carrier accounts."""

import click
from flask.cli import with_appcontext

from api.carriers import service
from api.platform.db import transaction


@click.command("reseal-carrier-accounts")
@with_appcontext
def reseal_carrier_accounts() -> None:
    """Encrypt the credentials of carriers anew, so that an old SECRET_KEY can be taken out."""
    with transaction():
        done, unreadable = service.reseal_credentials()
    click.echo(f"{done} sealed anew, the others were so already.")
    if unreadable:
        raise click.ClickException(
            f"{unreadable} cannot be read by any SECRET_KEY: enter their credentials again."
        )
