"""Handles as addresses of ours."""

import re
from unicodedata import category, normalize

_FIT = re.compile(r"[^\W_]+(?:[-_]+[^\W_]+)*")
_WORD = re.compile(r"\w+")


def slug_of(handle: str) -> str:
    """Return the address for a handle: itself where it fits, else with dashes for what does not.

    Empty when nothing is left.
    """
    # Some systems write a letter and its accent as two; the address has them as one.
    lower = normalize("NFC", handle.strip().casefold())
    if is_address(lower):
        return lower
    words = _WORD.finditer(_with_plain_letters(lower))
    return "-".join(lower[word.start() : word.end()] for word in words).strip("-_")


def is_address(text: str) -> bool:
    """Tell whether a text is letters and digits, of any script, with dashes between them."""
    return _FIT.fullmatch(_with_plain_letters(text)) is not None


def _with_plain_letters(text: str) -> str:
    """Put a letter where a vowel or tone is written over, under or beside one, as in Thai."""
    if text.isascii():
        return text
    return "".join("x" if category(sign) in ("Mn", "Mc") else sign for sign in text)
