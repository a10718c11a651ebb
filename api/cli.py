"""Commands for the owner's shell, as in `flask create-staff` and `flask import-products`."""

import click
from flask.cli import with_appcontext

from api.accounts import commands as accounts
from api.catalog import commands as catalog
from api.imports import commands as imports
from api.inventory import commands as inventory
from api.kernel.words import counted
from api.platform import jobs, storefronts
from api.pricing import commands as pricing


@click.command("relay")
@with_appcontext
def relay() -> None:
    """Deliver waiting facts to the queue once; the worker does this all the time."""
    moved = jobs.relay_once()
    click.echo(f"{counted(moved, 'fact or delivery', 'facts and deliveries')} moved.")


@click.command("run-periodic")
@click.argument("name")
@with_appcontext
def run_periodic(name: str) -> None:
    """Run one job of the timetable now, in this process."""
    try:
        went_well = jobs.run_periodic(name)
    except LookupError as unknown:
        raise click.ClickException(str(unknown)) from unknown
    if not went_well:
        raise click.ClickException(f"{name} failed; the reason is in the log")
    click.echo(f"{name} ran.")


commands: list[click.Command] = [
    accounts.create_staff,
    accounts.set_staff_password,
    catalog.catalogue_doctor,
    catalog.refresh_catalogue,
    imports.import_products,
    imports.export_products,
    imports.undo_import,
    inventory.stock_doctor,
    pricing.tax_doctor,
    relay,
    run_periodic,
    storefronts.storefront_key,
]
