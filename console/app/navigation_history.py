"""Navigation history: back and forward through the screens that were open."""

from __future__ import annotations

from typing import NamedTuple

LONGEST = 50


class HistoryEntry(NamedTuple):
    """A screen and what it was about."""

    screen: str
    subject: str = ""


class NavigationHistory:
    """Entries in the order in which they were opened, and the current one."""

    def __init__(self) -> None:
        self.stops = [HistoryEntry("home")]
        self.at = 0

    @property
    def here(self) -> HistoryEntry:
        """Where we are."""
        return self.stops[self.at]

    def go(self, stop: HistoryEntry) -> None:
        """Add an entry; those ahead of the current one are dropped."""
        if stop == self.here:
            return
        self.stops = [*self.stops[: self.at + 1], stop][-LONGEST:]
        self.at = len(self.stops) - 1

    def back(self) -> bool:
        """One entry back; False at the beginning."""
        if self.at == 0:
            return False
        self.at -= 1
        return True

    def forward(self) -> bool:
        """One entry forward; False at the end."""
        if self.at + 1 >= len(self.stops):
            return False
        self.at += 1
        return True

    def before(self, subject: str) -> None:
        """Back to before anything was about this subject."""
        while self.at and self.here.subject == subject:
            self.at -= 1

    def start_over(self) -> None:
        """Begin at home: somebody else works here now."""
        self.stops, self.at = [HistoryEntry("home")], 0
