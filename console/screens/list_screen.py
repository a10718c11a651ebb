"""Screens whose main thing is a long list."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.timer import Timer

from console.client.change_models import ChangeBatch
from console.client.models import Page
from console.flows.paged_list import PAGE, Fetch
from console.flows.transition import noted
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.table import WindowTable

MAX_PAGES = 30
"""Pages that are read again at most before the list is shown as far as it has come."""

FAR_DOWN = 400
"""Rows from which on a list that others changed is not read again from its beginning."""

RESTS_AFTER = 0.06
"""Seconds on one row after which the cursor is taken to rest there."""

SEARCH_AFTER = 0.12
"""Seconds without a key after which a search goes out."""


class ListScreen(BaseScreen):
    """Feeds a `WindowTable` with pages, and keeps it fresh without moving rows under the cursor."""

    WHAT = "The list did not load"
    FOLLOWS: ClassVar[frozenset[str]] = frozenset()
    """Kinds of changes after which the list may be another."""

    def __init__(self, context: AppContext, table: WindowTable[Any]) -> None:
        super().__init__(context)
        self.table = table
        self._search: Timer | None = None
        self._rest: Timer | None = None

    async def page(self, fetch: Fetch) -> Page[Any]:
        """Read one page of the list from the shop."""
        raise LookupError(f"{type(self).__name__} has no pages")

    def move(self, action: str) -> None:
        """The cursor walks through the table."""
        self.table.move(action)

    async def start_list(self) -> None:
        """Show another list; the old rows go, because they answer another question."""
        await self._take_first(self.table.start_over())

    async def reload(self) -> None:
        """Read the list again; the old rows stay until the new ones are here."""
        if not self.table.window.is_loaded:
            await self.start_list()
            return
        await self._read_afresh()

    def follow(self, news: ChangeBatch) -> None:
        """Read again what is in sight, where something of it changed."""
        if news.has(self.FOLLOWS) and self.context.operator:
            run_in_background(self, "follow", self._follow)

    def claims_changed(self) -> None:
        """Rows may tell who is at work."""
        self.table.invalidate()

    def changed_here(self, key: str) -> bool:
        """Whether a row that has gone went by a command of this console."""
        return False

    async def _follow(self) -> None:
        table, before = self.table, self.table.window
        if not before.is_loaded:
            return
        if table.looked_at[1] < FAR_DOWN:
            if await self._read_afresh(by_others=True) and table.has_lost_row:
                self.say(noted(f"{table.lost} has left this list"))
            return
        # Far down, reading everything above again would cost more than it shows.
        for fetch in before.again(*table.looked_at):
            page = await self.asked(self.WHAT, self.page(fetch), is_aside=True)
            if page is None or table.window is not before:
                return
            table.put_all(page.rows)

    async def _read_afresh(self, *, by_others: bool = False) -> bool:
        table, before = self.table, self.table.window
        fresh = table.fresh_window(before.generation + 1)
        fresh.reads_from_the_end = before.reads_from_the_end
        wanted = [fresh.first_fetch()]
        pages = 0
        while wanted and pages < MAX_PAGES:
            for fetch in wanted:
                page = await self.asked(self.WHAT, self.page(fetch))
                if page is None:
                    return False
                fresh.arrived(fetch, page)
                pages += 1
            # Deep in a list the window is replaced only when what is looked at is here again.
            wanted = fresh.wanted(*table.looked_at)
        if table.window is not before:
            return False  # another list was begun meanwhile
        table.take_over(fresh, keeps_place=by_others and not self.changed_here(table.key))
        self.list_arrived()
        return True

    def search_soon(self) -> None:
        """Read the list as soon as the operator stops typing."""
        if self._search is not None:
            self._search.stop()
        self._search = self.set_timer(SEARCH_AFTER, self.search_now)

    def search_now(self) -> None:
        """Read the list; an older search that is still out is called off."""
        run_in_background(self, "list", self.start_list)

    def cursor_rests(self) -> None:
        """The cursor has stayed on a row: what stands beside the list may follow."""

    def cursor_moves(self) -> None:
        """The cursor is on the move: what stands beside the list waits, so that keys do not."""
        if self._rest is None:
            self._rest = self.set_interval(RESTS_AFTER, self._rested)
        else:
            self._rest.reset()

    def _rested(self) -> None:
        assert self._rest is not None
        self._rest.pause()
        self.cursor_rests()

    def list_arrived(self) -> None:
        """The first page is on the screen."""

    def on_window_table_pages_wanted(self, message: WindowTable.PagesWanted) -> None:
        """Rows near the window are missing."""
        message.stop()
        for fetch in message.fetches:
            run_in_background(self, "pages", self._read_page, fetch, beside=True)

    def as_list_query(self, fetch: Fetch) -> dict[str, str]:
        """The paging part of a list's query."""
        return {
            "limit": str(PAGE),
            **({"cursor": fetch.cursor} if fetch.cursor else {}),
            **({"include": "total"} if fetch.wants_total else {}),
        }

    async def _take_first(self, fetch: Fetch) -> None:
        if await self._read_page(fetch):
            self.list_arrived()

    async def _read_page(self, fetch: Fetch) -> bool:
        page = await self.asked(self.WHAT, self.page(fetch))
        if page is None:
            self.table.failed(fetch)
            return False
        self.table.arrived(fetch, page)
        self.refresh_status_bar()
        return True
