"""Statuses of a draft order."""

from enum import StrEnum

from api.kernel.states import StateMachine


class DraftStatus(StrEnum):
    """How far a draft has come."""

    OPEN = "open"
    SENT = "sent"
    PLACED = "placed"
    DISCARDED = "discarded"


DRAFT = StateMachine(
    "The draft",
    initial=DraftStatus.OPEN,
    commands={
        # A change ends the pay link that was sent.
        "edit": {DraftStatus.OPEN: DraftStatus.OPEN, DraftStatus.SENT: DraftStatus.OPEN},
        "reserve": {DraftStatus.OPEN: DraftStatus.OPEN, DraftStatus.SENT: DraftStatus.SENT},
        "send": {DraftStatus.OPEN: DraftStatus.SENT, DraftStatus.SENT: DraftStatus.SENT},
        "place": {DraftStatus.OPEN: DraftStatus.PLACED, DraftStatus.SENT: DraftStatus.PLACED},
        "discard": {
            DraftStatus.OPEN: DraftStatus.DISCARDED, DraftStatus.SENT: DraftStatus.DISCARDED,
        },
    },
)  # fmt: skip
