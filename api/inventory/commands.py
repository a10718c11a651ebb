"""Commands about the shelves for the owner's shell."""

import sys

import click
from flask.cli import with_appcontext

from api.inventory import queries
from api.platform.db import session


@click.command("stock-doctor")
@with_appcontext
def stock_doctor() -> None:
    """Recompute every stock counter, and name those that do not add up. Changes nothing."""
    found = queries.differences()
    session.rollback()
    if not found:
        click.echo("Stock adds up: journal, allocations, holds and marks agree with the levels.")
        return
    rows = [("SKU", "LOCATION", "WHAT", "IS", "SHOULD BE")] + [
        (d.sku, d.location, d.what, str(d.recorded), str(d.expected)) for d in found
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
    sys.exit(1)
