"""`flask import-products FILE`: the same reading, here and now, with a bar to watch."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import current_app
from flask.cli import with_appcontext

from api.imports import flows, queries, service
from api.imports.flows import Progress
from api.kernel.errors import DomainError
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.platform.settings import Settings

SHOWN_PROBLEMS = 20
_PIECE = 256 * 1024
_EVERY_ROWS = 5_000


@click.command("import-products")
@click.argument("file", type=click.Path(path_type=Path))
def import_products(file: Path) -> None:
    """Read a Shopify product export into the catalogue.

    New products are created, known ones brought up to date, stock is opened where there is none.
    Reading the same FILE again changes nothing. The exit status is 1 when rows failed.
    """
    _import(file)


@with_appcontext
def _import(file: Path) -> None:
    settings: Settings = current_app.extensions["stockroom_settings"]
    try:
        with file.open("rb") as opened, transaction():
            flows.check_file(_pieces(opened))
            opened.seek(0)
            import_id = service.open_import(
                _pieces(opened),
                filename=file.name,
                currency=settings.currency,
                by=SYSTEM,
                announce=False,
            )
    except OSError as unreadable:
        raise click.ClickException(f"{file}: {unreadable.strerror or unreadable}.") from unreadable
    except DomainError as refused:
        raise click.ClickException(f"{file}: {refused.detail}") from refused
    with _Bar() as on_progress:
        flows.read_import(import_id, on_progress=on_progress)
    found = queries.get_import(import_id)
    _tell(found)
    _tell_problems(import_id, found)
    if found["error"]:
        raise click.ClickException(found["error"])
    sys.exit(1 if found["result"]["rows_failed"] else 0)


class _Bar:
    """Shows how far the reading is: a bar on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._bar: Any = None
        self._read = self._told = 0

    def __enter__(self) -> Progress:
        return self._advance

    def __exit__(self, *raised: Any) -> None:
        self._stack.close()

    def _advance(self, read: int, total: int) -> None:
        if sys.stdout.isatty():
            if self._bar is None:
                bar = click.progressbar(length=total, label="Reading", show_pos=True)
                self._bar = self._stack.enter_context(bar)
            self._bar.update(read - self._read)
        elif read - self._told >= _EVERY_ROWS or read == total:
            click.echo(f"{read:,} of {total:,} rows read")
            self._told = read
        self._read = read


def _tell(found: dict[str, Any]) -> None:
    result = found["result"]
    click.echo(f"\n{'':10} {'created':>9} {'changed':>9} {'unchanged':>10} {'failed':>9}")
    for name in ("products", "variants"):
        counts = result[name]
        click.echo(
            f"{name.capitalize():10} {counts['created']:>9,} {counts['changed']:>9,}"
            f" {counts['unchanged']:>10,} {counts['failed']:>9,}"
        )
    click.echo(f"\nOpening stock for {result['stock_opened']:,} variants.")


def _tell_problems(import_id: Any, found: dict[str, Any]) -> None:
    count = found["result"]["problems"]
    if not count:
        return
    click.echo(f"\n{count:,} problems:")
    for problem in queries.list_problems(import_id, limit=SHOWN_PROBLEMS, cursor=None)["data"]:
        value = f" {problem['value']!r}" if problem["value"] else ""
        where = f", {problem['column']}" if problem["column"] else ""
        click.echo(f"  row {problem['row']}{where}:{value} {problem['reason']}")
    if count > SHOWN_PROBLEMS:
        path = f"/api/v1/admin/imports/{import_id}/errors"
        click.echo(f"  ... and {count - SHOWN_PROBLEMS:,} more; all of them: GET {path}")


def _pieces(opened: BinaryIO) -> Iterator[bytes]:
    while piece := opened.read(_PIECE):
        yield piece
