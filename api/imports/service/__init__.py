"""Verbs of imports: keep a file, hold it while it is read, take its products in, let it go."""

from api.imports.service.batches import take_batch
from api.imports.service.keeping import (
    SILENCE,
    Claim,
    ClaimLost,
    cancel,
    claim,
    fail,
    finish,
    give_back,
    note_sheet,
    open_import,
)

__all__ = [
    "SILENCE",
    "Claim",
    "ClaimLost",
    "cancel",
    "claim",
    "fail",
    "finish",
    "give_back",
    "note_sheet",
    "open_import",
    "take_batch",
]
