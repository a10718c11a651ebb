"""Import jobs: keep the file, who reads it, how far, how it ended; delete what is out of date."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, insert, or_, select, update

from api.imports.errors import FileTooLarge, ImportNotFound, NotADryRun
from api.imports.events import ImportFinished, ImportRequested
from api.imports.formats.parsed import ImportReader
from api.imports.models import (
    Import,
    ImportChange,
    ImportChunk,
    ImportFailedRow,
    ImportProblem,
    ImportStatus,
    ImportWaiting,
)
from api.imports.policy import DRY_RUNS_KEPT, UNDO_KEPT, Consequence, FileFormat, OnConflict
from api.imports.service.report import Counters
from api.imports.states import IMPORT
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import lock_entity, require_transaction, session
from api.platform.outbox import emit

CHUNK_BYTES = 256 * 1024
MOST_MEGABYTES = 512
HEADER_ROW = 1
_GUESSED = (
    "The file is not in UTF-8 and was read as {name}. Look at this word: if it is wrong, undo this"
    " import, and save the file as 'CSV UTF-8' or say its encoding."
)
_IN_DOUBT = (
    "The file is not in UTF-8, and in which encoding it is cannot be told for sure: it was read as"
    " {name}. So what is new in it was taken in as drafts. Look at this word: if it is right,"
    " publish them; if it is wrong, undo this import, and save the file as 'CSV UTF-8' or say its"
    " encoding, such as windows-1250."
)
_NO_PRICES = (
    "The file has no column of prices, so what is new in it was taken in as drafts. If the column"
    " has another name here, say which; else give the products prices and publish them."
)
_OTHERS = (FileFormat.SHOPIFY, FileFormat.WOOCOMMERCE)
_NAMES = {"cp932": "Shift-JIS", "iso8859_2": "ISO 8859-2", "mac_roman": "Mac Roman"}
LEASE = timedelta(seconds=60)
"""A reader that has not moved for so long has died; another one may take over."""
MOST_ATTEMPTS = 5
"""So often it is begun again without getting any further, then it has failed."""


@dataclass(frozen=True, slots=True)
class ImportClaim:
    """The right of one worker to work on an import."""

    import_id: UUID
    reader: UUID


@dataclass(frozen=True, slots=True)
class Claim(ImportClaim):
    """The right of one reader to read a file, from where the last one stopped."""

    currency: str
    rows_read: int
    rows_total: int | None
    format: FileFormat
    is_dry_run: bool
    on_conflict: OnConflict
    columns: Mapping[str, str]
    encoding: str | None
    as_drafts: bool


class ClaimLost(Exception):
    """Somebody cancelled the import, or another reader took it over."""


def open_import(
    content: Iterable[bytes],
    *,
    filename: str,
    currency: str,
    by: Principal,
    announce: bool,
    format: FileFormat = FileFormat.SHOPIFY,
    is_dry_run: bool = False,
    on_conflict: OnConflict = OnConflict.REFUSE,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> UUID:
    """Keep a file to be read; with `announce` a worker is told to read it.

    A dry run is read like any other and writes nothing but what would have changed. Refuses a
    file that is too large. Holds one piece of it in memory at a time.
    """
    require_transaction()
    import_id = new_id()
    session.add(
        Import(
            id=import_id,
            filename=filename[:255],
            currency=currency,
            format=format,
            is_dry_run=is_dry_run,
            on_conflict=on_conflict,
            columns=dict(columns or {}),
            encoding=encoding,
            counts=asdict(Counters()),
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
                or_(Import.reader.is_(None), Import.heartbeat_at < now - LEASE),
            )
            .values(
                status=ImportStatus.RUNNING,
                reader=reader,
                heartbeat_at=now,
                began_at=now,
                rows_before=Import.rows_read,
                attempts=Import.attempts + 1,
            )
            .returning(
                *(Import.currency, Import.rows_read, Import.rows_total, Import.format),
                *(Import.is_dry_run, Import.on_conflict, Import.columns),
                *(Import.encoding, Import.as_drafts),
            )
            .execution_options(synchronize_session=False)
        )
        .first()
    )
    return None if row is None else Claim(import_id, reader, *row)


def note_sheet(held: Claim, *, rows_total: int, source: ImportReader) -> Claim:
    """Remember how long the file is, how it is written and what of it is not read.

    In which encoding it was read, if that was guessed, is listed among the errors, at the row of
    the header; when the guess is in doubt, new products become drafts. Returns the claim with
    what is known now.
    """
    decoding = source.decoding
    is_guessed = decoding.doubt is not None
    if decoding.doubt is not None:
        said = decoding.encoding or ""
        name = _NAMES.get(said, said.replace("cp125", "Windows-125"))
        session.execute(
            insert(ImportProblem).values(
                id=new_id(),
                import_id=held.import_id,
                row=HEADER_ROW,
                column="",
                value=decoding.doubt[:200],
                reason=(_IN_DOUBT if decoding.is_doubtful else _GUESSED).format(name=name),
                consequence=Consequence.VALUE_IGNORED,
            )
        )
    lacks_prices = source.format in _OTHERS and not source.has("price")
    if lacks_prices:
        session.execute(
            insert(ImportProblem).values(
                id=new_id(),
                import_id=held.import_id,
                row=HEADER_ROW,
                column="",
                value="",
                reason=_NO_PRICES,
                consequence=Consequence.VALUE_IGNORED,
            )
        )
    save_progress(
        held,
        rows_total=rows_total,
        ignored_columns=list(source.ignored_columns),
        header=list(source.header),
        separator=source.separator,
        counts=asdict(Counters(problems=is_guessed + lacks_prices)),
        encoding=decoding.encoding,
        as_drafts=decoding.is_doubtful,
    )
    return replace(
        held,
        rows_total=rows_total,
        encoding=decoding.encoding,
        as_drafts=decoding.is_doubtful,
    )


def begin_again(held: Claim) -> Claim:
    """Go back to the first row of a dry run whose reader died: it kept nothing to go on from.

    Raises ClaimLost.
    """
    save_progress(held, rows_read=0, rows_before=0, counts=_forget_report(held.import_id))
    return replace(held, rows_read=0)


def _forget_report(import_id: UUID) -> dict[str, object]:
    """Forget what was found in the rows of a file; returns the counts to begin with."""
    for table in (ImportFailedRow, ImportChange, ImportWaiting):
        session.execute(delete(table).where(table.import_id == import_id))
    # What is wrong with the file as a whole was found when it was counted, and stays.
    own = ImportProblem.import_id == import_id
    session.execute(delete(ImportProblem).where(own, ImportProblem.row != HEADER_ROW))
    kept = session.scalar(select(func.count()).select_from(ImportProblem).where(own))
    return asdict(Counters(problems=kept or 0))


def save_progress(
    held: ImportClaim, while_in: ImportStatus = ImportStatus.RUNNING, /, **values: object
) -> None:
    """Write down how far the work has come and that the worker lives.

    Raises ClaimLost when the import is no longer this worker's.
    """
    moved = cast(
        CursorResult[Any],
        require_transaction().execute(
            update(Import)
            .where(
                Import.id == held.import_id,
                Import.reader == held.reader,
                Import.status == while_in,
            )
            .values(heartbeat_at=clock.now(), **values)
            .execution_options(synchronize_session=False)
        ),
    )
    if moved.rowcount != 1:
        raise ClaimLost


def release_claim(held: Claim, error: str) -> None:
    """Let another reader go on after something broke; after too many times it has failed."""
    row = lock(held.import_id)
    if row.reader != held.reader or row.status is not ImportStatus.RUNNING:
        return
    row.reader, row.error = None, error[:2000]
    if row.attempts >= MOST_ATTEMPTS:
        _end(row, "fail")


def fail(held: Claim, error: str) -> None:
    """End an import whose file cannot be read; what was taken in before stays."""
    save_progress(held, error=error[:2000])
    _end(lock(held.import_id), "fail")


def finish(held: Claim) -> None:
    """End an import whose file was read to its end."""
    save_progress(held, error=None)
    _end(lock(held.import_id), "finish")


def cancel(import_id: UUID, *, by: Principal) -> None:
    """Stop an import after the products that it is at; what was taken in before stays.

    Refuses one that has ended.
    """
    _end(lock(import_id), "cancel")
    audit.record("import.cancelled", by=by, subject_id=import_id)


def run(import_id: UUID, *, by: Principal) -> None:
    """Turn a dry run that was read to its end into the real thing; a worker is told.

    Refuses what is no dry run, has not ended well, or whose file is not kept any more.
    """
    row = lock(import_id)
    is_kept = session.scalar(
        select(ImportChunk.number).where(ImportChunk.import_id == import_id).limit(1)
    )
    if not row.is_dry_run or row.status is not ImportStatus.COMPLETED or is_kept is None:
        raise NotADryRun(import_id=import_id)
    row.status = ImportStatus(IMPORT.next(row.status.value, "run"))
    row.is_dry_run, row.counts, row.rows_read = False, _forget_report(import_id), 0
    row.attempts, row.finished_at, row.heartbeat_at, row.began_at = 0, None, None, None
    audit.record("import.run", by=by, subject_id=import_id)
    emit(ImportRequested(import_id=import_id))


def _end(row: Import, command: str) -> None:
    """Bring an import to its end; the file is needed no more, unless it may be run for good."""
    row.status = ImportStatus(IMPORT.next(row.status.value, command))
    row.reader, row.finished_at = None, clock.now()
    session.execute(delete(ImportWaiting).where(ImportWaiting.import_id == row.id))
    if not (row.is_dry_run and row.status is ImportStatus.COMPLETED):
        session.execute(delete(ImportChunk).where(ImportChunk.import_id == row.id))
    emit(ImportFinished(import_id=row.id, status=row.status.value))


def lock(import_id: UUID) -> Import:
    """Lock an import until the transaction ends. Raises ImportNotFound."""
    return lock_entity(Import, import_id, ImportNotFound(import_id=import_id))


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


AT_ONCE = 20


def purge_imports() -> bool:
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
