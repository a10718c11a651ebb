"""Reading one scanned or typed code: what it says it is, and the text to look up.

Labels that the shop prints carry their type (`O-` order, `U-` badge); everything else is goods or
something only the shop knows. The raw text is kept, because a misread code can be understood only
from what the scanner really sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from console.flows import barcodes
from console.scan import gs1

LONGEST = 128
"""Characters after which a code is taken for noise, such as a document pasted by mistake."""

AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
"""Symbology identifier that a scanner may send first, e.g. `]C1` for GS1-128."""

GS1_SYMBOLOGIES = frozenset({"]C1", "]d2", "]Q3", "]e0", "]e1", "]e2", "]J1"})
"""Those that carry GS1 elements."""

CONTROLS = re.compile(r"[\x00-\x1c\x1e\x1f\x7f-\x9f\u200b-\u200f\ufeff]")
"""Control characters and invisible marks; GS (0x1D) separates GS1 elements and stays."""


class Kind(StrEnum):
    """What a code says it is by its form alone."""

    ORDER = "order"
    BADGE = "badge"
    """Whose it is shows a PIN."""

    GOODS = "goods"
    DIGIT = "digit"
    """A single digit: an answer, not a code."""

    UNREADABLE = "unreadable"


class Scan(NamedTuple):
    """One code, read."""

    raw: str
    """Exactly as it came."""

    code: str
    """The text to look up."""

    kind: Kind
    elements: Mapping[str, str] = MappingProxyType({})
    """GS1 application identifiers, e.g. `{"01": ..., "10": batch, "17": best before}`."""

    why: str = ""
    """For an unreadable code: the reason, for the operator."""


def read(raw: str) -> Scan:
    """Read one code: strip what only scanners add, recognise labels and GS1."""
    text = CONTROLS.sub("", AIM.sub("", raw.lstrip("\x02\x1c"), count=1) if _has_aim(raw) else raw)
    text = text.strip(" \t")
    if len(text) > LONGEST and not gs1.linked(text):
        why = f"{len(text)} characters are too many for a code: {text[:12]}…"
        return Scan(raw, text[:LONGEST], Kind.UNREADABLE, why=why)
    if not text.strip(gs1.GS):
        return Scan(raw, "", Kind.UNREADABLE, why="The scanner sent an empty code")
    if len(text) == 1 and text.isdigit():
        return Scan(raw, text, Kind.DIGIT)
    if order := re.fullmatch(r"(?:[Oo]-|#)([0-9A-Za-z-]+)", text):
        return Scan(raw, f"O-{order[1].upper()}", Kind.ORDER)
    if badge := re.fullmatch(r"[Uu]-([0-9A-Za-z-]{4,38})", text):
        return Scan(raw, f"U-{badge[1].upper()}", Kind.BADGE)
    aim = AIM.match(raw.lstrip("\x02\x1c"))
    return _goods(raw, text, is_gs1=aim is not None and aim[0] in GS1_SYMBOLOGIES)


def _has_aim(raw: str) -> bool:
    return AIM.match(raw.lstrip("\x02\x1c")) is not None


def _goods(raw: str, text: str, *, is_gs1: bool) -> Scan:
    if article := gs1.linked(text):
        return Scan(raw, article, Kind.GOODS)
    # An EAN or UPC begins like an application identifier often enough; its check digit tells.
    if barcodes.has_check_digit(text):
        code = text[1:] if len(text) == 14 and text[0] == "0" else text
        return Scan(raw, code, Kind.GOODS)
    # Most digits begin like some element: without a mark only an article or a parcel counts.
    is_gs1 = is_gs1 or re.match(r"\x1d?(00\d{18}|0[12]\d{14}|\()", text) is not None
    elements = gs1.elements(text) if is_gs1 else {}
    if "00" in elements:
        # A parcel's own number: carriers want it with its identifier.
        return Scan(raw, f"00{elements['00']}", Kind.GOODS, elements)
    if article := gs1.article(elements):
        return Scan(raw, article, Kind.GOODS, elements)
    return Scan(raw, text.replace(gs1.GS, ""), Kind.GOODS)
