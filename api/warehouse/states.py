"""The states of a count, and its commands."""

from enum import StrEnum

from api.kernel.states import StateMachine


class CountStatus(StrEnum):
    """The status of a count."""

    PLANNED = "planned"
    COUNTING = "counting"
    POSTED = "posted"
    DISCARDED = "discarded"


class LineStatus(StrEnum):
    """The status of one line of a count."""

    OPEN = "open"
    RECOUNT = "recount"
    """The difference is above the tolerance: another person counts again."""
    BLOCKED = "blocked"
    """Orders or checkouts need units that were not found."""
    HELD = "held"
    """The difference exceeds a limit of the role, and waits as an adjustment."""
    POSTED = "posted"


COUNT = StateMachine(
    "The count",
    initial=CountStatus.PLANNED,
    commands={
        "count": {
            CountStatus.PLANNED: CountStatus.COUNTING,
            CountStatus.COUNTING: CountStatus.COUNTING,
        },
        "finish": {
            CountStatus.PLANNED: CountStatus.POSTED,
            CountStatus.COUNTING: CountStatus.POSTED,
        },
        "discard": {
            CountStatus.PLANNED: CountStatus.DISCARDED,
            CountStatus.COUNTING: CountStatus.DISCARDED,
        },
    },
)
