"""GS1 element strings: the long barcodes that carry an article, a batch and a date in one.

Only what the console uses is taken apart. What is not known ends the reading until the next
separator, and an article that was read before counts: so does the shop read them.
"""

from __future__ import annotations

import re

GS = "\x1d"

FIXED = {"00": 18, "01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "17": 6, "20": 2}
"""Application identifiers whose value has a set length, with that length in digits."""

VARIABLE = {"10": 20, "21": 20, "37": 8, "240": 30, "400": 30, "410": 13}
"""Identifiers whose value ends at a separator or at its greatest length."""


LINK = re.compile(r"https?://[^?#]*/(?:01|gtin)/(\d{8}|\d{12,14})(?:[/?#]|$)", re.IGNORECASE)
"""A GS1 Digital Link, as QR codes hold it in small letters or in capitals."""


def elements(text: str) -> dict[str, str]:
    """The application identifiers in a code and their values; empty when it is not GS1.

    Reads the scanned form, with separators, and the printed form: `(01)09501101530003(10)AB`.
    """
    if text.startswith("("):
        return _printed(text)
    found: dict[str, str] = {}
    for part in text.split(GS):
        rest = part
        while rest:
            identifier, value = _first(rest)
            if not identifier:
                break
            found.setdefault(identifier, value)
            rest = rest[len(identifier) + len(value) :]
    return found


def _first(text: str) -> tuple[str, str]:
    """The first identifier and its value; empty when it is none that is known."""
    identifier = next((ai for ai in (text[:2], text[:3]) if ai in FIXED or ai in VARIABLE), "")
    value = text[len(identifier) :]
    if identifier in FIXED:
        value = value[: FIXED[identifier]]
        is_good = len(value) == FIXED[identifier] and value.isdigit()
    else:
        is_good = bool(identifier) and 0 < len(value) <= VARIABLE[identifier]
    return (identifier, value) if is_good else ("", "")


def article(elements_: dict[str, str]) -> str:
    """The article number as shops store it: a GTIN-14 with leading zeros becomes an EAN or UPC."""
    gtin = elements_.get("01") or elements_.get("02") or ""
    if gtin.startswith("00"):
        return gtin[2:]
    return gtin.removeprefix("0")


def linked(text: str) -> str:
    """The article number in a GS1 Digital Link, as shops store it; empty for other texts."""
    match = LINK.match(text)
    return article({"01": match[1].zfill(14)}) if match else ""


def _printed(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text[1:].split("("):
        identifier, closing, value = part.partition(")")
        if closing and identifier.isdigit() and value.strip():
            found.setdefault(identifier, value.strip())
    return found
