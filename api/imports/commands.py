"""`flask import-products`, `export-products`, `undo-import`: here and now, with a bar to watch."""

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from api.imports import flows, queries
from api.imports.flows import Progress
from api.imports.formats import failed_rows_csv
from api.imports.formats.decoding import encoding_called
from api.imports.formats.header_mapping import pairs
from api.imports.formats.shopify.writer import LEAVES_OUT
from api.imports.policy import READ, WRITTEN, FileFormat, OnConflict
from api.imports.service import export_jobs, import_jobs, undo_jobs
from api.kernel.errors import DomainError
from api.kernel.principal import SYSTEM
from api.kernel.text_folding import counted
from api.platform.db import transaction
from api.platform.settings import Settings

_BY_ENDING = {".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx"}
SHOWN_PROBLEMS = 20
SHOWN_CHANGES = 20
_EVERY_ROWS = 5_000
_FORMATS = [kind.value for kind in READ]
_WRITTEN = [kind.value for kind in WRITTEN]


@click.command("import-products")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(_FORMATS), help="Whose file it is.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="THEIRS=OURS",
    help="A column that the file calls otherwise: --column Artikelnummer=SKU. Repeat for others.",
)
@click.option("--encoding", help="In which encoding FILE is, such as windows-1250 or shift_jis.")
@click.option("--dry-run", is_flag=True, help="Change nothing; tell what would change.")
@click.option(
    "--on-conflict",
    type=click.Choice([policy.value for policy in OnConflict]),
    default=OnConflict.REFUSE.value,
    show_default=True,
    help="What becomes of products that were changed since the file was exported.",
)
@click.option(
    "--failed-rows",
    type=click.Path(path_type=Path),
    help="Write the rows that failed into this file, with the reasons.",
)
def import_products(
    file: Path,
    kind: str | None,
    columns: tuple[str, ...],
    encoding: str | None,
    dry_run: bool,
    on_conflict: str,
    failed_rows: Path | None,
) -> None:
    """Read a product file of Shopify, WooCommerce or our own into the catalogue.

    New products are created, known ones brought up to date, stock is opened where there is none.
    Reading the same FILE again changes nothing. The exit status is 1 when rows failed.
    """
    known = FileFormat(kind) if kind else None
    _import(file, known, columns, encoding, dry_run, OnConflict(on_conflict), failed_rows)


@click.command("export-products")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "kind", type=click.Choice(_WRITTEN), help="By the name of FILE if absent."
)
@click.option("--status", type=click.Choice(["draft", "active", "archived"]))
@click.option("--category", help="The slug of a category; what is below it comes too.")
@click.option("--vendor")
@click.option("--q", help="Words that products are found by.")
def export_products(file: Path, kind: str | None, **filters: str | None) -> None:
    """Write the catalogue, or what fits, into FILE: CSV, JSON Lines, a workbook, Shopify's CSV."""
    found = kind or _BY_ENDING.get(file.suffix.lower(), FileFormat.CSV.value)
    _export(file, FileFormat(found), {k: v for k, v in filters.items() if v})


@click.command("undo-import")
@click.argument("import_id", type=click.UUID)
def undo_import(import_id: UUID) -> None:
    """Undo what an import did, but for what somebody has changed since."""
    _undo(import_id)


@with_appcontext
def _import(
    file: Path,
    kind: FileFormat | None,
    columns: tuple[str, ...],
    encoding: str | None,
    is_dry_run: bool,
    on_conflict: OnConflict,
    failed_rows: Path | None,
) -> None:
    settings: Settings = current_app.extensions["stockroom_settings"]
    try:
        with file.open("rb") as opened, transaction():
            names = pairs(columns)
            known = encoding_called(encoding) if encoding else None
            kind = flows.check_file(flows.pieces(opened), kind, names, known)
            import_id = import_jobs.open_import(
                flows.pieces(opened),
                filename=file.name,
                currency=settings.currency,
                by=SYSTEM,
                announce=False,
                format=kind,
                is_dry_run=is_dry_run,
                on_conflict=on_conflict,
                columns=names,
                encoding=known,
            )
    except OSError as unreadable:
        raise click.ClickException(f"{file}: {unreadable.strerror or unreadable}.") from unreadable
    except DomainError as refused:
        raise click.ClickException(f"{file}: {refused.detail}") from refused
    with _Bar("Reading", "rows read") as on_progress:
        flows.read_import(import_id, on_progress=on_progress)
    found = queries.get_import(import_id)
    _tell(found)
    _tell_changes(import_id, found)
    _tell_problems(import_id, found)
    if found["result"]["rows_failed"]:
        _hand_back(import_id, failed_rows)
    if not is_dry_run and found["result"]["products"]["created"]:
        click.echo(f"\nTo take all of it back: flask undo-import {import_id}")
    if found["error"]:
        raise click.ClickException(found["error"])
    sys.exit(1 if found["result"]["rows_failed"] else 0)


