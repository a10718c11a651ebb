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
    },
)
