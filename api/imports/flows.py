"""Files from beginning to end: read, undone, exported; each step is a transaction of its own.

1. Claim the file; whoever reads it already goes on alone.
2. Count its rows, which also finds out whether all of it is text.
3. Batch after batch: products, prices, pictures, stock, problems and progress in one transaction.
4. Relate products to those that came later in the file than they.
5. Let it go: finished, failed for good, or given back to be tried again.

Killed at any moment, the last batch is in whole or not at all, and the next reader goes on after
it. An export reads and stores each piece in one transaction that sees the shop stand still,
together with how far it is: so every product in the file is as it was at one moment, none is in it
twice, and products that come while it is written are not in it.
"""

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import IO
from uuid import UUID

from sqlalchemy import text

from api.catalog.service import reindex
from api.imports import queries
from api.imports.formats.decoding import Decoding, SheetUnreadable
from api.imports.formats.detect import open_reader
from api.imports.formats.parsed import ImportReader, ParsedProduct
from api.imports.policy import FileFormat, OnConflict
from api.imports.service import (
    apply_batch,
    deferred_relations,
    dry_run,
    export_jobs,
    import_jobs,
    undo_jobs,
)
from api.imports.service.export_jobs import ExportClaim, ExportLost
from api.imports.service.import_jobs import Claim, ClaimLost
from api.kernel.principal import SYSTEM, Principal
from api.platform.db import session, transaction

ROWS_PER_BATCH = 500
TELL_PLANNER_AT_ROWS = 2_000
"""So many rows, and ten times as many, change what the database should know of its tables."""

PIECE_BYTES = 256 * 1024

Progress = Callable[[int, int], None]
"""Told how many rows were read, and how many there are."""


