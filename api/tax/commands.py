"""Commands for tax rates: `flask import-tax-rates` and `flask export-tax-rates`."""

from pathlib import Path
from typing import TextIO

import click
from flask.cli import with_appcontext

from api.kernel.errors import DomainError
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.tax import service


@click.command("import-tax-rates")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@with_appcontext
def import_tax_rates(file: Path, dry_run: bool) -> None:
    """Replace the series of tax rates that a CSV names, all rows or none."""
    try:
        text = file.read_text(encoding="utf-8")
        with transaction():
            counts = service.import_tax_rates(text, is_dry_run=dry_run, by=SYSTEM)
    except (DomainError, UnicodeDecodeError) as refusal:
        errors = getattr(refusal, "facts", {}).get("errors", ())
        raise click.ClickException(
            "\n".join([str(refusal), *(error["detail"] for error in errors)])
        ) from refusal
    done = "would be written" if dry_run else "written"
    click.echo(f"{counts['rows']} rates {done}, in place of {counts['replaced']}.")


@click.command("export-tax-rates")
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
@with_appcontext
def export_tax_rates(file: TextIO) -> None:
    """Write all tax rates as CSV, as the import takes it."""
    file.write(service.export_tax_rates())
