"""A QR code in half blocks: dark on light in every theme, for cameras read no inverted ones.

Loaded when one is shown and not before: its package takes 11 MB.
"""

from __future__ import annotations

import segno
from rich.style import Style

from console.widgets.text_layout import Line

EDGE = 1
"""Light modules around it: with one, a secret fits into a window of 80 by 24."""

_HALVES = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
_LIGHT_ON_DARK = Style(color="white", bgcolor="black")


def qr_lines(text: str) -> list[Line]:
    """Draw a text, two rows of modules in each line."""
    code = segno.make_qr(text, error="l", boost_error=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=EDGE)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return [
        Line((("".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)), _LIGHT_ON_DARK),))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
