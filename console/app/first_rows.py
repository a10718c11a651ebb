"""The first rows of the day, on the screen before Textual is loaded.

Loading Textual takes thirty times as long as starting Python. So what waits to be shipped is read
over a bare line and painted where Home shows it, by what Home draws it with; then the console
loads behind that picture and begins with the same rows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from rich.color import ColorSystem

from console import looks, settings
from console.client.bare import ask
from console.client.errors import OutOfContract
from console.client.models import OrderCard, Page
from console.client.pages import parse_page
from console.client.parsing import ADMIN
from console.client.session import Session
from console.flows.filters import OrderFilter
from console.flows.paged_list import PAGE
from console.theme import Styles, styles
from console.widgets.order_rows import QUEUE_COLUMNS, queue_row
from console.widgets.text_layout import Line, segments, table_head, table_row, thumb

TOP = 9
"""Lines above the queue: the title, the entry, and the next job with the figures."""

KEYS = 2
"""Lines below it."""

WIDE, BESIDE = 120, 36
"""From this width on, so many columns beside it show what was done on this console."""

SMALLEST = (60, 20)
WITHIN = 0.4
"""Seconds that the console waits for the shop before it loads without the rows."""


def show(
    arguments: Sequence[str], environment: Mapping[str, str], terminal: int
) -> Page[OrderCard] | None:
    """Read the rows and paint them on this terminal; None where Home has to read them itself.

    That is where nobody is signed in, the token is spent, the line is encrypted, the shop has a
    name that would have to be looked up, or it does not answer well and soon. What is wrong with
    the options is told when the console starts.
    """
    try:
        chosen = settings.read(arguments, environment)
    except settings.BadSettings:
        return None
    size = os.get_terminal_size(terminal)
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        return None
    page = _read(chosen)
    if page is None:
        return None
    look = styles(
        colours="NO_COLOR" not in environment, theme=looks.theme(chosen.home, chosen.theme)
    )
    os.write(terminal, painted(page, look, size.columns, size.lines).encode())
    return page


def painted(page: Page[OrderCard], look: Styles, columns: int, lines: int) -> str:
    """The queue as Home shows it in a window of this size, as a terminal obeys it."""
    width = columns - BESIDE if columns >= WIDE else columns
    rows = lines - TOP - KEYS - 1
    draw = queue_row(look, lambda _: False, Alone())
    size = page.mark.total if page.mark.total is not None else len(page.rows)
    drawn = [table_head(QUEUE_COLUMNS, width, look)]
    drawn += [
        table_row(QUEUE_COLUMNS, width, draw(order), look, is_here=n == 0,
                  thumb=thumb(n, rows, size, 0))
        for n, order in enumerate(page.rows[:rows])
    ]  # fmt: skip
    return "".join(
        f"\x1b[{n};1H{_as_sent(line, width, look)}" for n, line in enumerate(drawn, TOP + 1)
    )


class Alone:
    """What a row knows of the shop while nothing but the row has been read."""

    currency = ""

    def working_at(self, order_id: str) -> str:
        """Nobody is known to work at it."""
        return ""


def _as_sent(line: Line, width: int, look: Styles) -> str:
    return "".join(
        (piece.style or look.ground).render(piece.text, color_system=ColorSystem.TRUECOLOR)
        for piece in segments(line, width, look.ground)
    )


def _read(chosen: settings.Settings) -> Page[OrderCard] | None:
    session = Session(chosen.home / "sign-in.json", chosen.url)
    if not chosen.url.startswith("http:") or not session.is_signed_in or session.needs_renewal:
        return None
    query = {**OrderFilter().as_query(), "limit": str(PAGE), "include": "total"}
    headers = {"Authorization": f"Bearer {session.access_token}"}
    body = ask(chosen.url, f"{ADMIN}/orders", query, headers, within=WITHIN)
    try:
        return parse_page(OrderCard, body) if body else None
    except OutOfContract:
        return None  # Home asks again, and tells what is wrong with the answer
