"""Holding an order back from being shipped, and releasing it: a reason, then a note."""

from __future__ import annotations

from console.client import orders
from console.client.hold_models import Hold
from console.client.models import OrderDetail
from console.client.outbox import NewCommand
from console.flows.holds import REASONS, active, listed_holds, listed_reasons
from console.flows.transition import Question, done, waiting, wrong
from console.messages import Open
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext

REASON = Prompt("hold_reason", f"reason 1-{len(REASONS)}:")
HOLD_NOTE = Prompt("hold_note", "Note, then F10:", sends=True)
WHICH = Prompt("which_hold", "which hold:")
RELEASE_NOTE = Prompt("release_note", "Why may it ship? Note, then F10:", sends=True)
PROMPTS = frozenset(one.name for one in (REASON, HOLD_NOTE, WHICH, RELEASE_NOTE))


class OrderHoldsScreen(BaseScreen):
    """A screen on which `h` holds the order at hand and `u` releases it."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.is_holding = False
        """Whether a question of this is being asked."""

        self._reason = ""
        self._released: Hold | None = None

    def order_at_hand(self) -> OrderDetail | None:
        """The order that `h` and `u` are about."""
        return None

    async def do_order_discounts(self) -> None:
        """What was taken off the order at hand, and what staff may take off."""
        order = self.order_at_hand()
        assert order is not None
        self.post_message(Open("order_discounts", order.id, order))

    def hold_given(self) -> None:
        """A command was given: draw what depends on it."""

    def why_not(self, action: str) -> str | None:
        """Holding needs an order that can still ship; releasing needs a hold."""
        order = self.order_at_hand()
        if action == "check_vat_id" and (order is None or order.vat_id is None):
            return "This order has no VAT id"
        if action not in {"hold", "release"}:
            return None
        if not self.context.may("orders:write"):
            return "Your role does not hold orders back"
        if order is None:
            return "The order is not here yet"
        if action == "hold" and order.status != "placed":
            return f"It is {order.status}: nothing is left to hold back"
        if action == "release" and not active(order):
            return "Nothing holds it back"
        return None

    async def do_hold(self) -> None:
        """Ask for the reason."""
        order = self.order_at_hand()
        if order is not None:
            self._show(
                Question(f"Hold {order.number} back. Why must it not ship yet?", ()),
                listed_reasons(),
            )
            self.ask(REASON)

    async def do_check_vat_id(self) -> None:
        """Have VIES asked again; a confirmed id is no longer on the attention list."""
        order = self.order_at_hand()
        if order is not None:
            self.context.shop.give(orders.check_vat_id(order))
            self.say(waiting("VIES is asked"))

    async def do_release(self) -> None:
        """Ask which hold, when there are several, and why."""
        order = self.order_at_hand()
        held = active(order) if order is not None else ()
        if order is None or not held:
            return
        if len(held) == 1:
            self._ask_to_release(order, held[0])
            return
        self._show(
            Question(f"{order.number} is held back for {len(held)} reasons. Release which?", ()),
            listed_holds(held),
        )
        self.ask(WHICH)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """The reason, the hold, or the note."""
        order, text = self.order_at_hand(), text.strip()
        if order is None:
            self.take_cancel(prompt)
            return
        match prompt.name:
            case REASON.name:
                self._take_reason(order, text)
            case HOLD_NOTE.name:
                self._give(orders.hold(order, self._reason, text or None), "Held back, being sent")
            case WHICH.name:
                self._take_which(order, text)
            case RELEASE_NOTE.name if self._released is not None:
                draft = orders.release(order, self._released, text or None)
                self._give(draft, "Hold released, being sent")

    def take_cancel(self, prompt: Prompt) -> None:
        """Never mind."""
        self._stop()

    def leave(self) -> None:
        """What was not finished is not done."""
        self._stop()

    def _take_reason(self, order: OrderDetail, digit: str) -> None:
        if not digit.isdigit() or not 1 <= int(digit) <= len(REASONS):
            self._stop()
            self.say(wrong(f"Not held: {digit or 'nothing'} is no reason, 1 to {len(REASONS)} are"))
            return
        self._reason, word = REASONS[int(digit) - 1]
        self._show(Question(f"Hold {order.number} back: {word}.", ()), "F10 holds it. Esc: no.")
        self.ask(HOLD_NOTE)

    def _take_which(self, order: OrderDetail, digit: str) -> None:
        held = active(order)
        if not digit.isdigit() or not 1 <= int(digit) <= len(held):
            self._stop()
            self.say(wrong(f"Nothing released: {digit or 'nothing'} is none of the holds"))
            return
        self._ask_to_release(order, held[int(digit) - 1])

    def _ask_to_release(self, order: OrderDetail, hold: Hold) -> None:
        self._released = hold
        words = hold.reason.replace("_", " ")
        note = f" ({hold.note})" if hold.note else ""
        self._show(
            Question(f"Release {order.number}: {words}{note}.", ()), "F10 releases it. Esc: no."
        )
        self.ask(RELEASE_NOTE)

    def _give(self, draft: NewCommand, words: str) -> None:
        self.context.shop.give(draft)
        self._stop()
        self.say(done(words))
        self.hold_given()

    def _show(self, question: Question, hint: str) -> None:
        self.is_holding = True
        self.question.show(question, hint)

    def _stop(self) -> None:
        self.is_holding, self._reason, self._released = False, "", None
        self.question.show(None)
