"""Put-away: what waits for a bin, and where it belongs; an item and a bin are scanned."""

from __future__ import annotations

from collections.abc import Sequence

from console.client.warehouse import PutAwayTask, move
from console.flows.bin_codes import AtBin
from console.flows.transition import good, noted, wrong
from console.screens.bin_screen import BinListScreen
from console.screens.context import AppContext
from console.widgets.bin_views import task_page


class PutAwayScreen(BinListScreen):
    """Everything that stands in receiving, or in no bin."""

    NAME = "put_away"
    HINT = "scan an item, then the bin it goes into; 5> first for a part"
    TITLE = "Put-away"
    NOTHING = "everything is in its bin"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.tasks: Sequence[PutAwayTask] = ()
        self.part: int | None = None
        """How many of the chosen item go, where that was said before its bin."""

        self.is_meant = False
        """Whether the item was scanned, or the cursor put on it: then a bin's label takes it."""

    def rows(self) -> Sequence[PutAwayTask]:
        """What waits."""
        return self.tasks

    def crumbs(self) -> tuple[str, ...]:
        """How much there is to do."""
        return ("Stock", self.TITLE, f"{len(self.tasks)} to do")

    async def reload(self) -> None:
        """Read what waits."""
        tasks = await self.asked("The tasks did not load", self.read_tasks())
        if tasks is not None:
            self.tasks = tasks
            self.at = min(self.at, max(0, len(tasks) - 1))
        self.draw()

    async def read_tasks(self) -> Sequence[PutAwayTask]:
        """Ask the shop."""
        return await self.context.shop.warehouse.put_away()

    def why_not(self, action: str) -> str | None:
        """Enter answers whether a bin is empty; work is done by scanning."""
        if action in ("enter", "count") and self.emptied is None:
            return "Scan the item, then the bin it goes into"
        return None

    async def do_enter(self) -> None:
        """The bin that the last unit left is empty."""
        if self.emptied is not None:
            self.answer_zero(self.emptied)

    async def take(self, at_bin: AtBin) -> bool:
        """An item is chosen, or so many of it; a bin gets it."""
        if self.choose(at_bin.code):
            self._part_of(at_bin.units)
            return True
        answer = await self.looked_up(at_bin.code)
        if answer is None or (answer.bin is None and answer.variant is None):
            return False
        if answer.variant is not None:
            if self.choose(answer.variant.sku):
                self._part_of(at_bin.units)
            else:
                self.say(noted(f"{answer.variant.sku} has its bins: nothing of it waits here"))
            return True
        task: PutAwayTask | None = self.chosen()
        assert answer.bin is not None
        if task is None or not self.is_meant:
            # Nobody scanned an item since the last one went: somebody wants to see the bin.
            return False
        if answer.bin.id == task.bin_id:
            where = task.target.code if task.target else "another bin"
            self.say(noted(f"{task.sku}: take {task.quantity} here, then scan {where}"))
            return True
        part = at_bin.units if at_bin.units is not None else self.part
        units = task.quantity if part is None else part
        if not 0 < units <= task.quantity:
            self.say(wrong(f"{task.sku}: {task.quantity} wait here, {units} cannot go"))
            return True
        self.part, self.is_meant = None, False
        draft = move(task.level_id, task.sku, units, source=task.bin_id, target=answer.bin)
        self.context.shop.give(draft)
        wanted = task.target
        other = f", not {wanted.code}" if wanted and wanted.id != answer.bin.id else ""
        self.say(good(f"{draft.label}{other} · F9 moves it back"))
        left = task.quantity - units
        self.tasks = [
            one for one in self.tasks if one is not task or left
        ]  # what is left is read again once the move is done
        self.draw()
        return True

    def _part_of(self, units: int | None) -> None:
        self.part, self.is_meant = units, True
        task: PutAwayTask | None = self.chosen()
        if task is not None and units is not None:
            where = task.target.code if task.target else "its bin"
            self.say(noted(f"{units} of {task.quantity} {task.sku}: scan {where}"))

    def move(self, action: str) -> None:
        """Another item: how many of it go is said anew."""
        self.part, self.is_meant = None, True
        super().move(action)

    def draw(self) -> None:
        """Draw the list."""
        self.refresh_status_bar()
        styles, width = self.context.styles, self.size.width
        self.sheet.show(task_page(self.tasks, self.NOTHING, self.at, styles, width))
        self.sheet.reveal(str(self.at))


class ReplenishScreen(PutAwayScreen):
    """Bins that are picked from and hold too little: what to bring them, and from where."""

    NAME = "replenish"
    HINT = "scan an item, then the bin that is filled; 5> first for a part"
    TITLE = "Replenish"
    NOTHING = "every bin that is picked from holds enough"

    async def read_tasks(self) -> Sequence[PutAwayTask]:
        """Ask the shop."""
        return await self.context.shop.warehouse.to_replenish()
