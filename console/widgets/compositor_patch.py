"""A patched Textual compositor that repaints every widget that has moved.

Textual paints what has moved since the last layout. But a look-up in between, such as which widget
is under the mouse, may already work out the new places, and Textual then takes those for the last
layout: what moved is never painted, and a line of the old picture stays on the terminal.
"""

from __future__ import annotations

from textual._compositor import Compositor, CompositorMap, ReflowResult
from textual.geometry import Size
from textual.widget import Widget


class PatchedCompositor(Compositor):
    """A compositor that compares each layout with the last one, whoever looked in between."""

    def __init__(self) -> None:
        super().__init__()
        self._laid_out: CompositorMap = {}

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay everything out and note what has moved since this was done last."""
        self._full_map = self._laid_out
        moved = super().reflow(parent, size)
        self._laid_out = self._full_map
        return moved

    def clear(self) -> None:
        """The screen closes: hold no widget any longer."""
        super().clear()
        self._laid_out = {}
