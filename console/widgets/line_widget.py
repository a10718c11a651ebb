"""A widget that draws lines, and a scrolling one that lets a cursor walk over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

from rich.style import Style
from textual import events
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from console.theme import Styles
from console.widgets.text_layout import Line, segments


def strip(line: Line, width: int, base: Style) -> Strip:
    """A line as Textual takes it."""
    return Strip(segments(line, width, base), width)


class LineWidget(Widget, can_focus=False):
    """Shows lines; one widget, however many there are."""

    ALLOW_SELECT = False

    def __init__(
        self, styles: Styles, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.theme_styles = styles

    def line_at(self, y: int, width: int) -> Line:
        """The line to show at this height; an empty one unless a kind of widget knows better."""
        return Line()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines, past the cache of styles.

        It exists for borders, padding and opacity, which no line widget has, and costs more than
        drawing the lines. Nor has any line one of the terminal's own colours to be converted.
        """
        filters = [f for f in self.get_line_filters() if not isinstance(f, ANSIToTruecolor)]
        lines = [self.render_line(y) for y in crop.line_range]
        if crop.x or crop.right != self.size.width:
            lines = [line.crop(crop.x, crop.right) for line in lines]
        for one in filters:
            ground = self.background_colors[1]
            lines = [line.apply_filter(one, ground) for line in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget."""
        width = self.size.width
        return strip(self.line_at(y, width), width, self.theme_styles.ground)

    def repaint(self) -> None:
        """Draw everything again, also what is remembered as it was drawn."""
        self.refresh()

    def repaint_line(self, y: int) -> None:
        """Draw one line again, and nothing else."""
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))


class Lines(Sequence[Line]):
    """Lines of which the many are made only when they are looked at."""

    def __init__(
        self, before: Sequence[Line], many: int, make: Callable[[int], Line], after: Sequence[Line]
    ) -> None:
        self._before = before
        self._many = many
        self._make = make
        self._after = after

    def __len__(self) -> int:
        return len(self._before) + self._many + len(self._after)

    @overload
    def __getitem__(self, at: int) -> Line: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Line]: ...

    def __getitem__(self, at: int | slice) -> Line | Sequence[Line]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        if at < len(self._before):
            return self._before[at]
        at -= len(self._before)
        return self._make(at) if at < self._many else self._after[at - self._many]


class CursorWidget(LineWidget):
    """Lines that scroll. Some may be items that the cursor goes to."""

    @dataclass
    class Chosen(Message):
        """An item was clicked."""

        sheet: CursorWidget
        item: str

    @dataclass
    class Resized(Message):
        """There is more or less room for the lines."""

        sheet: CursorWidget

    def __init__(
        self, styles: Styles, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(styles, id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self.top = 0

    def show(self, lines: Sequence[Line], *, keep_place: bool = True) -> None:
        """Show other lines; the place is kept unless the subject is another."""
        if keep_place and lines == self._lines:
            return
        self._lines = lines
        self.top = min(self.top, self._lowest) if keep_place else 0
        self.refresh()

    @property
    def is_at_the_end(self) -> bool:
        """Whether the last line is in sight."""
        return self.top >= self._lowest

    @property
    def _lowest(self) -> int:
        return max(0, len(self._lines) - self.size.height)

    def line_at(self, y: int, width: int) -> Line:
        """The line that has been scrolled to this height."""
        at = self.top + y
        if at >= len(self._lines):
            return Line()
        if y == self.size.height - 1 and at < len(self._lines) - 1:
            # A line of its own: half a row of figures under it would be read as whole.
            return Line((), ((f"{len(self._lines) - at} more ↓ ", self.theme_styles.dim),))
        return self._lines[at]

    def scroll_by(self, lines: int) -> None:
        """Move the window over the lines."""
        top = min(max(0, self.top + lines), self._lowest)
        if top != self.top:
            self.top = top
            self.refresh()

    def reveal(self, item: str) -> None:
        """Scroll so that an item can be seen, and what is told of it below, as far as it fits."""
        for at, line in enumerate(self._lines):
            if line.item == item:
                # The last line of the window tells how many more there are, until the end.
                last = min(self._end_of(at), at + self.size.height - 1) - 1
                lowest = self.top + self.size.height - (2 if self.top < self._lowest else 1)
                if last < self.size.height - 1:
                    # From the beginning, so that a head that was pushed out comes back.
                    self.scroll_by(-self.top)
                elif at < self.top:
                    self.scroll_by(at - self.top)
                elif last > lowest:
                    self.scroll_by(last - lowest)
                return

    def _end_of(self, at: int) -> int:
        """The line after an item and what belongs to it: the next item, or an empty line."""
        for end in range(at + 1, len(self._lines)):
            if self._lines[end].item or not self._lines[end].parts:
                return end
        return len(self._lines)

    def move(self, action: str) -> None:
        """Obey one of the moving keys."""
        page = max(1, self.size.height - 1)
        steps = {"up": -1, "down": 1, "page_up": -page, "page_down": page}
        far = len(self._lines)
        self.scroll_by(steps.get(action, -far if action == "first" else far))

    def on_resize(self) -> None:
        """Stay inside the lines when there is more room."""
        self.top = min(self.top, self._lowest)
        self.post_message(self.Resized(self))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_by(-3)

    def on_click(self, event: events.Click) -> None:
        """Choose the item under the mouse."""
        at = self.top + event.y
        if at < len(self._lines) and self._lines[at].item:
            self.post_message(self.Chosen(self, self._lines[at].item))
