"""The day in figures: a row of tiles."""

from __future__ import annotations

from typing import NamedTuple

from console.flows.words import Sense
from console.theme import Paints
from console.widgets.drawn import Drawn
from console.widgets.ink import Line, Part, fit


class Tile(NamedTuple):
    """One figure with its name, a mark when it means something, and a word below."""

    title: str
    figure: str
    sense: Sense = Sense.QUIET
    mark: str = ""
    below: str = ""


class Tiles(Drawn):
    """Figures side by side: names above, numbers below, nothing else."""

    def __init__(self, paints: Paints, *, id: str) -> None:
        super().__init__(paints, id=id)
        self._tiles: tuple[Tile, ...] = ()

    def show(self, tiles: tuple[Tile, ...]) -> None:
        """Show other figures."""
        if tiles != self._tiles:
            self._tiles = tiles
            self.refresh()

    def line_at(self, y: int, width: int) -> Line:
        """A line through all tiles."""
        if not self._tiles or y == 0 or y == 4:
            return Line()
        each = (width - 1) // len(self._tiles)
        parts: list[Part] = [(" ", self.paints.ink)]
        for tile in self._tiles:
            parts.append(("▌", self.paints.senses[tile.sense]))
            parts += [(text, style + self.paints.card) for text, style in self._part(tile, y, each)]
            parts.append((" ", self.paints.ink))
        return Line(tuple(parts))

    def _part(self, tile: Tile, y: int, each: int) -> list[Part]:
        paints, width = self.paints, each - 3
        if y == 1:
            return [(" ", paints.dim), (fit(tile.title, width), paints.dim)]
        if y == 2:
            mark = f"{tile.mark} " if tile.mark else ""
            rest = width - len(mark)
            return [
                (f" {mark}", paints.senses[tile.sense]),
                (fit(tile.figure, rest), paints.bright),
            ]
        return [(" ", paints.dim), (fit(tile.below, width), paints.dim)]
