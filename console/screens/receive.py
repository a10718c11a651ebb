"""Receive goods: scan what came, post it with F10; for a purchase order, or without one.

A transfer is shipped here where it leaves, and received here where it comes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from textual.widget import Widget

from console import keys
from console.client import receiving
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.flows import receiving as flow
from console.flows.formatting import units
from console.flows.receiving import Arriving, DockStep, LotLabel
from console.flows.transition import Question, done, good, noted, wrong
from console.flows.undo_stack import UndoStack
from console.messages import SignInNeeded
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt, Typing
from console.screens.context import AppContext
from console.screens.dock import DockScreen
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.receive_view import is_begun, receive_page
from console.widgets.text_layout import Line

QUANTITY = Prompt("quantity", "units", sign="=")
REASONS = ("missing", "damaged", "miscounted", "wrong_item", "other")
REASON_WORDS = "  ".join(f"{n} {word.replace('_', ' ')}" for n, word in enumerate(REASONS, 1))
REASON = Prompt("difference", "why? 1-5, Enter", at_once="12345")
DAMAGED = Prompt("damaged", "of them damaged", sign="!")
LOT = Prompt("lot", "lot, then its last day such as 2026-11-30", sign="@")
LESSON = Prompt("lesson", "SKU, then its units if more than 1", sign="#")
MAY_TEACH = "catalog:barcodes"
WORK = frozenset({"enter", "commit", "more", "less", "exactly", "damaged", "close"})


class ReceiveScreen(DockScreen):
    """What stands on the dock, counted line by line. Each order keeps what was counted of it."""

    NAME = "receive"
    TYPING = Typing.SCAN
    HINT = "scan an item (24* first for 24), a bin, or a purchase order"
    CODES_WAIT = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="dock")
        self.reasons: dict[str, str] | None = None
        """Why other units came than were shipped, while it is asked."""

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which order, and who sent the goods."""
        history = self.history
        order = history.now.order if history else None
        if order is None:
            return ("Receive", "…" if self.subject else "without an order")
        if order.is_outgoing:
            return ("Ship", order.number, f"to {order.other_side}")
        return ("Receive", order.number, order.other_side)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Go on with what was counted; the order is read again."""
        if subject != self.subject:
            self.subject, self.read_at = subject, None
            self.problem.hide()
        self.reasons = None
        if self.history is None:
            self.restore()
        self._draw()
        if subject:
            self.read_soon()

    async def reload(self) -> None:
        """Read the order; what was counted stays."""
        subject = self.subject
        if not subject:
            return
        order = await self.asked(
            "What is expected did not load", self.context.shop.receiving.delivery(subject)
        )
        if order is not None and subject == self.subject:
            if self.history is None:
                self.drafts[self.slot] = UndoStack(flow.start(order))
            else:
                step = flow.reloaded(self.history.now, order)
                self.history.moved(step.state)
                self.say(step.feedback)
        self._draw()

    def why_not(self, action: str) -> str | None:
        """Nothing is received before the order is here."""
        dock = self.history.now if self.history else None
        order = dock.order if dock else None
        if action == "close" and (order is None or not order.is_transfer or order.is_outgoing):
            return "Only a transfer that has been shipped is ended here"
        if action == "close" and dock is not None and dock.units:
            return "Post what was counted first, with F10"
        if order is not None and action in WORK and order.status not in receiving.OPEN:
            return f"{order.number} is {order.status.replace('_', ' ')}: nothing more is counted"
        needed = "inventory:transfer" if order and order.is_outgoing else "inventory:receive"
        if action == "commit" and not self.context.may(needed):
            return "Your role does not do this"
        if action in {"enter", "commit", "more", "less", "exactly", "damaged", "lot", "teach"}:
            if self.history is None:
                return "The order is not here yet"
            if action == "commit" and self.reasons is None and not self.history.now.units:
                return "Nothing is counted yet: scan what came"
            if action == "commit" and self.history.now.lacking:
                return f"{self.history.now.lacking} is kept in lots: @ says which lot came"
            if action == "teach" and not self.history.now.unknown:
                return "Scan the code first that nobody knows"
            if action == "teach" and not self.context.may(MAY_TEACH):
                return "Your role teaches no codes: put the goods aside for somebody who may"
        return None

    def move(self, action: str) -> None:
        """The cursor goes from line to line."""
        history = self.history
        if history is not None:
            to = keys.moved(action, history.now.cursor, len(history.now.lines))
            history.moved(flow.moved(history.now, to))
            self._draw()

    async def take_code(self, scan: Scan) -> bool:
        """Goods or a bin; an order's label opens that order."""
        history = self.history
        label = scan.code.upper()
        if history is None or scan.kind is Kind.ORDER or label.startswith(("P-", "TR-")):
            return False
        if label.startswith("L-"):
            self._take(flow.into_bin(history.now, label), f"bin {label}")
            return True
        said = scan.elements
        day = flow.day_of(said.get("17") or said.get("15") or "")
        await self._scan(scan.code, flow.label_of(said.get("10"), day))
        return True

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A quantity was typed, or what a code means."""
        history = self.history
        if history is None:
            return
        if prompt.name == REASON.name:
            self._because(text.strip())
            return
        if prompt == LESSON:
            run_in_background(self, "lesson", self._teach, text[1:], beside=True)
            return
        if prompt == LOT:
            self._take(flow.in_lot(history.now, text[1:]), prompt.name)
            return
        damaged = prompt == DAMAGED
        self._take(flow.exactly(history.now, text[1:], damaged=damaged), prompt.label)

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A receipt came through, or was refused: the order is read again."""
        if command.aggregate == receiving.queue_of(self.subject) and self.is_current:
            self.read_soon()

    def undo_step(self) -> bool:
        """F9 undoes the last step of the count."""
        history = self.history
        if history is None or not history.can_go_back:
            return False
        self.say(noted(f"Undone: {history.back()}"))
        self.keep()
        self._draw()
        return True

    def go_back(self) -> bool:
        """Esc: the transfer is not ended."""
        was_asked, self.reasons = self.reasons is not None, None
        self.question.show(None)
        return was_asked

    def take_cancel(self, prompt: Prompt) -> None:
        """Nothing is ended without a reason."""
        self.go_back()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    async def do_enter(self) -> None:
        """All that is still to come of this line."""
        history = self.history
        assert history is not None
        self._take(flow.take_open(history.now), "all to come")

    async def do_more(self) -> None:
        """One unit more."""
        self._change(1)

    async def do_less(self) -> None:
        """One unit less."""
        self._change(-1)

    async def do_exactly(self) -> None:
        """Type the quantity."""
        self.ask(QUANTITY)

    async def do_damaged(self) -> None:
        """Type how many of them are damaged."""
        self.ask(DAMAGED)

    async def do_lot(self) -> None:
        """Type the lot of this line."""
        self.ask(LOT)

    async def do_teach(self) -> None:
        """Say what the unknown code is."""
        self.ask(LESSON)

    async def do_commit(self) -> None:
        """F10: post what was counted. It is kept here until the shop has answered."""
        history = self.history
        assert history is not None
        dock, shop = history.now, self.context.shop
        if self.reasons is not None:
            self._end()
            return
        if dock.order is not None and dock.is_outgoing:
            for step in receiving.ship(dock.order, dock.counted()):
                shop.give(step)
            self.drafts[self.slot] = UndoStack(flow.shipped(dock))
            self.say(done(f"{dock.order.number} leaves with {units(dock.units)}"))
        else:
            shop.give(receiving.receive(dock.order, dock.posted(), dock.units))
            self.drafts[self.slot] = UndoStack(flow.posted(dock))
            undone = dock.order is None or not dock.order.is_transfer
            words = ". F9 undoes it for ten minutes" if undone else ""
            self.say(done(f"{units(dock.units)} received{words}"))
        self.keep()
        self._draw()

    async def do_close(self) -> None:
        """End the transfer: a reason for each line of which other units came than were shipped."""
        assert self.history is not None
        self.reasons = {}
        self._ask_why()

    def _because(self, digit: str) -> None:
        if self.reasons is None or self.history is None:
            return
        if len(digit) != 1 or digit not in REASON.at_once:
            self.say(wrong(f"{digit or 'Nothing'} is none of {REASON_WORDS}"))
        else:
            line = self._unexplained[0]
            self.reasons[line.sku] = REASONS[int(digit) - 1]
        self._ask_why()

    @property
    def _unexplained(self) -> list[Arriving]:
        history, reasons = self.history, self.reasons
        if history is None or reasons is None:
            return []
        return [one for one in history.now.differences if one.sku not in reasons]

    def _ask_why(self) -> None:
        assert self.history is not None
        order = self.history.now.order
        if left := self._unexplained:
            line = left[0]
            what = f"{line.open} missing" if line.open else f"{line.too_many} too many"
            self.question.show(Question(f"{line.sku}: {what}. Why?", ()), REASON_WORDS)
            self.ask(REASON)
            return
        lost = sum(line.open for line in self.history.now.differences)
        number = order.number if order else ""
        words = f"End {number}? Written off, because it did not come: {units(lost)}."
        self.question.show(Question(words, ()), "F10 ends it. Esc: the rest comes later.")

    def _end(self) -> None:
        assert self.history is not None
        order = self.history.now.order
        if order is None or self._unexplained:
            self.say(noted("Say why first: 1-5"))
            return
        self.context.shop.give(receiving.close(order, self.reasons or {}))
        self.say(done(f"{order.number} is being ended"))
        self.go_back()

    def _change(self, by: int) -> None:
        history = self.history
        assert history is not None
        self._take(flow.change(history.now, by), "one unit")

    def _take(self, step: DockStep, what: str) -> None:
        history = self.history
        assert history is not None
        if step.state.work != history.now.work:
            history.went_on(step.state, what)
        else:
            history.moved(step.state)
        self.say(step.feedback)
        self.keep()
        self._draw()

    async def _scan(self, text: str, label: LotLabel | None = None) -> None:
        history = self.history
        assert history is not None
        step = flow.scanned(history.now, text, label)
        self._take(step, f"scan {text}")
        for asked in step.commands:
            try:
                answer = await self.context.look_up(asked.code)
            except SignedOut as failure:
                self.post_message(SignInNeeded(failure))
                return
            except CallFailed as failure:
                words = f"{asked.code} is not known here, and the shop cannot be asked"
                self.say(wrong(f"{words}: put it aside. {failure.detail}"))
                return
            goods = answer.variant if answer else None
            if goods is None:
                self._take(flow.not_known(history.now, asked.code), "unknown code")
                return
            told = flow.recognised(history.now, asked.code, goods)
            history.moved(told.state)
            label = label or flow.label_of(goods.lot, goods.expires_on)
            self._take(flow.scanned(history.now, text, label), f"scan {text}")

    async def _teach(self, text: str) -> None:
        history = self.history
        assert history is not None
        code, words = history.now.unknown, text.split()
        pack = words.pop() if len(words) > 1 and words[-1].isdecimal() else "1"
        body = {"sku": " ".join(words), "code": code, "pack_quantity": int(pack)}
        try:
            await self.context.shop.records.change(
                "POST", "/barcodes", body, key=str(uuid.uuid4()), version=None
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
        except CallFailed as failure:
            self.say(wrong(f"{code} was not taught: {failure.detail}"))
        else:
            self.say(good(f"{code} is {pack} of {body['sku']} from now on"))
            await self._scan(code)

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles, history = self.context.styles, self.history
        if history is None:
            words = "" if self.problem.display else " Reading the purchase order …"
            self.sheet.show([Line(), Line(((words, styles.dim),))])
            return
        self.sheet.show(receive_page(history.now, styles, self.size.width))
        count = history.now.units
        leaves = history.now.is_outgoing
        verb = "ship" if leaves else "post"
        labels = {"commit": f"{verb} {count}" if count else verb}
        labels["close"] = "end" if is_begun(history.now) else ""
        if leaves:
            labels |= {"damaged": "", "enter": "all of it"}
        self.key_bar.relabel(labels)
        if history.now.lines:
            self.sheet.reveal(history.now.lines[history.now.cursor].key)
