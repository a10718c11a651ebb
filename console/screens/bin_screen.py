"""What the screens at a bin have in common: a list with a cursor, and codes that find its rows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from textual.widget import Widget

from console import keys
from console.client.bin_models import Bin
from console.client.errors import CallFailed
from console.client.models import OrderDetail, ScanAnswer
from console.client.outbox import Command
from console.client.warehouse import MOVE, STATE, ZERO_CHECK, zero_check
from console.flows import bin_codes
from console.flows.bin_codes import AtBin
from console.flows.transition import Question, good, wrong
from console.messages import Open
from console.scan import code_parsing
from console.scan.code_parsing import Scan
from console.scan.input_buffer import Typing
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget

CHECKED = ("pick", "bulk")
"""Kinds of bins of which it is asked whether they are empty."""

ZERO_WITHIN = 120.0
"""Seconds after a move within which it is asked; later somebody is elsewhere."""


class BinListScreen(BaseScreen):
    """A list of goods at a bin; a code chooses a row, `>` and a bin's code take it there."""

    TYPING = Typing.SCAN
    CODES_WAIT = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="bin-page")
        self.subject = ""
        self.at = 0
        self.emptied: Bin | None = None
        """The bin of which it is asked whether it is empty."""

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
        run_in_background(self, "bins", self.context.learn_bins, beside=True)

    async def take_code(self, scan: Scan) -> bool:
        """Split `5>` and `31*` from the code behind them, and strip what only scanners add."""
        self.ask_zero(None)
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

    def leave(self) -> None:
        """A question that nobody answered is not asked again."""
        self.ask_zero(None)

    def go_back(self) -> bool:
        """Esc leaves the question whether a bin is empty."""
        was_asked = self.emptied is not None
        self.ask_zero(None)
        return was_asked

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """Units were moved, or were not: the list is read again."""
        if command.kind in (MOVE, STATE, ZERO_CHECK) and self.is_current:
            self.read_soon()
            source = command.body.get("from_bin_id")
            is_fresh = time.time() - command.made_at < ZERO_WITHIN
            left = (command.answer or {}).get("left")
            if failure is None and isinstance(source, str) and left == 0 and is_fresh:
                run_in_background(self, "zero", self._check_zero, source, beside=True)

    async def _check_zero(self, bin_id: str) -> None:
        """Where the last unit left a bin by the books, ask whether it is empty."""
        question = self.context.shop.warehouse.bin(bin_id)
        place = await self.asked("The bin did not load", question, is_aside=True)
        if place is not None and not place.units and place.kind in CHECKED and self.is_current:
            self.ask_zero(place)

    def ask_zero(self, place: Bin | None) -> None:
        """Ask whether a bin is empty, or no longer."""
        self.emptied = place
        words = f"{place.code} should be empty now. Is it?" if place else ""
        how = "Enter: yes, empty.   =: no, count it.   Esc: nobody looked."
        self.question.show(Question(words, ()) if place else None, how)

    def answer_zero(self, place: Bin) -> None:
        """Somebody looked: the bin is empty."""
        self.ask_zero(None)
        self.context.shop.give(zero_check(place))
        self.say(good(f"{place.code} is empty: noted"))

    async def do_count(self) -> None:
        """Something is in the bin that should be empty."""
        if self.emptied is not None:
            bin_id = self.emptied.id
            self.ask_zero(None)
            self.post_message(Open("count", f"bin:{bin_id}"))
