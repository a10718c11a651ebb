"""An undo stack: reverts steps of a draft one by one."""

from __future__ import annotations

from typing import Generic, TypeVar

State = TypeVar("State")

REMEMBERED = 100


class UndoStack(Generic[State]):
    """A draft and the drafts it was before."""

    def __init__(self, state: State) -> None:
        self.now = state
        self._before: list[tuple[State, str]] = []

    @property
    def can_go_back(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._before)

    def went_on(self, state: State, what: str) -> None:
        """A step that can be undone; `what` names it for the operator."""
        self._before.append((self.now, what))
        del self._before[:-REMEMBERED]
        self.now = state

    def moved(self, state: State) -> None:
        """A change that is no work: the cursor, an answer of the shop."""
        self.now = state

    def back(self) -> str:
        """Undo the last step and name it."""
        self.now, what = self._before.pop()
        return what
