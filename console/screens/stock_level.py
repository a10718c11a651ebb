"""One stock level: its figures, its history as a picture, and its journal."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed
from console.client.models import Movement, OrderDetail, StockLevel
from console.client.outbox import Command
from console.client.stock import aggregate_of, level_after
from console.client.warehouse import LevelBins
from console.flows.paged_list import PAGE
from console.messages import Open
from console.scan.input_buffer import Prompt, Typing
from console.screens import stopping
from console.screens.context import AppContext
from console.screens.stock_adjust import StockAdjustScreen
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.stock_level_view import level_page
from console.widgets.text_layout import Line


class StockLevelScreen(StockAdjustScreen):
    """A level and everything that ever moved it."""

    NAME = "level"
    TYPING = Typing.SCAN
    WAITS_FOR = frozenset({"add", "take", "set", "stop"})

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="level-page")
        self.level_id = ""
        self.level: StockLevel | None = None
        self._movements: tuple[Movement, ...] = ()
        self._next: str | None = None
        self._bins: LevelBins | None = None

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which level."""
        if self.level is None:
            return ("Stock", "…")
        return ("Stock", f"{self.level.sku} at {self.level.location.code}")

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Show the level as it is now, with its journal."""
        if subject != self.level_id:
            self.level_id, self.level, self.read_at = subject, None, None
            self._movements, self._next, self._bins = (), None, None
            self.sheet.top = 0
            self.problem.hide()
        self._draw()
        self.read_soon()

    async def reload(self) -> None:
        """Read the level and the newest part of its journal."""
        level_id, stock = self.level_id, self.context.shop.stock
        level = await self.asked("The level did not load", stock.level(level_id))
        if level is None or level_id != self.level_id:
            self._draw()
            return
        self.level = level
        self._draw()
        page = await self.asked(
            "The journal did not load",
            stock.movements(level_id, {"limit": str(PAGE)}),
            is_aside=True,
        )
        if page is not None and level_id == self.level_id:
            self._movements, self._next = page.rows, page.mark.next_cursor
        self._draw()
        bins = await self.asked(
            "Its bins did not load", self.context.shop.warehouse.bins_of(level_id), is_aside=True
        )
        if bins is not None and level_id == self.level_id:
            self._bins = bins
            self._draw()

    def follow(self, news: ChangeBatch) -> None:
        """Somebody may have moved it."""
        if news.about("stock_level", self.level_id):
            self.read_soon()

    def why_not(self, action: str) -> str | None:
        """Stopping units needs the level, as correcting it does."""
        return super().why_not("add" if action == "stop" else action)

    async def do_level_lots(self) -> None:
        """What is left of each lot of this level, and in which bin."""
        self.post_message(Open("level_lots", self.level_id))

    async def do_stop(self) -> None:
        """Stop units, or put them on sale again."""
        if self.level is not None:
            stopping.begin(self, self.level.sku)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """How many units, and what becomes of them; or a part of a correction."""
        if prompt.name != stopping.NAME or self.level is None:
            await super().take_answer(prompt, text)
            return
        stopping.answer(self, self.level.id, self.level.sku, text)
        self._draw()

    def level_at_hand(self) -> StockLevel | None:
        """This level."""
        return self.level

    def level_changed(self) -> None:
        """A correction is on its way."""
        self._draw()

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A correction came through, or was refused: the level is read again."""
        if command.aggregate != aggregate_of(self.level_id):
            return
        self.level = level_after(command) or self.level
        if self.is_current:
            self.read_soon()

    def move(self, action: str) -> None:
        """The journal scrolls; at its end the older part is read."""
        self.sheet.move(action)
        if self._next and self.sheet.is_at_the_end:
            run_in_background(self, "older", self._read_older, self._next)

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    async def _read_older(self, cursor: str) -> None:
        level_id = self.level_id
        query = {"limit": str(PAGE), "cursor": cursor}
        page = await self.asked(
            "The older journal did not load", self.context.shop.stock.movements(level_id, query)
        )
        if page is not None and level_id == self.level_id and cursor == self._next:
            self._movements = (*self._movements, *page.rows)
            self._next = page.mark.next_cursor
            self._draw()

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles = self.context.styles
        if self.level is None:
            words = "" if self.problem.display else " Reading the level …"
            self.sheet.show([Line(), Line(((words, styles.dim),))])
            return
        pending = self.context.shop.outbox.open_commands(aggregate_of(self.level_id))
        width = self.size.width
        self.sheet.show(level_page(self.level, self._movements, pending, styles, width, self._bins))
