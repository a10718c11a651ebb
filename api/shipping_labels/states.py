"""Statuses of a label, and of a parcel on its way."""

from enum import StrEnum

from api.kernel.states import StateMachine


class LabelState(StrEnum):
    """Status of a label."""

    REQUESTED = "requested"
    """The carrier is being asked, or its answer never came: then it may be bought."""
    BOUGHT = "bought"
    FAILED = "failed"
    VOIDED = "voided"


LABEL = StateMachine(
    "The label",
    initial=LabelState.REQUESTED,
    commands={
        "record": {LabelState.REQUESTED: LabelState.BOUGHT},
        "fail": {LabelState.REQUESTED: LabelState.FAILED},
        "print": {LabelState.BOUGHT: LabelState.BOUGHT},
        "void": {LabelState.BOUGHT: LabelState.VOIDED},
    },
)

ACTIVE = (LabelState.REQUESTED, LabelState.BOUGHT)
"""While a parcel has one of these, no other label is bought for it."""
