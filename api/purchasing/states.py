"""The states of purchase orders."""

from enum import StrEnum

from api.kernel.states import StateMachine


class PurchaseOrderStatus(StrEnum):
    """Where a purchase order stands."""

    DRAFT = "draft"
    ORDERED = "ordered"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


AWAITED = (PurchaseOrderStatus.ORDERED, PurchaseOrderStatus.PARTIALLY_RECEIVED)
"""Its open units are incoming."""

PURCHASE_ORDER = StateMachine(
    "The purchase order",
    initial="draft",
    commands={
        "edit": {"draft": "draft"},
        "change": {
            "draft": "draft",
            "ordered": "ordered",
            "partially_received": "partially_received",
        },
        "order": {"draft": "ordered"},
        "email": {
            "ordered": "ordered",
            "partially_received": "partially_received",
            "received": "received",
        },
        "receive": {
            "ordered": "partially_received",
            "partially_received": "partially_received",
            # More of it may come after all; the units above the order are flagged.
            "received": "received",
        },
        "close": {"partially_received": "received"},
        "cancel": {"draft": "cancelled", "ordered": "cancelled"},
    },
)


def status_after_receipt(received: int, is_complete: bool) -> PurchaseOrderStatus:
    """Derive the status of an order that was placed from what has come of it."""
    if is_complete:
        return PurchaseOrderStatus.RECEIVED
    if received:
        return PurchaseOrderStatus.PARTIALLY_RECEIVED
    return PurchaseOrderStatus.ORDERED


class TransferStatus(StrEnum):
    """Where a transfer stands."""

    DRAFT = "draft"
    READY = "ready"
    IN_TRANSIT = "in_transit"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class TransferReason(StrEnum):
    """Why other units came than were shipped."""

    MISSING = "missing"
    DAMAGED = "damaged"
    MISCOUNTED = "miscounted"
    WRONG_ITEM = "wrong_item"
    OTHER = "other"


class RestOfTransfer(StrEnum):
    """What becomes of units in transit when their transfer is cancelled."""

    RESTOCK = "restock"
    WRITE_OFF = "write_off"


ON_THE_WAY = (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)
"""Its units that have not come are incoming."""

TRANSFER = StateMachine(
    "The transfer",
    initial="draft",
    commands={
        "edit": {"draft": "draft"},
        "mark_ready": {"draft": "ready"},
        "reopen": {"ready": "draft"},
        "ship": {"ready": "in_transit"},
        "receive": {
            "in_transit": "partially_received",
            "partially_received": "partially_received",
        },
        "undo_receipt": {
            "partially_received": "partially_received",
            "received": "partially_received",
        },
        "close": {"in_transit": "received", "partially_received": "received"},
        "cancel": {
            "draft": "cancelled",
            "ready": "cancelled",
            "in_transit": "cancelled",
            # What came stays where it came.
            "partially_received": "received",
        },
    },
    phrases={"mark_ready": "mark it ready", "undo_receipt": "undo its receipt"},
)
