"""Where a product or a scheduled price may stand, and the commands that move it."""

from enum import StrEnum

from api.kernel.states import StateMachine


class ProductStatus(StrEnum):
    """Draft and archived products are for staff only; active ones are published."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


PRODUCT = StateMachine(
    "This product",
    initial="draft",
    commands={
        "publish": {"draft": "active"},
        "archive": {"draft": "archived", "active": "archived"},
        "unarchive": {"archived": "draft"},
    },
)

SCHEDULE = StateMachine(
    "This scheduled price",
    initial="waiting",
    commands={
        "start": {"waiting": "running"},
        "settle": {"waiting": "ended"},
        "miss": {"waiting": "ended"},
        "end": {"running": "ended"},
        "cancel": {"waiting": "cancelled", "running": "cancelled"},
    },
)
