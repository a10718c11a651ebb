"""Keep an exported file: who writes it, how far it is, and how long it can be fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from api.catalog.queries import export_documents
from api.imports.errors import ExportNotFound
from api.imports.events import ExportRequested
from api.imports.formats.native import csv_file, jsonl_file
from api.imports.formats.shopify import writer as shopify_writer
from api.imports.formats.workbook import MOST_ROWS, workbook_of
from api.imports.models import Export, ExportChunk, ExportStatus
from api.imports.policy import EXPORTS_KEPT, FileFormat
from api.imports.service.import_jobs import LEASE, MOST_ATTEMPTS
from api.imports.states import EXPORT
from api.inventory import queries as inventory_queries
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import lock_entity, require_transaction, session
from api.platform.outbox import emit


@dataclass(frozen=True, slots=True)
class ExportClaim:
    """The right of one writer to write a file."""

    export_id: UUID
    writer: UUID
    format: FileFormat
    filters: Mapping[str, object]


class ExportLost(Exception):
    """Somebody cancelled the export, or another writer took it over."""


def open_export(
    kind: FileFormat, filters: Mapping[str, object], *, by: Principal, announce: bool
) -> UUID:
    """Ask for the catalogue, or what fits the filters, as a file; with `announce` of a worker."""
    require_transaction()
    export_id = new_id()
    session.add(Export(id=export_id, format=kind, filters=dict(filters), created_by=by.actor_key))
    audit.record("export.opened", by=by, subject_id=export_id, format=kind.value, **filters)
    if announce:
        emit(ExportRequested(export_id=export_id))
    return export_id


def claim_export(export_id: UUID) -> ExportClaim | None:
    """Begin to write a file, or go on with one whose writer died; None when there is nothing."""
    now, writer = clock.now(), new_id()
    row = (
        require_transaction()
        .execute(
            update(Export)
            .where(
                Export.id == export_id,
                Export.status.in_([ExportStatus.PENDING, ExportStatus.RUNNING]),
                or_(Export.writer.is_(None), Export.heartbeat_at < now - LEASE),
            )
            .values(
                status=ExportStatus.RUNNING,
                writer=writer,
                heartbeat_at=now,
                attempts=Export.attempts + 1,
            )
            .returning(Export.format, Export.filters)
            .execution_options(synchronize_session=False)
        )
        .first()
    )
    return None if row is None else ExportClaim(export_id, writer, *row)


def begin_export(held: ExportClaim) -> int:
    """Find out how many products are to be written, and write the header; returns how many.

    One that was begun before goes on where it stopped.
    """
    row = lock_export(held.export_id)
    if row.products_total is not None:
        return row.products_total
    row.products_total, row.last_id = export_documents.count_matching(**held.filters)
    row.began_at = clock.now()
    header = ""
    if held.format in (FileFormat.CSV, FileFormat.XLSX):
        places = inventory_queries.location_codes().values()
        row.columns = csv_file.columns_for(export_documents.currencies_in_use(), places)
        header = csv_file.text_of_header(row.columns)
    elif held.format is FileFormat.SHOPIFY:
        row.columns = list(shopify_writer.EXPORTED)
        header = shopify_writer.text_of_header()
    if header:
        _keep(row, header.encode())
    return row.products_total


def write_piece(held: ExportClaim, most: int) -> int | None:
    """Write some more products; returns how many there are by now, None when it was the end.

    Run it in a transaction that stands still. Raises ExportLost when it is no longer ours.
    """
    row = lock_export(held.export_id)
    if row.writer != held.writer or row.status is not ExportStatus.RUNNING:
        raise ExportLost
    ids = export_documents.next_product_ids(
        row.after_id, up_to=row.last_id, limit=most, **held.filters
    )
    if not ids:
        if row.format is FileFormat.XLSX and not _bind(row):
            return None
        row.status = ExportStatus(EXPORT.next(row.status.value, "finish"))
        row.writer, row.error, row.finished_at = None, None, clock.now()
        row.expires_at = clock.now() + EXPORTS_KEPT
        return None
    text, rows = _written(row, _documents(ids))
    _keep(row, text.encode())
    row.products_written += len(ids)
    row.rows_written += rows
    row.after_id, row.heartbeat_at, row.attempts = ids[-1], clock.now(), 0
    return row.products_written


def release_export(held: ExportClaim, error: str) -> None:
    """Let another writer go on after something broke; after too many times it has failed."""
    row = lock_export(held.export_id)
    if row.writer != held.writer or row.status is not ExportStatus.RUNNING:
        return
    row.writer, row.error = None, error[:2000]
    if row.attempts >= MOST_ATTEMPTS:
        _end(row, "fail")


def cancel_export(export_id: UUID, *, by: Principal) -> None:
    """Stop an export; what was written is thrown away. Refuses one that has ended."""
    _end(lock_export(export_id), "cancel")
    audit.record("export.cancelled", by=by, subject_id=export_id)


def purge_exports() -> int:
    """Throw away the exports whose time is over; returns how many."""
    require_transaction()
    now = clock.now()
    old = list(
        session.scalars(
            select(Export.id).where(
                or_(
                    Export.expires_at < now,
                    Export.expires_at.is_(None) & (Export.finished_at < now - EXPORTS_KEPT),
                )
            )
        )
    )
    for table in (ExportChunk.__table__, Export.__table__):
        column = table.c.export_id if "export_id" in table.c else table.c.id
        session.execute(delete(table).where(column.in_(old)))  # type: ignore[arg-type]
    return len(old)


def lock_export(export_id: UUID) -> Export:
    """Lock an export until the transaction ends. Raises ExportNotFound."""
    return lock_entity(Export, export_id, ExportNotFound(days=EXPORTS_KEPT.days))


def _documents(ids: list[UUID]) -> list[dict[str, object]]:
    """Read products with their stock."""
    found = export_documents.product_documents(ids)
    keys = export_documents.variant_keys(ids)
    lying = inventory_queries.on_hand_of([key["id"] for listed in keys.values() for key in listed])
    for product_id, listed in keys.items():
        for variant, key in zip(found[product_id]["variants"], listed, strict=True):
            variant["stock"] = lying[key["id"]]
    return list(found.values())


def _written(row: Export, documents: Sequence[Mapping[str, object]]) -> tuple[str, int]:
    if row.format is FileFormat.JSONL:
        return "".join(map(jsonl_file.jsonl_line, documents)), len(documents)
    texts, count = [], 0
    for document in documents:
        if row.format in (FileFormat.CSV, FileFormat.XLSX):
            text, rows = csv_file.text_of_rows(document, row.columns)
        else:
            text, rows = shopify_writer.text_of_rows(document, row.filters.get("currency") or "EUR")
        texts.append(text)
        count += rows
    return "".join(texts), count


def _bind(row: Export) -> bool:
    """Make a workbook of what was written so far; fails the export when no sheet holds it."""
    if row.rows_written > MOST_ROWS:
        row.error = (
            f"A sheet of a workbook has at most {MOST_ROWS:,} rows below its header, and this would"
            f" have {row.rows_written:,}. Export csv, or fewer products."
        )
        _end(row, "fail")
        return False
    session.flush()  # the last piece is read back
    pieces = [
        bytes(content)
        for content in session.scalars(
            select(ExportChunk.content)
            .where(ExportChunk.export_id == row.id)
            .order_by(ExportChunk.number)
        )
    ]
    session.execute(delete(ExportChunk).where(ExportChunk.export_id == row.id))
    row.pieces, row.size_bytes = 0, 0
    for piece in workbook_of(pieces):
        _keep(row, piece)
    return True


def _keep(row: Export, content: bytes) -> None:
    session.add(ExportChunk(export_id=row.id, number=row.pieces, content=content))
    row.pieces += 1
    row.size_bytes += len(content)


def _end(row: Export, command: str) -> None:
    row.status = ExportStatus(EXPORT.next(row.status.value, command))
    row.writer, row.finished_at = None, clock.now()
    session.execute(delete(ExportChunk).where(ExportChunk.export_id == row.id))
