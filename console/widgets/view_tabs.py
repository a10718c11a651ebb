"""The views of a list, with the one that is shown marked by more than its colour."""

from __future__ import annotations

from collections.abc import Sequence

from console.theme import Styles
from console.widgets.line_widget import LineWidget
from console.widgets.text_layout import Line, Part


class ViewTabs(LineWidget):
    """A line of names; where the cursor is in the list stands at its right."""

    def __init__(self, styles: Styles, *, id: str) -> None:
        super().__init__(styles, id=id)
        self._names: tuple[str, ...] = ()
        self._current = ""
        self._note = ""
        self._position = ""

    def show(self, names: Sequence[str], current: str, *, note: str, position: str) -> None:
        """Show which view of which, and where in it."""
        fresh = (tuple(names), current, note, position)
        if fresh != (self._names, self._current, self._note, self._position):
            self._names, self._current, self._note, self._position = fresh
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """The names; then room to breathe."""
        if y:
            return Line()
        styles = self.theme_styles
        parts: list[Part] = [(" ", styles.ink)]
        taken = sum(len(name) + 4 for name in self._names) + len(self._note) + len(self._position)
        gap = "  " if taken + 2 <= width else " "
        for name in self._names:
            if name == self._current:
                mark = ("▸" + gap[1:], styles.accent)
                parts += [mark, (name, styles.bright), (gap, styles.ink)]
            else:
                parts.append((f"{gap}{name}{gap}", styles.dim))
        if self._note:
            parts.append((self._note, styles.accent))
        return Line(tuple(parts), ((f"{self._position} ", styles.dim),))
