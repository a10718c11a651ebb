"""Texts as devices print them: on one line, without commands, with characters they may have."""

import unicodedata
from typing import Final

_ALIKE: Final = str.maketrans(
    {
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",  # between thousands in French: printers have no such blank
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
    }
)
_SIMPLER: Final = str.maketrans(
    {
        "\u2013": "-",
        "\u2014": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": ",",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2026": "...",
        "\u2022": "*",
        "\u00d7": "x",
        "\u20ac": "EUR",
        "\u2610": "[ ]",
    }
)


def one_line(text: str) -> str:
    """Return a text without control characters, which printers take for commands.

    Line breaks become blanks; blanks and signs that look alike become the common ones.
    """
    plain = text.translate(_ALIKE)
    kept = (" " if c in "\n\t\r" else c for c in plain)
    return "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cs", "Co"))


def simpler(text: str) -> str:
    """Return a text with typographic signs as ASCII, for who has no others."""
    return text.translate(_SIMPLER)


def is_right_to_left(text: str) -> bool:
    """Return whether a text has characters that run from the right, as Arabic and Hebrew."""
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)
