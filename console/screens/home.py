"""Home: the day in figures, what waits to be shipped, and a scan bar that takes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from textual.widget import Widget

from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed
from console.client.models import OrderCard, OrderDetail, Overview, Page
from console.client.orders import aggregate_of
from console.client.outbox import Command, State
from console.flows.filters import OrderFilter
from console.flows.formatting import Sense, age, clock, count
from console.flows.next_job import Job, next_job
from console.flows.paged_list import Fetch
from console.flows.transition import noted
from console.messages import Open
from console.scan.input_buffer import Typing
from console.screens.context import AppContext
from console.screens.list_screen import ListScreen
from console.screens.workers import run_in_background
from console.widgets.doctor_view import doctor_light
from console.widgets.home_tiles import Figure, HomeTiles
from console.widgets.hstack import HStack
from console.widgets.line_widget import CursorWidget
from console.widgets.order_rows import QUEUE_COLUMNS, queue_row
from console.widgets.table import WindowTable
from console.widgets.text_layout import Line

REFRESH_EVERY = 20
"""Seconds after which the figures are read again while Home is looked at."""

GLYPHS = {
    State.WAITING: ("◔", Sense.PART),
    State.ASKING: ("◔", Sense.PART),
    State.STOPPED: ("✖", Sense.BAD),
    State.DONE: ("✔", Sense.GOOD),
    State.DROPPED: ("–", Sense.OFF),
}
BACKUPS = {
    "ok": ("✔", Sense.GOOD, "can be restored"),
    "unproved": ("◔", Sense.PART, "not proved this week"),
    "missing": ("✖", Sense.BAD, "the last one is late"),
    "failed": ("✖", Sense.BAD, "the last one cannot be restored"),
}


class HomeScreen(ListScreen):
    """Where a shift begins and every thing can be scanned."""

    NAME = "home"
    TYPING = Typing.SCAN
    HINT = "scan or type anything: order, SKU, barcode"
    WHAT = "The queue did not load"
    FOLLOWS = frozenset({"order"})

    def __init__(self, context: AppContext) -> None:
        styles = context.styles
        super().__init__(
            context,
            WindowTable(
                styles,
                QUEUE_COLUMNS,
                queue_row(styles, self._is_pending, context),
                _order_id,
                empty="✔ Nothing waits to be shipped.",
                id="queue",
            ),
        )
        self.today = HomeTiles(styles, id="today")
        self.lately = CursorWidget(styles, id="lately")
        self.has_rows = asyncio.Event()
        """Set when the first rows of the day are on the screen."""

        self.first_rows: Page[OrderCard] | None = None
        """The queue as it was read before this screen was there."""

        self._overview: Overview | None = None
        self._ticks = 0

    def on_mount(self) -> None:
        """Begin with the rows that were read already; they are read again at once."""
        if self.first_rows is not None:
            self.table.arrived(self.table.start_over(), self.first_rows)
            self.list_arrived()

    def body(self) -> Iterable[Widget]:
        """The next job and the figures, the queue, and this console's last commands beside it."""
        return (self.today, HStack(self.table, self.lately))

    def crumbs(self) -> tuple[str, ...]:
        """The root of everything."""
        return ("Stockroom", "Home")

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Show what is known at once and read what is new."""
        self._draw_lately()
        self._draw_today()
        if self.context.operator:
            run_in_background(self, "list", self.reload)
            begun = self.context.shop.drafts.told()
            if begun and self.context.feedback is None:
                self.say(noted(f"Begun and not sent: {', '.join(begun)}"))

    async def page(self, fetch: Fetch) -> Page[OrderCard]:
        """Orders to ship, the oldest first."""
        query = OrderFilter().as_query(from_the_end=fetch.from_the_end)
        return await self.context.shop.orders.page({**query, **self.as_list_query(fetch)})

    async def reload(self) -> None:
        """Read the figures and the queue."""
        self._ticks = 0
        run_in_background(self, "overview", self._read_overview)
        await super().reload()

    def follow(self, news: ChangeBatch) -> None:
        """The figures follow too."""
        if news.has(("order", "stock_level", "attention")) and self.context.operator:
            run_in_background(self, "overview", self._read_overview)
        super().follow(news)

    def changed_here(self, key: str) -> bool:
        """An order that was shipped here leaves the queue."""
        return self.context.has_commands(aggregate_of(key))

    def list_arrived(self) -> None:
        """The queue is on the screen."""
        self.has_rows.set()
        self._draw_today()

    def on_window_table_cursor_moved(self, message: WindowTable.CursorMoved) -> None:
        """Another order: it is the next job now."""
        message.stop()
        self._draw_today()

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command that was done changes the figures."""
        self._draw_lately()
        self.table.invalidate()
        if failure is None:
            run_in_background(self, "list", self.reload)

    def tick(self) -> None:
        """Ages grow; and now and then everything is read again."""
        self._ticks += 1
        self._draw_lately()
        if self._ticks % 60 == 0:
            self.table.invalidate()
        if self._ticks >= REFRESH_EVERY and self.context.operator:
            run_in_background(self, "list", self.reload)

    def why_not(self, action: str) -> str | None:
        """Enter needs a job."""
        if action == "enter" and self._job() is None:
            return self.table.why_none("Nothing waits here: scan or type a code")
        return None

    def claims_changed(self) -> None:
        """Somebody else opened an order, or let it go: the next job may be another."""
        super().claims_changed()
        self._draw_today()

    def redraw(self) -> None:
        """Other colours."""
        self._draw_today()
        self._draw_lately()

    async def do_enter(self) -> None:
        """Begin the next job."""
        job = self._job()
        if job is not None:
            self.post_message(Open(job.screen, job.subject))

    async def _read_overview(self) -> None:
        overview = await self.asked(
            "The figures did not load", self.context.shop.auth.overview(), is_aside=True
        )
        if overview is not None:
            self._overview = self.context.shop.watch.overview = overview
            if self.context.currency != overview.currency:
                self.context.currency = overview.currency
                self.table.invalidate()
            self._draw_today()
            self._draw_lately()

    def _job(self) -> Job | None:
        """The next job: of the first order, or of the one that the operator went to.

        An order that somebody else has open is not offered. None for a moment after the row under
        the cursor was taken away: an Enter on its way to the key was for that one.
        """
        if self.table.has_lost_row:
            return None
        shop = self.context.shop
        order, refused = self.table.current, 0
        if self.table.cursor == 0 and order is not None:
            refused = shop.needs_person
            rows = (row for _, row in self.table.window.loaded())
            order = next((row for row in rows if not shop.claims.by_others(row.id)), order)
        return next_job(self._overview, order, shop.session.person, refused)

    def _draw_today(self) -> None:
        seen, job = self._overview, self._job()
        figures: tuple[Figure, ...] = ()
        if seen is not None:
            figures = (
                Figure(count(seen.to_ship), "to ship", *_mark(seen.to_ship, "○", Sense.DUE), "F4"),
                Figure(count(seen.needs_attention), "need you",
                       *_mark(seen.needs_attention, "✖", Sense.BAD), "⇧F5"),
                *self._waiting(seen.awaiting_approval),
                Figure(count(seen.low_stock), "run low",
                       *_mark(seen.low_stock, "⚠", Sense.PART), ":l"),
                Figure(count(seen.unpaid), "unpaid", "○", Sense.QUIET),
                Figure(count(seen.shipped_today), "shipped today", "✔", Sense.GOOD),
            )  # fmt: skip
        nothing = "Reading the day …" if seen is None else "All done: nothing waits here."
        self.today.show(job, figures, self.table.why_none(nothing))
        self.key_bar.relabel({"enter": job.label if job else ""})

    def _waiting(self, number: int) -> tuple[Figure, ...]:
        """What waits for a second person; nothing is said while nothing waits."""
        if not number:
            return ()
        person = self.context.shop.session.person
        may = person is not None and "approvals:write" in person.permissions
        name = "to approve" if may else "wait for approval"
        return (Figure(count(number), name, "◔", Sense.DUE, ":approvals"),)

    def _draw_lately(self) -> None:
        styles = self.context.styles
        lines = [Line(((" LATELY ON THIS CONSOLE", styles.heading),))]
        for command in self.context.shop.outbox.recent(30):
            glyph, sense = GLYPHS[command.state]
            when = clock(datetime.fromtimestamp(command.made_at, UTC))
            lines.append(
                Line(
                    (
                        (f" {when} ", styles.dim),
                        (f"{glyph} ", styles.senses[sense]),
                        (command.label, styles.ink),
                    )
                )
            )
        if len(lines) == 1:
            lines.append(Line(((" nothing yet", styles.dim),)))
        lines += doctor_light(self._overview.doctor if self._overview else None, styles)
        lines += self._backups()
        self.lately.show(lines)

    def _backups(self) -> list[Line]:
        """Since when nothing would be lost with the machine; nothing where no place is set."""
        seen = None if self._overview is None else self._overview.backups
        if seen is None or seen.state not in BACKUPS:
            return []
        styles = self.context.styles
        glyph, sense, words = BACKUPS[seen.state]
        made, proved = (
            f"{age(moment)} ago" if moment else "never"
            for moment in (seen.last_backup_at, seen.last_proved_at)
        )
        return [
            Line(()),
            Line(((" BACKUPS", styles.heading),)),
            Line(((f" {glyph} ", styles.senses[sense]), (words, styles.ink))),
            Line(((f"   made {made}, proved {proved}", styles.dim),)),
        ]

    def _is_pending(self, order_id: str) -> bool:
        return aggregate_of(order_id) in self.context.shop.outbox.busy


def _mark(number: int, mark: str, sense: Sense) -> tuple[str, Sense]:
    return (mark, sense) if number else ("✔", Sense.GOOD)


def _order_id(order: OrderCard) -> str:
    return order.id
