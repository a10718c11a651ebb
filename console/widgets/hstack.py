"""Two widgets side by side."""

from __future__ import annotations

from textual.widget import Widget


class HStack(Widget, can_focus=False):
    """Lays its widgets out from left to right."""

    DEFAULT_CSS = "HStack { layout: horizontal; }"
