"""GS1 element strings: the long barcodes that carry an article, a batch and a date in one.

Only what the console uses is taken apart; an unknown application identifier ends the reading and
leaves the code as it came.
"""

from __future__ import annotations

GS = "\x1d"

FIXED = {"00": 18, "01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "17": 6, "20": 2}
"""Application identifiers whose value has a set length, with that length in digits."""

VARIABLE = {"10": 20, "21": 20, "37": 8, "240": 30, "400": 30, "410": 13}
"""Identifiers whose value ends at a separator or at its greatest length."""


def elements(text: str) -> dict[str, str]:
    """The application identifiers in a code and their values; empty when it is not GS1.

    Reads the scanned form, with separators, and the printed form: `(01)09501101530003(10)AB`.
    """
    if text.startswith("("):
        return _printed(text)
    found: dict[str, str] = {}
    rest = text.lstrip(GS)
    while rest:
        identifier = next((ai for ai in (rest[:2], rest[:3]) if ai in FIXED or ai in VARIABLE), "")
        if not identifier:
            return {}
        rest = rest[len(identifier) :]
        if identifier in FIXED:
            length = FIXED[identifier]
            value, rest = rest[:length], rest[length:]
            if len(value) < length or not value.isdigit():
                return {}
        else:
            value, _, rest = rest.partition(GS)
            if not value or len(value) > VARIABLE[identifier]:
                return {}
        found[identifier] = value
        rest = rest.lstrip(GS)
    return found


def article(elements_: dict[str, str]) -> str:
    """The article number as shops store it: a GTIN-14 with leading zeros becomes an EAN or UPC."""
    gtin = elements_.get("01") or elements_.get("02") or ""
    if gtin.startswith("00"):
        return gtin[2:]
    return gtin.removeprefix("0")


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of a GTIN of 8, 12, 13 or 14 digits."""
    if not digits.isdigit() or len(digits) not in {8, 12, 13, 14}:
        return False
    weighed = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(reversed(digits[:-1]), 1))
    return (10 - weighed % 10) % 10 == int(digits[-1])


def _printed(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text[1:].split("("):
        identifier, closing, value = part.partition(")")
        if not closing or not identifier.isdigit() or not value:
            return {}
        found[identifier] = value
    return found
