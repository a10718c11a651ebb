"""The three bars that every screen has: where you are, what you type, what you can press."""

from __future__ import annotations

from typing import NamedTuple

from textual import events

from console.flows.step import Feedback, Tone
from console.keys import Action
from console.messages import Pressed
from console.scan.entry import Entry
from console.theme import SYMBOLS, Paints
from console.widgets.drawn import Drawn
from console.widgets.ink import Line, Part, fit, width_of


class Standing(NamedTuple):
    """The right side of the title: who, how the line is, what waits, and the time."""

    person: str = ""
    mark: str = "○"
    line: str = "starting"
    tone: Tone | None = None
    waiting: str = ""
    clock: str = ""


class TitleBar(Drawn):
    """Where you are, and how the shop is."""

    def __init__(self, paints: Paints) -> None:
        super().__init__(paints, id="title")
        self._crumbs: tuple[str, ...] = ()
        self._standing = Standing()

    def show(self, crumbs: tuple[str, ...], standing: Standing) -> None:
        """Show where we are; costs nothing when nothing changed."""
        if (crumbs, standing) != (self._crumbs, self._standing):
            self._crumbs, self._standing = crumbs, standing
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """Crumbs from the left, standing from the right."""
        paints, standing = self.paints, self._standing
        parts: list[Part] = [(" ", paints.bar)]
        for n, crumb in enumerate(self._crumbs):
            last = n == len(self._crumbs) - 1
            if n:
                parts.append((" ▸ ", paints.bar_dim))
            parts.append((crumb, paints.bar_bright if last else paints.bar_dim))
        tone = paints.tones[standing.tone] if standing.tone else paints.bar
        right: list[Part] = []
        if standing.waiting:
            right.append((f"{standing.waiting}   ", paints.tones[Tone.NOTE]))
        right += [(f"{standing.mark} ", tone), (standing.line, paints.bar_dim)]
        if standing.person and width >= 100:
            right.insert(0, (f"{standing.person}   ", paints.bar_dim))
        right.append((f"   {standing.clock} ", paints.bar))
        return Line(tuple(parts), tuple(right), paints.bar)


class EntryBar(Drawn):
    """What is typed or scanned, and under it what came of it: the loudest place of the screen."""

    def __init__(self, paints: Paints, entry: Entry, hint: str) -> None:
        super().__init__(paints, id="entry")
        self._entry = entry
        self.hint = hint
        self.shows_text = True
        """False where the screen itself shows what is typed."""

        self._feedback: Feedback | None = None
        self._busy = ""

    def say(self, feedback: Feedback | None) -> None:
        """Show what came of it; an error stays until the next thing that is right."""
        self._feedback = feedback
        self.refresh()

    def work_on(self, words: str) -> None:
        """Show that a code is being looked up; empty when it is through."""
        if words != self._busy:
            self._busy = words
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """The typed line, then the answer to it."""
        return self._typed() if y == 0 else self._answer(width)

    def _typed(self) -> Line:
        paints, entry = self.paints, self._entry
        if not self.shows_text and not entry.is_coding:
            return Line(((f" {self.hint}", paints.dim),))
        text, at = entry.shown
        label = entry.prompt.label if entry.prompt and not entry.is_coding else ""
        parts: list[Part] = [(" ┃ ", paints.accent)]
        if label:
            parts.append((f"{label} ", paints.dim))
        parts += [(text[:at], paints.bright), ("▌", paints.accent), (text[at:], paints.bright)]
        if not text and not label:
            parts.append((f" {self.hint}", paints.dim))
        right = ((f"{self._busy} ", paints.tones[Tone.WAIT]),) if self._busy else ()
        return Line(tuple(parts), right)

    def _answer(self, width: int) -> Line:
        feedback = self._feedback
        if feedback is None:
            return Line((("─" * width, self.paints.faint),))
        banner = self.paints.banners[feedback.tone]
        return Line(((f" {SYMBOLS[feedback.tone]} {feedback.text}", banner),), ground=banner)


class KeyBar(Drawn):
    """What can be pressed here: this screen's keys above, those of every screen below."""

    def __init__(self, paints: Paints, rows: tuple[tuple[Action, ...], tuple[Action, ...]]) -> None:
        super().__init__(paints, id="keys")
        self._rows = rows
        self._labels: dict[str, str] = {}

    def relabel(self, labels: dict[str, str]) -> None:
        """Call actions by what they do right now; an empty label greys one out."""
        if labels != self._labels:
            self._labels = labels
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """One row of keys."""
        parts: list[Part] = [(" ", self.paints.bar)]
        for _, key, label in self._placed(y, width):
            parts += [(key, self.paints.key), (f" {label}  ", self.paints.bar_dim)]
        return Line(tuple(parts), ground=self.paints.bar)

    def on_click(self, event: events.Click) -> None:
        """A click on a key is a press of it."""
        for action, start, end in self._places(event.y, self.size.width):
            if start <= event.x < end:
                self.post_message(Pressed(action.id))

    def _placed(self, y: int, width: int) -> list[tuple[Action, str, str]]:
        shown, used = [], 1
        for action in self._rows[y]:
            label = self._labels.get(action.id, action.label)
            taken = width_of(action.face) + width_of(label) + 3
            if label and used + taken <= width + 2:
                shown.append((action, action.face, label))
                used += taken
        return shown

    def _places(self, y: int, width: int) -> list[tuple[Action, int, int]]:
        places, at = [], 1
        for action, face, label in self._placed(y, width):
            end = at + width_of(face) + width_of(label) + 3
            places.append((action, at, end - 2))
            at = end
        return places


class TooSmall(Drawn):
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
        style = self.paints.bright if at == -1 else self.paints.dim
        return Line(((fit(" " * gap + words, width), style),))
