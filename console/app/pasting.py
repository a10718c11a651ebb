"""Many codes at once: as a phone's scanner pastes them, or a page of text by accident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from console.app.live_updates import LiveUpdates
from console.flows.transition import Feedback, Tone, noted, wrong
from console.scan.input_buffer import Code, Prompt

ASKED_FROM = 31
"""Lines from which on a paste is more likely an accident than a series of scans."""


class PasteOver(NamedTuple):
    """All codes of a paste are done."""


@dataclass
class Pasted:
    """The codes of one paste that is being worked on, and those that were refused."""

    codes: int
    current: str = ""
    refused: dict[str, str] = field(default_factory=dict)


class Pasting(LiveUpdates):
    """Takes several codes as one thing: one alarm at the end, and no code asked about twice."""

    pasted: Pasted | None = None
    asked_about: Sequence[Code] = ()

    def say(self, feedback: Feedback) -> None:
        """Tell the operator something; what is wrong within a paste is told at its end."""
        if self.pasted is not None and feedback.tone is Tone.WRONG:
            self.pasted.refused.setdefault(self.pasted.current, feedback.text)
        else:
            super().say(feedback)

    def take_paste(self, codes: Sequence[Code]) -> list[Code | PasteOver]:
        """What a paste of codes means: itself, or a question when it is very long."""
        if len(codes) < ASKED_FROM:
            return self._one_after_the_other(codes)
        self.asked_about = codes
        different = len({code.raw for code in codes})
        what = f"{len(codes)} lines were pasted, {different} of them different."
        self.frame.ask(Prompt("paste", f"{what} Type codes to look them all up, Esc leaves them:"))
        return []

    def paste_was_meant(self, word: str) -> list[Code | PasteOver]:
        """The question about a long paste was answered."""
        codes, self.asked_about = self.asked_about, ()
        if word.strip().casefold() != "codes":
            self.say(noted(f"{len(codes)} pasted lines were left"))
            return []
        return self._one_after_the_other(codes)

    def begin_code(self, code: Code) -> bool:
        """Whether to work on a code: within a paste, one that was refused is so again."""
        if self.pasted is None:
            return True
        self.pasted.current = code.raw
        return code.raw not in self.pasted.refused

    def end_paste(self) -> None:
        """Tell how it went, with one alarm for all that is wrong."""
        over, self.pasted = self.pasted, None
        if over is None or not over.refused:
            return
        first = next(iter(over.refused.values()))
        more = f" and {len(over.refused) - 1} more" if len(over.refused) > 1 else ""
        self.say(wrong(f"{over.codes} codes pasted: {first}{more}"))

    def _one_after_the_other(self, codes: Sequence[Code]) -> list[Code | PasteOver]:
        if len(codes) == 1:
            return [*codes]
        self.pasted = Pasted(len(codes))
        return [*codes, PasteOver()]
