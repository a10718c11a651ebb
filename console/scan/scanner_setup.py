"""Scanner set-up: what a scanner sends around a code, and what to programme into it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from console.flows.formatting import Sense
from console.scan import gs1
from console.scan.code_parsing import AIM, GS1_SYMBOLOGIES
from console.scan.input_buffer import ENTERS, SEPARATOR_KEY

STOPS = ENTERS | {"tab"}
NAMES = {"enter": "Enter", "ctrl+j": "Enter (LF)", "ctrl+m": "Enter", "tab": "Tab",
         "ctrl+backslash": "Ctrl+\\", SEPARATOR_KEY: "GS"}  # fmt: skip
PROGRAMME = (
    ("before", "STX (0x02, Ctrl+B); inside tmux FS (0x1C, Ctrl+\\)"),
    ("behind", "CR (0x0D, Enter)"),
    ("letters", "as they are read: no upper or lower case, same keyboard country as this computer"),
    ("separator", "FNC1 of GS1 codes as GS (0x1D)"),
)
"""What every scanner should send; its manual has a label to scan for each."""


class Key(NamedTuple):
    """One key that arrived; `character` is what it types, if anything."""

    name: str
    character: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A code as it is arriving, or as it came in whole."""

    prefix: str = ""
    """The key before the code that types nothing, by its name."""

    text: str = ""
    suffix: str = ""
    known_as: str | None = None
    """What the shop calls the thing with this code, once it was asked."""

    @property
    def is_whole(self) -> bool:
        """Whether its end was heard."""
        return bool(self.suffix)


class Verdict(NamedTuple):
    """What one part of it looks like, and what to do about it."""

    part: str
    sense: Sense
    words: str


def heard(so_far: Heard, key: Key) -> Heard:
    """Take one key; after the end of a code the next one begins."""
    if so_far.is_whole:
        so_far = Heard()
    if key.name in STOPS:
        return replace(so_far, suffix=key.name) if so_far.text else so_far
    if key.name == SEPARATOR_KEY:
        return replace(so_far, text=so_far.text + gs1.GS)
    if key.character is not None:
        return replace(so_far, text=so_far.text + key.character)
    return so_far if so_far.text else replace(so_far, prefix=key.name)


def name_of(key: str) -> str:
    """How people write a key: `ctrl+b` is Ctrl+B."""
    return NAMES.get(key) or "+".join(part.capitalize() for part in key.split("+"))


def verdicts(code: Heard) -> tuple[Verdict, ...]:
    """Judge prefix, suffix, letters and separator, each with what to programme."""
    return (_before(code), _behind(code), _letters(code), _separator(code))


def _before(code: Heard) -> Verdict:
    if code.prefix:
        return Verdict("before", Sense.GOOD, f"{name_of(code.prefix)}: F10 keeps it as the prefix")
    if not code.text:
        return Verdict("before", Sense.QUIET, "scan any label")
    words = "nothing: on lists, small letters of a code are commands. Programme a prefix"
    return Verdict("before", Sense.BAD, words)


def _behind(code: Heard) -> Verdict:
    if code.suffix in ENTERS:
        return Verdict("behind", Sense.GOOD, name_of(code.suffix))
    if code.suffix:
        return Verdict("behind", Sense.PART, "Tab: understood, but programme Enter")
    if code.text:
        return Verdict("behind", Sense.BAD, "nothing yet: if no more comes, programme Enter")
    return Verdict("behind", Sense.QUIET, "scan any label")


def _letters(code: Heard) -> Verdict:
    letters = re.sub(r"[^A-Za-z]", "", AIM.sub("", code.text, count=1))
    if not code.text.replace(gs1.GS, "").isascii():
        words = "not those that are printed: set the scanner to this computer's keyboard country"
        return Verdict("letters", Sense.BAD, words)
    if not letters:
        return Verdict("letters", Sense.QUIET, "scan a label with letters, such as a SKU")
    if code.known_as is None:
        return Verdict("letters", Sense.PART, f"{_shown(code)}: compare it with what is printed")
    if code.known_as in code.text:
        return Verdict("letters", Sense.GOOD, "as they are printed")
    words = f"{code.known_as} arrived as {_shown(code)}: no Caps Lock, no change of case"
    return Verdict("letters", Sense.BAD, words)


def _separator(code: Heard) -> Verdict:
    aim = AIM.match(code.text)
    if gs1.GS in code.text.removeprefix(gs1.GS):
        return Verdict("separator", Sense.GOOD, "GS arrives")
    bare = AIM.sub("", code.text, count=1)
    is_gs1 = (aim is not None and aim[0] in GS1_SYMBOLOGIES) or re.match(
        r"(01\d{14}|00\d{18})", bare
    )
    if is_gs1 and len(bare) > 18:
        words = "a GS1 code came without it: two parts may run together. Programme FNC1 as GS"
        return Verdict("separator", Sense.PART, words)
    return Verdict("separator", Sense.QUIET, "scan a GS1 label with a batch and a date")


def _shown(code: Heard) -> str:
    return code.text.replace(gs1.GS, "␝")
