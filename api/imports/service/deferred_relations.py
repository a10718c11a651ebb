"""What is shown beside a product and came later in its file: said once the file was read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from api.catalog.queries import export_documents
from api.catalog.queries import related_products as related_product_queries
from api.catalog.service import diff
from api.catalog.service import related_products as related_product_service
from api.catalog.service.upsert_results import UpsertResult
from api.imports.formats.parsed import ImportReader, ParsedProduct, RowError
from api.imports.models import ChangeKind, Import, ImportChange, ImportWaiting
from api.imports.policy import Consequence
from api.imports.service import change_log
from api.imports.service.import_jobs import Claim, save_progress
from api.imports.service.report import Counters, write_row_errors
from api.kernel.principal import Principal
from api.platform.db import session

SETTLED_AT_ONCE = 250

Related = Mapping[str, Sequence[str]]
"""Slugs of products, by field."""


def defer_relations(
    import_id: UUID, batch: Sequence[ParsedProduct], made: Sequence[UpsertResult]
) -> None:
    """Remember what waits for products that come later."""
    rows = [
        {
            "import_id": import_id,
            "slug": described.document["slug"],
            "row": described.first_row,
            "related": one.unresolved,
        }
        for described, one in zip(batch, made, strict=True)
        if described.document is not None and one.unresolved
    ]
    if not rows:
        return
    statement = upsert(cast(Table, ImportWaiting.__table__))
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["import_id", "slug"],
            set_={
                "row": statement.excluded.row,
                "related": ImportWaiting.related.op("||")(statement.excluded.related),
            },
        ),
        rows,
    )


def resolve_deferred_batch(held: Claim, source: ImportReader, *, by: Principal) -> bool:
    """Say what is shown beside some more products; False when nothing waits any more.

    What is still not there is a problem of its row, and the others are shown without it. Locks the
    products, in id order. Raises ClaimLost when the import is no longer ours.
    """
    waiting = session.scalars(
        select(ImportWaiting)
        .where(ImportWaiting.import_id == held.import_id)
        .order_by(ImportWaiting.row, ImportWaiting.slug)
        .limit(SETTLED_AT_ONCE)
    ).all()
    if not waiting:
        return False
    slugs = [one.slug for one in waiting]
    there = export_documents.product_documents(export_documents.lock_products(slugs, []))
    by_slug = {document["slug"]: (key, document) for key, document in there.items()}
    known = _known(held, {s for one in waiting for listed in one.related.values() for s in listed})
    problems: list[RowError] = []
    wanted: dict[UUID, Related] = {}
    fields: dict[str, list[dict[str, object]]] = {}
    for one in waiting:
        problems += _missing(one, known, source)
        if one.slug not in by_slug:
            continue  # of a dry run, which made nothing; or somebody renamed it since
        product_id, before = by_slug[one.slug]
        said = {name: [s for s in listed if s in known] for name, listed in one.related.items()}
        if differing := diff.diff_documents(before, said):
            wanted[product_id], fields[one.slug] = said, differing
    noted = _Noting(held, slugs, there)
    if not held.is_dry_run:
        related_product_service.resolve_relations(wanted, by=by)
    changed = noted.write({by_slug[slug][0]: found for slug, found in fields.items()}, waiting)
    write_row_errors(held.import_id, problems)
    session.execute(
        delete(ImportWaiting).where(
            ImportWaiting.import_id == held.import_id, ImportWaiting.slug.in_(slugs)
        )
    )
    _count(held, changed, len(problems))
    return True


def _known(held: Claim, slugs: set[str]) -> set[str]:
    """Return those that are addresses of products; in a dry run, of those it would have made."""
    known = set(related_product_queries.ids_by_slug(slugs))
    if held.is_dry_run:
        known |= set(
            session.scalars(
                select(ImportChange.slug).where(
                    ImportChange.import_id == held.import_id,
                    ImportChange.kind == ChangeKind.CREATED,
                    ImportChange.slug.in_(sorted(slugs - known)),
                )
            )
        )
    return known


def _missing(one: ImportWaiting, known: set[str], source: ImportReader) -> list[RowError]:
    return [
        RowError(
            one.row,
            source.name_of(name),
            slug,
            "No product has this slug, neither in the shop nor in this file. Correct it, or import"
            " the product and then this row again.",
            Consequence.VALUE_IGNORED,
        )
        for name, listed in one.related.items()
        for slug in listed
        if slug not in known
    ]


class _Noting:
    """Writes down what is different now, beside what the import did to the products before."""

    def __init__(
        self, held: Claim, slugs: Sequence[str], there: Mapping[UUID, dict[str, Any]]
    ) -> None:
        self._held, self._there = held, there
        self._marks = export_documents.version_stamps(there)
        self._noted = {
            row.slug: row
            for row in session.scalars(
                select(ImportChange).where(
                    ImportChange.import_id == held.import_id, ImportChange.slug.in_(slugs)
                )
            )
        }

    def write(
        self,
        differing: Mapping[UUID, list[dict[str, Any]]],
        waiting: Sequence[ImportWaiting],
    ) -> int:
        """Write it; returns how many products had stayed as they were until now."""
        marks = export_documents.version_stamps(differing)
        rows = {one.slug: one.row for one in waiting}
        fresh = []
        for product_id, fields in differing.items():
            before = self._there[product_id]
            noted = self._noted.get(before["slug"])
            if noted is None:
                fresh.append(
                    change_log.changed(
                        self._held,
                        rows[before["slug"]],
                        product_id,
                        before,
                        fields,
                        marks[product_id],
                    )
                )
                continue
            if noted.kind is not ChangeKind.CREATED:
                noted.fields = [*noted.fields, *fields]
            # What somebody changed since the row was read is theirs; an undo will leave it alone.
            if noted.mark == self._marks[product_id]:
                noted.mark = marks[product_id]
        change_log.write_changes(fresh)
        return len(fresh)


def _count(held: Claim, changed: int, problems: int) -> None:
    tally = Counters(
        **session.execute(select(Import.counts).where(Import.id == held.import_id)).scalar_one()
    )
    tally.products["changed"] += changed
    tally.products["unchanged"] -= changed
    tally.problems += problems
    save_progress(held, counts=asdict(tally), attempts=0)
