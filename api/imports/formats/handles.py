"""Handles as addresses of ours."""

import re
from unicodedata import normalize

_FIT = re.compile(r"^[^\W_]+(?:[-_]+[^\W_]+)*$")
_UNFIT = re.compile(r"\W+")


def slug_of(handle: str) -> str:
    """Return the address for a handle: itself where it fits, else with dashes for what does not.

    Empty when nothing is left.
    """
    # Some systems write a letter and its accent as two; the address has them as one.
    lower = normalize("NFC", handle.strip().casefold())
    return lower if _FIT.match(lower) else _UNFIT.sub("-", lower).strip("-_")
