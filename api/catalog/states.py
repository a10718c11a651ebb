"""Where a product may stand, and the three commands that move it."""

from api.kernel.states import StateMachine

PRODUCT = StateMachine(
    "This product",
    initial="draft",
    commands={
        "publish": {"draft": "active"},
        "archive": {"draft": "archived", "active": "archived"},
        "unarchive": {"archived": "draft"},
    },
)
