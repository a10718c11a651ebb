"""Waves, previewed before they are released, and each day's picking as a plot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from textual.widget import Widget

from console.client.models import Page
from console.flows.formatting import counted
from console.flows.paged_list import Fetch
from console.flows.records.picking import PICK_FIGURES, WAVES
from console.flows.records.shapes import Record
from console.screens.context import AppContext
from console.screens.records import RecordsScreen
from console.screens.workers import run_in_background
from console.theme import Styles
from console.widgets.line_widget import CursorWidget
from console.widgets.sparklines import columns, gauge, spark
from console.widgets.text_layout import Line

HEIGHT = 3
DAYS_SHOWN = 60


class PlotScreen(RecordsScreen):
    """A list below a plot."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.plot = CursorWidget(context.styles, id="plot")

    def body(self) -> Iterable[Widget]:
        """The plot above the list."""
        return (self.plot, *super().body())

    def plotted(self, styles: Styles) -> list[Line]:
        """The lines of the plot."""
        raise NotImplementedError

    def _draw(self) -> None:
        super()._draw()
        self.plot.show(self.plotted(self.context.styles))


class WavesScreen(PlotScreen):
    """Waves, below what the next one would come to: all that waits, or what a form chooses."""

    KIND = WAVES
    NAME = WAVES.name

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.estimate: Mapping[str, Any] | None = None
        self._estimated: Mapping[str, object] = {}
        """What was chosen for the estimate in sight, or for the one that is asked for."""

    def list_arrived(self) -> None:
        """With the list comes what waits, or what the form chooses of it."""
        super().list_arrived()
        self._estimate_again()

    def redraw(self) -> None:
        """Once the form is filled in, what it chooses is estimated before it is sent."""
        super().redraw()
        if self._chosen != self._estimated:
            self._estimate_again()

    @property
    def _chosen(self) -> Mapping[str, object]:
        form = self.form
        is_chosen = form is not None and self.is_reviewed and form.command.name == "new_wave"
        return form.body if form is not None and is_chosen else {}

    def _estimate_again(self) -> None:
        # Not beside: the answer to an older choice would stand above the question of this one.
        self._estimated, self.estimate = self._chosen, None
        self._draw()
        run_in_background(self, "estimate", self._read_estimate, self._estimated)

    def plotted(self, styles: Styles) -> list[Line]:
        """How much work it is, and the walk beside that of one order after the other."""
        told = self.estimate
        if told is None:
            return [Line(((" Reading what waits …", styles.dim),))]
        if not told["order_count"]:
            return [Line(((" No such order waits to be picked", styles.bright),))]
        minutes = max(1, round(told["seconds"] / 60))
        batches = counted(len(told["batches"]), "batch", "batches")
        late = f" · {told['late_count']} late" if told["late_count"] else ""
        work = f"{counted(told['line_count'], 'line')}, {counted(told['unit_count'], 'unit')}"
        walk, alone = told["walk_length"], told["walk_length_alone"]
        return [
            Line(
                (
                    (f" {counted(told['order_count'], 'order')}", styles.bright),
                    (f" in {batches}: {work}{late}", styles.ink),
                ),
                ((f"{counted(minutes, 'minute')} of work ", styles.accent),),
            ),
            Line(
                (
                    (" walk        ", styles.dim),
                    (gauge(walk, max(walk, alone), 40), styles.accent),
                    (f" {walk} bins passed, {told['stops']} stops", styles.ink),
                )
            ),
            Line(
                (
                    (" one by one  ", styles.dim),
                    (gauge(alone, max(walk, alone), 40), styles.dim),
                    (f" {alone}", styles.dim),
                )
            ),
        ]

    async def _read_estimate(self, chosen: Mapping[str, object]) -> None:
        query = f"?{urlencode(chosen)}" if chosen else ""
        told = await self.asked(
            "The estimate did not load",
            self.context.shop.records.one(f"/picking/waves/preview{query}"),
            is_aside=True,
        )
        if told is not None:
            self.estimate = told
            self._draw()


class PickFiguresScreen(PlotScreen):
    """Lines an hour as bars, above wrong scans, short picks and the walk of each day."""

    KIND = PICK_FIGURES
    NAME = PICK_FIGURES.name

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.days: Sequence[Record] = ()

    @property
    def _period(self) -> dict[str, str]:
        today = datetime.now(UTC).date()
        first = today - timedelta(days=int(self.view[0].split()[0]) - 1)
        return {"first": first.isoformat(), "last": today.isoformat()}

    async def page(self, fetch: Fetch) -> Page[Record]:
        """The days of the period, the newest first."""
        told = await self.context.shop.records.rows(self.KIND.path, self._period, "rows")
        self.days = told.rows
        return Page(tuple(reversed(told.rows)), told.mark)

    async def as_csv(self) -> bytes:
        """The shop writes it."""
        return await self.context.shop.records.download(
            f"{self.KIND.path}/file?{urlencode(self._period)}"
        )

    def plotted(self, styles: Styles) -> list[Line]:
        """The newest days, the last one on the right."""
        days = self.days[-DAYS_SHOWN:]
        if not days:
            return [Line(((" Nothing was picked in these days", styles.dim),))]
        rates = [round(one["lines_an_hour"] or 0) for one in days]
        lines = [Line(((" lines an hour ", styles.dim), (f"{rates[-1]}", styles.bright)))]
        for number, row in enumerate(columns(rates, HEIGHT)):
            beside = f" {max(rates)}" if number == 0 else ""
            lines.append(Line(((f" {'':13}{row}", styles.accent), (beside, styles.dim))))
        for label, name in (
            ("wrong scans", "wrong_scans"),
            ("short picks", "short"),
            ("walked", "walked"),
            ("one by one", "walk_length_alone"),
        ):
            values = [int(one[name]) for one in days]
            lines.append(
                Line(
                    (
                        (f" {label:<13}", styles.dim),
                        (spark(values, DAYS_SHOWN), styles.ink),
                        (f" {sum(values)}", styles.dim),
                    )
                )
            )
        return lines
