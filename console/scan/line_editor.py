"""One line of text under a cursor, edited key by key."""

from __future__ import annotations


class LineEditor:
    """Text and the place in it where typing goes on."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.at = len(text)

    def type(self, characters: str) -> None:
        """Put characters in at the cursor."""
        self.text = self.text[: self.at] + characters + self.text[self.at :]
        self.at += len(characters)

    def edit(self, key: str) -> bool:
        """Obey an editing key; False when it is not one."""
        match key:
            case "backspace":
                self._cut(max(0, self.at - 1), self.at)
            case "delete":
                self._cut(self.at, self.at + 1)
            case "ctrl+u":
                self._cut(0, self.at)
            case "ctrl+w":
                self._cut(self._word_start(), self.at)
            case "left":
                self.at = max(0, self.at - 1)
            case "right":
                self.at = min(len(self.text), self.at + 1)
            case "home" | "ctrl+a":
                self.at = 0
            case "end" | "ctrl+e":
                self.at = len(self.text)
            case _:
                return False
        return True

    def _cut(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.at = start

    def _word_start(self) -> int:
        before = self.text[: self.at].rstrip()
        return before.rfind(" ") + 1
