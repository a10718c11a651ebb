"""Correcting a stock level from a list or from its page: a sign, a figure, a reason."""

from __future__ import annotations

from console.client import stock
from console.client.models import StockLevel
from console.flows import stock_adjustment
from console.flows.formatting import signed, units
from console.flows.transition import Question, wrong
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt, Typing
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext

SURE = Prompt("sure", "sure? Enter = yes, Esc = no")
DIGITS = "".join(str(n) for n in range(1, len(stock_adjustment.REASONS) + 1))
REASON = Prompt("adjust_reason", "reason 1-8, or Enter:", at_once=DIGITS)
SENT_BY_F10 = Prompt("adjust_reason", "reason 1-8, then F10:", sends=True)


class StockAdjustScreen(BaseScreen):
    """A screen on which `+ - =` correct the level at hand."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.adjustment: stock_adjustment.Adjustment | None = None

    def level_at_hand(self) -> StockLevel | None:
        """The level that `+ - =` are about."""
        return None

    def level_changed(self) -> None:
        """A correction was made or undone: draw what depends on it."""

    def why_not(self, action: str) -> str | None:
        """A correction needs a level and a permission."""
        if action in {"add", "take", "set"}:
            if not self.context.may("inventory:adjust"):
                return "Your role does not correct stock"
            if self.level_at_hand() is None:
                return "No level is chosen"
        return None

    async def do_add(self) -> None:
        """Units come."""
        self._begin("+")

    async def do_take(self) -> None:
        """Units go."""
        self._begin("-")

    async def do_set(self) -> None:
        """Units were counted."""
        self._begin("=")

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """The figure, then (if it is odd) a yes, then the reason."""
        if prompt.name == "adjust":
            level = self.level_at_hand()
            if level is not None:
                self._take(stock_adjustment.Typed(level, text))
        elif prompt.name in {SURE.name, REASON.name}:
            if len(text) > 1:
                # A barcode in place of an answer: nothing is corrected, and it says so.
                self._take(stock_adjustment.Cancelled())
                self.say(wrong(f"Nothing changed: {text} is no reason, scan it again"))
                return
            self._take(stock_adjustment.ReasonChosen(text.strip()))

    def take_cancel(self, prompt: Prompt) -> None:
        """Never mind."""
        self._take(stock_adjustment.Cancelled())

    async def take_code(self, scan: Scan) -> bool:
        """A scan in the middle of a correction gives it up; it is then handled as any scan."""
        if self.adjustment is not None and scan.kind is not Kind.DIGIT:
            self._take(stock_adjustment.Cancelled())
        return False

    def leave(self) -> None:
        """A correction without a reason is no correction."""
        self.adjustment = None
        self.question.show(None)

    def _begin(self, sign: str) -> None:
        level = self.level_at_hand()
        if level is not None:
            self.ask(Prompt("adjust", f"{level.sku} {level.location.code}", sign=sign))

    def _take(self, event: stock_adjustment.Event) -> None:
        taken = stock_adjustment.step(self.adjustment, event)
        self.adjustment = taken.state
        self.say(taken.feedback)
        for give in taken.commands:
            self._give(give)
        self._show_question()

    def _give(self, give: stock_adjustment.Give) -> None:
        one, level = give.adjustment, give.adjustment.level
        if one.sign == "=":
            draft = stock.set_to(level, one.quantity, expected=level.on_hand, reason=give.reason)
        else:
            draft = stock.adjust(level, one.change, reason=give.reason)
        self.context.shop.give(draft)
        self.level_changed()

    def _show_question(self) -> None:
        one = self.adjustment
        if one is None:
            self.question.show(None)
            return
        level = one.level
        then = level.on_hand + one.change
        figures = f"{level.sku} at {level.location.code}: {level.on_hand} → {units(then)}"
        if not one.is_sure:
            text = f"{figures}. That is {signed(one.change)}, far from what stands there. Sure?"
            self.question.show(Question(text, ()), "Enter: yes, I counted.   Esc: no.")
            self.ask(SURE)
            return
        text = f"{figures} ({signed(one.change)}). Why?"
        self.question.show(Question(text, ()), stock_adjustment.listed_reasons(one))
        # Where letters are commands, a code may have led here: see the entry.
        self.ask(REASON if self.TYPING is Typing.SCAN else SENT_BY_F10)
