"""What one step of a flow gives back: the new state, what to do, and what to tell the operator.

Small values that the first frame needs are named tuples throughout the console: they are as frozen
as a frozen dataclass, and defining one takes an eighth of the time.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

State = TypeVar("State")
Command = TypeVar("Command", covariant=True)


class Tone(StrEnum):
    """How something is said. Each has its own symbol, word and colour; never colour alone."""

    GOOD = "good"
    """Right: go on."""

    WRONG = "wrong"
    """Stop: nothing was changed. Loud, and it stays until the next right thing."""

    DONE = "done"
    """Finished."""

    NOTE = "note"
    """Worth knowing."""

    WAIT = "wait"
    """Not known yet."""


class Feedback(NamedTuple):
    """One sentence for the operator."""

    tone: Tone
    text: str


class Choice(NamedTuple):
    """One way to answer a question."""

    name: str
    label: str


class Question(NamedTuple):
    """Something to be sure about. The first choice is the safe one, and has the focus."""

    text: str
    choices: tuple[Choice, ...]
    focus: int = 0

    @property
    def focused(self) -> Choice:
        """The choice that Enter takes."""
        return self.choices[self.focus]

    def moved(self, by: int) -> Question:
        """The same question with the focus elsewhere."""
        return Question(self.text, self.choices, (self.focus + by) % len(self.choices))


class Transition(NamedTuple, Generic[State, Command]):
    """The outcome of one event."""

    state: State
    commands: tuple[Command, ...] = ()
    feedback: Feedback | None = None

    def saying(self, feedback: Feedback | None) -> Transition[State, Command]:
        """The same step with other words."""
        return Transition(self.state, self.commands, feedback)


def good(text: str) -> Feedback:
    """Right: go on."""
    return Feedback(Tone.GOOD, text)


def wrong(text: str) -> Feedback:
    """Stop, nothing was changed."""
    return Feedback(Tone.WRONG, text)


def done(text: str) -> Feedback:
    """Finished."""
    return Feedback(Tone.DONE, text)


def noted(text: str) -> Feedback:
    """Worth knowing."""
    return Feedback(Tone.NOTE, text)


def waiting(text: str) -> Feedback:
    """Not known yet."""
    return Feedback(Tone.WAIT, text)
