"""A count in the making: what was scanned in which bin, before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from console.client.warehouse import CountLine, CountTask
from console.flows import bin_codes
from console.flows.line_items import bounded
from console.flows.transition import Transition, good, noted, wrong

CLOSED = ("posted", "held")
REASONS = ("count", "damaged", "lost", "found", "correction", "returned", "received", "other")
"""Why a figure is another than the books say, in the order of their digits."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Units of a line that were counted, and when the last of them was."""

    level_id: str
    bin_id: str | None
    sku: str
    units: int
    at: str
    reason: str = "count"


@dataclass(frozen=True, slots=True)
class Counting:
    """The lines of a count, the bin that somebody stands at, and what they scanned."""

    count: CountTask
    bin_id: str | None = ""
    """None for units in no bin; empty as long as nobody said where they stand."""

    cursor: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def lines(self) -> tuple[CountLine, ...]:
        """What is counted."""
        return self.count.lines

    @property
    def line(self) -> CountLine | None:
        """The line under the cursor."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    def entry(self, line: CountLine) -> Entry | None:
        """What was scanned of a line."""
        for one in self.entries:
            if (one.level_id, one.bin_id) == (line.level_id, line.bin_id):
                return one
        return None

    @property
    def left(self) -> tuple[CountLine, ...]:
        """Lines that nobody has counted."""
        return tuple(one for one in self.lines if one.status == "open" and self.entry(one) is None)

    @property
    def bins(self) -> int:
        """In how many bins, or in none, things are counted."""
        return len({one.bin_id for one in self.lines})


CountStep = Transition[Counting, None]


def renewed(state: Counting, count: CountTask) -> Counting:
    """The count was read again: what was scanned and is not sent stays."""
    known = {(one.level_id, one.bin_id) for one in count.lines}
    found = [one for one in state.lines if state.entry(one) and
             (one.level_id, one.bin_id) not in known]  # fmt: skip
    lines = (*count.lines, *found)
    return replace(state, count=replace(count, lines=lines), cursor=bounded(state.cursor, lines))


def place_of(state: Counting, code: str) -> int | None:
    """The line that a code means: in the bin that somebody stands at; at none, the only one."""
    at_hand = [n for n, one in enumerate(state.lines) if _is(code, one)]
    here = [n for n in at_hand if state.lines[n].bin_id == state.bin_id]
    if here:
        return here[0]
    # What is found in a bin where it should not be is added there, and not counted elsewhere.
    return at_hand[0] if len(at_hand) == 1 and state.bin_id == "" else None


def is_doubtful(state: Counting, code: str) -> bool:
    """Whether a code lies in several bins, and nobody said at which they stand."""
    return state.bin_id == "" and sum(_is(code, one) for one in state.lines) > 1


def is_own_recount(line: CountLine, person: str) -> bool:
    """Whether this person counted it, and another one has to count it again."""
    return line.status == "recount" and line.counted_by_name == person


def scanned(state: Counting, place: int, *, pack: int, units: int | None, at: str) -> CountStep:
    """One more of a line (or of a case of it); with `units` exactly so many of what was scanned."""
    line = state.lines[place]
    before = state.entry(line)
    total = (before.units if before else 0) + pack if units is None else units * pack
    return _counted(replace(state, cursor=place), line, total, at)


def change(state: Counting, by: int, *, at: str) -> CountStep:
    """One unit more or less of the line under the cursor."""
    line = state.line
    if line is None:
        return Transition(state, feedback=wrong("Scan what lies there"))
    before = state.entry(line)
    total = (before.units if before else 0) + by
    if total < 0:
        return Transition(state, feedback=wrong(f"{line.sku}: nothing of it was scanned yet"))
    return _counted(state, line, total, at)


def because(state: Counting, reason: str) -> CountStep:
    """Why the line under the cursor differs; it goes along when it is sent."""
    line = state.line
    entry = state.entry(line) if line else None
    if entry is None:
        return Transition(state, feedback=wrong("Count it first, then say why it differs"))
    fresh = replace(entry, reason=reason)
    entries = tuple(fresh if one is entry else one for one in state.entries)
    words = f"{entry.sku} {entry.units}: if it differs, {reason}"
    return Transition(replace(state, entries=entries), feedback=good(words))


def found(state: Counting, line: CountLine) -> Counting:
    """Something lies here that is not on the list."""
    lines = (*state.lines, line)
    return replace(state, count=replace(state.count, lines=lines), cursor=len(lines) - 1)


def went_to(state: Counting, bin_id: str, code: str) -> CountStep:
    """Somebody stands at another bin: what is scanned from now on lies there."""
    here = [n for n, one in enumerate(state.lines) if one.bin_id == bin_id]
    fresh = replace(state, bin_id=bin_id, cursor=here[0] if here else state.cursor)
    if not here:
        words = f"→ {code}: nothing should be there. Scan what is"
        return Transition(fresh, feedback=noted(words))
    return Transition(fresh, feedback=good(f"→ {code}: {len(here)} to count"))


def sent(state: Counting) -> Counting:
    """Everything scanned is on its way."""
    return replace(state, entries=())


def _is(code: str, line: CountLine) -> bool:
    return bin_codes.find(code, (line,)) is not None


def _counted(state: Counting, line: CountLine, total: int, at: str) -> CountStep:
    if line.status in CLOSED:
        words = f"{line.sku} is counted and closed: count the bin again for another figure"
        return Transition(state, feedback=wrong(words))
    before = state.entry(line)
    fresh = Entry(line.level_id, line.bin_id, line.sku, total, at,
                  before.reason if before else "count")  # fmt: skip
    others: Sequence[Entry] = [one for one in state.entries if one is not before]
    return Transition(
        replace(state, entries=(*others, fresh)), feedback=good(f"{line.sku} {total}")
    )
