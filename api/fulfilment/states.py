"""Where a parcel may go."""

from enum import StrEnum

from api.kernel.states import StateMachine


class FulfilmentState(StrEnum):
    """One parcel, from the first unit put aside to the customer's door."""

    OPEN = "open"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    """Counted as shipped, but it never left, or was caught before it arrived."""


FULFILMENT = StateMachine(
    "The fulfilment",
    initial=FulfilmentState.OPEN,
    commands={
        "ship": {FulfilmentState.OPEN: FulfilmentState.SHIPPED},
        # What has left is not cancelled: a slip is voided, and what comes back is a return.
        "cancel": {FulfilmentState.OPEN: FulfilmentState.CANCELLED},
        "deliver": {FulfilmentState.SHIPPED: FulfilmentState.DELIVERED},
        "correct": {FulfilmentState.SHIPPED: FulfilmentState.SHIPPED},
        "void": {FulfilmentState.SHIPPED: FulfilmentState.VOIDED},
    },
)
