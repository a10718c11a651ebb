"""What becomes of the shipping that a shared parcel saves."""

from enum import StrEnum


class SavingDecision(StrEnum):
    """What staff decided about the proposed refund."""

    REFUNDED = "refunded"
    KEPT = "kept"