def check_file(
    content: Iterable[bytes],
    kind: FileFormat | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> FileFormat:
    """Return the kind of a file; refuse what can be seen to be no product file.

    That is other kinds, missing columns, no rows. `columns` are those that the file calls
    otherwise: their name, ours. Without an `encoding` the file is UTF-8 or guessed.
    """
    source = open_reader(content, kind, columns, encoding)
    if next(source.products("EUR"), None) is None:
        raise SheetUnreadable("The file has a header and no products.")
    return source.format


def pieces(opened: IO[bytes]) -> Generator[bytes]:
    """Read a file from its beginning, one piece at a time."""
    opened.seek(0)
    while piece := opened.read(PIECE_BYTES):
        yield piece


def open_import(
    opened: IO[bytes],
    *,
    filename: str,
    currency: str,
    by: Principal,
    kind: FileFormat | None = None,
    is_dry_run: bool = False,
    on_conflict: OnConflict = OnConflict.REFUSE,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> UUID:
    """Keep an uploaded file to be read by a worker. Needs a transaction.

    Refuses at once what is no product file or is not text to its end. Holds one piece of it in
    memory at a time.
    """
    for _ in Decoding(encoding).text(pieces(opened)):
        continue
    # A reader that stops at the head refers to itself, and so would keep the file for long.
    with closing(pieces(opened)) as beginning:
        found = check_file(beginning, kind, columns, encoding)
    return import_jobs.open_import(
        pieces(opened),
        filename=filename,
        currency=currency,
        by=by,
        announce=True,
        format=found,
        is_dry_run=is_dry_run,
        on_conflict=on_conflict,
        columns=columns,
        encoding=encoding,
    )


def read_import(
    import_id: UUID, *, by: Principal = SYSTEM, on_progress: Progress | None = None
) -> bool:
    """Read a kept file; returns whether it was ours to read.

    Raises what broke on the way, after giving the file back for another try.
    """
    with transaction():
        held = import_jobs.claim(import_id)
    if held is None:
        return False
    with _released(ClaimLost, partial(import_jobs.release_claim, held)):
        try:
            with _rare_collections():
                _read(held, by=by, on_progress=on_progress)
        except SheetUnreadable as unreadable:
            session.rollback()
            with transaction():
                import_jobs.fail(held, unreadable.detail)
    return True


@contextmanager
def _released(lost: type[Exception], release: Callable[[str], None]) -> Iterator[None]:
    """Give work back for another try when it breaks; work that is `lost` is no longer ours."""
    try:
        yield
    except lost:
        session.rollback()
    except BaseException as broken:
        session.rollback()
        with transaction():
            release(f"{type(broken).__name__}: {broken}")
        raise


def _read(held: Claim, *, by: Principal, on_progress: Progress | None) -> None:
    total = held.rows_total
    if held.is_dry_run and held.rows_read:
        with transaction():
            held = import_jobs.begin_again(held)
    if total is None:
        counted = _opened(held)
        total = counted.count_rows()
        with transaction():
            held = import_jobs.note_sheet(held, rows_total=total, source=counted)
    source = _opened(held)
    read, tell_at = 0, TELL_PLANNER_AT_ROWS
    with ExitStack() as stack:
        rehearsal = stack.enter_context(dry_run.DryRun()) if held.is_dry_run else None
        for batch in _batches(source.products(held.currency, after_row=held.rows_read + 1)):
            with transaction():
                apply_batch.take_batch(held, batch, source, rehearsal=rehearsal, by=by)
            read += sum(product.row_count for product in batch)
            if read >= tell_at:
                tell_at *= 10
                with transaction():
                    reindex.analyze_tables()
            if on_progress is not None:
                on_progress(batch[-1].last_row - 1, total)
    is_more = True
    while is_more:
        with transaction():
            is_more = deferred_relations.resolve_deferred_batch(held, source, by=by)
    with transaction():
        if read >= TELL_PLANNER_AT_ROWS:
            reindex.analyze_tables()
        import_jobs.finish(held)


def _opened(held: Claim) -> ImportReader:
    chunks = queries.file_chunks(held.import_id)
    return open_reader(chunks, held.format, held.columns, held.encoding)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage in circles less often: rows make none, and looking costs a fifth of all."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _batches(products: Iterator[ParsedProduct]) -> Iterator[list[ParsedProduct]]:
    """Put products together until they have enough rows; a product comes once in a batch."""
    batch: list[ParsedProduct] = []
    names: set[str] = set()
    rows = 0
    for product in products:
        own = _names(product)
        if batch and (rows >= ROWS_PER_BATCH or not names.isdisjoint(own)):
            yield batch
            batch, names, rows = [], set(), 0
        batch.append(product)
        names |= own
        rows += product.row_count
    if batch:
        yield batch


def _names(product: ParsedProduct) -> set[str]:
    """Return what a product is known by; two that share any of it are not in one batch."""
    if product.draft is not None:
        return {product.draft.slug or "", product.draft.external_reference or ""} - {""}
    return {product.document["slug"]} if product.document is not None else set()


def undo_import(import_id: UUID, *, by: Principal = SYSTEM) -> bool:
    """Undo what an import did; returns whether it was ours to do.

    Killed at any moment, the last step is done in whole or not at all, and the next worker goes
    on after it. Raises what broke on the way; the import is taken up again after a while.
    """
    with transaction():
        held = undo_jobs.claim_undo(import_id)
    if held is None:
        return False
    with _released(ClaimLost, lambda _: undo_jobs.release_undo(held)):
        is_more = True
        while is_more:
            with transaction():
                is_more = undo_jobs.undo_batch(held, by=by)
    return True


PRODUCTS_PER_PIECE = 100

Written = Callable[[int, int], None]
"""Told how many products were written, and how many there are."""


def write_export(export_id: UUID, *, on_progress: Written | None = None) -> bool:
    """Write an export to its end; returns whether it was ours to write.

    Raises what broke on the way, after giving it back for another try.
    """
    with transaction():
        held = export_jobs.claim_export(export_id)
    if held is None:
        return False
    with _released(ExportLost, partial(export_jobs.release_export, held)):
        with transaction():
            total = export_jobs.begin_export(held)
        written = _piece(held)
        while written is not None:
            if on_progress is not None:
                on_progress(written, total)
            written = _piece(held)
    return True


def _piece(held: ExportClaim) -> int | None:
    with transaction() as current:
        current.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        return export_jobs.write_piece(held, PRODUCTS_PER_PIECE)
