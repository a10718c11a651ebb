"""The shop with the command that only development has: `flask --app api.dev.app demo`."""

import click
from sqlalchemy import exists, select

from api.accounts.models import User
from api.dev import demo_data, demo_edge_cases
from api.dev.errors import DevError
from api.platform.db import session
from api.platform.settings import current_settings
from wsgi import app

_MANY = 500


@app.cli.command("demo")
@click.option(
    "--orders", type=click.IntRange(1, 100_000), default=demo_data.ORDERS, show_default=True,
    help="How many orders to place, over as many days as that takes at 50 a day.",
)  # fmt: skip
@click.option(
    "--seed",
    type=int,
    default=demo_data.SEED,
    show_default=True,
    help="Which past: the same, the same.",
)
@click.option(
    "--processes", type=click.IntRange(1, 2),
    help="2 sends the parcels beside; so it is from 500 orders on.",
)  # fmt: skip
def fill(orders: int, seed: int, processes: int | None) -> None:
    """Fill the shop with the demo: goods, people and a past.

    An empty shop gets everything; the demo shop gets so many orders more. Any other shop is left
    as it is.
    """
    if current_settings().env != "development":
        raise click.ClickException("The demo is for development only (STOCKROOM_ENV).")
    is_new = not session.scalar(select(exists().where(User.kind == "staff")))
    session.rollback()
    try:
        if is_new:
            click.echo("Opening the shop: people, goods and pictures ...")
            demo_data.open_shop()
        with click.progressbar(length=orders + len(demo_edge_cases.CASES), label="Orders") as bar:
            beside = processes or (2 if orders >= _MANY else 1)
            demo_data.sell(orders, seed, bar.update, processes=beside)
    except DevError as trouble:
        raise click.ClickException(str(trouble)) from None
    click.echo("Done. Among the last orders is each awkward case once, with a note that says so.")
