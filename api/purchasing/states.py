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
