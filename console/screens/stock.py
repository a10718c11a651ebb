"""Stock: what stands where, what runs low, and the quick way to put a figure right."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed
from console.client.models import Movement, OrderDetail, Page, StockLevel
from console.client.outbox import Command
from console.client.stock import aggregate_of, level_after, pending_change
from console.flows.filters import StockFilter
from console.flows.paged_list import PAGE, Fetch
from console.messages import Open
from console.scan.input_buffer import Prompt
from console.screens.context import AppContext
from console.screens.list_screen import ListScreen
from console.screens.stock_adjust import StockAdjustScreen
from console.screens.workers import run_in_background
from console.widgets.hstack import HStack
from console.widgets.line_widget import CursorWidget
from console.widgets.stock_level_view import LEVEL_COLUMNS, level_page, level_row
from console.widgets.table import WindowTable
from console.widgets.view_tabs import ViewTabs

FIND = Prompt("find", "/", is_live=True)


class StockScreen(ListScreen, StockAdjustScreen):
    """All levels, by search, or only those that run low."""

    NAME = "stock"
    WHAT = "The stock levels did not load"
    FOLLOWS = frozenset({"stock_level"})

    def __init__(self, context: AppContext) -> None:
        styles = context.styles
        table: WindowTable[StockLevel] = WindowTable(
            styles,
            LEVEL_COLUMNS,
            level_row(styles, self._pending_change),
            _level_id,
            empty=StockFilter().nothing,
            id="levels",
            is_one_way=True,
        )
        super().__init__(context, table)
        self.views = ViewTabs(styles, id="views")
        self.journal = CursorWidget(styles, id="journal")
        self.filter = StockFilter()
        self._movements: dict[str, tuple[Movement, ...]] = {}
        self._shown = ""

    def body(self) -> Iterable[Widget]:
        """The views, the levels, and one level's journal beside them."""
        return (self.views, HStack(self.table, self.journal))

    def crumbs(self) -> tuple[str, ...]:
        """Which levels."""
        return ("Stock", self.filter.words)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """`low`, a search text after `/`, or the list as it was left."""
        wanted = self.filter
        if subject == "low":
            wanted = StockFilter(only_low=True)
        elif subject.startswith("/"):
            wanted = StockFilter(text=subject[1:])
        if wanted != self.filter:
            self.filter = wanted
            self.search_now()
        else:
            run_in_background(self, "list", self.reload)
        self._draw_views()

    async def page(self, fetch: Fetch) -> Page[StockLevel]:
        """Levels as the filter takes them."""
        query = {**self.filter.as_query(), **self.as_list_query(fetch)}
        return await self.context.shop.stock.page(query)

    def follow(self, news: ChangeBatch) -> None:
        """The journals of levels that moved are another."""
        for level_id in [one for one in self._movements if news.about("stock_level", one)]:
            del self._movements[level_id]
        super().follow(news)

    def level_at_hand(self) -> StockLevel | None:
        """The level under the cursor."""
        level: StockLevel | None = self.table.current
        return level

    def level_changed(self) -> None:
        """The row shows what is on its way."""
        self.table.invalidate()
        self._draw_journal()

    def why_not(self, action: str) -> str | None:
        """Opening needs a level; correcting needs a permission too."""
        if action == "enter" and self.table.current is None:
            return self.table.why_none("No level is chosen")
        return super().why_not(action)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A search, or a part of a correction."""
        if prompt.name == "find":
            self._find(text)
        else:
            await super().take_answer(prompt, text)

    def take_change(self, prompt: Prompt, text: str) -> None:
        """Search while typing."""
        if prompt.name == "find":
            self.filter = self.filter._replace(text=text.strip())
            self._draw_views()
            self.search_soon()

    def take_cancel(self, prompt: Prompt) -> None:
        """Esc in the search shows everything again."""
        if prompt.name == "find":
            self._find("")
        else:
            super().take_cancel(prompt)

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A correction came through: the shop's figure replaces ours."""
        if command.kind != "adjust":
            return
        level = level_after(command)
        if level is not None:
            self.table.put(level)
            self._movements.pop(level.id, None)
        self.table.invalidate()
        if self.is_current:
            self._read_journal()

    def go_back(self) -> bool:
        """Esc clears the search first."""
        if self.filter.text:
            self._find("")
            return True
        return False

    def redraw(self) -> None:
        """Other colours."""
        self._draw_views()
        self._draw_journal()

    async def do_enter(self) -> None:
        """Open the level."""
        level = self.level_at_hand()
        if level is not None:
            self.post_message(Open("level", level.id))

    async def do_find(self) -> None:
        """Search."""
        self.ask(FIND, self.filter.text)

    async def do_history(self) -> None:
        """Who did what to the level under the cursor."""
        if (level := self.level_at_hand()) is not None:
            self.post_message(Open("audit", level.id))

    async def do_low(self) -> None:
        """Only what runs low, or everything."""
        self.filter = self.filter._replace(only_low=not self.filter.only_low)
        self._draw_views()
        self.refresh_status_bar()
        self.search_now()

    def on_window_table_cursor_moved(self, message: WindowTable.CursorMoved) -> None:
        """Another level."""
        message.stop()
        self._draw_views()
        self.cursor_moves()

    def cursor_rests(self) -> None:
        """Show the level's journal beside the list, on a window that is wide enough."""
        if self.has_class("-wide"):
            self._draw_journal()
            self._read_journal()

    def on_window_table_row_chosen(self, message: WindowTable.RowChosen) -> None:
        """A second click opens."""
        message.stop()
        run_in_background(self, "open", self.do_enter)

    def _find(self, text: str) -> None:
        self.filter = self.filter._replace(text=text.strip())
        self._draw_views()
        self.refresh_status_bar()
        self.search_now()

    def _draw_views(self) -> None:
        self.table.empty = self.filter.nothing
        current = "low" if self.filter.only_low else "all"
        self.views.show(("all", "low"), current, note="", position=self.table.position)

    def _draw_journal(self) -> None:
        level = self.level_at_hand()
        if level is None:
            self.journal.show([])
            return
        pending = self.context.shop.outbox.open_commands(aggregate_of(level.id))
        movements = self._movements.get(level.id, ())
        width = self.journal.size.width
        lines = level_page(level, movements, pending, self.context.styles, width)
        self.journal.show(lines, keep_place=level.id == self._shown)
        self._shown = level.id

    def _read_journal(self) -> None:
        level = self.level_at_hand()
        if level is not None and level.id not in self._movements and self.has_class("-wide"):
            run_in_background(self, "journal", self._read_movements, level.id)
        else:
            self._draw_journal()

    async def _read_movements(self, level_id: str) -> None:
        page = await self.asked(
            "The journal did not load",
            self.context.shop.stock.movements(level_id, {"limit": str(PAGE)}),
            is_aside=True,
        )
        if page is not None:
            self._movements[level_id] = page.rows
            self._draw_journal()

    def _pending_change(self, level_id: str) -> int:
        outbox = self.context.shop.outbox
        if aggregate_of(level_id) not in outbox.busy:
            return 0
        return pending_change(outbox.open_commands(aggregate_of(level_id)))


def _level_id(level: StockLevel) -> str:
    return level.id
