"""What the screens at a bin have in common: a list with a cursor, and codes that find its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.widget import Widget

from console import keys
from console.client.bin_models import Bin
from console.client.errors import CallFailed
from console.client.models import OrderDetail, ScanAnswer
from console.client.outbox import Command
from console.client.warehouse import MOVE
from console.flows import bin_codes
from console.flows.bin_codes import AtBin
from console.flows.transition import wrong
from console.scan import code_parsing
from console.scan.code_parsing import Scan
from console.scan.input_buffer import Typing
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.widgets.line_widget import CursorWidget


class BinListScreen(BaseScreen):
    """A list of goods at a bin; a code chooses a row, `>` and a bin's code take it there."""

    TYPING = Typing.SCAN
    CODES_WAIT = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="bin-page")
        self.subject = ""
        self.at = 0

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def rows(self) -> Sequence[Any]:
        """The goods that are listed."""
        return ()

    def draw(self) -> None:
        """Draw the list."""

    async def take(self, at_bin: AtBin) -> bool:
        """Use a code with what was typed before it; False leaves it to the whole console."""
        return False

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Begin to read what is there."""
        if subject != self.subject:
            self.subject, self.at = subject, 0
            self.problem.hide()
        self.draw()
        self.read_soon()

    async def take_code(self, scan: Scan) -> bool:
        """Split `5>` and `31*` from the code behind them, and strip what only scanners add."""
        at_bin = bin_codes.read(scan.raw)
        if at_bin.code == scan.raw:
            return await self.take(AtBin(scan.code))
        return await self.take(at_bin._replace(code=code_parsing.read(at_bin.code).code))

    async def looked_up(self, code: str) -> ScanAnswer | None:
        """What a code is; a question that fails is told, and gives None as an unknown code does."""
        try:
            return await self.context.look_up(code)
        except CallFailed as failure:
            self.say(wrong(f"{code} was not looked up. {failure.detail}"))
            return None

    async def target(self, code: str) -> Bin | None:
        """The bin with this code; anything else is refused loudly."""
        answer = await self.looked_up(code)
        if answer is None or answer.bin is None:
            self.say(wrong(f"{code} is no bin: scan the label of the bin"))
            return None
        return answer.bin

    def choose(self, code: str) -> bool:
        """Put the cursor on the row with this SKU or barcode."""
        place = bin_codes.find(code, self.rows())
        if place is not None:
            self.at = place
            self.draw()
        return place is not None

    def chosen(self) -> Any:
        """The row that the cursor is on."""
        rows = self.rows()
        return rows[self.at] if self.at < len(rows) else None

    def move(self, action: str) -> None:
        """The cursor goes up or down."""
        self.at = keys.moved(action, self.at, len(self.rows()))
        self.draw()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self.draw()

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """Units were moved, or were not: the list is read again."""
        if command.kind == MOVE and self.is_current:
            self.read_soon()
