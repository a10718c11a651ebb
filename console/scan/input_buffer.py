"""The one place where typed and scanned characters go, decided by rules and never by timing.

A scanner is a fast keyboard: guessing it by its speed damaged most bursts on a busy machine. So a
character's meaning depends only on what is open:

* a prompt takes every printable character as text; one whose answer changes something at the shop
  is sent by F10, because Enter is what every scanner types behind its code;
* a scan screen takes every printable character as part of a code, except a command character
  (such as `+` or `/`) when nothing has been typed yet;
* a list screen takes lower-case letters as commands; a digit, a capital, `]`, `(`, `#` or `!`
  begins a code, because barcodes are digits, our labels begin with a capital, `]` is what scanners
  announce a symbology with, so are GS1 codes and order numbers printed, and `!` begins commands;
* a scanner programmed to send a prefix begins a code anywhere, even inside a prompt, whose text
  then waits until the code is through.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from console.scan.line_editor import LineEditor

MOST = 4096
"""Characters kept of one code; whatever comes more is not a code but an accident."""

ENTERS = frozenset({"enter", "ctrl+j", "ctrl+m"})
"""Enter, also as a scanner sends it (line feed) or as it arrives before raw mode."""

SENDS = frozenset({"f10", "ctrl+s"})
"""What sends an answer that changes something: no scanner types these."""

SEPARATOR_KEY = "ctrl+right_square_bracket"


class Typing(Enum):
    """What loose characters mean on a screen."""

    SCAN = "scan"
    LIST = "list"


class Prompt(NamedTuple):
    """A question that is answered with text."""

    name: str
    label: str
    is_secret: bool = False
    is_live: bool = False
    """Whether each change is told, not only the end: searching while typing."""

    tab_goes_on: bool = False
    """Whether Tab answers a live question too, as people do who fill in a form."""

    sign: str = ""
    """A fixed first character of the answer, such as + - or =."""

    sends: bool = False
    """Whether the answer changes something at the shop: then F10 gives it, and not Enter."""

    at_once: str = ""
    """Characters that are a whole answer without Enter, where the scanner marks its codes."""


class Code(NamedTuple):
    """A complete code, raw."""

    raw: str


class Answer(NamedTuple):
    """A prompt was answered."""

    prompt: Prompt
    text: str


class Changed(NamedTuple):
    """A live prompt's text changed."""

    prompt: Prompt
    text: str


class Cancelled(NamedTuple):
    """A prompt was left."""

    prompt: Prompt


class Kept(NamedTuple):
    """The key was taken; only the bar changes."""


class NotSent(NamedTuple):
    """Enter was pressed in a prompt whose answer only F10 sends."""

    prompt: Prompt


Outcome = Code | Answer | Changed | Cancelled | Kept | NotSent


