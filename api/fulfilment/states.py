"""Statuses of a parcel."""

from enum import StrEnum

from api.kernel.states import StateMachine


class TrackingStatus(StrEnum):
    """Where a parcel is, by its carrier. Data: it moves no stock and no money."""

    UNKNOWN = "unknown"
    PRE_TRANSIT = "pre_transit"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERED = "delivered"
    RETURN_TO_SENDER = "return_to_sender"
    FAILURE = "failure"


class FulfilmentState(StrEnum):
    """Status of a parcel."""

    OPEN = "open"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    """Was marked as shipped or picked up, but was never handed over, or was stopped on its way."""
    READY_FOR_PICKUP = "ready_for_pickup"
    PICKED_UP = "picked_up"


FULFILMENT = StateMachine(
    "The fulfilment",
    initial=FulfilmentState.OPEN,
    commands={
        "ship": {FulfilmentState.OPEN: FulfilmentState.SHIPPED},
        # A shipped parcel is not cancelled: a mistake is voided, and what comes back is a return.
        "cancel": {
            FulfilmentState.OPEN: FulfilmentState.CANCELLED,
            FulfilmentState.READY_FOR_PICKUP: FulfilmentState.CANCELLED,
        },
        "prepare": {FulfilmentState.OPEN: FulfilmentState.READY_FOR_PICKUP},
        "pick_up": {FulfilmentState.READY_FOR_PICKUP: FulfilmentState.PICKED_UP},
        "deliver": {FulfilmentState.SHIPPED: FulfilmentState.DELIVERED},
        "correct": {FulfilmentState.SHIPPED: FulfilmentState.SHIPPED},
        "void": {
            FulfilmentState.SHIPPED: FulfilmentState.VOIDED,
            FulfilmentState.PICKED_UP: FulfilmentState.VOIDED,
        },
    },
    phrases={"pick_up": "hand it over"},
)

CLAIMING = (FulfilmentState.OPEN, FulfilmentState.READY_FOR_PICKUP)
"""Its units are in no other parcel and have not left yet."""
