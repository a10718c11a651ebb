"""Commands about the catalogue for the owner's shell."""

import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import click
from flask.cli import with_appcontext

from api.catalog import queries, service
from api.kernel.words import counted
from api.platform.db import session, transaction

SHOWN = 20
_EVERY = 20
"""Batches between two lines, where there is no terminal to draw a bar on."""


class _LookedOnly(Exception):
    """Takes back what a batch that was only looked at would have written."""


@click.command("refresh-catalogue")
@with_appcontext
def refresh_catalogue() -> None:
    """Find anew what follows from all products: search words, filters, price ranges.

    Needed once after an upgrade that says so. The shop may stay open: a few hundred products at a
    time are held for a moment. It can be stopped and repeated; what is right already is only read.
    """
    total, wrong = queries.count_products(), 0
    done = 0
    with _bar(total) as bar:
        for product_ids, changed in _batches(keeping=True):
            done, wrong = done + len(product_ids), wrong + len(changed)
            _advance(bar, len(product_ids), done, total)
    for step in service.REFRESH_AT_THE_END:
        with transaction():
            step()
    click.echo(f"{counted(done, 'product')} looked at, {wrong:,} set right.")


@click.command("catalogue-doctor")
@with_appcontext
def catalogue_doctor() -> None:
    """Recompute what follows from all products, and name those that differ. Changes nothing.

    Compares search words, filters and price ranges. The exit status is 1 when some differ;
    `flask refresh-catalogue` sets them right.
    """
    wrong: list[UUID] = []
    for _, changed in _batches(keeping=False):
        wrong += sorted(changed)
    if not wrong:
        click.echo("The catalogue adds up: words, filters and price ranges agree with the rows.")
        return
    click.echo(f"{counted(len(wrong), 'product differs', 'products differ')} from what follows:")
    for slug in queries.slugs_of(wrong[:SHOWN]):
        click.echo(f"  {slug}")
    if len(wrong) > SHOWN:
        click.echo(f"  ... and {len(wrong) - SHOWN:,} more")
    click.echo("Run flask refresh-catalogue to set them right.")
    sys.exit(1)


def _batches(*, keeping: bool) -> Iterator[tuple[list[UUID], set[UUID]]]:
    """Refresh the shop, one transaction per batch; what is not kept is taken back at once."""
    after: UUID | None = None
    while True:
        try:
            with transaction():
                product_ids, changed = service.refresh_next(after)
                if not keeping:
                    raise _LookedOnly
        except _LookedOnly:
            pass
        session.remove()
        if not product_ids:
            return
        yield product_ids, changed
        after = product_ids[-1]


def _bar(total: int) -> Any:
    return click.progressbar(
        length=total, label="Refreshing", show_pos=True, hidden=not sys.stdout.isatty()
    )


def _advance(bar: Any, step: int, done: int, total: int) -> None:
    bar.update(step)
    if not sys.stdout.isatty() and (done // step) % _EVERY == 0:
        click.echo(f"{done:,} of {counted(total, 'product')}")
