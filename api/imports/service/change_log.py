"""Write down what an import created and changed, to be shown and to be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from api.catalog.queries import export_documents
from api.catalog.service import differences
from api.catalog.service.arrivals import Arrived, Outcome
from api.imports.formats.parsed import Described
from api.imports.models import ChangeKind, ImportChange, ImportFailedRow
from api.imports.service import opening_stock
from api.imports.service.import_jobs import Claim
from api.imports.service.opening_stock import Opened
from api.imports.service.report import Failed
from api.kernel.ids import new_id
from api.platform import bulk
from api.platform.bulk import among
from api.platform.db import session

_NEWS = (Outcome.CREATED, Outcome.CHANGED)


@dataclass(frozen=True, slots=True)
class Before:
    """The products that a batch may mean, locked, and those as they were that it changes."""

    ids: list[UUID]
    documents: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def remember(self, product_ids: Sequence[UUID]) -> None:
        """Read products as they are, those that were not read before; asked before they change."""
        unread = [one for one in product_ids if one not in self.documents]
        self.documents.update(export_documents.product_documents(unread))

    def of(self, described: Described) -> dict[str, Any] | None:
        """Return the product that a document of ours speaks of."""
        slug = (described.document or {}).get("slug")
        return next((d for d in self.documents.values() if d["slug"] == slug), None)


@dataclass(frozen=True, slots=True)
class Noted:
    """A row of `import_changes`."""

    row: dict[str, Any]

    @property
    def is_conflict(self) -> bool:
        """Whether somebody had changed the product since the file was written."""
        return self.row["kind"] is ChangeKind.CONFLICT


def hold(batch: Sequence[Described]) -> Before:
    """Lock the products that a batch may mean.

    Our own files say which version of them they mean, so those are read at once.
    """
    before = Before(export_documents.product_ids_of(*opening_stock.names_of(batch)))
    if any(described.document is not None for described in batch):
        before.remember(before.ids)
    return before


def find(
    held: Claim,
    batch: Sequence[Described],
    made: Sequence[Arrived],
    opened: Opened,
    before: Before,
) -> list[Noted]:
    """Say what became of the products of a batch; nothing of what stayed as it was."""
    known = set(before.ids)
    differing = {
        one.product_id: one
        for one in made
        if one.product_id is not None and one.product_id in known and has_news(one, opened)
    }
    after = export_documents.product_documents(differing)
    marks = export_documents.version_marks(differing)
    stock = opening_stock.differences(differing, opened)
    noted: list[Noted] = []
    for described, one in zip(batch, made, strict=True):
        if one.outcome is Outcome.CREATED:
            noted.append(_created(held, described, one, opened))
        elif one.product_id in after:
            now = after[one.product_id]
            # Where only stock was opened the product itself stays as it was.
            was = before.documents.get(one.product_id, now)
            fields = differences.differences(was, now) + stock.get(one.product_id, [])
            mark = marks[one.product_id]
            row = changed(held, described.first_row, one.product_id, was, fields, mark)
            row.row["stock"] = [] if held.is_dry_run else opening_stock.kept(one, opened)
            noted.append(row)
        elif one.refusal is not None and one.refusal.code == "product_changed_since":
            noted.append(_conflict(held, described, one, before))
    return noted


def write(noted: Sequence[Noted]) -> None:
    """Store what became of a batch; a product that comes again keeps what it was at first."""
    if not noted:
        return
    rows = {one.row["slug"]: one.row for one in noted}
    import_id = noted[0].row["import_id"]
    there = set(
        session.scalars(
            select(ImportChange.slug).where(
                ImportChange.import_id == import_id, among(ImportChange.slug, rows)
            )
        )
    )
    bulk.add(
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


def has_news(one: Arrived, opened: Opened) -> bool:
    """Tell whether anything of a product is not as it was."""
    return one.outcome in _NEWS or any(
        variant.outcome in _NEWS or variant.variant_id in opened for variant in one.variants
    )


def _created(held: Claim, described: Described, one: Arrived, opened: Opened) -> Noted:
    count = sum(variant.outcome is Outcome.CREATED for variant in one.variants)
    slug = described.draft.slug if described.draft else (described.document or {}).get("slug")
    return Noted(
        {
            **_row(held, described.first_row, slug or "", ChangeKind.CREATED),
            "product_id": None if held.is_dry_run else one.product_id,
            "mark": export_documents.mark_of_versions(1, count, count),
            "stock": [] if held.is_dry_run else opening_stock.kept(one, opened),
        }
    )


def changed(
    held: Claim,
    row: int,
    product_id: UUID | None,
    was: dict[str, Any],
    fields: list[dict[str, Any]],
    mark: str,
) -> Noted:
    """Say that a product is not what it was."""
    return Noted(
        {
            **_row(held, row, was["slug"], ChangeKind.CHANGED),
            "product_id": product_id,
            "fields": fields,
            "before": None if held.is_dry_run else was,
            "mark": mark,
        }
    )


def _conflict(held: Claim, described: Described, one: Arrived, before: Before) -> Noted:
    was, document = before.of(described) or {}, described.document or {}
    return Noted(
        {
            **_row(held, described.first_row, document["slug"], ChangeKind.CONFLICT),
            "product_id": one.product_id,
            "fields": differences.differences(was, document) if was else [],
        }
    )


def _row(held: Claim, row: int, slug: str, kind: ChangeKind) -> dict[str, Any]:
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
