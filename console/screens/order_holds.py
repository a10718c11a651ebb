"""Holding an order back from being shipped, and releasing it: a reason, then a note."""

from __future__ import annotations

import uuid

from console.client import orders
from console.client.errors import CallFailed
from console.client.hold_models import Hold
from console.client.models import OrderDetail
from console.client.outbox import NewCommand
from console.flows.holds import REASONS, active, listed_holds, listed_reasons, typed_tags
from console.flows.transition import Question, done, noted, waiting, wrong
from console.messages import Open
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext

REASON = Prompt("hold_reason", f"reason 1-{len(REASONS)}:")
HOLD_NOTE = Prompt("hold_note", "Note, then F10:", sends=True)
TAGS = Prompt("tags", "tags, as +express -gift, then F10:", sends=True)
WHICH = Prompt("which_hold", "which hold:")
RELEASE_NOTE = Prompt("release_note", "Why may it ship? Note, then F10:", sends=True)
NEW_RETURN = Prompt("new_return", "No return is open. F10: all that was shipped", sends=True)
PAY_LINK = Prompt("pay_link", "F10 mails the customer a link to pay what is due", sends=True)
PROMPTS = frozenset(
    one.name for one in (REASON, HOLD_NOTE, WHICH, RELEASE_NOTE, TAGS, NEW_RETURN, PAY_LINK)
)


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

    async def do_claims(self) -> None:
        """Its claims: open one, decide, replace."""
        order = self.order_at_hand()
        assert order is not None
        self.post_message(Open("claims", order.id, order))

    async def do_order_edit(self) -> None:
        """Change the order at hand."""
        order = self.order_at_hand()
        assert order is not None
        self.post_message(Open("order_edit", order.id, order))

    async def do_pay_link(self) -> None:
        """Have a link to pay what is due mailed to the customer."""
        self.ask(PAY_LINK)

    async def do_returned(self) -> None:
        """The open return of the order at hand; without one, F10 begins one."""
        order = self.order_at_hand()
        assert order is not None
        try:
            found = await self.context.shop.returns.of_order(order.id)
        except CallFailed as failure:
            self.say(wrong(f"The return was not looked up. {failure.detail}"))
            return
        if found is None:
            self.ask(NEW_RETURN)
        else:
            self.post_message(Open("return_case", found))

    async def _start_return(self, order: OrderDetail) -> None:
        starting = self.context.shop.returns.start(order.id, key=str(uuid.uuid4()))
        if (made := await self.asked("The return was not begun", starting)) is not None:
            self.post_message(Open("return_case", made))

    def hold_given(self) -> None:
        """A command was given: draw what depends on it."""

    def why_not(self, action: str) -> str | None:
        """Holding needs an order that can still ship; releasing needs a hold."""
        order = self.order_at_hand()
        if action == "check_vat_id" and (order is None or order.vat_id is None):
            return "This order has no VAT id"
        if action == "order_edit" and order is not None and order.status != "placed":
            return f"It is {order.status}: it cannot be edited"
        if action == "pay_link" and order is not None and not order.due.amount:
            return "Nothing is due on it"
        if action == "returned" and (
            order is None or not any(line.shipped_quantity for line in order.lines)
        ):
            return "Nothing of this order was shipped"
        if action == "ships_with" and (order is None or not order.ships_with):
            return "No other order of this customer is ready to ship to this address"
        if action == "customer" and (order is None or order.customer_id is None):
            return "A guest ordered it: o shows what else came from this e-mail"
        if action not in {"hold", "release", "tags"}:
            return None
        if not self.context.may("orders:write"):
            return "Your role does not change orders"
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

    async def do_tags(self) -> None:
        """Ask which tags come and go; a word without a sign is added."""
        order = self.order_at_hand()
        if order is not None:
            self.ask(TAGS)

    async def do_order_notes(self) -> None:
        """All notes of the order, and what may be done to each."""
        order = self.order_at_hand()
        assert order is not None
        self.post_message(Open("order_notes", order.id, order))

    async def do_ships_with(self) -> None:
        """The orders that could leave in one parcel with it."""
        order = self.order_at_hand()
        assert order is not None
        self.post_message(Open("ships_with", order.id, order))

    async def do_order_references(self) -> None:
        """What other systems call the order."""
        order = self.order_at_hand()
        assert order is not None
        self.post_message(Open("order_references", order.id, order))

    async def do_customer(self) -> None:
        """The account of whoever ordered."""
        order = self.order_at_hand()
        assert order is not None
        self.post_message(Open("customers", f"/{order.email}"))

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
            case TAGS.name:
                self._take_tags(order, text)
            case NEW_RETURN.name:
                await self._start_return(order)
            case PAY_LINK.name:
                self.context.shop.give(orders.pay_link(order))
                self.say(waiting("The pay link is being sent"))
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

    def _take_tags(self, order: OrderDetail, text: str) -> None:
        add, remove = typed_tags(text)
        if not add and not remove:
            self._stop()
            self.say(noted("No tag changed"))
            return
        self._give(orders.tag(order, add, remove), "Tags, being sent")

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
