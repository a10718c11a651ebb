"""Words in large type, drawn with half blocks: read from two metres away, as large as fits.

The signs are five dots high and three to five wide. Accents are left out; a word with a sign
that the font has not stays in plain type.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

HEIGHT = 5

_ROWS = {
    "A": "010 101 111 101 101", "B": "110 101 110 101 110", "C": "011 100 100 100 011",
    "D": "110 101 101 101 110", "E": "111 100 110 100 111", "F": "111 100 110 100 100",
    "G": "0110 1000 1011 1001 0110", "H": "101 101 111 101 101", "I": "1 1 1 1 1",
    "J": "001 001 001 101 010", "K": "101 101 110 101 101", "L": "100 100 100 100 111",
    "M": "10001 11011 10101 10001 10001", "N": "1001 1101 1011 1001 1001",
    "O": "010 101 101 101 010", "P": "110 101 110 100 100", "Q": "0110 1001 1001 1011 0111",
    "R": "110 101 110 101 101", "S": "011 100 010 001 110", "T": "111 010 010 010 010",
    "U": "101 101 101 101 111", "V": "101 101 101 101 010",
    "W": "10001 10001 10101 11011 10001", "X": "101 101 010 101 101",
    "Y": "101 101 010 010 010", "Z": "111 001 010 100 111", "0": "111 101 101 101 111",
    "1": "010 110 010 010 111", "2": "111 001 111 100 111", "3": "111 001 111 001 111",
    "4": "101 101 111 001 001", "5": "111 100 111 001 111", "6": "111 100 111 101 111",
    "7": "111 001 010 010 010", "8": "111 101 111 101 111", "9": "111 101 111 001 111",
    " ": "00 00 00 00 00", "/": "001 001 010 100 100", "-": "000 000 111 000 000",
    ".": "0 0 0 0 1", ",": "0 0 0 1 1", "+": "000 010 111 010 000", "'": "1 1 0 0 0",
    "·": "0 0 1 0 0", "&": "010 101 010 101 011", "(": "01 10 10 10 01",
    ")": "10 01 01 01 10", ":": "0 1 0 1 0", "%": "101 001 010 100 101",
    "!": "1 1 1 0 1", "×": "000 101 010 101 000", "#": "101 111 101 111 101",
}  # fmt: skip
_FOLDED = {"ß": "SS", "Ø": "O", "Ł": "L", "Æ": "AE", "Œ": "OE", "Đ": "D"}
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def folded(text: str) -> str:
    """The text in capitals without accents, as the font can write it."""
    capitals = "".join(_FOLDED.get(sign, sign) for sign in text.upper())
    plain = unicodedata.normalize("NFKD", capitals)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@lru_cache(256)
def dots(text: str) -> tuple[str, ...] | None:
    """The rows of dots of a text, one dot between signs; None where a sign is not known."""
    drawn = [_ROWS.get(sign) for sign in folded(text)]
    if not drawn or None in drawn:
        return None
    rows = [one.split() for one in drawn if one is not None]
    return tuple("0".join(row[at] for row in rows) for at in range(HEIGHT))


def rows_needed(scale: int) -> int:
    """Rows of a terminal that large type takes."""
    return (HEIGHT * scale + 1) // 2


def scale_for(text: str, width: int, height: int, *, most: int = 6) -> int:
    """How large a text may be in so many columns and rows; 0 where plain type is all that fits."""
    found = dots(text)
    if found is None:
        return 0
    fits = (one for one in range(most, 0, -1)
            if len(found[0]) * one <= width and rows_needed(one) <= height)  # fmt: skip
    return next(fits, 0)


@lru_cache(256)
def large(text: str, scale: int) -> tuple[str, ...]:
    """The lines of a text in large type; none where the font cannot write it."""
    found = dots(text)
    if found is None or scale < 1:
        return ()
    wide = ["".join(dot * scale for dot in row) for row in found]
    tall = [row for row in wide for _ in range(scale)]
    if len(tall) % 2:
        tall.append("0" * len(tall[0]))
    return tuple(
        "".join(_BLOCKS[above == "1", below == "1"] for above, below in zip(*pair, strict=True))
        for pair in zip(tall[::2], tall[1::2], strict=True)
    )
