"""Files that move in and out, in a test: hand one in, read it, write the shop into one."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.formats import failed_rows_csv
from api.imports.policy import FileFormat, OnConflict
from api.imports.service import export_jobs, import_jobs, undo_jobs
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction

WOO_HEADER = next(
    csv.reader(
        [
            'ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,Is featured?,'
            "Visibility in catalog,Short description,Description,Date sale price starts,"
            "Date sale price ends,Tax status,Tax class,In stock?,Stock,Low stock amount,"
            "Backorders allowed?,Sold individually?,Weight (kg),Length (cm),Sale price,"
            "Regular price,Categories,Tags,Shipping class,Images,Parent,Grouped products,"
            "External URL,Position,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,"
            "Attribute 1 global,Attribute 2 name,Attribute 2 value(s),Attribute 2 visible,"
            "Attribute 2 global,Meta: _colour_code"
        ]
    )
)


def a_woo_file(*rows: Mapping[str, str], header: Sequence[str] = WOO_HEADER) -> bytes:
    """Write rows as WooCommerce exports them; cells that a row does not name are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def kept(
    content: bytes,
    *,
    dry_run: bool = False,
    on_conflict: OnConflict = OnConflict.REFUSE,
    kind: FileFormat | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> UUID:
    """Keep a file to be read."""
    found = imports_flows.check_file([content], kind, columns, encoding)
    with transaction():
        return import_jobs.open_import(
            [content],
            filename="shop",
            currency="EUR",
            by=SYSTEM,
            announce=False,
            format=found,
            is_dry_run=dry_run,
            on_conflict=on_conflict,
            columns=columns,
            encoding=encoding,
        )


def moved_in(content: bytes, **options: Any) -> dict[str, Any]:
    """Read a file into the shop, and return the job."""
    import_id = kept(content, **options)
    imports_flows.read_import(import_id)
    session.rollback()
    return imports_queries.get_import(import_id)


def moved_out(kind: FileFormat = FileFormat.JSONL, **filters: str) -> bytes:
    """Write the shop into a file, and return it."""
    with transaction():
        export_id = export_jobs.open_export(kind, filters, by=SYSTEM, announce=False)
    imports_flows.write_export(export_id)
    assert imports_queries.get_export(export_id)["status"] == "completed"
    content = b"".join(imports_queries.export_chunks(export_id))
    session.rollback()
    return content


def undone(import_id: UUID) -> dict[str, Any]:
    """Take an import back, and return the job."""
    with transaction():
        undo_jobs.request_undo(import_id, by=SYSTEM)
    imports_flows.undo_import(import_id)
    session.rollback()
    return imports_queries.get_import(import_id)


def changes_of(import_id: UUID) -> list[dict[str, Any]]:
    """Return what an import changed."""
    listed: list[dict[str, Any]] = imports_queries.list_changes(import_id, limit=100, cursor=None)[
        "data"
    ]
    return listed


def counts_of(found: dict[str, Any], what: str = "products") -> tuple[int, int, int, int]:
    """Return how many were created, changed, left, and failed."""
    counts = found["result"][what]
    return counts["created"], counts["changed"], counts["unchanged"], counts["failed"]


def problems_of(found: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Return what was wrong with a file: row, column, value."""
    listed = imports_queries.list_problems(found["id"], limit=100, cursor=None)["data"]
    return [(p["row"], p["column"], p["value"]) for p in listed]


def failed_file_of(import_id: UUID) -> bytes:
    """Return the rows that failed, as the file that is handed back."""
    kind, header, separator = imports_queries.sheet_of(import_id)
    return b"".join(
        failed_rows_csv.failed_file(kind, header, separator, imports_queries.failed_rows(import_id))
    )
