"""Colours by meaning. Nothing in the console names a colour but this page.

Every meaning is also a symbol or a word, so the page without colours says the same.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from textual.theme import Theme

from console.flows.step import Tone
from console.flows.words import Sense

NIGHT = "#10151c"
PANEL = "#161d26"
BAR = "#1c2530"
EDGE = "#2c3947"
INK = "#d5dde6"
BRIGHT = "#f4f8fc"
DIM = "#8796a6"
FAINT = "#718295"
BLUE = "#6cb6ff"
GREEN = "#57d08c"
AMBER = "#e8b454"
RED = "#ff7a72"

THEME = Theme(
    name="stockroom",
    primary=BLUE,
    foreground=INK,
    background=NIGHT,
    surface=NIGHT,
    panel=PANEL,
    success=GREEN,
    warning=AMBER,
    error=RED,
    dark=True,
)


class Paints(NamedTuple):
    """A style for each meaning. Only grounds have a background; words take that of their line."""

    ground: Style
    ink: Style
    bright: Style
    """What the eye should find first."""

    dim: Style
    """Secondary: labels, units, times."""

    faint: Style
    """Rules and placeholders."""

    accent: Style
    bar: Style
    bar_dim: Style
    bar_bright: Style
    key: Style
    """A key on the key bar."""

    card: Style
    """Background of a thing that stands for itself."""

    cursor: Style
    """Background of the row that the cursor is on."""

    heading: Style
    tones: dict[Tone, Style]
    """Words in the text."""

    banners: dict[Tone, Style]
    """The whole entry bar."""

    senses: dict[Sense, Style]


COLOURED = Paints(
    ground=Style.parse(f"{INK} on {NIGHT}"),
    ink=Style.parse(INK),
    bright=Style.parse(f"bold {BRIGHT}"),
    dim=Style.parse(DIM),
    faint=Style.parse(EDGE),
    accent=Style.parse(BLUE),
    bar=Style.parse(f"{INK} on {BAR}"),
    bar_dim=Style.parse(DIM),
    bar_bright=Style.parse(f"bold {BRIGHT}"),
    key=Style.parse(f"bold {BLUE}"),
    card=Style.parse(f"on {PANEL}"),
    cursor=Style.parse("on #1f3145"),
    heading=Style.parse(f"bold {DIM}"),
    tones={
        Tone.GOOD: Style.parse(f"bold {GREEN}"),
        Tone.WRONG: Style.parse(f"bold {RED}"),
        Tone.DONE: Style.parse(f"bold {BLUE}"),
        Tone.NOTE: Style.parse(AMBER),
        Tone.WAIT: Style.parse(f"bold {AMBER}"),
    },
    banners={
        Tone.GOOD: Style.parse("bold #eafff3 on #14603a"),
        Tone.WRONG: Style.parse("bold #ffffff on #b3261e"),
        Tone.DONE: Style.parse("bold #f0f7ff on #1b5690"),
        Tone.NOTE: Style.parse("bold #fff6e0 on #5a4512"),
        Tone.WAIT: Style.parse("bold #fff6e0 on #6d5312"),
    },
    senses={
        Sense.DUE: Style.parse(BLUE),
        Sense.PART: Style.parse(AMBER),
        Sense.GOOD: Style.parse(GREEN),
        Sense.OFF: Style.parse(FAINT),
        Sense.BAD: Style.parse(f"bold {RED}"),
        Sense.QUIET: Style.parse(DIM),
    },
)

_PLAIN, _BOLD, _FAINT = Style(), Style(bold=True), Style(dim=True)
_REVERSE = Style(reverse=True)

UNCOLOURED = Paints(
    ground=_PLAIN,
    ink=_PLAIN,
    bright=_BOLD,
    dim=_PLAIN,
    faint=_FAINT,
    accent=_BOLD,
    bar=_REVERSE,
    bar_dim=_PLAIN,
    bar_bright=_BOLD,
    key=_BOLD,
    card=_PLAIN,
    cursor=Style(bold=True, underline=True),
    heading=Style(bold=True, underline=True),
    tones=dict.fromkeys(Tone, _BOLD),
    banners={
        Tone.GOOD: _BOLD,
        Tone.WRONG: Style(reverse=True, bold=True),
        Tone.DONE: _BOLD,
        Tone.NOTE: _PLAIN,
        Tone.WAIT: _BOLD,
    },
    senses={
        Sense.DUE: _PLAIN,
        Sense.PART: _PLAIN,
        Sense.GOOD: _PLAIN,
        Sense.OFF: _FAINT,
        Sense.BAD: _BOLD,
        Sense.QUIET: _FAINT,
    },
)

SYMBOLS = {
    Tone.GOOD: "✔",
    Tone.WRONG: "✖",
    Tone.DONE: "✔",
    Tone.NOTE: "▪",
    Tone.WAIT: "◔",
}
"""What each tone looks like without colour."""


def paints(*, colours: bool) -> Paints:
    """The styles to draw with."""
    return COLOURED if colours else UNCOLOURED
