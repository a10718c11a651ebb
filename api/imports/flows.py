"""Read a kept file from beginning to end, in batches that each stand for themselves.

1. Claim the file; whoever reads it already goes on alone.
2. Count its rows, which also finds out whether all of it is text.
3. Batch after batch: products, prices, pictures, stock, problems and progress in one transaction.
4. Let it go: finished, failed for good, or given back to be tried again.

Killed at any moment, the last batch is in whole or not at all, and the next reader goes on after
it.
"""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from api.imports import queries, service
from api.imports.service import Claim, ClaimLost
from api.imports.shopify import (
    Described,
    Sheet,
    SheetUnreadable,
    check_text,
    count_rows,
    described_products,
)
from api.kernel.principal import SYSTEM, Principal
from api.platform.db import session, transaction

ROWS_PER_BATCH = 500

Progress = Callable[[int, int], None]
"""Told how many rows were read, and how many there are."""


def check_file(content: Iterable[bytes]) -> None:
    """Refuse what can be seen to be no product file: other kinds, missing columns, no rows."""
    if next(Sheet(content).rows(), None) is None:
        raise SheetUnreadable("The file has a header and no products.")


def open_import(content: bytes, *, filename: str, currency: str, by: Principal) -> UUID:
    """Keep an uploaded file to be read by a worker. Needs a transaction.

    Refuses at once what is no product file or is not text in UTF-8 to its end.
    """
    check_text([content])
    check_file([content])
    return service.open_import(
        [content], filename=filename, currency=currency, by=by, announce=True
    )


def read_import(
    import_id: UUID, *, by: Principal = SYSTEM, on_progress: Progress | None = None
) -> bool:
    """Read a kept file; returns whether it was ours to read.

    Raises what broke on the way, after giving the file back for another try.
    """
    with transaction():
        held = service.claim(import_id)
    if held is None:
        return False
    try:
        _read(held, by=by, on_progress=on_progress)
    except ClaimLost:
        session.rollback()
    except SheetUnreadable as unreadable:
        session.rollback()
        with transaction():
            service.fail(held, unreadable.detail)
    except BaseException as broken:
        session.rollback()
        with transaction():
            service.give_back(held, f"{type(broken).__name__}: {broken}")
        raise
    return True


def _read(held: Claim, *, by: Principal, on_progress: Progress | None) -> None:
    total = held.rows_total
    sheet = Sheet(queries.file_chunks(held.import_id))
    if total is None:
        total = count_rows(queries.file_chunks(held.import_id))
        with transaction():
            service.note_sheet(held, rows_total=total, ignored_columns=sheet.ignored_columns)
    products = described_products(sheet, held.currency, after_row=held.rows_read + 1)
    for batch in _batches(products):
        with transaction():
            service.take_batch(held, batch, sheet, by=by)
        if on_progress is not None:
            on_progress(batch[-1].last_row - 1, total)
    with transaction():
        service.finish(held)


def _batches(products: Iterator[Described]) -> Iterator[list[Described]]:
    """Put products together until they have enough rows; a handle comes once in a batch."""
    batch: list[Described] = []
    handles: set[str] = set()
    rows = 0
    for product in products:
        handle = product.draft.slug or "" if product.draft else ""
        if batch and (rows >= ROWS_PER_BATCH or (handle and handle in handles)):
            yield batch
            batch, handles, rows = [], set(), 0
        batch.append(product)
        handles.add(handle)
        rows += product.row_count
    if batch:
        yield batch
