"""The states of batches, their orders and their lines."""

from enum import StrEnum

from api.kernel.states import StateMachine


class BatchKind(StrEnum):
    """How a batch is picked."""

    ORDER = "order"
    """One order, with or without a tote."""
    SINGLE_ITEM = "single_item"
    """Orders of one unit, together in any tote: at the packing station an item finds its order."""
    TOTES = "totes"
    """Several orders, each in totes of its own."""


class BatchStatus(StrEnum):
    """The status of a batch."""

    RELEASED = "released"
    IN_PROGRESS = "in_progress"
    PARKED = "parked"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN_BATCH = (BatchStatus.RELEASED, BatchStatus.IN_PROGRESS, BatchStatus.PARKED)


class PickOrderStatus(StrEnum):
    """The status of an order in a batch."""

    PICKING = "picking"
    PICKED = "picked"
    """The batch is done; the units wait to be packed."""
    REMOVED = "removed"
    """Cancelled, or given back; what was picked is put back."""
    DONE = "done"
    """Nothing of it is left to ship."""


class PickLineStatus(StrEnum):
    """The status of a line."""

    TODO = "todo"
    PICKED = "picked"
    SHORT = "short"
    """Fewer units were found; the rest is open again, waits, or is picked from another bin."""
    REMOVED = "removed"


class ScanResult(StrEnum):
    """What a scan at the bin turned out to be. Only `ok` changes anything."""

    OK = "ok"
    WRONG_BIN = "wrong_bin"
    WRONG_ITEM = "wrong_item"
    WRONG_TOTE = "wrong_tote"
    TOO_MANY = "too_many"
    UNKNOWN = "unknown"
    WRONG_LOT = "wrong_lot"


BATCH = StateMachine(
    "The batch",
    initial=BatchStatus.RELEASED,
    commands={
        "claim": {
            BatchStatus.RELEASED: BatchStatus.IN_PROGRESS,
            BatchStatus.PARKED: BatchStatus.IN_PROGRESS,
            BatchStatus.IN_PROGRESS: BatchStatus.IN_PROGRESS,
        },
        "pick": {BatchStatus.IN_PROGRESS: BatchStatus.IN_PROGRESS},
        "park": {
            BatchStatus.RELEASED: BatchStatus.PARKED,
            BatchStatus.IN_PROGRESS: BatchStatus.PARKED,
        },
        "finish": {BatchStatus.IN_PROGRESS: BatchStatus.DONE},
        "cancel": dict.fromkeys(OPEN_BATCH, BatchStatus.CANCELLED),
    },
)
