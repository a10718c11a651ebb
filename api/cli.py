"""The commands of the `flask` program, such as `flask create-staff` and `flask import-products`."""

import click
from flask.cli import with_appcontext
from flask_migrate.cli import db as migrations

from api.accounts import commands as accounts
from api.carriers import commands as carriers
from api.catalog import commands as catalog
from api.doctor import commands as doctor
from api.imports import commands as imports
from api.kernel.text_folding import counted
from api.platform import delivery_commands, jobs, storefronts
from api.platform.backups import commands as backups
from api.tax import commands as tax


@click.command("relay")
@with_appcontext
def relay() -> None:
    """Turn waiting events into deliveries once; the worker does this all the time."""
    relayed = jobs.relay_once()
    click.echo(f"{counted(relayed, 'event')} relayed.")


@click.command("run-periodic")
@click.argument("name")
@with_appcontext
def run_periodic(name: str) -> None:
    """Run one periodic job now, in this process."""
    try:
        succeeded = jobs.run_periodic(name)
    except LookupError as unknown:
        raise click.ClickException(str(unknown)) from unknown
    if not succeeded:
        raise click.ClickException(f"{name} failed; the reason is in the log")
    click.echo(f"{name} ran.")


commands: list[click.Command] = [
    accounts.add_terminal,
    accounts.reseal_second_factors,
    accounts.create_staff,
    accounts.set_staff_password,
    accounts.reset_second_factor,
    accounts.unlock,
    *backups.commands,
    carriers.reseal_carrier_accounts,
    catalog.refresh_catalogue,
    delivery_commands.deliveries,
    doctor.doctor,
    imports.import_products,
    imports.export_products,
    imports.undo_import,
    migrations,
    relay,
    run_periodic,
    storefronts.storefront_key,
    tax.export_tax_rates,
    tax.import_tax_rates,
]
