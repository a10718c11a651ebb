"""What became of each row of a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from console.client.bulk_changes import BulkChange, BulkChangeRow, answer_of
from console.client.catalog_models import RowRefusal
from console.client.outbox import Command, State
from console.flows.formatting import count


class Result(StrEnum):
    """How far a row is."""

    CHANGED = "changed"
    CONFLICT = "changed by others"
    REFUSED = "refused"
    WAITING = "being sent"
    STOPPED = "held back"
    DROPPED = "dropped"
    UNTOLD = "sent, not told"


class RowOutcome(NamedTuple):
    """One row, and what became of it."""

    row: BulkChangeRow
    fate: Result
    why: str = ""


class Outcome(NamedTuple):
    """A change, row by row."""

    run: BulkChange
    rows: tuple[RowOutcome, ...]

    def count(self, *fates: Result) -> int:
        """How many rows came to that."""
        return sum(one.fate in fates for one in self.rows)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself or by a person in the outbox."""
        return not self.count(Result.WAITING, Result.STOPPED)

    @property
    def again(self) -> tuple[BulkChangeRow, ...]:
        """Rows that may be tried once more: refused ones, and those that somebody else changed."""
        wanted = (Result.CONFLICT, Result.REFUSED, Result.DROPPED)
        return tuple(one.row for one in self.rows if one.fate in wanted)

    @property
    def sentence(self) -> str:
        """How it went, in figures."""
        told = [f"{count(rows)} {fate}" for fate in Result if (rows := self.count(fate))]
        return ", ".join(told)


def outcome(run: BulkChange, commands: Sequence[Command]) -> Outcome:
    """Read a change's fate from its commands, which are in the order of its rows."""
    rows: list[RowOutcome] = []
    for command in commands:
        items = command.body["items"]
        assert isinstance(items, list)
        at = len(rows)
        rows += _fates(run.rows[at : at + len(items)], command)
    return Outcome(run, tuple(rows))


def _fates(rows: Sequence[BulkChangeRow], command: Command) -> Iterator[RowOutcome]:
    problem = command.problem or {}
    why = str(problem.get("detail", ""))
    simple = {
        State.WAITING: Result.WAITING,
        State.ASKING: Result.WAITING,
        State.STOPPED: Result.STOPPED,
        State.DROPPED: Result.DROPPED,
    }
    if command.state in simple:
        yield from (RowOutcome(row, simple[command.state], why) for row in rows)
        return
    answer = answer_of(command)
    results = {one.index: one for one in answer.data} if answer else {}
    for index, row in enumerate(rows):
        told = results.get(index)
        if told is None:
            yield RowOutcome(row, Result.UNTOLD, "Ctrl+R in the list shows what it is now")
        elif told.status == "ok":
            yield RowOutcome(row, Result.CHANGED)
        elif told.error is not None and told.error.code == "stale_version":
            yield RowOutcome(row, Result.CONFLICT)
        else:
            yield RowOutcome(row, Result.REFUSED, _why(told.error))


def _why(refusal: RowRefusal | None) -> str:
    if refusal is None:
        return "left undone"
    return " ".join([refusal.detail, *(one.detail for one in refusal.errors[:2])])
