"""Typed quantities: how they are read, and when one is odd enough to ask about.

The classic accident is a barcode typed or scanned into a quantity, so four digits are the most.
"""

from __future__ import annotations

MAX_DIGITS = 4
ODD_FACTOR = 3
ALWAYS_ODD = 999


class NotAQuantity(ValueError):
    """The text is no quantity; the message says why, for the operator."""


def parse(text: str) -> int:
    """Read a typed quantity in units."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit():
        raise NotAQuantity(f"{digits or 'Nothing'} is not a quantity")
    if len(digits) > MAX_DIGITS:
        raise NotAQuantity(f"{digits} looks like a barcode: a quantity has at most 4 digits")
    return int(digits)


def is_odd(quantity: int, *, expected: int) -> bool:
    """Whether to ask once more: far more than expected, or very many in any case."""
    return quantity > ALWAYS_ODD or quantity > ODD_FACTOR * max(expected, 1)
