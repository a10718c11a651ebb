"""Undo what an import did, as far as nobody has touched it since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select, text, update

from api.catalog.queries import export_documents
from api.catalog.service import bulk_upsert
from api.catalog.service import products as product_service
from api.catalog.service.diff import Document
from api.catalog.states import ProductStatus
from api.imports.errors import NothingToUndo
from api.imports.events import ImportUndoRequested
from api.imports.models import ChangeKind, Import, ImportChange, ImportStatus, UndoOutcome
from api.imports.policy import UNDO_KEPT
from api.imports.service.import_jobs import LEASE, ImportClaim, lock, save_progress
from api.imports.states import IMPORT
from api.inventory import service as inventory_service
from api.inventory.service import OpeningLevel
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.platform import audit
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

UNDONE_AT_ONCE = 50
# What an earlier import left is again as that left it: it may be undone as well.
_HAND_BACK = text(
    """
    UPDATE import_changes earlier SET mark = mine.mark FROM import_changes mine
    WHERE mine.import_id = :import_id AND mine.undone = 'restored'
      AND earlier.product_id = mine.product_id AND earlier.import_id <> mine.import_id
      AND earlier.undone IS NULL
      AND earlier.mark = concat_ws(':', mine.before ->> 'version',
          (SELECT coalesce(sum((v ->> 'version')::int), 0)
           FROM jsonb_array_elements(mine.before -> 'variants') v),
          jsonb_array_length(mine.before -> 'variants'))
    """
).bindparams(bindparam("import_id", type_=Uuid))
_COUNTED = {
    UndoOutcome.REMOVED: "removed",
    UndoOutcome.ARCHIVED: "archived",
    UndoOutcome.RESTORED: "restored",
    UndoOutcome.CONFLICT: "conflicts",
}


@dataclass(frozen=True, slots=True)
class UndoClaim(ImportClaim):
    """The right of one worker to take an import back."""

    created_by: str


def request_undo(import_id: UUID, *, by: Principal) -> None:
    """Ask for an import to be undone; a worker is told. Asking again changes nothing.

    Refuses a dry run, an import that has not ended, and one whose changes were forgotten.
    """
    row = lock(import_id)
    if row.status in (ImportStatus.UNDOING, ImportStatus.UNDONE):
        return
    if row.is_dry_run:
        raise NothingToUndo(why="it was a dry run and changed nothing.")
    if row.finished_at is not None and row.finished_at < clock.now() - UNDO_KEPT:
        raise NothingToUndo(why=f"it ended more than {UNDO_KEPT.days} days ago.")
    row.status = ImportStatus(IMPORT.next(row.status.value, "undo"))
    total = session.scalar(
        select(func.count()).where(
            ImportChange.import_id == import_id, ImportChange.kind != ChangeKind.CONFLICT
        )
    )
    row.undo_counts = {
        "products_total": total or 0,
        **dict.fromkeys(_COUNTED.values(), 0),
        "stock_taken_back": 0,
        "stock_left": 0,
    }
    row.reader, row.heartbeat_at, row.attempts = None, None, 0
    audit.record("import.undo_requested", by=by, subject_id=import_id)
    emit(ImportUndoRequested(import_id=import_id))


def claim_undo(import_id: UUID) -> UndoClaim | None:
    """Begin to take an import back, or go on where a worker died; None when there is nothing."""
    now, reader = clock.now(), new_id()
    created_by = require_transaction().scalar(
        update(Import)
        .where(
            Import.id == import_id,
            Import.status == ImportStatus.UNDOING,
            or_(Import.reader.is_(None), Import.heartbeat_at < now - LEASE),
        )
        .values(reader=reader, heartbeat_at=now, attempts=Import.attempts + 1)
        .returning(Import.created_by)
        .execution_options(synchronize_session=False)
    )
    return None if created_by is None else UndoClaim(import_id, reader, created_by)


def undo_batch(held: UndoClaim, *, by: Principal) -> bool:
    """Undo some more products, the last ones first; False when none is left.

    Each is marked in the transaction of what was done to it, so that nothing is done twice. Locks
    levels before products, as whoever sells does. Raises ClaimLost when it is no longer ours.
    """
    save_progress(held, ImportStatus.UNDOING)
    changes = list(
        session.scalars(
            select(ImportChange)
            .where(
                ImportChange.import_id == held.import_id,
                ImportChange.undone.is_(None),
                ImportChange.kind != ChangeKind.CONFLICT,
            )
            .order_by(ImportChange.id.desc())
            .limit(UNDONE_AT_ONCE)
        )
    )
    if not changes:
        _finish(held)
        return False
    taken = _take_stock_back(_untouched(changes), held, by=by)
    ids = [change.product_id for change in changes if change.product_id is not None]
    there = set(export_documents.lock_products([], [], ids=ids))
    marks = export_documents.version_stamps(there)
    fresh = [c for c in changes if c.product_id and marks.get(c.product_id) == c.mark]
    created = [c.product_id for c in fresh if c.kind is ChangeKind.CREATED and c.product_id]
    removed, _ = product_service.discard_products(created, by=by)
    befores = {
        c.product_id: c.before
        for c in fresh
        if c.kind is ChangeKind.CHANGED and c.product_id and c.before is not None
    }
    restored = bulk_upsert.restore_products(befores, by=by)
    for change in changes:
        left = len({s[0] for s in map(_level, change.stock) if taken.get(s) is False})
        moved = counted(left, "variant")
        note = f"The stock of {moved} has moved since and stays." if left else ""
        if change.product_id not in there:
            change.undone, note = UndoOutcome.REMOVED, "It was not there any more."
        elif change not in fresh:
            change.undone = UndoOutcome.CONFLICT
            note = "Somebody changed it since, so it was left as it is."
        elif change.kind is ChangeKind.CREATED:
            is_gone = change.product_id in removed
            change.undone = UndoOutcome.REMOVED if is_gone else UndoOutcome.ARCHIVED
        elif refusal := restored[change.product_id].refusal:
            change.undone, note = UndoOutcome.CONFLICT, refusal.detail
        else:
            change.undone = UndoOutcome.RESTORED
            if stay := restored[change.product_id].stay:
                note = f"{note} Taken off sale, because history names them: {', '.join(stay)}."
        change.undo_note = note.strip()[:500]
    set_right = [c for c in changes if c.undone is UndoOutcome.RESTORED and c.product_id]
    now = export_documents.version_stamps([c.product_id for c in set_right if c.product_id])
    for change in set_right:
        assert change.product_id is not None
        change.mark = now[change.product_id]
    session.flush()
    _count(held, changes, taken)
    return True


def _untouched(changes: Sequence[ImportChange]) -> list[ImportChange]:
    marks = export_documents.version_stamps(
        [c.product_id for c in changes if c.product_id is not None]
    )
    return [c for c in changes if c.product_id and marks.get(c.product_id) == c.mark]


def _take_stock_back(
    changes: Sequence[ImportChange], held: UndoClaim, *, by: Principal
) -> dict[OpeningLevel, bool]:
    """Remove the opening stock again; returns by level whether it went."""
    opened = {_level(one): int(one["quantity"]) for change in changes for one in change.stock}
    taken, left = inventory_service.revert_opening_stock(
        opened, note=f"Import {held.import_id} undone", by=by
    )
    return dict.fromkeys(taken, True) | dict.fromkeys(left, False)


def _level(opened: Mapping[str, Any]) -> OpeningLevel:
    return UUID(opened["variant_id"]), UUID(opened["location_id"])


def _count(
    held: UndoClaim, changes: Sequence[ImportChange], taken: dict[OpeningLevel, bool]
) -> None:
    row = lock(held.import_id)
    counts: dict[str, Any] = dict(row.undo_counts)
    for change in changes:
        assert change.undone is not None
        counts[_COUNTED[change.undone]] += 1
    left = {variant_id for (variant_id, _), is_gone in taken.items() if not is_gone}
    counts["stock_taken_back"] += len({variant_id for variant_id, _ in taken} - left)
    counts["stock_left"] += len(left)
    row.undo_counts, row.attempts = counts, 0


def _finish(held: UndoClaim) -> None:
    session.execute(_HAND_BACK, {"import_id": held.import_id})
    row = lock(held.import_id)
    row.status = ImportStatus(IMPORT.next(row.status.value, "finish undo"))
    row.reader, row.undone_at = None, clock.now()


def release_undo(held: UndoClaim) -> None:
    """Let another worker go on after something broke."""
    row = lock(held.import_id)
    if row.reader == held.reader and row.status is ImportStatus.UNDOING:
        row.reader = None


def unarchive(product_ids: Sequence[UUID], *, by: Principal) -> dict[UUID, Document]:
    """Bring back what an undone import had created, when a file names it again.

    Else a file that was mended and read again would find its own products put away for good. What
    the shop archived itself stays there. The products are locked. Returns those that are drafts
    again, as they were in the archive.
    """
    archived = sorted(
        key
        for key in session.scalars(
            select(ImportChange.product_id).where(
                any_of(ImportChange.product_id, product_ids),
                ImportChange.undone == UndoOutcome.ARCHIVED,
            )
        )
        if key is not None
    )
    if not archived:
        return {}
    before: dict[UUID, Document] = {
        key: document
        for key, document in export_documents.product_documents(archived).items()
        if document["status"] == ProductStatus.ARCHIVED.value
    }
    for key in before:
        product_service.unarchive_product(key, expected_version=None, by=by)
    session.execute(
        update(ImportChange)
        .where(
            any_of(ImportChange.product_id, archived), ImportChange.undone == UndoOutcome.ARCHIVED
        )
        .values(product_id=None)
        .execution_options(synchronize_session=False)
    )
    return before
