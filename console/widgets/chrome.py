"""The bars of every screen: the title, the entry bar and the key bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textual import events

from console import keys
from console.flows.transition import Feedback, Tone
from console.keys import Action, Rows
from console.messages import ActionChosen
from console.scan.input_buffer import InputBuffer
from console.theme import SYMBOLS, Styles
from console.widgets.line_widget import LineWidget
from console.widgets.text_layout import Line, Part, fit, width_of, wrapped

MAX_LINES = 4
"""Lines that one sentence may take of the screen."""


class StatusInfo(NamedTuple):
    """The right side of the title: who, how the line is, what waits, and the time."""

    person: str = ""
    mark: str = "○"
    line: str = "starting"
    tone: Tone | None = None
    waiting: str = ""
    clock: str = ""


class TitleBar(LineWidget):
    """Where you are, and how the shop is."""

    def __init__(self, styles: Styles) -> None:
        super().__init__(styles, id="title")
        self._crumbs: tuple[str, ...] = ()
        self._standing = StatusInfo()

    def show(self, crumbs: tuple[str, ...], standing: StatusInfo) -> None:
        """Show where we are; costs nothing when nothing changed."""
        if (crumbs, standing) != (self._crumbs, self._standing):
            self._crumbs, self._standing = crumbs, standing
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """Crumbs from the left, standing from the right."""
        styles, standing = self.theme_styles, self._standing
        parts: list[Part] = [(" ", styles.bar)]
        for n, crumb in enumerate(self._crumbs):
            last = n == len(self._crumbs) - 1
            if n:
                parts.append((" ▸ ", styles.bar_dim))
            parts.append((crumb, styles.bar_bright if last else styles.bar_dim))
        tone = styles.tones[standing.tone] if standing.tone else styles.bar
        right: list[Part] = []
        if standing.waiting:
            right.append((f"{standing.waiting}   ", styles.tones[Tone.NOTE]))
        right += [(f"{standing.mark} ", tone), (standing.line, styles.bar_dim)]
        if standing.person:
            # At the least the first name: whose hands these are must be seen on every console.
            name = standing.person if width >= 100 else standing.person.split()[0]
            right.insert(0, (f"{name}   ", styles.bar_dim))
        right.append((f"   {standing.clock} ", styles.bar))
        return Line(tuple(parts), tuple(right), styles.bar)


class EntryBar(LineWidget):
    """What is typed or scanned, and under it what came of it: the loudest place of the screen."""

    def __init__(self, styles: Styles, entry: InputBuffer, hint: str) -> None:
        super().__init__(styles, id="entry")
        self._entry = entry
        self.hint = hint
        self.shows_text = True
        """False where the screen itself shows what is typed."""

        self._feedback: Feedback | None = None
        self._busy = ""

    def say(self, feedback: Feedback | None) -> None:
        """Show what came of it; an error stays until the next thing that is right."""
        self._feedback = feedback
        self._fit()
        self.refresh()

    def on_resize(self) -> None:
        """A narrower window needs more lines for the same sentence."""
        self._fit()

    def _fit(self) -> None:
        """Be as tall as the sentence needs: what went wrong is never cut."""
        height = 1 + len(self._told(self.size.width or self.app.size.width))
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height

    def _told(self, width: int) -> list[str]:
        if self._feedback is None:
            return [""]
        return wrapped(self._feedback.text, width - 4)[:MAX_LINES]

    def work_on(self, words: str) -> None:
        """Show that a code is being looked up; empty when it is through."""
        if words != self._busy:
            self._busy = words
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """The typed line, then the answer to it."""
        return self._typed() if y == 0 else self._answer(y - 1, width)

    def _typed(self) -> Line:
        styles, entry = self.theme_styles, self._entry
        if not self.shows_text and not entry.is_coding:
            return Line(((f" {self.hint}", styles.dim),))
        text, at = entry.shown
        label = entry.prompt.label if entry.prompt and not entry.is_coding else ""
        parts: list[Part] = [(" ┃ ", styles.accent)]
        if label:
            parts.append((f"{label} ", styles.dim))
        parts += [(text[:at], styles.bright), ("▌", styles.accent), (text[at:], styles.bright)]
        if not text and not label:
            parts.append((f" {self.hint}", styles.dim))
        right = ((f"{self._busy} ", styles.tones[Tone.WAIT]),) if self._busy else ()
        return Line(tuple(parts), right)

    def _answer(self, row: int, width: int) -> Line:
        feedback = self._feedback
        if feedback is None:
            return Line((("─" * width, self.theme_styles.faint),))
        banner = self.theme_styles.banners[feedback.tone]
        told = self._told(width)
        symbol = SYMBOLS[feedback.tone] if row == 0 else " "
        words = told[row] if row < len(told) else ""
        return Line(((f" {symbol} {words}", banner),), ground=banner)


class KeyBar(LineWidget):
    """What can be pressed here: this screen's keys above, those of every screen below.

    What comes next is a filled block at the beginning. What does not fit is counted at the end of
    its row, and F1 shows it.
    """

    def __init__(self, styles: Styles, rows: tuple[Rows, Rows], may: Callable[[str], bool]) -> None:
        super().__init__(styles, id="keys")
        self._rows = rows
        self._may = may
        self._labels: dict[str, str] = {}

    def relabel(self, labels: dict[str, str]) -> None:
        """Call actions by what they do right now; an empty label takes one off."""
        if labels != self._labels:
            self._labels = labels
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """One row of keys."""
        styles = self.theme_styles
        places, left_out = self._placed(y, width)
        parts: list[Part] = []
        for place in places:
            parts.append((place.gap, styles.bar_edge))
            if place.action.id == "enter":
                parts.append((f" {place.action.face} {place.label} ", styles.enter))
            else:
                parts += [(place.action.face, styles.key), (f" {place.label}", styles.bar_dim)]
        more = ((f"+{left_out} ", styles.bar_dim),) if left_out else ()
        return Line(tuple(parts), more, ground=styles.bar)

    def on_click(self, event: events.Click) -> None:
        """A click on a key is a press of it."""
        for place in self._placed(event.y, self.size.width)[0]:
            if place.start <= event.x < place.end:
                self.post_message(ActionChosen(place.action.id))

    def _placed(self, y: int, width: int) -> tuple[list[Place], int]:
        """What there is room for, in its groups, and how many actions there is none for."""
        groups, wanted = self._rows[y]
        offered = [one for one in wanted if self._label(one) and self._may(keys.permission(one))]
        shown = offered
        while True:
            # Room for the number of those that are left out is kept only where there are some.
            room = width - (4 if len(shown) < len(offered) else 0)
            places = _in_a_row([[one for one in group if one in shown] for group in groups],
                               self._label)  # fmt: skip
            if not places or places[-1].end <= room:
                return places, len(offered) - len(shown)
            shown = shown[:-1]

    def _label(self, action: Action) -> str:
        return self._labels.get(action.id, action.label)


class Place(NamedTuple):
    """Where an action stands on the key bar, in cells."""

    action: Action
    label: str
    gap: str
    start: int
    end: int


def _in_a_row(groups: list[list[Action]], label: Callable[[Action], str]) -> list[Place]:
    places: list[Place] = []
    at = 0
    for group in groups:
        for n, action in enumerate(group):
            gap = "  " if n else (" │ " if places else " ")
            words = label(action)
            start = at + len(gap)
            block = 2 if action.id == "enter" else 0
            at = start + width_of(action.face) + 1 + width_of(words) + block
            places.append(Place(action, words, gap, start, at))
    return places


class TooSmall(LineWidget):
    """What is shown when there is no room to work in."""

    def line_at(self, y: int, width: int) -> Line:
        """Two sentences in the middle."""
        at = y - self.size.height // 2
        words = {
            -1: "Make the window larger, please.",
            0: "The console needs 60 × 20 characters;",
            1: f"this one has {self.app.size.width} × {self.app.size.height}.",
        }.get(at, "")
        gap = max(0, (width - len(words)) // 2)
        style = self.theme_styles.bright if at == -1 else self.theme_styles.dim
        return Line(((fit(" " * gap + words, width), style),))
