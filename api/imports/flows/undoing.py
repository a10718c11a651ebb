"""Take an import back, some products at a time; each step stands for itself."""

from uuid import UUID

from api.imports import service
from api.imports.service import ClaimLost
from api.kernel.principal import SYSTEM, Principal
from api.platform.db import session, transaction


def undo_import(import_id: UUID, *, by: Principal = SYSTEM) -> bool:
    """Take back what an import did; returns whether it was ours to do.

    Killed at any moment, the last step is done in whole or not at all, and the next worker goes
    on after it. Raises what broke on the way; the import is taken up again after a while.
    """
    with transaction():
        held = service.claim_undo(import_id)
    if held is None:
        return False
    try:
        is_more = True
        while is_more:
            with transaction():
                is_more = service.undo_batch(held, by=by)
    except ClaimLost:
        session.rollback()
    except BaseException:
        session.rollback()
        with transaction():
            service.give_back_undo(held)
        raise
    return True
