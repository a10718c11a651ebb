"""Receive goods: scan what came, post it with F10; for a purchase order, or without one."""

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
from console.flows.receiving import Dock, DockStep
from console.flows.transition import done, good, noted, wrong
from console.flows.undo_stack import UndoStack
from console.messages import SignInNeeded
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt, Typing
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.receive_view import receive_page
from console.widgets.text_layout import Line

QUANTITY = Prompt("quantity", "units", sign="=")
DAMAGED = Prompt("damaged", "of them damaged", sign="!")
LESSON = Prompt("lesson", "SKU, then its units if more than 1", sign="#")
MAY_TEACH = "catalog:barcodes"


class ReceiveScreen(BaseScreen):
    """What stands on the dock, counted line by line. Each order keeps what was counted of it."""

    NAME = "receive"
    TYPING = Typing.SCAN
    HINT = "scan an item (24* first for 24), a bin, or a purchase order"
    CODES_WAIT = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="dock")
        self.subject = ""
        self.drafts: dict[str, UndoStack[Dock]] = {"": UndoStack(flow.start(None))}

    @property
    def history(self) -> UndoStack[Dock] | None:
        """What was counted of the order at hand."""
        return self.drafts.get(self.subject)

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which order, and who sent the goods."""
        history = self.history
        order = history.now.order if history else None
        if order is None:
            return ("Receive", "…" if self.subject else "without an order")
        return ("Receive", order.number, order.supplier.name)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Go on with what was counted; the order is read again."""
        if subject != self.subject:
            self.subject, self.read_at = subject, None
            self.problem.hide()
        self._draw()
        if subject:
            self.read_soon()

    async def reload(self) -> None:
        """Read the order; what was counted stays."""
        subject = self.subject
        if not subject:
            return
        order = await self.asked(
            "The purchase order did not load", self.context.shop.receiving.order(subject)
        )
        if order is not None and subject == self.subject:
            if self.history is None:
                self.drafts[subject] = UndoStack(flow.start(order))
            else:
                step = flow.reloaded(self.history.now, order)
                self.history.moved(step.state)
                self.say(step.feedback)
        self._draw()

    def why_not(self, action: str) -> str | None:
        """Nothing is received before the order is here."""
        if action in {"enter", "commit", "more", "less", "exactly", "damaged", "teach"}:
            if self.history is None:
                return "The order is not here yet"
            if action == "commit" and not self.history.now.units:
                return "Nothing is counted yet: scan what came"
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
        await self._scan(scan.code)
        return True

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A quantity was typed, or what a code means."""
        history = self.history
        if history is None:
            return
        if prompt == LESSON:
            run_in_background(self, "lesson", self._teach, text[1:], beside=True)
            return
        damaged = prompt == DAMAGED
        self._take(flow.exactly(history.now, text[1:], damaged=damaged), prompt.label)

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A receipt came through, or was refused: the order is read again."""
        if command.aggregate == receiving.aggregate_of(self.subject) and self.is_current:
            self.read_soon()

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

    async def do_teach(self) -> None:
        """Say what the unknown code is."""
        self.ask(LESSON)

    async def do_commit(self) -> None:
        """F10: post what was counted. It is kept here until the shop has answered."""
        history = self.history
        assert history is not None
        dock = history.now
        command = receiving.receive(dock.order, dock.posted(), dock.units)
        self.context.shop.give(command)
        self.drafts[self.subject] = UndoStack(flow.posted(dock))
        self.say(done(f"{units(dock.units)} received. F9 undoes it for ten minutes"))
        self._draw()

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
        self._draw()

    async def _scan(self, text: str) -> None:
        history = self.history
        assert history is not None
        step = flow.scanned(history.now, text)
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
            name = ", ".join(filter(None, (goods.product_title, goods.title)))
            told = flow.recognised(
                history.now, goods.id, goods.sku, name, goods.pack_quantity, asked.code
            )
            history.moved(told.state)
            self._take(flow.scanned(history.now, text), f"scan {text}")

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
        self.key_bar.relabel({"commit": f"post {count}" if count else "post"})
        if history.now.lines:
            self.sheet.reveal(history.now.lines[history.now.cursor].variant_id)
