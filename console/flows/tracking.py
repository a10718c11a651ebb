"""Tracking numbers as carriers print them.

A number that only a carrier writes is taken without asking the shop, so that scanning a parcel
label needs no round trip.
"""

from __future__ import annotations

import re

LONGEST = 64

PATTERNS = (
    ("UPS", re.compile(r"1Z[0-9A-Z]{16}")),
    ("DHL", re.compile(r"00340\d{15}|JJ?D\d{16,20}")),
    ("DHL", re.compile(r"[A-Z]{2}\d{9}DE")),
    ("Royal Mail", re.compile(r"[A-Z]{2}\d{9}GB")),
    ("PostNL", re.compile(r"3S[0-9A-Z]{11,13}")),
    ("La Poste", re.compile(r"[0-9][A-Z]\d{11}")),
    ("", re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")),
    ("", re.compile(r"\d{18,24}")),
)
"""Formats that no article and no order number has; the empty name means any carrier."""


def tidy(text: str) -> str:
    """The number as it is sent: people read it out in groups."""
    return re.sub(r"\s+", "", text).upper()


def is_from_carrier(code: str) -> bool:
    """Whether only a carrier prints a number like this."""
    return any(pattern.fullmatch(tidy(code)) for _, pattern in PATTERNS)


def carrier_of(number: str) -> str | None:
    """Whose number it is, where the format tells."""
    for carrier, pattern in PATTERNS:
        if carrier and pattern.fullmatch(number):
            return carrier
    return None


def why_not(number: str) -> str | None:
    """Why this cannot be a tracking number, or None."""
    if len(number) < 5:
        return f"{number or 'Nothing'} is too short for a tracking number"
    if len(number) > LONGEST:
        return f"{number[:12]}… is too long for a tracking number ({len(number)} characters)"
    if not re.fullmatch(r"[0-9A-Z./_-]+", number):
        return f"{number} is not a tracking number"
    return None
