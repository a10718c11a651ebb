"""Statuses of a parcel."""

from enum import StrEnum

from api.kernel.states import StateMachine


class FulfilmentState(StrEnum):
    """Status of a parcel."""

    OPEN = "open"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    """Was marked as shipped, but was never handed over, or was stopped before delivery."""


FULFILMENT = StateMachine(
    "The fulfilment",
    initial=FulfilmentState.OPEN,
    commands={
        "ship": {FulfilmentState.OPEN: FulfilmentState.SHIPPED},
        # A shipped parcel is not cancelled: a mistake is voided, and what comes back is a return.
        "cancel": {FulfilmentState.OPEN: FulfilmentState.CANCELLED},
        "deliver": {FulfilmentState.SHIPPED: FulfilmentState.DELIVERED},
        "correct": {FulfilmentState.SHIPPED: FulfilmentState.SHIPPED},
        "void": {FulfilmentState.SHIPPED: FulfilmentState.VOIDED},
    },
)
