"""Counting a bin, blind: units are scanned, or `31*` and one; Enter sends, F10 finishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from console.client.errors import CallFailed
from console.client.models import OrderDetail, ScannedVariant
from console.client.outbox import Command
from console.client.warehouse import COUNTED, FINISHED, CountLine, CountTask, counted, finish
from console.flows.bin_codes import AtBin
from console.flows.transition import good, noted, wrong
from console.screens.bin_screen import BinListScreen
from console.screens.context import AppContext
from console.widgets.bin_views import count_page
from console.widgets.text_layout import Line


class CountScreen(BinListScreen):
    """One count, of the bin from which it was begun."""

    NAME = "count"
    HINT = "scan units, or 31* and one of them"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.count: CountTask | None = None
        self.tally: dict[str, int] = {}
        self._steps: list[tuple[str, int | None]] = []
        self._key = ""

    def rows(self) -> Sequence[CountLine]:
        """What is counted."""
        return self.count.lines if self.count else ()

    def crumbs(self) -> tuple[str, ...]:
        """Which count."""
        return ("Stock", "Count", self.count.number if self.count else "…")

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Begin the count of a bin, or go on with the one that is open here."""
        if subject != self.subject or (self.count and self.count.status == "posted"):
            self.count, self.tally, self._steps, self._key = None, {}, [], uuid4().hex
        await super().show(subject, None)

    async def reload(self) -> None:
        """Begin the count at the shop, once; then read how it stands."""
        warehouse = self.context.shop.warehouse
        kind, _, bin_id = self.subject.partition(":")
        if self.count is not None:
            question = warehouse.count(self.count.id)
        elif kind == "bin":
            question = warehouse.start_count(bin_id, key=self._key)
        else:
            question = warehouse.count(self.subject)
        count = await self.asked("The count needs the shop and did not load", question)
        if count is not None:
            self.count = count
        self.draw()

    async def take(self, at_bin: AtBin) -> bool:
        """One unit more of an item, or so many; what is found here is added to the count."""
        if self.count is None or at_bin.is_move:
            return False
        if not self.choose(at_bin.code):
            answer = await self.looked_up(at_bin.code)
            if answer is None or answer.variant is None:
                return False
            if not self.choose(answer.variant.sku) and not self._add(answer.variant):
                return True
            if at_bin.units is None and answer.variant.pack_quantity > 1:
                at_bin = at_bin._replace(units=self._so_far() + answer.variant.pack_quantity)
        line: CountLine = self.chosen()
        if line.status in ("posted", "held"):
            self.say(wrong(f"{line.sku} is counted and closed: count the bin again for another"))
            return True
        before = self.tally.get(line.level_id)
        self._steps.append((line.level_id, before))
        self.tally[line.level_id] = (before or 0) + 1 if at_bin.units is None else at_bin.units
        self.say(good(f"{line.sku} {self.tally[line.level_id]}"))
        self.draw()
        return True

    def undo_step(self) -> bool:
        """F9 takes the last scan back."""
        if not self._steps:
            return False
        level_id, before = self._steps.pop()
        if before is None:
            self.tally.pop(level_id, None)
        else:
            self.tally[level_id] = before
        self.say(noted("Taken back: the last scan"))
        self.draw()
        return True

    def why_not(self, action: str) -> str | None:
        """Sending needs something that was scanned; finishing a count that is read."""
        if action == "enter" and not self.tally:
            return "Nothing is scanned yet: F10 finishes, what was not scanned is not there"
        if action in ("enter", "commit") and self.count is None:
            return "The count is not begun: it needs the shop"
        return None

    async def do_enter(self) -> None:
        """Send what was counted; differences are shown once the shop has compared them."""
        self._send()

    async def do_commit(self) -> None:
        """Send the rest, and finish: what was not scanned is counted as 0."""
        self._send()
        if self.count is not None:
            self.context.shop.give(finish(self.count))

    def _so_far(self) -> int:
        line = self.chosen()
        return self.tally.get(line.level_id, 0)

    def _add(self, variant: ScannedVariant) -> bool:
        """Add what was found here and is not on the list."""
        count = self.count
        assert count is not None
        here = [one for one in variant.levels if one.location.id == count.location_id]
        if not here:
            self.say(wrong(f"{variant.sku} has no stock level at this location: receive it first"))
            return False
        bin_id = next((one.bin_id for one in count.lines), self._bin_id)
        found = CountLine(
            level_id=here[0].id, sku=variant.sku, barcode=variant.barcode,
            product_title=variant.product_title, bin_id=bin_id, bin_code=None, status="open",
            counted=None, expected=None, variance=None,
        )  # fmt: skip
        self.count = replace(count, lines=(*count.lines, found))
        self.at = len(self.count.lines) - 1
        return True

    @property
    def _bin_id(self) -> str | None:
        kind, _, bin_id = self.subject.partition(":")
        return bin_id if kind == "bin" else None

    def _send(self) -> None:
        assert self.count is not None
        now = datetime.now(UTC)
        lines = {line.level_id: line for line in self.count.lines}
        for level_id, units in self.tally.items():
            line = lines[level_id]
            self.context.shop.give(
                counted(self.count, level_id, line.sku, units, bin_id=line.bin_id, at=now)
            )
        self.tally, self._steps = {}, []
        self.draw()

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """The shop compared what was counted: the lines say how it ended."""
        if command.kind in (COUNTED, FINISHED) and self.is_current:
            self.read_soon()

    def draw(self) -> None:
        """Draw the count."""
        self.refresh_status_bar()
        if self.count is None:
            words = "" if self.problem.display else " Beginning the count …"
            self.sheet.show([Line(), Line(((words, self.context.styles.dim),))])
            return
        styles, width = self.context.styles, self.size.width
        self.sheet.show(count_page(self.count, self.tally, self.at, styles, width))
