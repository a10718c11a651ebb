"""Home's upper part: the next job, and below it the day in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from console.flows.formatting import Sense
from console.flows.next_job import Job
from console.theme import Styles
from console.widgets.line_widget import LineWidget
from console.widgets.text_layout import Line, Part, width_of


class Figure(NamedTuple):
    """One number of the day with its name, its mark, and the key that shows more."""

    number: str
    name: str
    mark: str
    sense: Sense
    key: str = ""


class HomeTiles(LineWidget):
    """What to do now stands first and large; the figures are one line."""

    def __init__(self, styles: Styles, *, id: str) -> None:
        super().__init__(styles, id=id)
        self._job: Job | None = None
        self._nothing = ""
        self._figures: tuple[Figure, ...] = ()

    def show(self, job: Job | None, figures: Sequence[Figure], nothing: str) -> None:
        """Show another job and other figures; `nothing` is said where there is no job."""
        fresh = (job, nothing, tuple(figures))
        if fresh != (self._job, self._nothing, self._figures):
            self._job, self._nothing, self._figures = fresh
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """An edge of its colour, the job, why it is the next; then the figures."""
        styles, job = self.theme_styles, self._job
        if y in (1, 2):
            card = styles.card
            edge: Part = ("▌", styles.senses[job.sense if job else Sense.GOOD])
            if y == 1:
                head = (" NEXT  ", styles.heading + card)
                words = (job.title if job else self._nothing, styles.bright + card)
                block = (f" ⏎ {job.label} ", styles.enter) if job else ("", card)
                return Line(((" ", styles.ink), edge, head, words), (block, (" ", card)), card)
            why = (f"       {job.why if job else ''}", styles.dim + card)
            return Line(((" ", styles.ink), edge, why), (), card)
        return self._numbers(width) if y == 4 else Line()

    def _numbers(self, width: int) -> Line:
        styles = self.theme_styles
        parts: list[Part] = [(" ", styles.ink)]
        used = 1
        for one in self._figures:
            key = f" {one.key}" if one.key else ""
            words = f"{one.mark} {one.number} {one.name}{key}"
            if used + width_of(words) > width:
                break
            parts += [
                (f"{one.mark} ", styles.senses[one.sense]),
                (one.number, styles.bright),
                (f" {one.name}", styles.dim),
                (key, styles.key),
                ("   ", styles.ink),
            ]
            used += width_of(words) + 3
        return Line(tuple(parts))
