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
