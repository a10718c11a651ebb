"""Where an import may stand."""

from api.kernel.states import StateMachine

IMPORT = StateMachine(
    "This import",
    initial="pending",
    commands={
        "begin": {"pending": "running", "running": "running"},
        "finish": {"running": "completed"},
        "fail": {"running": "failed", "pending": "failed"},
        "cancel": {"pending": "cancelled", "running": "cancelled"},
        "run": {"completed": "pending"},
        "undo": {"completed": "undoing", "failed": "undoing", "cancelled": "undoing"},
        "finish undo": {"undoing": "undone"},
    },
)

EXPORT = StateMachine(
    "This export",
    initial="pending",
    commands={
        "begin": {"pending": "running", "running": "running"},
        "finish": {"running": "completed"},
        "fail": {"running": "failed", "pending": "failed"},
        "cancel": {"pending": "cancelled", "running": "cancelled"},
    },
)
