"""Write down what an import created and changed, to be shown and to be undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from api.catalog.queries import export_documents
from api.catalog.service import diff
from api.catalog.service.diff import Document
from api.catalog.service.upsert_results import UpsertResult, UpsertStatus
from api.imports.formats.parsed import ParsedProduct
from api.imports.models import ChangeKind, ImportChange, ImportFailedRow
from api.imports.service import opening_stock
from api.imports.service.import_jobs import Claim
from api.imports.service.opening_stock import Opened
from api.imports.service.report import Failed
from api.kernel.ids import new_id
from api.platform import bulk_sql
from api.platform.bulk_sql import any_of
from api.platform.db import session

_NEWS = (UpsertStatus.CREATED, UpsertStatus.CHANGED)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A row of `import_changes`."""

    row: dict[str, object]

    @property
    def is_conflict(self) -> bool:
        """Whether somebody had changed the product since the file was written."""
        return self.row["kind"] is ChangeKind.CONFLICT


def detect_changes(
    held: Claim,
    batch: Sequence[ParsedProduct],
    made: Sequence[UpsertResult],
    opened: Opened,
    unarchived: Mapping[UUID, Document],
) -> list[ChangeRow]:
    """Say what became of the products of a batch; nothing of what stayed as it was."""
    differing = {
        one.product_id: one
        for one in made
        if one.product_id is not None and one.before is not None and has_news(one, opened)
    }
    after = export_documents.product_documents(differing)
    marks = export_documents.version_stamps(differing)
    stock = opening_stock.differences(differing, opened)
    noted: list[ChangeRow] = []
    for described, one in zip(batch, made, strict=True):
        if one.outcome is UpsertStatus.CREATED:
            noted.append(_created(held, described, one, opened))
        elif one.product_id in after and one.before is not None:
            was, now = unarchived.get(one.product_id, one.before), after[one.product_id]
            fields = diff.diff_documents(was, now) + stock.get(one.product_id, [])
            mark = marks[one.product_id]
            row = changed(held, described.first_row, one.product_id, was, fields, mark)
            row.row["stock"] = [] if held.is_dry_run else opening_stock.kept(one, opened)
            noted.append(row)
        elif one.refusal is not None and one.refusal.code == "product_changed_since":
            noted.append(_conflict(held, described, one))
    return noted


def write_changes(noted: Sequence[ChangeRow]) -> None:
    """Store what became of a batch; a product that comes again keeps what it was at first."""
    if not noted:
        return
    rows = {one.row["slug"]: one.row for one in noted}
    import_id = noted[0].row["import_id"]
    there = set(
        session.scalars(
            select(ImportChange.slug).where(
                ImportChange.import_id == import_id, any_of(ImportChange.slug, rows)
            )
        )
    )
    bulk_sql.bulk_insert(
        cast(Table, ImportChange.__table__),
        [row for slug, row in rows.items() if slug not in there],
    )
    for slug in sorted(there):
        statement = upsert(ImportChange).values(**rows[slug])
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["import_id", "slug"],
                set_={
                    "mark": statement.excluded.mark,
                    "fields": ImportChange.fields.op("||")(statement.excluded.fields),
                    "stock": ImportChange.stock.op("||")(statement.excluded.stock),
                    "product_id": func.coalesce(
                        ImportChange.product_id, statement.excluded.product_id
                    ),
                },
            ).execution_options(synchronize_session=False)
        )


def write_failed(import_id: UUID, failed: Failed) -> None:
    """Store the rows that came to nothing."""
    rows = [
        {"import_id": import_id, "row": number, "cells": cells, "reason": " ".join(reasons)}
        for number, (cells, reasons) in sorted(failed.items())
    ]
    if rows:
        session.execute(
            upsert(cast(Table, ImportFailedRow.__table__)).on_conflict_do_nothing(), rows
        )


def has_news(one: UpsertResult, opened: Opened) -> bool:
    """Tell whether anything of a product is not as it was."""
    return one.outcome in _NEWS or any(variant.variant_id in opened for variant in one.variants)


def _created(held: Claim, described: ParsedProduct, one: UpsertResult, opened: Opened) -> ChangeRow:
    count = sum(variant.outcome is UpsertStatus.CREATED for variant in one.variants)
    slug = described.draft.slug if described.draft else (described.document or {}).get("slug")
    return ChangeRow(
        {
            **_row(held, described.first_row, slug or "", ChangeKind.CREATED),
            "product_id": None if held.is_dry_run else one.product_id,
            "mark": export_documents.version_stamp(1, count, count),
            "stock": [] if held.is_dry_run else opening_stock.kept(one, opened),
        }
    )


def changed(
    held: Claim,
    row: int,
    product_id: UUID | None,
    was: Document,
    fields: Sequence[Mapping[str, object]],
    mark: str,
) -> ChangeRow:
    """Say that a product is not what it was."""
    return ChangeRow(
        {
            **_row(held, row, was["slug"], ChangeKind.CHANGED),
            "product_id": product_id,
            "fields": fields,
            "before": None if held.is_dry_run else was,
            "mark": mark,
        }
    )


def _conflict(held: Claim, described: ParsedProduct, one: UpsertResult) -> ChangeRow:
    was, document = one.before or {}, described.document or {}
    return ChangeRow(
        {
            **_row(held, described.first_row, document["slug"], ChangeKind.CONFLICT),
            "product_id": one.product_id,
            "fields": diff.diff_documents(was, document) if was else [],
        }
    )


def _row(held: Claim, row: int, slug: str, kind: ChangeKind) -> dict[str, object]:
    return {
        "id": new_id(),
        "import_id": held.import_id,
        "row": row,
        "slug": slug,
        "kind": kind,
        "product_id": None,
        "fields": [],
        "before": None,
        "mark": "",
        "stock": [],
        "undone": None,
        "undo_note": "",
    }
