"""Small pictures made of characters."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[int], width: int) -> str:
    """A line of bars from the oldest value to the newest; zero is an empty place."""
    shown = list(values)[-width:] if width > 0 else []
    top = max(shown, default=0)
    if top <= 0:
        return "·" * len(shown)
    return "".join("·" if value <= 0 else BARS[(value * len(BARS) - 1) // top] for value in shown)


def gauge(part: int, whole: int, width: int) -> str:
    """How much of something there is, as a bar of this many characters."""
    filled = 0 if whole <= 0 else min(width, max(0, round(part * width / whole)))
    return "▮" * filled + "▯" * (width - filled)
