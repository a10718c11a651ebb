"""Reports on the stock: what it is worth on any day, and what counts found and lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from textual.widget import Widget

from console.client.models import Money, Page
from console.flows.formatting import count, money
from console.flows.paged_list import Fetch
from console.flows.records.shapes import Record
from console.flows.records.warehouse import SHRINKAGE, VALUATION
from console.flows.transition import wrong
from console.scan.input_buffer import Prompt
from console.screens.context import AppContext
from console.screens.records import RecordsScreen
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.sparklines import columns, gauge
from console.widgets.text_layout import Line

DAY = Prompt("day", "stock as of the end of which day (2026-11-20), or Enter for now:")
HEIGHT = 4
POINTS = 60
DAYS = 90
BARS = 5
"""Reasons of which a bar is drawn."""


class ValuationScreen(RecordsScreen):
    """Every level with its units and their value on a day, below the course of the whole value."""

    KIND = VALUATION
    NAME = VALUATION.name

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.plot = CursorWidget(context.styles, id="plot")
        self.day: date | None = None
        self.points: list[Mapping[str, Any]] = []

    def body(self) -> Iterable[Widget]:
        """The course above the list."""
        return (self.plot, *super().body())

    def crumbs(self) -> tuple[str, ...]:
        """Which day."""
        return ("Stock value", f"end of {self.day}" if self.day else "now")

    @property
    def _moment(self) -> dict[str, str]:
        if self.day is None:
            return {}
        end = datetime.combine(self.day + timedelta(days=1), time.min, UTC)
        return {"at": end.isoformat()}

    async def page(self, fetch: Fetch) -> Page[Record]:
        """Levels as they were then."""
        query = {**self._moment, **self.as_list_query(fetch)}
        return await self.context.shop.records.page(self.KIND.path, query)

    def list_arrived(self) -> None:
        """With the list comes the course of the value."""
        super().list_arrived()
        run_in_background(self, "course", self._read_course, beside=True)

    async def as_csv(self) -> bytes:
        """The shop writes it: of a large stock in one piece."""
        query = f"?{urlencode(self._moment)}" if self._moment else ""
        return await self.context.shop.records.download(f"{self.KIND.path}/file{query}")

    async def do_as_of(self) -> None:
        """Ask for the day."""
        self.ask(DAY, self.day.isoformat() if self.day else "")

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A day, or now."""
        if prompt.name != DAY.name:
            await super().take_answer(prompt, text)
            return
        try:
            self.day = date.fromisoformat(text.strip()) if text.strip() else None
        except ValueError:
            self.say(wrong(f"{text} is no day such as 2026-11-20"))
            self.ask(DAY, text)
            return
        self.search_now()

    async def _read_course(self) -> None:
        query = urlencode({**self._moment, "days": DAYS, "points": POINTS})
        told = await self.asked(
            "The course of the value did not load",
            self.context.shop.records.one(f"{self.KIND.path}/history?{query}"),
            is_aside=True,
        )
        if told is not None:
            self.points = told["points"]
            self._draw()

    def _draw(self) -> None:
        super()._draw()
        styles = self.context.styles
        if not self.points:
            self.plot.show([Line(((" Reading the course of the value …", styles.dim),))])
            return
        last, values = self.points[-1], [one["value"]["amount"] for one in self.points]
        currency = str(last["value"]["currency"])
        top = money(Money(max(values), currency))
        if last["units"] and not any(values):
            words = " No receipt had a cost: what units cost is said when they are received (F6)"
            self.plot.show([Line(((words, styles.dim),))])
            return
        lines = [
            Line(
                ((" worth ", styles.dim), (money(Money(values[-1], currency)), styles.bright)),
                ((f"{count(last['units'])} units ", styles.dim),),
            )
        ]
        for n, row in enumerate(columns(values, HEIGHT)):
            beside = f" {top}" if n == 0 else " 0" if n == HEIGHT - 1 else ""
            lines.append(Line(((f" {row}", styles.accent), (beside, styles.dim))))
        first, end = (date.fromisoformat(self.points[n]["at"][:10]) for n in (0, -1))
        lines.append(Line(((f" {first}{end!s:>{POINTS - 10}}", styles.dim),)))
        self.plot.show(lines)


class ShrinkageScreen(RecordsScreen):
    """What counts changed, by place and reason, with bars of what it was worth."""

    KIND = SHRINKAGE
    NAME = SHRINKAGE.name

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.plot = CursorWidget(context.styles, id="plot")
        self.shown: tuple[Record, ...] = ()

    def body(self) -> Iterable[Widget]:
        """The bars above the list."""
        return (self.plot, *super().body())

    async def page(self, fetch: Fetch) -> Page[Record]:
        """The rows of the period, each named by place and reason."""
        today = datetime.now(UTC).date()
        first = today - timedelta(days=int(self.view[0].split()[0]) - 1)
        query = {"first": first.isoformat(), "last": today.isoformat()}
        told = await self.context.shop.records.rows(self.KIND.path, query, "rows")
        currency = self.context.currency
        rows = tuple(
            {**one, "value": {"amount": one["value"], "currency": currency},
             "key": f"{one['location_code']} {one['reason']}"}
            for one in told.rows
        )  # fmt: skip
        self.shown = rows
        return Page(rows, told.mark)

    def _draw(self) -> None:
        super()._draw()
        styles = self.context.styles
        # Without a known cost the bars are of units.
        is_valued = any(int(one["value"]["amount"]) for one in self.shown)

        def size(one: Record) -> int:
            return int(one["value"]["amount"] if is_valued else one["found"] - one["lost"])

        by_loss = sorted(self.shown, key=size)[:BARS]
        most = max((abs(size(one)) for one in by_loss), default=0)
        total = sum(int(one["value"]["amount"]) for one in self.shown)
        words = money(Money(total, self.context.currency)) if self.shown else "nothing was changed"
        lines = [Line(((" found less lost ", styles.dim), (words, styles.bright)))]
        for one in by_loss:
            bar = gauge(abs(size(one)), most, 30)
            worth = money(Money(size(one), self.context.currency))
            told = worth if is_valued else f"{size(one)} units"
            lines.append(
                Line(((f" {one['key'][:20]:<20} ", styles.ink), (bar, styles.accent),
                      (f" {told}", styles.dim)))
            )  # fmt: skip
        self.plot.show(lines)
