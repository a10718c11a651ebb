"""A bin: what is in it, and moving units to another bin by scanner alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from console.client.bin_models import Bin
from console.client.change_models import ChangeBatch
from console.client.outbox import State
from console.client.warehouse import MOVE, BinContent, CountDue, move
from console.flows.bin_codes import AtBin
from console.flows.transition import good, noted, wrong
from console.messages import Open
from console.scan.input_buffer import Prompt
from console.screens import stopping
from console.screens.bin_screen import BinListScreen
from console.screens.context import AppContext
from console.widgets.bin_views import bin_page
from console.widgets.text_layout import Line

UNCOUNTED_DAYS = 90
"""Days after which somebody who stands at a bin is asked to count it."""


class BinScreen(BinListScreen):
    """One bin."""

    NAME = "bin"
    HINT = "scan an item; > and a bin moves all of it, 5> five"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.place: Bin | None = None
        self.contents: Sequence[BinContent] = ()
        self.due: Sequence[CountDue] = ()

    def rows(self) -> Sequence[BinContent]:
        """What is in the bin."""
        return self.contents

    def crumbs(self) -> tuple[str, ...]:
        """Which bin."""
        is_read = self.place is not None and self.place.id == self.subject
        return ("Stock", self.place.code if self.place and is_read else "…")

    async def reload(self) -> None:
        """Read the bin and what is in it."""
        bin_id, warehouse = self.subject, self.context.shop.warehouse
        place = await self.asked("The bin did not load", warehouse.bin(bin_id))
        contents = await self.asked("What is in it did not load", warehouse.contents(bin_id))
        if place is not None and contents is not None and bin_id == self.subject:
            self.place, self.contents = place, contents
        self.draw()
        due = await self.asked(
            "The counts did not load", warehouse.counts_due(bin_id), is_aside=True
        )
        if due is not None and bin_id == self.subject:
            self.due = due
            self.draw()

    def follow(self, news: ChangeBatch) -> None:
        """Somebody may have moved something."""
        if any(news.about("stock_level", one.level_id) for one in self.contents):
            self.read_soon()

    async def take(self, at_bin: AtBin) -> bool:
        """An item of this bin is chosen; a bin behind `>` gets its units."""
        if at_bin.is_move:
            await self._move(at_bin)
            return True
        if self.choose(at_bin.code):
            return True
        answer = await self.looked_up(at_bin.code)
        if answer is None or answer.variant is None:
            return False
        if not self.choose(answer.variant.sku):
            where = self.place.code if self.place else "this bin"
            sku = answer.variant.sku
            self.say(wrong(f"{sku} is not in {where} by the books: = counts the bin"))
        return True

    def why_not(self, action: str) -> str | None:
        """Opening and stopping need an item."""
        if action == "stop" and self.chosen() is None:
            return "Nothing is in this bin"
        if action == "enter" and self.place is None:
            return "The bin is not here yet"
        return None

    async def do_enter(self) -> None:
        """Open the level of the item; of an empty bin, say that it is empty."""
        if self.emptied is not None or not self.contents:
            place = self.emptied or self.place
            assert place is not None
            if not self.context.may("inventory:adjust"):
                self.say(noted("Nothing is in this bin"))
                return
            self.answer_zero(place)
        elif (row := self.chosen()) is not None:
            self.post_message(Open("level", row.level_id))

    async def do_count(self) -> None:
        """Count this bin: the count that is due here, or a new one."""
        if self.emptied is not None:
            await super().do_count()
            return
        now = [one for one in self.due if one.status == "counting" or one.is_for_today]
        self.post_message(Open("count", now[0].id if now else f"bin:{self.subject}"))

    async def do_bin_journal(self) -> None:
        """What went into this bin and out of it."""
        self.post_message(Open("bin_journal", self.subject))

    async def do_stop(self) -> None:
        """Stop units of the item, or put them on sale again."""
        if (row := self.chosen()) is not None:
            stopping.begin(self, row.sku)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """How many units, and what becomes of them."""
        row: BinContent | None = self.chosen()
        if row is not None and prompt.name == stopping.NAME:
            stopping.answer(self, row.level_id, row.sku, text)

    def _hint(self) -> str:
        """What can be done here besides."""
        due = next((one for one in self.due), None)
        if due is not None and (due.status == "counting" or due.is_for_today):
            return f"while you are here: {due.number} is to be counted, = counts it"
        if self.place is not None and not self.contents:
            return "Enter when it is empty; = when something is in it"
        limit = datetime.now(UTC) - timedelta(days=UNCOUNTED_DAYS)
        old = [one for one in self.contents
               if one.last_counted_at is None or one.last_counted_at < limit]  # fmt: skip
        if old and self.context.may("inventory:adjust"):
            what = "nothing here was" if len(old) == len(self.contents) else f"{len(old)} were not"
            return f"while you are here: {what} counted for {UNCOUNTED_DAYS} days, = counts the bin"
        return ""

    def draw(self) -> None:
        """Draw the bin."""
        self.refresh_status_bar()
        self.key_bar.relabel({"enter": "level" if self.contents else "is empty"})
        if self.place is None or self.place.id != self.subject:
            words = "" if self.problem.display else " Reading the bin …"
            self.sheet.show([Line(), Line(((words, self.context.styles.dim),))])
            return
        pending = {one.level_id: self._pending(one.level_id) for one in self.contents}
        styles, width = self.context.styles, self.size.width
        self.sheet.show(
            bin_page(self.place, self.contents, pending, self._hint(), self.at, styles, width)
        )
        self.sheet.reveal(str(self.at))

    async def _move(self, at_bin: AtBin) -> None:
        row: BinContent | None = self.chosen()
        if row is None or self.place is None:
            self.say(wrong("Scan the item first, then > and the bin that it goes to"))
            return
        present = row.quantity + self._pending(row.level_id)
        units = present if at_bin.units is None else at_bin.units
        if not 0 < units <= present:
            self.say(wrong(f"{row.sku}: {present} are here, {units} cannot go"))
            return
        target = await self.target(at_bin.code)
        if target is None:
            return
        if target.id == self.place.id:
            self.say(wrong(f"{row.sku} is in {target.code} already: scan another bin"))
            return
        draft = move(row.level_id, row.sku, units, source=self.place.id, target=target)
        self.context.shop.give(draft)
        self.say(good(f"{draft.label} · F9 moves it back"))
        self.draw()

    def _pending(self, level_id: str) -> int:
        """Units on their way into this bin, or out of it."""
        outbox, change = self.context.shop.outbox, 0
        for command in outbox.open_commands(f"level:{level_id}"):
            units = command.body.get("quantity")
            if command.kind == MOVE and command.state is State.WAITING and isinstance(units, int):
                change += units * (command.body.get("to_bin_id") == self.subject)
                change -= units * (command.body.get("from_bin_id") == self.subject)
        return change
