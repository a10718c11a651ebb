"""A table over a list of any length: it holds the rows near the window and asks for the rest.

A stock `DataTable` measures every cell of every row and freezes for ten seconds at 100 000 orders.
This one draws the lines that are visible, moves the cursor by drawing two lines, and asks for
pages as it comes near them; rows that are not here yet are drawn as such.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual import events
from textual.message import Message
from textual.strip import Strip

from console.client.models import Page
from console.flows.formatting import count
from console.flows.paged_list import Fetch, PagedList
from console.theme import Styles
from console.widgets.line_widget import LineWidget, strip
from console.widgets.text_layout import Column, Line, Part, table_head, table_row, thumb, wrapped

Row = TypeVar("Row")

STRIPS_KEPT = 300
"""Drawn rows that are remembered while scrolling."""

LOST_FOR = 2.0
"""Seconds for which nothing is chosen after others have taken the row under the cursor away."""

WHEEL = 3
"""Rows that one step of the mouse wheel moves."""


class WindowTable(LineWidget, Generic[Row]):
    """Shows a `PagedList` and lets a cursor walk through it."""

    @dataclass
    class PagesWanted(Message):
        """Rows near the window are not here yet."""

        table: WindowTable[Any]
        fetches: tuple[Fetch, ...]

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or on a newer version of it."""

        table: WindowTable[Any]

        def can_replace(self, message: Message) -> bool:
            """Only the last place matters when several are still to be told."""
            return isinstance(message, WindowTable.CursorMoved)

    @dataclass
    class RowChosen(Message):
        """A row was clicked a second time."""

        table: WindowTable[Any]

    def __init__(
        self,
        styles: Styles,
        columns: tuple[Column, ...],
        draw: Callable[[Row], Sequence[Part]],
        key: Callable[[Row], str],
        *,
        empty: str,
        id: str,
        is_one_way: bool = False,
    ) -> None:
        super().__init__(styles, id=id)
        self._columns = columns
        self._draw = draw
        self._key = key
        self._drawn: dict[tuple[int, str], Strip] = {}
        self.empty = empty
        self._is_one_way = is_one_way
        self.window = self.fresh_window(0)
        self.cursor = 0
        self.top = 0
        self._towards = 1
        self._has_failed = False
        self.lost = ""
        """The row that was under the cursor when it left the list."""

        self._lost_until = 0.0

    @property
    def current(self) -> Row | None:
        """The row that the cursor is on, once it is here.

        None for a moment after others took that row away: a key that was on its way to the finger
        is not for the row that came in its place.
        """
        return None if self.has_lost_row else self.window.row(self.cursor)

    @property
    def key(self) -> str:
        """The key of the row under the cursor; empty without one."""
        row = self.window.row(self.cursor)
        return self._key(row) if row is not None else ""

    @property
    def has_lost_row(self) -> bool:
        """Whether the row under the cursor has just been taken away by others."""
        return time.monotonic() < self._lost_until

    def why_none(self, otherwise: str) -> str:
        """Why there is no current row."""
        return f"{self.lost} has left this list: look again" if self.has_lost_row else otherwise

    @property
    def position(self) -> str:
        """Where the cursor is: `12 of 1 284`, `3 from the end of 10 000+`."""
        window = self.window
        if not window.is_loaded or not window.size:
            return ""
        total = count(window.total if window.total is not None else window.size)
        if window.has_unknown_length:
            if window.reads_from_the_end:
                return f"{count(window.size - self.cursor)} from the end of {total}+"
            total += "+"
        return f"{count(self.cursor + 1)} of {total}"

    @property
    def looked_at(self) -> tuple[int, int]:
        """The first and the last row in sight."""
        return self.top, self.top + self._rows - 1

    def fresh_window(self, generation: int) -> PagedList[Row]:
        """An empty window over this table's list; `is_one_way` if the shop cannot turn it over."""
        return PagedList(generation, is_one_way=self._is_one_way)

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row; False when it is not here."""
        for index, row in self.window.loaded():
            if self._key(row) == key:
                self._go(index)
                return True
        return False

    def start_over(self) -> Fetch:
        """Forget the rows and begin with another list; gives the page to ask for first."""
        self.window = self.fresh_window(self.window.generation + 1)
        self.cursor = self.top = 0
        self._has_failed = False
        self._lost_until = 0.0
        self._repaint()
        return self.window.first_fetch()

    def take_over(self, fresh: PagedList[Row], *, keeps_place: bool = False) -> None:
        """Show the same list as it is now, and stay on the same row if it is still near.

        With `keeps_place`, a row that has gone leaves nothing chosen for a moment.
        """
        row, key = self.window.row(self.cursor), self.key
        self.window = fresh
        for index, other in fresh.loaded():
            if key and self._key(other) == key:
                self.top = max(0, self.top + index - self.cursor)
                self.cursor = index
                break
        else:
            if keeps_place and row is not None:
                self.lost, self._lost_until = str(getattr(row, "number", "It")), _soon()
                self.set_timer(LOST_FOR, self._chosen_again)
        self._settle()

    def arrived(self, fetch: Fetch, page: Page[Row]) -> None:
        """A page is here."""
        moved = self.window.arrived(fetch, page)
        self.cursor += moved
        self.top += moved
        self._settle()

    def failed(self, fetch: Fetch) -> None:
        """A page did not come; the next move asks for it again."""
        self._has_failed = True
        self.window.failed(fetch)
        self._repaint()

    def put(self, row: Row) -> None:
        """Show a newer version of a row, where it is loaded near the window."""
        key = self._key(row)
        for index in range(max(0, self.top - 100), self.top + self._rows + 100):
            old = self.window.row(index)
            if old is not None and self._key(old) == key:
                self.window.replace(index, row)
                self._repaint()
                if index == self.cursor:
                    self.post_message(self.CursorMoved(self))
                return

    def put_all(self, rows: Sequence[Row]) -> None:
        """Show newer versions of rows that are in sight."""
        newer = {self._key(row): row for row in rows}
        for index in range(self.top, self.top + self._rows):
            old = self.window.row(index)
            row = newer.get(self._key(old)) if old is not None else None
            if row is not None and row != old:
                self.window.replace(index, row)
                if index == self.cursor:
                    self.post_message(self.CursorMoved(self))
        self._repaint()

    def invalidate(self) -> None:
        """Draw all rows anew: something that they show beside the row itself has changed."""
        self._repaint()

    def repaint(self) -> None:
        """Draw everything again."""
        self._repaint()

    def move(self, action: str) -> None:
        """Obey one of the moving keys."""
        self._lost_until = 0.0
        page = max(1, self._rows - 1)
        match action:
            case "up":
                self._go(self.cursor - 1)
            case "down":
                self._go(self.cursor + 1)
            case "page_up":
                self._go(self.cursor - page, scroll=-page)
            case "page_down":
                self._go(self.cursor + page, scroll=page)
            case "first":
                self._turn_to(end=False)
            case "last":
                self._turn_to(end=True)

    def render_line(self, y: int) -> Strip:
        """Draw the head, a row, or the empty place; the thumb of the scroll bar at the right."""
        width, ground = self.size.width, self.theme_styles.ground
        index = self.top + y - 1
        if y == 0:
            return strip(table_head(self._columns, width, self.theme_styles), width, ground)
        if self.window.size == 0:
            return strip(self._nothing(y), width, ground)
        if index >= self.window.size:
            return strip(Line(), width, ground)
        bar = thumb(y - 1, self._rows, self.window.size, self.top)
        if index == self.cursor:
            return strip(self._row(index, width, bar), width, ground)
        drawn = self._drawn.get((index, bar))
        if drawn is None or drawn.cell_length != width:
            drawn = strip(self._row(index, width, bar), width, ground)
            if self.window.row(index) is not None:
                self._drawn[index, bar] = drawn
        return drawn

    def on_resize(self) -> None:
        """Another width, another drawing; another height, other rows to ask for."""
        self._settle()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        event.stop()
        self._go(self.cursor + WHEEL, scroll=WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        event.stop()
        self._go(self.cursor - WHEEL, scroll=-WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Go to the row under the mouse; a second click chooses it."""
        index = self.top + event.y - 1
        if event.y < 1 or index >= self.window.size:
            return
        if index == self.cursor and event.chain > 1:
            self.post_message(self.RowChosen(self))
        else:
            self._go(index)

    @property
    def _rows(self) -> int:
        return max(1, self.size.height - 1)

    def _go(self, index: int, scroll: int = 0) -> None:
        if not self.window.size:
            return
        before, top = self.cursor, self.top
        self.cursor = min(max(0, index), self.window.size - 1)
        self._towards = 1 if self.cursor >= before else -1
        self.top += scroll
        self._hold_cursor()
        if self.top != top:
            self.refresh()
        elif self.cursor != before:
            self.repaint_line(before - top + 1)
            self.repaint_line(self.cursor - top + 1)
        if self.cursor != before or self.top != top:
            self._ask()
            self.post_message(self.CursorMoved(self))

    def _turn_to(self, *, end: bool) -> None:
        was_end = self.window.reads_from_the_end
        self._towards = -1 if end else 1
        self.cursor = self.window.go_to_end(end=end)
        if was_end != self.window.reads_from_the_end:
            self._drawn.clear()
        self._settle()

    def _settle(self) -> None:
        """After anything else than a move: stay in bounds, draw all, ask for what is missing."""
        self.cursor = min(max(0, self.cursor), max(0, self.window.size - 1))
        self._hold_cursor()
        self._repaint()
        self._ask()
        self.post_message(self.CursorMoved(self))

    def _hold_cursor(self) -> None:
        if not self.size.height:
            # Out of sight while something else takes its place: it comes back as it was left.
            return
        rows = self._rows
        self.top = min(max(self.top, self.cursor - rows + 1), self.cursor)
        self.top = max(0, min(self.top, max(0, self.window.size - rows)))

    def _chosen_again(self) -> None:
        self._repaint()
        self.post_message(self.CursorMoved(self))

    def _repaint(self) -> None:
        self._drawn.clear()
        self.refresh()

    def _ask(self) -> None:
        if len(self._drawn) > STRIPS_KEPT:
            self._drawn.clear()
        wanted = self.window.wanted(*self.looked_at, self._towards)
        if wanted:
            self.post_message(self.PagesWanted(self, tuple(wanted)))

    def _row(self, index: int, width: int, bar: str) -> Line:
        row, styles = self.window.row(index), self.theme_styles
        values = [(f"… {count(index + 1)}", styles.faint)] if row is None else self._draw(row)
        is_here = index == self.cursor and not self.has_lost_row
        return table_row(self._columns, width, values, styles, is_here=is_here, thumb=bar)

    def _nothing(self, y: int) -> Line:
        waits = "" if self._has_failed else "Reading …"
        words = self.empty if self.window.is_loaded else waits
        rows = wrapped(words, self.size.width - 6)
        if not 0 <= y - 2 < len(rows):
            return Line()
        return Line((("   ", self.theme_styles.ink), (rows[y - 2], self.theme_styles.dim)))


def _soon() -> float:
    return time.monotonic() + LOST_FOR
