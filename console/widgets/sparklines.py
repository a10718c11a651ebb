"""Sparklines: small charts made of characters."""

from __future__ import annotations

from collections.abc import Sequence

from textual.renderables.digits import DIGITS, DIGITS3X3_BOLD

BARS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[int], width: int) -> str:
    """A line of bars from the oldest value to the newest; zero is an empty place."""
    shown = list(values)[-width:] if width > 0 else []
    top = max(shown, default=0)
    if top <= 0:
        return "·" * len(shown)
    return "".join("·" if value <= 0 else BARS[(value * len(BARS) - 1) // top] for value in shown)


def course(values: Sequence[int | None]) -> str:
    """A line that shows ups and downs: the lowest value low, the highest high, no value a dot.

    Unlike `spark` it does not begin at zero, so that a tenth more or less can be seen.
    """
    known = [value for value in values if value is not None]
    low, high = min(known, default=0), max(known, default=0)

    def bar(value: int | None) -> str:
        if value is None:
            return "·"
        return BARS[(value - low) * (len(BARS) - 1) // (high - low) if high > low else 3]

    return "".join(map(bar, values))


def gauge(part: int, whole: int, width: int) -> str:
    """How much of something there is, as a bar of this many characters."""
    filled = 0 if whole <= 0 else min(width, max(0, round(part * width / whole)))
    return "▮" * filled + "▯" * (width - filled)


def large(text: str) -> tuple[str, str, str]:
    """Digits and strokes three lines high, to be read from where the parcel is packed."""
    rows = ["", "", ""]
    for sign in text:
        at = DIGITS.index(sign) * 3 if sign in DIGITS else None
        glyph = ("   ╱ ", "  ╱  ", " ╱   ") if at is None else DIGITS3X3_BOLD[at : at + 3]
        rows = [f"{row}{piece:<3}" for row, piece in zip(rows, glyph, strict=True)]
    return rows[0], rows[1], rows[2]


def has_large(text: str) -> bool:
    """Whether each sign of a text can be drawn large."""
    return all(sign in DIGITS for sign in text)


def columns(values: Sequence[int], height: int) -> list[str]:
    """Bars of several lines, the top line first; zero stands on the ground."""
    top, steps = max(values, default=0), len(BARS)
    filled = [0 if top <= 0 else max(0, value) * height * steps // top for value in values]
    filled = [max(eighths, 1 if value > 0 else 0) for eighths, value in
              zip(filled, values, strict=True)]  # fmt: skip

    def cell(eighths: int, line: int) -> str:
        left = min(steps, max(0, eighths - line * steps))
        return BARS[left - 1] if left else " "

    return ["".join(cell(one, line) for one in filled) for line in reversed(range(height))]
