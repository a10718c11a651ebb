"""Commands about the catalogue for the owner's shell."""

import sys
from typing import Any

import click
from flask.cli import with_appcontext

from api.catalog import flows
from api.catalog.queries import attributes as attribute_queries
from api.kernel.text_folding import counted

_EVERY = 20
"""Batches between two lines, where there is no terminal to draw a bar on."""


@click.command("refresh-catalogue")
@with_appcontext
def refresh_catalogue() -> None:
    """Find anew what follows from all products: search words, filters, price ranges.

    Needed once after an upgrade that says so. The shop may stay open: a few hundred products at a
    time are held for a moment. It can be stopped and repeated; what is right already is only read.
    """
    total, wrong = attribute_queries.count_products(), 0
    done = 0
    with _bar(total) as bar:
        for product_ids, changed in flows.refresh(keeping=True):
            done, wrong = done + len(product_ids), wrong + len(changed)
            _advance(bar, len(product_ids), done, total)
    click.echo(f"{counted(done, 'product')} looked at, {wrong:,} set right.")


def _bar(total: int) -> Any:
    return click.progressbar(
        length=total, label="Refreshing", show_pos=True, hidden=not sys.stdout.isatty()
    )


def _advance(bar: Any, step: int, done: int, total: int) -> None:
    bar.update(step)
    if not sys.stdout.isatty() and (done // step) % _EVERY == 0:
        click.echo(f"{done:,} of {counted(total, 'product')}")
