"""Edit an order that was placed: change it by key, look at what it would cost, F10 sends it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from textual.widget import Widget

from console import keys
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail, OrderLine
from console.flows import order_edit as flow
from console.flows.order_edit import EditStep, OrderEdit
from console.flows.transition import Choice, Question, done, noted, waiting, wrong
from console.messages import Open, SignInNeeded
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.order_edit_view import edit_page
from console.widgets.text_layout import Line

UNITS = Prompt("edit_units", "units in all, 0 removes it:")
PRICE = Prompt("edit_price", "price of one:")
GOODS = Prompt("edit_goods", "SKU and how many, such as MUG 2:")
METHOD = Prompt("edit_method", "code of the shipping method, or Enter for as ordered:")
ADDRESS = Prompt("edit_address", "name, street, code city, country:")
REASON = Prompt("edit_reason", "why:")
REVIEW = "F10 sends it. Esc goes back, nothing is sent."


class OrderEditScreen(BaseScreen):
    """The lines of one order, what becomes of them, and each step of the preview."""

    NAME = "order_edit"
    WAITS_FOR = frozenset(
        {"edit_units", "edit_price", "edit_goods", "edit_method", "edit_address", "edit_reason",
         "edit_rules", "commit"}
    )  # fmt: skip

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="order-edit")
        self.order: OrderDetail | None = None
        self.edit = OrderEdit()
        self._preview: dict[str, Any] | None = None
        self._is_reviewed = False

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which order."""
        return ("Orders", self.order.number if self.order else "…", "Edit")

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Begin with the order as it is; what was changed of another one is forgotten."""
        if subject != self.order_id:
            self.order_id, self.order, self.read_at = subject, None, None
            self._start_over()
            self.problem.hide()
        if order is not None:
            self.order = order
        self._draw()
        self.read_soon()

    async def reload(self) -> None:
        """Read the order again; what was changed stays, and is calculated anew."""
        order_id = self.order_id
        order = await self.asked("The order did not load", self.context.fetch_order(order_id))
        if order is not None and order_id == self.order_id:
            self.order = order
            await self._calculate()
        self._draw()

    def why_not(self, action: str) -> str | None:
        """What this order and this operator do not allow."""
        if action in self.WAITS_FOR and self.order is None:
            return "The order is not here yet"
        if self.order is not None and action in self.WAITS_FOR and self.order.status != "placed":
            return f"It is {self.order.status}: it cannot be edited"
        if action == "edit_price" and not self.context.may("orders:discount"):
            return "Your role sets no prices"
        if action == "commit" and self.edit.is_empty:
            return "Nothing is changed yet: q units, p price, a adds goods"
        if action == "commit" and self.edit.needs_reason:
            return "Say why the price is another one: w"
        if action == "commit" and self._preview is None:
            return "The shop does not allow this: see above"
        return None

    def move(self, action: str) -> None:
        """The cursor goes from line to line."""
        if self.order is not None:
            to = keys.moved(action, self.edit.cursor, len(self.order.lines))
            self.edit = flow.moved(self.edit, to)
            self._draw()

    async def do_edit_units(self) -> None:
        """Ask for the units of the line; the bar is empty, so that a digit never joins another."""
        if self._line() is not None:
            self.ask(UNITS)

    async def do_edit_price(self) -> None:
        """Ask for the price of the line."""
        if self._line() is not None:
            self.ask(PRICE)

    async def do_edit_goods(self) -> None:
        """Ask what is added."""
        self.ask(GOODS)

    async def do_edit_method(self) -> None:
        """Ask for the shipping method."""
        self.ask(METHOD, self.edit.method)

    async def do_edit_address(self) -> None:
        """Ask for the address."""
        assert self.order is not None
        self.ask(ADDRESS, flow.address_of(self.order))

    async def do_edit_reason(self) -> None:
        """Ask why."""
        self.ask(REASON, self.edit.reason)

    async def do_edit_rules(self) -> None:
        """Price by today, or by the day of the order."""
        self.edit = flow.turned_over(self.edit)
        run_in_background(self, "preview", self._calculate)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A value was typed: the shop calculates what it means."""
        line, order = self._line(), self.order
        if order is None:
            return
        step: EditStep = EditStep(self.edit)
        match prompt.name:
            case UNITS.name if line is not None:
                step = flow.with_quantity(self.edit, line, text)
            case PRICE.name if line is not None:
                step = flow.with_price(self.edit, line, text)
            case GOODS.name:
                step = flow.with_goods(self.edit, text)
            case METHOD.name:
                step = flow.with_method(self.edit, text)
            case ADDRESS.name:
                step = flow.with_address(self.edit, order, text)
            case REASON.name:
                step = flow.with_reason(self.edit, text)
        self.edit, self._is_reviewed = step.state, False
        self.say(step.feedback)
        if step.feedback is None and prompt.name == PRICE.name and self.edit.needs_reason:
            self.ask(REASON)
        run_in_background(self, "preview", self._calculate)

    async def do_commit(self) -> None:
        """F10: look it over; once more sends it."""
        if self._is_reviewed:
            self._send()
            return
        self._is_reviewed = True
        self._draw()

    async def do_enter(self) -> None:
        """In the review, the safe answer goes back."""
        if self._is_reviewed:
            self.go_back()

    def go_back(self) -> bool:
        """Esc leaves the review, then forgets what was changed."""
        if self._is_reviewed:
            self._is_reviewed = False
            self.say(noted("Not sent"))
            self._draw()
            return True
        if not self.edit.is_empty:
            self._start_over()
            self.say(noted("What was changed is forgotten"))
            self._draw()
            return True
        return False

    def leave(self) -> None:
        """A review that was left is not sent."""
        self._is_reviewed = False

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    def redraw(self) -> None:
        """Other colours."""
        self._draw()

    def _line(self) -> OrderLine | None:
        lines = self.order.lines if self.order else ()
        return lines[self.edit.cursor] if self.edit.cursor < len(lines) else None

    def _start_over(self) -> None:
        self.edit, self._preview, self._is_reviewed = OrderEdit(), None, False

    async def _calculate(self) -> None:
        """Ask the shop what the edit would change and cost; nothing is changed by it."""
        order, edit = self.order, self.edit
        self._preview = None
        # Without its reason the shop refuses a price: it is calculated once it was given.
        if order is not None and not edit.is_empty and not edit.needs_reason:
            path = f"/orders/{order.id}/edits/preview"
            try:
                preview = await self.context.shop.records.change(
                    "POST", path, edit.body(order), key=str(uuid.uuid4()), version=None
                )
            except SignedOut as failure:
                self.post_message(SignInNeeded(failure))
            except CallFailed as failure:
                self.say(wrong(f"{failure.detail} {failure.remedy}".strip()))
            else:
                if edit == self.edit:
                    self._preview = preview
        self._draw()

    def _send(self) -> None:
        order, preview = self.order, self._preview
        if order is None or preview is None:
            return
        body = {**self.edit.body(order), "expected_total": preview["total"]}
        self._is_reviewed = False
        self.say(waiting("Being sent"))
        run_in_background(
            self, "edit", self._carry_out, order, body, int(preview["version"]), beside=True
        )

    async def _carry_out(self, order: OrderDetail, body: dict[str, object], version: int) -> None:
        try:
            answer = await self.context.shop.records.change(
                "POST", f"/orders/{order.id}/edits", body, key=str(uuid.uuid4()), version=version
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
        except CallFailed as failure:
            self.say(wrong(f"Not edited: {failure.detail} {failure.remedy}".strip()))
            self.read_soon()
        else:
            self._start_over()
            if "summary" in answer:
                self.say(noted(f"{order.number}: waits for a second person"))
            else:
                self.say(done(f"{order.number} is edited; l mails a pay link where money is due"))
            self.post_message(Open("order", order.id))

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles = self.context.styles
        if self.order is None:
            words = "" if self.problem.display else " Reading the order …"
            self.sheet.show([Line(), Line(((words, styles.dim),))])
            return
        steps = self._preview["steps"] if self._preview else ()
        self.sheet.show(edit_page(self.order, self.edit, steps, styles, self.size.width))
        line = self._line()
        if line is not None:
            self.sheet.reveal(line.id)
        labels = {"enter": "", "commit": "review" if self._preview else ""}
        if self._is_reviewed:
            labels |= {"enter": "no", "commit": "send"}
        self.key_bar.relabel(labels)
        question = None
        if self._is_reviewed and self._preview is not None:
            waits = self._preview["must_be_approved"]
            more = " It waits for a second person." if waits else ""
            text = f"Edit {self.order.number}? {self._preview['steps'][-1]}{more}"
            question = Question(text, (Choice("no", "no"),))
        self.question.show(question, REVIEW)
