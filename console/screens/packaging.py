"""The packaging book: grams by country and material, with bars of the materials."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from textual.widget import Widget

from console.client.models import Page
from console.flows.paged_list import Fetch
from console.flows.records.packing import PACKAGING_BOOK
from console.flows.records.shapes import Record
from console.screens.context import AppContext
from console.screens.records import RecordsScreen
from console.widgets.line_widget import CursorWidget
from console.widgets.sparklines import gauge
from console.widgets.text_layout import Line

BARS = 6


class PackagingBookScreen(RecordsScreen):
    """How much packaging went to which country."""

    KIND = PACKAGING_BOOK
    NAME = PACKAGING_BOOK.name

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.plot = CursorWidget(context.styles, id="plot")
        self.shown: tuple[Record, ...] = ()

    def body(self) -> Iterable[Widget]:
        """The bars above the list."""
        return (self.plot, *super().body())

    async def page(self, fetch: Fetch) -> Page[Record]:
        """The rows of the period, each named by country and material."""
        today = datetime.now(UTC).date()
        first = today - timedelta(days=int(self.view[0].split()[0]) - 1)
        query = {"first": first.isoformat(), "last": today.isoformat()}
        told = await self.context.shop.records.rows(self.KIND.path, query, "rows")
        rows = tuple({**one, "key": f"{one['country']} {one['material']}"} for one in told.rows)
        self.shown = rows
        return Page(rows, told.mark)

    def _draw(self) -> None:
        super()._draw()
        styles = self.context.styles
        grams: dict[str, int] = {}
        for one in self.shown:
            grams[one["material"]] = grams.get(one["material"], 0) + int(one["grams"])
        most, total = max(grams.values(), default=0), sum(grams.values())
        lines = [
            Line(((" packaging ", styles.dim), (f"{total / 1000:.2f} kg", styles.bright))),
        ]
        for name, size in sorted(grams.items(), key=lambda one: -one[1])[:BARS]:
            told = (f" {size / 1000:.2f} kg", styles.dim)
            bar = (gauge(size, most, 30), styles.accent)
            words = name.replace("_", " ")[:18]
            lines.append(Line(((f" {words:<18} ", styles.ink), bar, told)))
        self.plot.show(lines)
