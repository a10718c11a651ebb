"""Words into cells: cutting, padding, columns, and whole lines ready for the screen.

Everything that reaches the terminal passes through here, so this is where control characters in a
customer's name stop being able to do anything.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from console.theme import Styles

Part = tuple[str, Style]

ELLIPSIS = "…"


def clean(text: str) -> str:
    """The text without anything that a terminal would obey instead of show."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "·" for c in text)


def width_of(text: str) -> int:
    """Cells that a clean text takes."""
    return len(text) if text.isascii() else cell_len(text)


@lru_cache(4096)
def fit(text: str, width: int, right: bool = False) -> str:
    """The text in exactly `width` cells: cut with an ellipsis, or padded."""
    text = clean(text)
    if width <= 0:
        return ""
    taken = width_of(text)
    if taken > width:
        text = text.rstrip()
        if width_of(text) > width:
            text = _cut(text, width - 1) + ELLIPSIS
        taken = width_of(text)
    return " " * (width - taken) + text if right else text + " " * (width - taken)


def _cut(text: str, width: int) -> str:
    """As much of the text as goes into this many cells."""
    if text.isascii():
        return text[:width]
    taken = 0
    for at, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return text[:at]
    return text


class Line(NamedTuple):
    """One line: parts from the left, parts that stick to the right, and its ground."""

    parts: tuple[Part, ...] = ()
    right: tuple[Part, ...] = ()
    ground: Style | None = None
    item: str = ""
    """What the line stands for, when the cursor can be on it."""


def segments(line: Line, width: int, base: Style) -> list[Segment]:
    """A line as exactly `width` cells; the right side wins when there is not enough room."""
    ground = base + line.ground if line.ground else base
    right = [Segment(clean(text), ground + style) for text, style in line.right]
    room = width - sum(width_of(part.text) for part in right)
    if room < 0:
        return Segment.adjust_line_length(right, width)
    if right and line.parts and room:
        # Left and right never touch: two figures side by side would read as one.
        right.insert(0, Segment(" ", ground))
        room -= 1
    made: list[Segment] = []
    used = 0
    for text, style in line.parts:
        text = clean(text)
        taken = width_of(text)
        if used + taken > room:
            text = fit(text, room - used)
            taken = room - used
        if text:
            _append(made, text, ground + style)
        used += taken
        if used >= room:
            break
    if used < room:
        _append(made, " " * (room - used), ground)
    return made + right


def _append(made: list[Segment], text: str, style: Style) -> None:
    """Add text to a line; neighbours of one style are one piece, which is half of what is sent."""
    if made and made[-1].style == style:
        made[-1] = Segment(made[-1].text + text, style)
    else:
        made.append(Segment(text, style))


class Column(NamedTuple):
    """A column of a table, in cells."""

    title: str
    width: int
    right: bool = False
    grow: int = 0
    """Share of the room that is left over."""

    from_width: int = 0
    """Shown only when the table is at least this wide."""


@lru_cache(256)
def layout_columns(columns: tuple[Column, ...], width: int) -> tuple[tuple[int, int], ...]:
    """Which columns are shown in this width, as (place, cells); two cells lie between them."""
    shown = [n for n, column in enumerate(columns) if width >= column.from_width]
    spare = width - sum(columns[n].width for n in shown) - 2 * (len(shown) - 1)
    shares = sum(columns[n].grow for n in shown)
    widths = []
    for n in shown:
        extra = max(0, spare) * columns[n].grow // shares if shares else 0
        widths.append((n, columns[n].width + extra))
    return tuple(widths)


def cells(
    columns: tuple[Column, ...], width: int, values: Sequence[Part], *, lead: Part
) -> tuple[Part, ...]:
    """A row's values in their columns, after a leading mark of its own width."""
    parts: list[Part] = [lead]
    arranged = layout_columns(columns, width - width_of(lead[0]))
    for place, (n, cells_wide) in enumerate(arranged):
        text, style = values[n]
        gap = "  " if place + 1 < len(arranged) else ""
        parts.append((fit(text, cells_wide, columns[n].right) + gap, style))
    return tuple(parts)


def table_head(columns: tuple[Column, ...], width: int, styles: Styles) -> Line:
    """The titles of a table."""
    titles = [(column.title, styles.heading) for column in columns]
    return Line(cells(columns, width - 2, titles, lead=("  ", styles.ink)))


def table_row(
    columns: tuple[Column, ...], width: int, values: Sequence[Part], styles: Styles,
    *, is_here: bool, thumb: str,
) -> Line:  # fmt: skip
    """A row of a table: marked where the cursor is, with its piece of the scroll bar."""
    lead: Part = ("▌ " if is_here else "  ", styles.accent)
    ground = styles.cursor if is_here else None
    parts = cells(columns, width - 2, values, lead=lead) if len(values) > 1 else (lead, *values)
    return Line(parts, ((thumb, styles.faint),), ground)


def thumb(y: int, rows: int, size: int, top: int) -> str:
    """The yth of so many rows' piece of the scroll bar, of a list of this size."""
    if size <= rows:
        return " "
    length = max(1, rows * rows // size)
    start = round(top / (size - rows) * (rows - length))
    return "┃" if start <= y < start + length else " "


def wrapped(text: str, width: int) -> list[str]:
    """A sentence in lines of at most `width` cells."""
    width = max(10, width)
    # Cleaned afterwards: a hard space keeps words together while the lines are cut.
    rows = [clean(row) for row in textwrap.wrap(text, width)] or [""]
    return [piece for row in rows for piece in _folded(row, width)]


def _folded(row: str, width: int) -> list[str]:
    """A line of wide characters, which are counted as one until now, in as many as it needs."""
    pieces = []
    while width_of(row) > width:
        pieces.append(_cut(row, width))
        row = row[len(pieces[-1]) :]
    return [*pieces, row]


def beside(left: Sequence[Line], right: Sequence[Line], width: int, between: Part) -> list[Line]:
    """Two pages side by side; the left one in exactly `width` cells."""
    rows = []
    for n in range(max(len(left), len(right))):
        one = left[n] if n < len(left) else Line()
        two = right[n] if n < len(right) else Line()
        parts = (*_filled(one, width), between, *two.parts)
        rows.append(Line(parts, two.right, item=one.item))
    return rows


def _filled(line: Line, width: int) -> list[Part]:
    """A line's parts, ground included, in exactly this many cells."""
    ground = line.ground or Style()
    right = sum(width_of(text) for text, _ in line.right)
    parts: list[Part] = []
    used = 0
    for text, style in line.parts:
        room = width - right - used
        shown = text if width_of(text) <= room else fit(text, max(0, room))
        parts.append((shown, ground + style))
        used += width_of(shown)
    parts.append((" " * max(0, width - right - used), ground))
    return [*parts, *((text, ground + style) for text, style in line.right)]
