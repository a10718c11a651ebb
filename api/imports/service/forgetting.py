"""Forget what was kept for a while only."""

from sqlalchemy import delete, select

from api.imports.models import Import, ImportChange, ImportChunk, ImportFailedRow, ImportStatus
from api.imports.policy import DRY_RUNS_KEPT, UNDO_KEPT
from api.kernel import clock
from api.platform.db import require_transaction, session

AT_ONCE = 20


def forget_imports() -> bool:
    """Forget the files of old dry runs, and what old imports changed; True when more is left.

    The import itself, its counts and its problems stay.
    """
    require_transaction()
    now = clock.now()
    dry = list(
        session.scalars(
            select(Import.id)
            .where(
                Import.is_dry_run,
                Import.finished_at < now - DRY_RUNS_KEPT,
                select(ImportChunk.number).where(ImportChunk.import_id == Import.id).exists(),
            )
            .limit(AT_ONCE)
        )
    )
    if dry:
        session.execute(delete(ImportChunk).where(ImportChunk.import_id.in_(dry)))
    old = list(
        session.scalars(
            select(Import.id)
            .where(
                Import.finished_at < now - UNDO_KEPT,
                Import.status != ImportStatus.UNDOING,
                select(ImportChange.id).where(ImportChange.import_id == Import.id).exists()
                | select(ImportFailedRow.row)
                .where(ImportFailedRow.import_id == Import.id)
                .exists(),
            )
            .limit(AT_ONCE)
        )
    )
    if old:
        for table in (ImportChange, ImportFailedRow):
            session.execute(delete(table).where(table.import_id.in_(old)))
    return AT_ONCE in (len(dry), len(old))
