"""How codes are written, compared and made: characters that look alike are the same."""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Of generated codes: without 0, O, 1, I and L."""
WRITTEN: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")
MOST: Final = 10_000
"""How many codes one batch or list may have."""
MOST_ON_A_CART: Final = 5
_LOOK_ALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def tidy(code: str) -> str:
    """Return a code as it is kept: capitals, without blanks around it."""
    return code.strip().upper()


def fold(code: str) -> str:
    """Return the form by which a code is compared: O and 0, I, L and 1 are the same."""
    return tidy(code).translate(_LOOK_ALIKES)


def generate(count: int, *, prefix: str, length: int) -> list[str]:
    """Make different random codes of a prefix and `length` characters after it."""
    made: dict[str, None] = {}
    while len(made) < count:
        made[prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))] = None
    return list(made)


def find_faults(
    codes: Sequence[str], taken: Mapping[str, str], *, rows: Sequence[int]
) -> list[tuple[int, str, str]]:
    """Find what is wrong with tidied codes: the row, error code, what to do.

    `taken` maps folded codes that exist to how they are written, `rows` says where each stood.
    """
    faults: list[tuple[int, str, str]] = []
    seen: dict[str, int] = {}
    for position, (row, code) in enumerate(zip(rows, codes, strict=True)):
        folded = fold(code)
        first = seen.setdefault(folded, position)
        if not WRITTEN.fullmatch(code):
            said = "Use 3 to 40 letters A to Z, digits, - and _; begin with a letter or digit."
            faults.append((row, "badly_written", f"{code!r}: {said}"))
        elif first != position and codes[first] == code:
            faults.append((row, "duplicate", f"{code} is in row {rows[first]} too: remove it."))
        elif first != position:
            said = f"{code} looks like {codes[first]} in row {rows[first]}: write one differently."
            faults.append((row, "look_alike", said))
        elif folded in taken and taken[folded] == code:
            faults.append((row, "taken", f"{code} exists already: choose another."))
        elif folded in taken:
            said = f"{code} looks like {taken[folded]}, which exists: choose another."
            faults.append((row, "look_alike", said))
    return faults


def folded_all(codes: Iterable[str]) -> list[str]:
    """Fold several codes, each once, sorted."""
    return sorted({fold(code) for code in codes})
