"""A record of any kind: a row of its list, and its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.flows.formatting import Sense
from console.flows.records.formatting import RIGHT, sense_of, told
from console.flows.records.shapes import Kind, Record, Shown, at
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, cells, wrapped

LABEL = 14


def columns_of(shown: Sequence[Shown]) -> tuple[Column, ...]:
    """The columns of a list."""
    return tuple(
        Column(one.title, one.width, one.form in RIGHT, one.grow, one.from_width) for one in shown
    )


def record_row(
    paints: Styles, kind: Kind, pending: Callable[[Record], bool]
) -> Callable[[Record], Sequence[Part]]:
    """Draw a row; `pending` tells what has a command under way."""

    def draw(record: Record) -> Sequence[Part]:
        waits = pending(record)
        return [
            ("◔ being sent", paints.senses[Sense.PART])
            if waits and one.form == "state"
            else _part(one, record, paints, is_first=n == 0)
            for n, one in enumerate(kind.columns)
        ]

    return draw


def record_page(
    kind: Kind, record: Record, below: Sequence[Record], paints: Styles, width: int
) -> list[Line]:
    """Everything that is told of a record, and the list that belongs to it."""
    first, *others = kind.columns
    lines = [Line(((f" {told(first, at(record, first.path))}", paints.bright),)), Line()]
    for one in (*others, *kind.page):
        text, style = _part(one, record, paints)
        if not text:
            continue
        if not one.title:
            lines.append(Line())
            for row in text.splitlines():
                lines += [Line(((f" {piece}", style),)) for piece in wrapped(row, width - 2)]
            continue
        room = max(10, width - LABEL - 2)
        for n, row in enumerate(wrapped(text, room)):
            name = one.title.lower() if n == 0 else ""
            lines.append(Line(((f" {name:<{LABEL}}", paints.dim), (row, style))))
    if below:
        columns = columns_of(kind.below_shown)
        titles = [(column.title, paints.heading) for column in columns]
        lines += [Line(), Line(cells(columns, width - 1, titles, lead=(" ", paints.ink)))]
        for told_below in below:
            values = [_part(one, told_below, paints) for one in kind.below_shown]
            lines.append(Line(cells(columns, width - 1, values, lead=(" ", paints.ink))))
    return lines


def _part(one: Shown, record: Record, paints: Styles, *, is_first: bool = False) -> Part:
    value = at(record, one.path)
    if one.form == "state":
        return (told(one, value), paints.senses[sense_of(value)])
    if is_first:
        return (told(one, value), paints.bright)
    return (told(one, value), paints.dim if one.form in {"when", "age"} else paints.ink)
