"""Write the catalogue into a kept file, a piece at a time.

Each piece is read and stored in one transaction that sees the shop stand still, together with how
far it is: so every product in the file is as it was at one moment, none is in it twice, and
products that come while it is written are not in it. Killed at any moment, the next writer goes
on after the last piece.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import text

from api.imports import service
from api.imports.service import ExportClaim, ExportLost
from api.platform.db import session, transaction

PRODUCTS_PER_PIECE = 100

Written = Callable[[int, int], None]
"""Told how many products were written, and how many there are."""


def write_export(export_id: UUID, *, on_progress: Written | None = None) -> bool:
    """Write an export to its end; returns whether it was ours to write.

    Raises what broke on the way, after giving it back for another try.
    """
    with transaction():
        held = service.claim_export(export_id)
    if held is None:
        return False
    try:
        with transaction():
            total = service.begin_export(held)
        written = _piece(held)
        while written is not None:
            if on_progress is not None:
                on_progress(written, total)
            written = _piece(held)
    except ExportLost:
        session.rollback()
    except BaseException as broken:
        session.rollback()
        with transaction():
            service.give_export_back(held, f"{type(broken).__name__}: {broken}")
        raise
    return True


def _piece(held: ExportClaim) -> int | None:
    with transaction() as current:
        current.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        return service.write_piece(held, PRODUCTS_PER_PIECE)
