"""Commands about tax for the owner's shell, and the warning when the shop starts."""

import sys

import click
import structlog
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from api.kernel import clock
from api.platform.db import session
from api.pricing import queries

_log = structlog.get_logger("api.pricing")


@click.command("tax-doctor")
@with_appcontext
def tax_doctor() -> None:
    """List rates that are never applied, and countries shipped to without a rate. Changes nothing.

    The exit status is 1 when there are any. A country that is untaxed on purpose gets a rate of 0.
    """
    gaps = queries.tax_gaps(clock.now().date())
    session.rollback()
    for country, region, tax_class in gaps.regional:
        click.echo(f"{country} {region} {tax_class}: never applied, rates hold for whole countries")
    for country in gaps.untaxed:
        click.echo(f"{country}: shipped to without a standard rate, orders contain no tax")
    if gaps.ships_to_the_rest:
        click.echo("Note: countries that no shipping method names are shipped to without tax.")
    if gaps.regional or gaps.untaxed:
        sys.exit(1)
    click.echo("Every country that a shipping method names has a rate.")


def warn_of_tax_gaps() -> None:
    """Log a warning when tax is not applied somewhere; called when the shop starts.

    A database that is away or not migrated is not this check's business: the shop starts anyway.
    """
    try:
        gaps = queries.tax_gaps(clock.now().date())
    except SQLAlchemyError as away:
        _log.info("tax_not_checked", error=type(away).__name__)
        return
    finally:
        session.remove()
    if gaps.regional:
        rates = [" ".join(rate) for rate in gaps.regional]
        _log.warning("regional_tax_rates_not_applied", rates=rates, see="flask tax-doctor")
    if gaps.untaxed:
        _log.warning("countries_without_tax", countries=list(gaps.untaxed), see="flask tax-doctor")
