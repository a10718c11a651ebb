"""Keep the file and the job: who reads it, how far, and how it ended."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, insert, or_, select, update

from api.imports.errors import FileTooLarge, ImportNotFound
from api.imports.events import ImportFinished, ImportRequested
from api.imports.models import Import, ImportChunk, ImportStatus
from api.imports.service.tally import Tally
from api.imports.states import IMPORT
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

CHUNK_BYTES = 256 * 1024
MOST_MEGABYTES = 512
SILENCE = timedelta(seconds=60)
"""A reader that has not moved for so long has died; another one may take over."""
MOST_ATTEMPTS = 5
"""So often it is begun again without getting any further, then it has failed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one reader to read a file, from where the last one stopped."""

    import_id: UUID
    reader: UUID
    currency: str
    rows_read: int
    rows_total: int | None


class ClaimLost(Exception):
    """Somebody cancelled the import, or another reader took it over."""


def open_import(
    content: Iterable[bytes], *, filename: str, currency: str, by: Principal, announce: bool
) -> UUID:
    """Keep a file to be read; with `announce` a worker is told to read it.

    Refuses a file that is too large. Holds one piece of it in memory at a time.
    """
    require_transaction()
    import_id = new_id()
    session.add(
        Import(
            id=import_id,
            filename=filename[:255],
            currency=currency,
            counts=asdict(Tally()),
            created_by=by.actor_key,
        )
    )
    session.flush()  # its pieces point at it
    size = 0
    for number, piece in enumerate(_pieces(content)):
        size += len(piece)
        if size > MOST_MEGABYTES * 1024 * 1024:
            raise FileTooLarge(most_megabytes=MOST_MEGABYTES)
        session.execute(
            insert(ImportChunk).values(import_id=import_id, number=number, content=piece)
        )
    session.execute(update(Import).where(Import.id == import_id).values(size_bytes=size))
    audit.record("import.opened", by=by, subject_id=import_id, filename=filename, size=size)
    if announce:
        emit(ImportRequested(import_id=import_id))
    return import_id


def claim(import_id: UUID) -> Claim | None:
    """Begin to read a file, or go on with one whose reader died.

    None when it has come to an end, or has another reader that is alive.
    """
    now, reader = clock.now(), new_id()
    row = (
        require_transaction()
        .execute(
            update(Import)
            .where(
                Import.id == import_id,
                Import.status.in_([ImportStatus.PENDING, ImportStatus.RUNNING]),
                or_(Import.reader.is_(None), Import.heartbeat_at < now - SILENCE),
            )
            .values(
                status=ImportStatus.RUNNING,
                reader=reader,
                heartbeat_at=now,
                attempts=Import.attempts + 1,
            )
            .returning(Import.currency, Import.rows_read, Import.rows_total)
            .execution_options(synchronize_session=False)
        )
        .first()
    )
    return None if row is None else Claim(import_id, reader, *row)


def note_sheet(held: Claim, *, rows_total: int, ignored_columns: Sequence[str]) -> None:
    """Remember how long the file is and what of it is not read."""
    move(held, rows_total=rows_total, ignored_columns=list(ignored_columns))


def move(held: Claim, **values: Any) -> None:
    """Write down how far the reading has come and that the reader lives.

    Raises ClaimLost when the import is no longer this reader's.
    """
    moved = cast(
        CursorResult[Any],
        require_transaction().execute(
            update(Import)
            .where(
                Import.id == held.import_id,
                Import.reader == held.reader,
                Import.status == ImportStatus.RUNNING,
            )
            .values(heartbeat_at=clock.now(), **values)
            .execution_options(synchronize_session=False)
        ),
    )
    if moved.rowcount != 1:
        raise ClaimLost


def give_back(held: Claim, error: str) -> None:
    """Let another reader go on after something broke; after too many times it has failed."""
    row = _lock(held.import_id)
    if row.reader != held.reader or row.status is not ImportStatus.RUNNING:
        return
    row.reader, row.error = None, error[:2000]
    if row.attempts >= MOST_ATTEMPTS:
        _end(row, "fail")


def fail(held: Claim, error: str) -> None:
    """End an import whose file cannot be read; what was taken in before stays."""
    move(held, error=error[:2000])
    _end(_lock(held.import_id), "fail")


def finish(held: Claim) -> None:
    """End an import whose file was read to its end."""
    move(held, error=None)
    _end(_lock(held.import_id), "finish")


def cancel(import_id: UUID, *, by: Principal) -> None:
    """Stop an import after the products that it is at; what was taken in before stays.

    Refuses one that has ended.
    """
    _end(_lock(import_id), "cancel")
    audit.record("import.cancelled", by=by, subject_id=import_id)


def _end(row: Import, command: str) -> None:
    """Bring an import to its end; the file is not needed any more."""
    row.status = ImportStatus(IMPORT.next(row.status.value, command))
    row.reader, row.finished_at = None, clock.now()
    session.execute(delete(ImportChunk).where(ImportChunk.import_id == row.id))
    emit(ImportFinished(import_id=row.id, status=row.status.value))


def _lock(import_id: UUID) -> Import:
    require_transaction()
    row = session.scalar(
        select(Import)
        .where(Import.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise ImportNotFound(import_id=import_id)
    return row


def _pieces(content: Iterable[bytes]) -> Iterator[bytes]:
    """Cut what comes into pieces of one size."""
    rest = b""
    for part in content:
        rest += part
        while len(rest) >= CHUNK_BYTES:
            yield rest[:CHUNK_BYTES]
            rest = rest[CHUNK_BYTES:]
    if rest:
        yield rest
