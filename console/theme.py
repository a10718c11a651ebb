"""Styles by meaning. Nothing in the console names a colour but `looks`.

Every meaning is also a symbol or a word, so the page without colours says the same.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style

from console import looks
from console.flows.formatting import Sense
from console.flows.transition import Tone


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


PALETTES = {name: Palette(**one) for name, one in looks.PALETTES.items()}


class Styles:
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

    def become(self, other: Styles) -> None:
        """Take all styles of another theme; whoever draws next draws with these."""
        self.__dict__.update(other.__dict__)


def _coloured(p: Palette) -> Styles:
    style = Style.parse
    return Styles(
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


def _uncoloured() -> Styles:
    return Styles(
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


def styles(*, colours: bool, theme: str = looks.DEFAULT) -> Styles:
    """The styles to draw with; a theme that this console does not know is the usual one."""
    return _coloured(PALETTES.get(theme, PALETTES[looks.DEFAULT])) if colours else _uncoloured()


def next_theme(theme: str) -> str:
    """The theme after this one."""
    names = list(PALETTES)
    return names[(names.index(theme) + 1) % len(names)] if theme in names else looks.DEFAULT
