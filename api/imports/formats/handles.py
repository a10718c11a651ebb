"""Handles as addresses of ours."""

import re

_FIT = re.compile(r"^[^\W_]+(?:[-_]+[^\W_]+)*$")
_UNFIT = re.compile(r"\W+")


def slug_of(handle: str) -> str:
    """Return the address for a handle: itself where it fits, else with dashes for what does not.

    Empty when nothing is left.
    """
    lower = handle.strip().casefold()
    return lower if _FIT.match(lower) else _UNFIT.sub("-", lower).strip("-_")
