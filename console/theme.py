"""Colours by meaning, in three palettes. Nothing in the console names a colour but this page.

Every meaning is also a symbol or a word, so the page without colours says the same.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from textual.theme import Theme

from console.flows.step import Tone
from console.flows.words import Sense


class Palette(NamedTuple):
    """The colours of one theme."""

    ground: str
    panel: str
    bar: str
    edge: str
    cursor: str
    ink: str
    bright: str
    dim: str
    faint: str
    blue: str
    green: str
    amber: str
    red: str
    enter: str
    """Words and ground of the key that does what comes next; so for the five banners."""

    good: str
    wrong: str
    done: str
    note: str
    wait: str


PALETTES = {
    "dark": Palette(
        "#10151c", "#161d26", "#1c2530", "#2c3947", "#1f3145", "#d5dde6", "#f4f8fc", "#8f9eae",
        "#7f90a2", "#6cb6ff", "#57d08c", "#e8b454", "#ff7a72", "#08131f on #6cb6ff",
        "#eafff3 on #14603a", "#ffffff on #b3261e", "#f0f7ff on #1b5690", "#fff6e0 on #5a4512",
        "#fff6e0 on #6d5312"),
    "light": Palette(
        "#fafbfc", "#eef1f4", "#e3e8ed", "#c4ccd4", "#d6e6f7", "#24303c", "#0b141d", "#55636f",
        "#5f6b77", "#0b5cad", "#12693b", "#7d5200", "#b3261e", "#ffffff on #0b5cad",
        "#06371d on #c9efd8", "#ffffff on #b3261e", "#08345f on #cfe4fa", "#463000 on #fbe8bd",
        "#463000 on #f6d98e"),
    "contrast": Palette(
        "#000000", "#000000", "#1a1a1a", "#8c8c8c", "#003c80", "#ffffff", "#ffffff", "#e0e0e0",
        "#c8c8c8", "#7fd4ff", "#7dffa8", "#ffe14d", "#ff9c94", "#000000 on #ffe14d",
        "#000000 on #7dffa8", "#ffffff on #b00000", "#000000 on #7fd4ff", "#000000 on #ffe14d",
        "#000000 on #ffe14d"),
}  # fmt: skip
"""What each theme is made of; the first is used where nobody chose."""

DEFAULT = "dark"
THEMES = {
    name: Theme(
        name=f"stockroom-{name}",
        primary=one.blue,
        foreground=one.ink,
        background=one.ground,
        surface=one.ground,
        panel=one.panel,
        success=one.green,
        warning=one.amber,
        error=one.red,
        dark=name != "light",
    )
    for name, one in PALETTES.items()
}


class Paints:
    """A style for each meaning. Only grounds have a background; words take that of their line.

    One object for the whole console: everything that draws holds it, and another theme is put into
    it while the console runs.
    """

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
    bar_edge: Style
    """What stands between groups of keys."""

    key: Style
    """A key on the key bar."""

    enter: Style
    """The key that does what comes next: a block with a ground of its own."""

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

    def __init__(self, **styles: object) -> None:
        self.__dict__.update(styles)

    def become(self, other: Paints) -> None:
        """Take all styles of another theme; whoever draws next draws with these."""
        self.__dict__.update(other.__dict__)


def _coloured(p: Palette) -> Paints:
    style = Style.parse
    return Paints(
        ground=style(f"{p.ink} on {p.ground}"),
        ink=style(p.ink),
        bright=style(f"bold {p.bright}"),
        dim=style(p.dim),
        faint=style(p.edge),
        accent=style(p.blue),
        bar=style(f"{p.ink} on {p.bar}"),
        bar_dim=style(p.dim),
        bar_bright=style(f"bold {p.bright}"),
        bar_edge=style(p.faint),
        key=style(f"bold {p.blue}"),
        enter=style(f"bold {p.enter}"),
        card=style(f"on {p.panel}"),
        cursor=style(f"on {p.cursor}"),
        heading=style(f"bold {p.dim}"),
        tones={
            Tone.GOOD: style(f"bold {p.green}"),
            Tone.WRONG: style(f"bold {p.red}"),
            Tone.DONE: style(f"bold {p.blue}"),
            Tone.NOTE: style(p.amber),
            Tone.WAIT: style(f"bold {p.amber}"),
        },
        banners={
            Tone.GOOD: style(f"bold {p.good}"),
            Tone.WRONG: style(f"bold {p.wrong}"),
            Tone.DONE: style(f"bold {p.done}"),
            Tone.NOTE: style(f"bold {p.note}"),
            Tone.WAIT: style(f"bold {p.wait}"),
        },
        senses={
            Sense.DUE: style(p.blue),
            Sense.PART: style(p.amber),
            Sense.GOOD: style(p.green),
            Sense.OFF: style(p.faint),
            Sense.BAD: style(f"bold {p.red}"),
            Sense.QUIET: style(p.dim),
        },
    )


_PLAIN, _BOLD, _FAINT = Style(), Style(bold=True), Style(dim=True)
_REVERSE = Style(reverse=True)


def _uncoloured() -> Paints:
    return Paints(
        ground=_PLAIN,
        ink=_PLAIN,
        bright=_BOLD,
        dim=_PLAIN,
        faint=_FAINT,
        accent=_BOLD,
        bar=_REVERSE,
        bar_dim=_PLAIN,
        bar_bright=_BOLD,
        bar_edge=_PLAIN,
        key=_BOLD,
        # On the reversed bar this turns the block back: it stands out there as well.
        enter=Style(reverse=False, bold=True),
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


def paints(*, colours: bool, theme: str = DEFAULT) -> Paints:
    """The styles to draw with; a theme that this console does not know is the usual one."""
    return _coloured(PALETTES.get(theme, PALETTES[DEFAULT])) if colours else _uncoloured()


def next_theme(theme: str) -> str:
    """The theme after this one."""
    names = list(PALETTES)
    return names[(names.index(theme) + 1) % len(names)] if theme in names else DEFAULT