@with_appcontext
def _export(file: Path, kind: FileFormat, filters: dict[str, Any]) -> None:
    settings: Settings = current_app.extensions["stockroom_settings"]
    if kind is FileFormat.SHOPIFY:
        filters["currency"] = settings.currency
    try:
        with file.open("wb") as opened:
            with transaction():
                export_id = export_jobs.open_export(kind, filters, by=SYSTEM, announce=False)
            with _Bar("Writing", "products written") as on_progress:
                flows.write_export(export_id, on_progress=on_progress)
            for chunk in queries.export_chunks(export_id):
                opened.write(chunk)
    except OSError as unwritable:
        raise click.ClickException(f"{file}: {unwritable.strerror or unwritable}.") from unwritable
    found = queries.get_export(export_id)
    if found["error"]:
        raise click.ClickException(found["error"])
    if kind is FileFormat.SHOPIFY:
        click.echo(LEAVES_OUT)
    written = found["progress"]["products_written"]
    click.echo(f"{counted(written, 'product')}, {found['size_bytes']:,} bytes in {file}.")


@with_appcontext
def _undo(import_id: UUID) -> None:
    try:
        with transaction():
            undo_jobs.request_undo(import_id, by=SYSTEM)
    except DomainError as refused:
        raise click.ClickException(refused.detail) from refused
    flows.undo_import(import_id)
    undo = queries.get_import(import_id)["undo"]
    for name in ("removed", "archived", "restored", "conflicts"):
        click.echo(f"{name.capitalize():10} {undo[name]:>9,} products")
    click.echo(f"Opening stock taken back of {counted(undo['stock_taken_back'], 'variant')}.")
    if undo["stock_left"]:
        left = counted(undo["stock_left"], "variant")
        click.echo(f"Stock of {left} has moved since and stays.")


class _Bar:
    """Shows how far it is: a bar on a terminal, plain lines elsewhere; how fast, how long yet."""

    def __init__(self, label: str, done: str) -> None:
        self._label, self._done = label, done
        self._stack = ExitStack()
        self._bar: Any = None
        self._read = self._told = 0
        self._began = time.monotonic()

    def __enter__(self) -> Progress:
        self._began = time.monotonic()
        return self._advance

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def _advance(self, read: int, total: int) -> None:
        rate = read / max(time.monotonic() - self._began, 0.001)
        if sys.stdout.isatty():
            if self._bar is None:
                bar = click.progressbar(
                    length=total, label=self._label, show_pos=True, show_percent=True
                )
                self._bar = self._stack.enter_context(bar)
            self._bar.label = f"{self._label} {rate:,.0f}/s"
            self._bar.update(read - self._read)
        elif read - self._told >= _EVERY_ROWS or read == total:
            left = f", {rate:,.0f} a second, {(total - read) / rate:,.0f} s left"
            percent = 100 * read // max(total, 1)
            click.echo(
                f"{read:,} of {total:,} {self._done} ({percent} %){left if read < total else ''}"
            )
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
    if found["is_dry_run"]:
        click.echo("\nThis was a dry run: nothing was changed.")
    click.echo(f"\nOpening stock for {counted(result['stock_opened'], 'variant')}.")


def _tell_changes(import_id: UUID, found: Mapping[str, object]) -> None:
    if not found["is_dry_run"]:
        return
    changes = queries.list_changes(import_id, limit=SHOWN_CHANGES, cursor=None)
    for change in changes["data"]:
        click.echo(f"  {change['kind'].value} {change['slug']}")
        for field in change["fields"]:
            click.echo(f"    {field['field']}: {field['before']!r} -> {field['after']!r}")
    if changes["page"]["has_more"]:
        click.echo(f"  ... all of them: GET /api/v1/admin/imports/{import_id}/changes")
    click.echo(f"\nTo do it: POST /api/v1/admin/imports/{import_id}/run, or without --dry-run.")


def _hand_back(import_id: UUID, file: Path | None) -> None:
    if file is None:
        path = f"/api/v1/admin/imports/{import_id}/failed-rows"
        click.echo(f"\nThe failed rows as a file: --failed-rows FILE, or GET {path}")
        return
    kind, header, separator = queries.sheet_of(import_id)
    rows = queries.failed_rows(import_id)
    with file.open("wb") as opened:
        for piece in failed_rows_csv.failed_file(kind, header, separator, rows):
            opened.write(piece)
    click.echo(f"\nThe failed rows are in {file}: mend them and import that file.")


def _tell_problems(import_id: UUID, found: dict[str, Any]) -> None:
    count = found["result"]["problems"]
    if not count:
        return
    click.echo(f"\n{counted(count, 'problem')}:")
    for problem in queries.list_problems(import_id, limit=SHOWN_PROBLEMS, cursor=None)["data"]:
        value = f" {problem['value']!r}" if problem["value"] else ""
        where = f", {problem['column']}" if problem["column"] else ""
        click.echo(f"  row {problem['row']}{where}:{value} {problem['reason']}")
    if count > SHOWN_PROBLEMS:
        path = f"/api/v1/admin/imports/{import_id}/errors"
        click.echo(f"  ... and {count - SHOWN_PROBLEMS:,} more; all of them: GET {path}")
