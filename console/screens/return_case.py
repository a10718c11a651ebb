"""Unpack a return: scan what came, F10 posts it, F10 shows its refund, F10 sends that."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from textual.widget import Widget

from console import keys
from console.client import returns
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.client.refunds import CommandResult
from console.flows import returns as flow
from console.flows.formatting import money, units
from console.flows.returns import ReturnStep, Unpacking
from console.flows.transition import done, noted, waiting, wrong
from console.flows.undo_stack import UndoStack
from console.messages import SignInNeeded
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt, Typing
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.return_view import return_page
from console.widgets.text_layout import Line

QUANTITY = Prompt("quantity", "units", sign="=")
LOT = Prompt("lot", "lot", sign="@")
MAY_REFUND = "orders:refund"


class ReturnScreen(BaseScreen):
    """One return. What was counted of it is kept while other pages are looked at."""

    NAME = "return_case"
    TYPING = Typing.SCAN
    HINT = "scan an item that came, or the slip of another return"
    CODES_WAIT = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="return")
        self.subject = ""
        self.drafts: dict[str, UndoStack[Unpacking]] = {}
        self.keys_of_refunds: dict[str, str] = {}

    @property
    def history(self) -> UndoStack[Unpacking] | None:
        """What was counted of the return at hand."""
        return self.drafts.get(self.subject)

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which return, of which order."""
        history = self.history
        if history is None:
            return ("Return", "…")
        back = history.now.back
        return ("Return", back.number, f"order {back.order_number}", back.status.replace("_", " "))

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Go on with what was counted; the return is read again."""
        if subject != self.subject:
            self.subject, self.read_at = subject, None
            self.problem.hide()
        self._draw()
        self.read_soon()

    async def reload(self) -> None:
        """Read the return; what was counted stays."""
        subject = self.subject
        if not subject:
            return
        back = await self.asked("The return did not load", self.context.shop.returns.open(subject))
        if back is not None and subject == self.subject:
            if self.history is None:
                self.drafts[subject] = UndoStack(flow.start(back))
            else:
                self.history.moved(flow.reloaded(self.history.now, back))
        self._draw()

    def why_not(self, action: str) -> str | None:
        """Nothing is received before the return is here."""
        if action not in {"enter", "commit", "more", "less", "exactly", "turn", "missing", "lot"}:
            return None
        history = self.history
        if history is None:
            return "The return is not here yet"
        now = history.now
        if action != "commit" or now.units or now.waiting:
            if action == "commit" and now.lacking:
                return f"{now.lacking} is kept in lots: @ says which lot came"
            if "receive" not in now.back.commands and action != "commit":
                return f"The return is {now.back.status}: nothing more is received"
            return None
        if not now.back.refundable_units and not now.back.exchange_rest.amount:
            return "Nothing is counted, and nothing is left to refund: scan what came"
        if not self.context.may(MAY_REFUND):
            return "Your role refunds nothing: leave it to somebody who may"
        return self._why_wait()

    def _why_wait(self) -> str | None:
        aggregate = returns.aggregate_of(self.subject)
        if self.context.shop.outbox.open_commands(aggregate):
            return "What was posted is still on its way to the shop: F12 shows it"
        return None

    def move(self, action: str) -> None:
        """The cursor goes from line to line."""
        history = self.history
        if history is not None:
            to = keys.moved(action, history.now.cursor, len(history.now.items))
            history.moved(flow.moved(history.now, to))
            self._draw()

    async def take_code(self, scan: Scan) -> bool:
        """An article; any label opens what it is on."""
        history = self.history
        marks = ("P-", "TR-", "R-", "L-")
        if history is None or scan.kind is Kind.ORDER or scan.code.upper().startswith(marks):
            return False
        await self._scan(scan.code)
        return True

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A quantity or a lot was typed."""
        if self.history is not None and prompt.name == LOT.name:
            self._take(flow.in_lot(self.history.now, text[1:]), prompt.label)
        elif self.history is not None:
            self._take(flow.exactly(self.history.now, text[1:]), prompt.label)

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command of this return came through, or was refused: it is read again."""
        if command.aggregate == returns.aggregate_of(self.subject) and self.is_current:
            self.read_soon()

    def go_back(self) -> bool:
        """Esc leaves the review first."""
        history = self.history
        if history is None or history.now.review is None:
            return False
        history.moved(flow.reviewed(history.now, None))
        self._draw()
        return True

    def undo_step(self) -> bool:
        """F9 undoes the last step of the count."""
        history = self.history
        if history is None or not history.can_go_back:
            return False
        self.say(noted(f"Undone: {history.back()}"))
        self._draw()
        return True

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    async def do_enter(self) -> None:
        """All that is still to come of this line."""
        assert self.history is not None
        self._take(flow.take_open(self.history.now), "all to come")

    async def do_more(self) -> None:
        """One unit more."""
        assert self.history is not None
        self._take(flow.change(self.history.now, 1), "one unit")

    async def do_less(self) -> None:
        """One unit less."""
        assert self.history is not None
        self._take(flow.change(self.history.now, -1), "one unit")

    async def do_exactly(self) -> None:
        """Type the quantity."""
        self.ask(QUANTITY)

    async def do_lot(self) -> None:
        """Type the lot of this line."""
        self.ask(LOT)

    async def do_turn(self) -> None:
        """The next disposition for this line."""
        assert self.history is not None
        self._take(flow.turn(self.history.now), "disposition")

    async def do_missing(self) -> None:
        """What is still to come of this line never came."""
        history = self.history
        assert history is not None
        if not history.now.items:
            return
        item = history.now.items[history.now.cursor]
        if not item.outstanding or item.now or not item.line_id:
            self.say(wrong(f"{item.sku}: nothing is still to come that could be missing"))
            return
        unit = {
            "line_id": item.line_id, "quantity": item.outstanding, "disposition": "missing",
        }  # fmt: skip
        what = f"{units(item.outstanding)} of {item.sku} missing"
        self.context.shop.give(returns.inspect(history.now.back, [unit], what))
        self.say(done(what))

    async def do_commit(self) -> None:
        """F10: post what was counted; then review the refund; then send it."""
        history = self.history
        assert history is not None
        now = history.now
        if now.units:
            self.context.shop.give(returns.receive(now.back, now.posted(), now.units))
        elif now.waiting:
            what = f"{units(now.waiting)} settled"
            self.context.shop.give(returns.inspect(now.back, now.inspected(), what))
        elif now.review is None:
            await self._review()
            return
        else:
            run_in_background(self, "refund", self._send, beside=True)
            return
        self.drafts[self.subject] = UndoStack(flow.posted(now))
        self.say(done(f"{units(now.units or now.waiting)} posted. F10 shows the refund"))
        self._draw()

    async def _review(self) -> None:
        history = self.history
        assert history is not None
        quote = await self.asked(
            "The refund was not worked out", self.context.shop.returns.refund_quote(self.subject)
        )
        if quote is None:
            return
        self.keys_of_refunds.setdefault(self.subject, str(uuid.uuid4()))
        history.moved(flow.reviewed(history.now, quote))
        self.say(waiting(f"Refund {money(quote.amount)}? F10 sends it, Esc leaves it"))
        self._draw()

    async def _send(self) -> None:
        history, subject = self.history, self.subject
        person = self.context.shop.session.person
        assert history is not None
        assert person is not None
        now = history.now
        if now.review is None:
            return
        amount = now.review.amount
        command = returns.refund(now.back, amount, money(amount))
        history.moved(flow.reviewed(now, None))
        self.say(waiting(f"Sending {money(now.review.amount)} …"))
        try:
            outcome = await self.context.shop.refunds.send(
                command,
                operator=person.id,
                key=self.keys_of_refunds.pop(subject, str(uuid.uuid4())),
                unknown=lambda tries: self.say(waiting(f"No answer yet, try {tries}")),
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            return
        if outcome.fate in (CommandResult.REFUSED, CommandResult.NOT_SENT):
            why = outcome.failure.detail if outcome.failure else outcome.fate
            self.say(wrong(f"Not refunded: {why}"))
        elif outcome.fate is CommandResult.HELD:
            self.say(waiting(f"It waits for a second person: {outcome.approvers}"))
        else:
            self.say(done(f"{money(now.review.amount)} refunded for {now.back.number}"))
        if self.is_current and subject == self.subject:
            self.read_soon()

    def _take(self, step: ReturnStep, what: str) -> None:
        history = self.history
        assert history is not None
        if step.state.work != history.now.work:
            history.went_on(step.state, what)
        else:
            history.moved(step.state)
        self.say(step.feedback)
        self._draw()

    async def _scan(self, text: str) -> None:
        history = self.history
        assert history is not None
        step = flow.scanned(history.now, text)
        if not step.commands:
            self._take(step, f"scan {text}")
            return
        try:
            answer = await self.context.look_up(text)
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            return
        except CallFailed as failure:
            self.say(wrong(f"{text} was not looked up: put it aside. {failure.detail}"))
            return
        goods = answer.variant if answer else None
        if goods is None:
            self.say(wrong(f"UNKNOWN CODE {text}: put it aside"))
            return
        name = ", ".join(filter(None, (goods.product_title, goods.title)))
        told = flow.recognised(
            history.now, goods.id, goods.sku, name, goods.pack_quantity,
            has_lots=bool(goods.lot_tracking), lot=goods.lot or "",
        )  # fmt: skip
        self._take(told, f"scan {text}")

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles, history = self.context.styles, self.history
        if history is None:
            words = "" if self.problem.display else " Reading the return …"
            self.sheet.show([Line(), Line(((words, styles.dim),))])
            return
        now = history.now
        self.sheet.show(return_page(now, styles, self.size.width))
        label = "send" if now.review else "post" if now.units or now.waiting else "refund"
        self.key_bar.relabel({"commit": label})
        if now.items:
            self.sheet.reveal(now.items[now.cursor].variant_id)
