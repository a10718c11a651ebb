"""A record of any kind: a row of its list, and its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.flows.formatting import Sense
from console.flows.records.formatting import RIGHT, sense_of, told
from console.flows.records.shapes import Field, Kind, Record, at
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, cells, wrapped

LABEL = 14


def columns_of(shown: Sequence[Field]) -> tuple[Column, ...]:
    """The columns of a list."""
    return tuple(
        Column(one.title, one.width, one.form in RIGHT, one.grow, one.from_width) for one in shown
    )


def record_row(
    styles: Styles,
    kind: Kind,
    pending: Callable[[Record], bool],
    chosen: Callable[[Record], bool],
) -> Callable[[Record], Sequence[Part]]:
    """Draw a row; `pending` tells what has a command under way, `chosen` what was chosen."""

    def draw(record: Record) -> Sequence[Part]:
        is_pending = pending(record)
        parts = [
            ("◔ being sent", styles.senses[Sense.PART])
            if is_pending and one.form == "state"
            else _part(one, record, styles, is_first=n == 0)
            for n, one in enumerate(kind.columns)
        ]
        return [(f"▪{parts[0][0]}", parts[0][1]), *parts[1:]] if chosen(record) else parts

    return draw


def record_page(
    kind: Kind, record: Record, below: Sequence[Record], styles: Styles, width: int
) -> list[Line]:
    """Everything that is told of a record, and the list that belongs to it."""
    first, *others = kind.columns
    lines = [Line(((f" {told(first, at(record, first.path))}", styles.bright),)), Line()]
    for one in (*others, *kind.page):
        text, style = _part(one, record, styles)
        if not text:
            continue
        if not one.title:
            lines.append(Line())
            for row in text.splitlines():
                lines += [Line(((f" {piece}", style),)) for piece in wrapped(row, width - 2)]
            continue
        room = max(10, width - LABEL - 2)
        rows = [piece for row in text.splitlines() for piece in wrapped(row, room)]
        for n, row in enumerate(rows):
            name = one.title.lower() if n == 0 else ""
            lines.append(Line(((f" {name:<{LABEL - 1}} ", styles.dim), (row, style))))
    if below:
        columns = columns_of(kind.below_shown)
        titles = [(column.title, styles.heading) for column in columns]
        lines += [Line(), Line(cells(columns, width - 1, titles, lead=(" ", styles.ink)))]
        for told_below in below:
            values = [_part(one, told_below, styles) for one in kind.below_shown]
            lines.append(Line(cells(columns, width - 1, values, lead=(" ", styles.ink))))
    return lines


def _part(one: Field, record: Record, styles: Styles, *, is_first: bool = False) -> Part:
    value = at(record, one.path)
    if one.form == "state":
        return (told(one, value), styles.senses[sense_of(value)])
    if is_first:
        return (told(one, value), styles.bright)
    return (told(one, value), styles.dim if one.form in {"when", "age"} else styles.ink)
