"""Verbs of imports: keep a file, hold it while it is read, take its products in, let it go.

And take them back; and of exports: hold a file while it is written.
"""

from api.imports.service.batches import take_batch
from api.imports.service.exporting import (
    ExportClaim,
    ExportLost,
    begin_export,
    cancel_export,
    claim_export,
    forget_exports,
    give_export_back,
    open_export,
    write_piece,
)
from api.imports.service.forgetting import forget_imports
from api.imports.service.keeping import (
    SILENCE,
    Claim,
    ClaimLost,
    begin_again,
    cancel,
    claim,
    fail,
    finish,
    give_back,
    note_sheet,
    open_import,
    run,
)
from api.imports.service.rehearsal import Rehearsal
from api.imports.service.settling import settle_batch
from api.imports.service.undoing import (
    UndoClaim,
    claim_undo,
    give_back_undo,
    request_undo,
    undo_batch,
)

__all__ = [
    "SILENCE",
    "Claim",
    "ClaimLost",
    "ExportClaim",
    "ExportLost",
    "Rehearsal",
    "UndoClaim",
    "begin_again",
    "begin_export",
    "cancel",
    "cancel_export",
    "claim",
    "claim_export",
    "claim_undo",
    "fail",
    "finish",
    "forget_exports",
    "forget_imports",
    "give_back",
    "give_back_undo",
    "give_export_back",
    "note_sheet",
    "open_export",
    "open_import",
    "request_undo",
    "run",
    "settle_batch",
    "take_batch",
    "undo_batch",
    "write_piece",
]
