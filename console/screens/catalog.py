"""The catalog: find goods, choose some or many, change them together, see how it went.

Every change is shown row by row before it is sent, with *no* in the focus. It is sent in pieces
that are on disk before the first one leaves; what each row came to is shown when they are answered.
"""

from __future__ import annotations

from console import keys
from console.client import bulk_changes
from console.client.errors import CallFailed
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.flows.catalog import events, filters
from console.flows.catalog.edit_parsing import Kind
from console.flows.catalog.filters import ProductFilter
from console.flows.catalog.reducer import MAX_PRODUCTS, CatalogState, Stage
from console.flows.formatting import count, counted
from console.flows.paged_list import Fetch
from console.flows.transition import noted, waiting
from console.messages import Open
from console.scan.input_buffer import Prompt
from console.screens.bulk_edit import BulkEditScreen
from console.screens.workers import run_in_background


class CatalogScreen(BulkEditScreen):
    """Products, choosing them, and what is done to them."""

    NAME = "catalogue"

    def crumbs(self) -> tuple[str, ...]:
        """Which products, and what is being done to them."""
        stage = "" if self.state.stage is Stage.CHOOSING else str(self.state.stage)
        if self.state.edit is not None:
            stage = f"{self.state.edit.title}, {stage}"
        parts = ("Catalogue", self.filter.words, stage)
        return tuple(part for part in parts if part)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """A search text after `/`, how the last change went, or everything as it was left."""
        if self._reader != self.context.reader:
            self._reader = self.context.reader
            self.state, self.at, self._anchor = CatalogState(), None, ""
            for things in (self._cards, self._levels, self._stories):
                things.forget()
        self._read_last_change()
        if subject == "batch":
            self._take(events.ShowResult())
        if subject.startswith("/") and subject[1:] != self.filter.text:
            self._apply(ProductFilter(), subject[1:])
        else:
            run_in_background(self, "list", self.reload)
        if not self._may_change():
            self.say(noted("Your role reads the catalogue and does not change it"))
        elif not self.context.may("catalog:write"):
            self.say(noted("Your role reads the catalogue; l sets at how many units stock is low"))
        self._draw()

    def leave(self) -> None:
        """What is chosen and what is reviewed stays; a half-typed figure does not."""
        if self.state.stage is Stage.CHOOSING:
            self.question.show(None)

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A piece of a change was answered."""
        if command.kind != bulk_changes.KIND:
            return
        self._doubt()
        self._read_last_change()
        self._draw()
        if self.is_current and not self.state.is_under_way:
            run_in_background(self, "list", self.reload)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A search, or a figure for what is chosen."""
        if prompt.name == "find":
            self._apply(self.filter, text)
        else:
            self._type(Kind(prompt.name), text)

    def take_change(self, prompt: Prompt, text: str) -> None:
        """Search while typing; half a filter word is not complained about yet."""
        found = filters.find(self.filter, text)
        if found.feedback is None:
            self.filter = found.state
            self.search_soon()
            self._draw_views()

    def take_cancel(self, prompt: Prompt) -> None:
        """Esc in the search shows everything again; in a figure, nothing changes."""
        if prompt.name == "find":
            self._apply(self.filter, "")
        else:
            self._draw()

    def move(self, action: str) -> None:
        """The cursor walks through the products, or through the variants of one."""
        if self.state.stage is not Stage.CHOOSING:
            self.work.move(action)
        elif self.at is None:
            self.table.move(action)
        else:
            card = self._card()
            self.at = keys.moved(action, self.at, len(card.variants) if card else 0)
            self._draw_pane()
            self.cursor_moves()
            if card and card.variants:
                self.pane.reveal(card.variants[self.at].id)

    def go_back(self) -> bool:
        """Esc: out of the review, out of the variants, out of the search."""
        if self.state.stage is not Stage.CHOOSING:
            self._take(events.Back())
            return True
        if self.at is not None:
            self._go_inside(None)
            return True
        if self.filter.text:
            self._apply(self.filter, "")
            return True
        return False

    def undo_step(self) -> bool:
        """F9: leave the review, or choose again what was chosen a step ago."""
        if self.state.stage in (Stage.GATHERING, Stage.REVIEW):
            self._take(events.Back())
            return True
        if self.state.stage is Stage.CHOOSING and self.state.choice.before:
            self._take(events.UndoSelection())
            return True
        return False

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    async def do_enter(self) -> None:
        """Take the focused answer; in the list, go into the product; in there, to the stock."""
        if self.state.stage is not Stage.CHOOSING:
            self._take(events.Enter())
        elif self.at is None:
            await self.do_turn_right()
        else:
            variant = self._variant()
            if variant is not None:
                self.post_message(Open("stock", f"/{variant.sku}"))

    async def do_history(self) -> None:
        """Who did what to the product, or to the variant."""
        line, variant = self._line(), self._variant()
        if line is not None:
            self.post_message(Open("audit", variant.id if variant else line.id))

    async def do_mark(self) -> None:
        """The product or the variant under the cursor is chosen, or no longer."""
        line, variant, card = self._line(), self._variant(), self._card()
        if line is None:
            return
        if variant is not None and card is not None:
            of = frozenset(one.id for one in card.variants)
            self._take(events.ToggleVariant(line.id, variant.id, of))
        else:
            self._anchor = line.id
            self._take(events.Toggle(line.id))

    async def do_mark_range(self) -> None:
        """All loaded rows from the one chosen last to the cursor."""
        rows = dict(self.table.window.loaded())
        anchor = next((at for at, row in rows.items() if row.id == self._anchor), self.table.cursor)
        first, last = sorted((anchor, self.table.cursor))
        ids = tuple(row.id for at, row in rows.items() if first <= at <= last)
        self._take(events.SelectMore(ids))
        missing = last - first + 1 - len(ids)
        if missing:
            are = "is" if missing == 1 else "are"
            self.say(noted(f"{counted(missing, 'row')} between {are} not loaded and not chosen"))

    async def do_mark_all(self) -> None:
        """All products of the list, also those that were not looked at yet."""
        ids = tuple(row.id for _, row in self.table.window.loaded())
        if len(ids) == self.table.window.size or self.state.stage is not Stage.CHOOSING:
            self._take(events.SelectMore(ids))
        else:
            self.say(waiting("Reading the whole list …"))
            run_in_background(self, "everything", self._mark_everything)

    async def _mark_everything(self) -> None:
        """Read the list to its end, or as far as one change reaches, and choose what is in it.

        Nothing is chosen when it could not be read, or when another list is looked at by then.
        """
        wanted, ids, cursor = self.filter, [], None
        while True:
            page = await self.asked(self.WHAT, self.page(Fetch(True, 0, cursor, 0)), is_aside=True)
            if page is None or self.filter != wanted:
                return
            ids += [row.id for row in page.rows]
            cursor = page.mark.next_cursor
            if cursor is None or len(ids) >= MAX_PRODUCTS:
                break
        self._take(events.SelectMore(tuple(ids[:MAX_PRODUCTS])))
        if cursor is not None:
            told = f"The first {count(MAX_PRODUCTS)} products are chosen, the list is longer"
            self.say(noted(f"{told}: change these first, or search for fewer"))

    async def do_unmark(self) -> None:
        """Nothing is chosen."""
        self._take(events.Deselect())