class InputBuffer:
    """What is being typed, scanned or asked."""

    def __init__(self, prefixes: frozenset[str] = frozenset()) -> None:
        self.prefixes = prefixes
        self.typing = Typing.SCAN
        self.commands: frozenset[str] = frozenset()
        """Characters that are commands on this screen while nothing is typed."""

        self.listener: Callable[[str, str | None], bool] | None = None
        """Hears each key first; what it takes means nothing else."""

        self.prompt: Prompt | None = None
        self.marks_codes = False
        """Whether the scanner is known to send a prefix: loose characters are then a person's.

        Without one, a digit may be the first of a barcode, and only Enter tells.
        """

        self._code = LineEditor()
        self._text = LineEditor()
        self._is_prefixed = False

    @property
    def is_coding(self) -> bool:
        """Whether a code is being typed or scanned."""
        return self._is_prefixed or bool(self._code.text)

    @property
    def shown(self) -> tuple[str, int]:
        """What the bar shows, and where its cursor stands."""
        if self.is_coding or self.prompt is None:
            return self._code.text, self._code.at
        text = "•" * len(self._text.text) if self.prompt.is_secret else self._text.text
        return self.prompt.sign + text, self._text.at + len(self.prompt.sign)

    def ask(self, prompt: Prompt, text: str = "") -> None:
        """Open a prompt; it stays until it is answered, left, or another opens."""
        self.prompt = prompt
        self._text = LineEditor(text)

    def close(self) -> None:
        """Close the prompt without an answer."""
        self.prompt = None
        self._text = LineEditor()

    def begin(self, text: str) -> None:
        """Begin a code with what a command barcode stands for, such as `5*`."""
        self._code = LineEditor(text)

    def take_code(self) -> str:
        """Whatever code was typed so far, as if Enter had been pressed."""
        code, self._code, self._is_prefixed = self._code.text, LineEditor(), False
        return code

    def key(self, key: str, character: str | None) -> Outcome | None:
        """Take one key press; None when it is not for the entry but a command.

        `character` is what the key types, or None for a key that types nothing.
        """
        if self.listener is not None and self.listener(key, character):
            return Kept()
        if key in self.prefixes:
            # `5>` and `31*` were typed for the code that comes now.
            before = self._code.text if self._code.text[-1:] in ("*", ">") else ""
            self._code, self._is_prefixed = LineEditor(before), True
            return Kept()
        if self.is_coding:
            return self._coding(key, character)
        if self.prompt is not None:
            return self._prompted(key, character, self.prompt)
        if character is not None and self._begins_code(character):
            self._code.type(character)
            return Kept()
        return None

    def paste(self, text: str) -> list[Outcome]:
        """Take a paste: codes from a phone's scanner, or text for the prompt."""
        # Not by splitlines(): it takes the separator of GS1 elements for the end of a line.
        lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
        if self.prompt is not None and not self._is_prefixed:
            self._text.type("".join(c for c in (lines or [""])[0] if c.isprintable()))
            return [self._changed(self.prompt)]
        before = self.take_code()
        return [Code(before + line if n == 0 else line) for n, line in enumerate(lines)]

    def _begins_code(self, character: str) -> bool:
        if self.typing is Typing.SCAN:
            return character not in self.commands and not character.isspace()
        return character.isdigit() or character.isupper() or character in "](#!"

    def _coding(self, key: str, character: str | None) -> Outcome | None:
        if key in ENTERS or key == "tab":
            return Code(self.take_code())
        if key == "escape":
            self.take_code()
            return Kept()
        if key == SEPARATOR_KEY:
            self._code.type("\x1d")
            return Kept()
        if character is not None:
            if len(self._code.text) < MOST:
                self._code.type(character)
            return Kept()
        if self._code.edit(key):
            # Everything was deleted again: nothing is being typed.
            self._is_prefixed = self._is_prefixed and bool(self._code.text)
            return Kept()
        return None

    def _prompted(self, key: str, character: str | None, prompt: Prompt) -> Outcome | None:
        is_enter = key in ENTERS or (key == "tab" and (prompt.tab_goes_on or not prompt.is_live))
        if prompt.sends and is_enter:
            return NotSent(prompt)
        if is_enter or (prompt.sends and key in SENDS):
            text = prompt.sign + self._text.text
            self.close()
            return Answer(prompt, text)
        if key == "escape":
            self.close()
            return Cancelled(prompt)
        if character is not None:
            is_whole = self.marks_codes and not self._text.text and character in prompt.at_once
            self._text.type(character)
            if is_whole:
                self.close()
                return Answer(prompt, prompt.sign + character)
            return self._changed(prompt)
        before = self._text.text
        if self._text.edit(key):
            if prompt.sign and key == "backspace" and not before:
                self.close()
                return Cancelled(prompt)
            return self._changed(prompt) if self._text.text != before else Kept()
        return None

    def _changed(self, prompt: Prompt) -> Outcome:
        return Changed(prompt, self._text.text) if prompt.is_live else Kept()
