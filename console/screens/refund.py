"""Give money back: scan what came back, say why, see the amount, send it.

F10 states how much goes where before anything is sent, and the focus is on no. The refund is sent
while the operator waits; a lost answer is asked for again under the same key.
"""

from __future__ import annotations

import uuid

from console import keys
from console.client import orders
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.flows import line_items
from console.flows.formatting import figure, money
from console.flows.refund import events, reducer
from console.flows.refund.draft import REASONS, RefundDraft, Stage
from console.flows.transition import noted, waiting, wrong
from console.flows.undo_stack import UndoStack
from console.messages import SignInNeeded
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt
from console.screens.draft_screen import DraftScreen
from console.screens.workers import run_in_background
from console.widgets.draft_views import refund_page
from console.widgets.text_layout import Line

QUANTITY = Prompt("quantity", "units", sign="=")
REMARK = Prompt("remark", "Note:")
REASON = Prompt("reason", f"reason 1-{len(REASONS)}:")
AMOUNT = Prompt("amount", "all that goes back:")


class RefundScreen(DraftScreen[RefundDraft]):
    """A refund in the making."""

    NAME = "refund"
    HINT = "scan what came back; a digit is the reason"
    WAITS_FOR = frozenset(
        {"enter", "more", "less", "exactly", "everything", "restock", "shipping", "reason",
         "store_credit", "amount", "remark", "commit", "turn_left", "turn_right"}
    )  # fmt: skip

    def begin(self, order: OrderDetail) -> None:
        """An empty refund; or the draft from before, as far as it still fits."""
        history = self.history
        if history is None or history.now.stage is Stage.ENDED:
            self.drafts[self.order_id] = UndoStack(reducer.start(order))
            return
        if history.now.stage in (Stage.SENDING, Stage.UNKNOWN):
            return
        fitted = reducer.reloaded(history.now, order)
        history.moved(fitted.state)
        self.say(fitted.feedback)
        self._carry_out(fitted)

    def is_untouched(self, draft: RefundDraft) -> bool:
        """Nothing was chosen, or everything is over."""
        idle = draft.stage is Stage.EDITING and draft.is_empty and not draft.note
        return idle or draft.stage is Stage.ENDED

    def page(self, draft: RefundDraft, width: int, height: int) -> list[Line]:
        """What comes back, and what is given for it."""
        return refund_page(draft, self.context.styles, width)

    def refresh_draft(self) -> None:
        """The review, and what F10 would do."""
        history = self.history
        assert history is not None
        draft = history.now
        hint = "F10 sends it. Esc goes on editing."
        self.question.show(draft.question, hint)
        label = "review"
        if draft.stage is Stage.REVIEW and draft.quote:
            label = f"refund {money(draft.quote.amount)}"
        self.key_bar.relabel({"commit": label})
        if draft.lines:
            self.sheet.reveal(draft.lines[draft.cursor].line_id)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Take up the refund of an order, or wait for its number."""
        await super().show(subject, order)
        if not subject:
            self.say(noted("Whose money? Scan or type the order"))

    def move(self, action: str) -> None:
        """The cursor goes from line to line."""
        history = self.history
        if history is None:
            return
        draft = history.now
        to = keys.moved(action, draft.cursor, len(draft.lines))
        history.moved(reducer.step(draft, line_items.Move(to)).state)
        self.draw()

    async def take_code(self, scan: Scan) -> bool:
        """Goods that came back, a reason, or (without an order yet) the order."""
        history = self.history
        if history is None:
            return await self._take_order(scan)
        if scan.kind is Kind.ORDER:
            if history.now.is_empty:
                return await self._take_order(scan)
            self.say(wrong(f"Finish or leave {history.now.number} first"))
            return True
        self._take(line_items.Scanned(scan.code), f"scan {scan.code}")
        return True

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A quantity, a reason or a note was typed."""
        match prompt.name:
            case "quantity":
                self._take(line_items.Exactly(text[1:]), f"units {text[1:]}")
            case "remark":
                self._take(events.NoteEntered(text), "note")
            case "reason":
                self._take(events.ReasonChosen(text.strip()), "reason")
            case "amount":
                self._take(events.AmountEntered(text), "amount")

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """Something else happened to this order: fit the draft to it."""
        if self.is_current and command.aggregate == orders.aggregate_of(self.order_id):
            self.read_soon()

    def why_not(self, action: str) -> str | None:
        """Nothing can be done before the order is here, nor beside a refund of unknown fate."""
        if action not in self.WAITS_FOR:
            return None
        if not self.context.may("orders:refund"):
            return "Your role does not give money back"
        if self.history is None:
            return "Scan or type the order first"
        aggregate = orders.aggregate_of(self.order_id)
        unresolved = self.context.shop.refunds.unresolved(aggregate)
        if unresolved and not self.context.shop.refunds.is_waited_for(unresolved):
            return "An earlier refund of this order is not known yet: F12, then y asks again"
        return None

    def go_back(self) -> bool:
        """Esc leaves the review first."""
        history = self.history
        if history is None or history.now.question is None:
            return False
        self._take(events.Back(), "")
        return True

    def undo_step(self) -> bool:
        """F9 undoes the last edit; money that is on its way is not an edit."""
        history = self.history
        if history is None or not history.can_go_back:
            return False
        now = history.now
        if now.stage in (Stage.SENDING, Stage.UNKNOWN):
            self.say(waiting("The refund is on its way: it cannot be undone"))
            return True
        if now.stage is Stage.ENDED:
            return False
        what = history.back()
        restored = reducer.undone(history.now, now)
        history.moved(restored.state)
        self.say(noted(f"Taken back: {what}"))
        self.draw()
        self._carry_out(restored)
        return True

    async def do_commit(self) -> None:
        """F10: review, then send."""
        self._take(events.Commit(str(uuid.uuid4())), "")

    async def do_enter(self) -> None:
        """Take the focused answer of the review."""
        self._take(events.Enter(str(uuid.uuid4())), "")

    async def do_turn_left(self) -> None:
        """The answer before."""
        self._take(line_items.TurnTo(-1), "")

    async def do_turn_right(self) -> None:
        """The next answer."""
        self._take(line_items.TurnTo(1), "")

    async def do_more(self) -> None:
        """One unit more."""
        self._take(line_items.OneMore(1), "one more")

    async def do_less(self) -> None:
        """One unit less."""
        self._take(line_items.OneMore(-1), "one less")

    async def do_everything(self) -> None:
        """Everything that can be given back."""
        self._take(events.Everything(), "everything")

    async def do_restock(self) -> None:
        """Back into stock, or not."""
        self._take(events.TurnRestock(), "restock")

    async def do_shipping(self) -> None:
        """With the shipping fee, or without."""
        self._take(events.TurnShipping(), "shipping fee")

    async def do_store_credit(self) -> None:
        """As store credit, or the way it came."""
        self._take(events.TurnStoreCredit(), "store credit")

    async def do_exactly(self) -> None:
        """Type the quantity."""
        self.ask(QUANTITY)

    async def do_reason(self) -> None:
        """Type the reason's digit."""
        self.ask(REASON)

    async def do_amount(self) -> None:
        """Type all that goes back; of an overpaid order the excess is offered."""
        history = self.history
        assert history is not None
        offered = history.now.amount or history.now.overpaid
        self.ask(AMOUNT, figure(offered).replace(" ", "") if offered.amount else "")

    async def do_remark(self) -> None:
        """Write a note to the refund."""
        history = self.history
        self.ask(REMARK, history.now.note if history else "")

    def _take(self, event: events.Event, what: str) -> None:
        history = self.history
        assert history is not None
        taken = reducer.step(history.now, event)
        if taken.state.work != history.now.work:
            history.went_on(taken.state, what)
        else:
            history.moved(taken.state)
        self.say(taken.feedback)
        self.draw()
        self._carry_out(taken)

    def _carry_out(self, taken: reducer.RefundStep) -> None:
        for command in taken.commands:
            if isinstance(command, events.AskQuote):
                # A newer question makes the older one pointless.
                run_in_background(self, "quote", self._quote, command)
            else:
                run_in_background(self, "refund", self._send, self.order_id, command, beside=True)

    async def _quote(self, wanted: events.AskQuote) -> None:
        try:
            quote = await self.context.shop.orders.refund_quote(
                self.order_id, wanted.lines, shipping=wanted.shipping, amount=wanted.amount
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            self._take(events.NotQuoted(wanted.serial, failure.detail), "")
        except CallFailed as failure:
            self._take(events.NotQuoted(wanted.serial, failure.detail), "")
        else:
            self._take(events.Quoted(wanted.serial, quote), "")

    async def _send(self, order_id: str, send: events.Send) -> None:
        order = self.order
        person = self.context.shop.session.person
        assert order is not None
        assert person is not None
        draft = orders.refund(
            order,
            send.lines,
            shipping=send.shipping,
            amount=send.amount,
            reason=send.reason,
            note=send.note,
            expected=send.expected,
            to_store_credit=send.to_store_credit,
        )
        try:
            outcome = await self.context.shop.refunds.send(
                draft,
                operator=person.id,
                key=send.key,
                unknown=lambda tries: self._feed(order_id, events.AnswerLost(tries)),
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            self.say(waiting("Not known yet: sign in, then F12 asks again"))
            del self.drafts[order_id]
            return
        self._feed(order_id, events.Ended(outcome))
        if self.is_current and order_id == self.order_id:
            self.read_soon()

    def _feed(self, order_id: str, event: events.Event) -> None:
        """An event for an order that may no longer be the one at hand."""
        history = self.drafts.get(order_id)
        if history is None:
            return
        taken = reducer.step(history.now, event)
        history.moved(taken.state)
        self.say(taken.feedback)
        if order_id == self.order_id:
            self.draw()

    async def _take_order(self, scan: Scan) -> bool:
        try:
            answer = await self.context.look_up(scan.code)
        except CallFailed:
            # The console says what happened to a code that nobody could look up.
            return False
        if answer is None:
            self.say(wrong(f"{scan.code} is no order"))
            return True
        if answer.order is None:
            self.say(wrong(f"That is {answer.label}: scan the order first"))
            return True
        await self.show(answer.order.id, None)
        return True
