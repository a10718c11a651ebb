"""Where a parcel may go."""

from enum import StrEnum

from api.kernel.states import StateMachine


class FulfilmentState(StrEnum):
    """One parcel, from the first unit put aside to the customer's door."""

    OPEN = "open"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


FULFILMENT = StateMachine(
    "The fulfilment",
    initial=FulfilmentState.OPEN,
    commands={
        "ship": {FulfilmentState.OPEN: FulfilmentState.SHIPPED},
        # Nothing is cancelled that has left the house: what comes back is a return.
        "cancel": {FulfilmentState.OPEN: FulfilmentState.CANCELLED},
        "deliver": {FulfilmentState.SHIPPED: FulfilmentState.DELIVERED},
    },
)
