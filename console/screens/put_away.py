"""Put-away: what waits for a bin, and where it belongs; an item and a bin are scanned."""

from __future__ import annotations

from collections.abc import Sequence

from console.client.warehouse import PutAwayTask, move
from console.flows.bin_codes import AtBin
from console.flows.transition import good, noted, wrong
from console.screens.bin_screen import BinListScreen
from console.screens.context import AppContext
from console.widgets.bin_views import put_away_page


class PutAwayScreen(BinListScreen):
    """Everything that stands in receiving, or in no bin."""

    NAME = "put_away"
    HINT = "scan an item, then the bin it goes into; 5> first for a part"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.tasks: Sequence[PutAwayTask] = ()

    def rows(self) -> Sequence[PutAwayTask]:
        """What waits."""
        return self.tasks

    def crumbs(self) -> tuple[str, ...]:
        """How much there is to do."""
        return ("Stock", "Put-away", f"{len(self.tasks)} to do")

    async def reload(self) -> None:
        """Read what waits."""
        tasks = await self.asked("The tasks did not load", self.context.shop.warehouse.put_away())
        if tasks is not None:
            self.tasks = tasks
            self.at = min(self.at, max(0, len(tasks) - 1))
        self.draw()

    async def take(self, at_bin: AtBin) -> bool:
        """An item is chosen; a bin gets it."""
        if not at_bin.is_move and self.choose(at_bin.code):
            return True
        answer = await self.looked_up(at_bin.code)
        if answer is None or (answer.bin is None and answer.variant is None):
            return False
        if answer.variant is not None:
            if not self.choose(answer.variant.sku):
                self.say(noted(f"{answer.variant.sku} has its bins: nothing of it waits here"))
            return True
        task: PutAwayTask | None = self.chosen()
        assert answer.bin is not None
        if task is None:
            return False
        units = task.quantity if at_bin.units is None else at_bin.units
        if not 0 < units <= task.quantity:
            self.say(wrong(f"{task.sku}: {task.quantity} wait here, {units} cannot go"))
            return True
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

    def draw(self) -> None:
        """Draw the list."""
        self.refresh_status_bar()
        self.sheet.show(put_away_page(self.tasks, self.at, self.context.styles, self.size.width))
