"""One order: everything about it, and the way to its next step."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from textual.widget import Widget

from console.client import orders
from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail
from console.client.outbox import Command, NewCommand
from console.flows import change_notices, order_commands
from console.flows.formatting import figure
from console.flows.line_items import units_called
from console.flows.next_actions import why_not_refund, why_not_ship
from console.flows.order_commands import Cancel, CommandStep, MarkPaid, OrderCommand
from console.flows.transition import done, noted, waiting, wrong
from console.messages import Open, SignInNeeded
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt
from console.screens.context import AppContext
from console.screens.order_holds import PROMPTS, OrderHoldsScreen
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.order_view import order_page
from console.widgets.text_layout import Line

NOTE = Prompt("note", "Note, F10 sends:", is_live=True, sends=True)
CAME = Prompt("came", "how much came:")
REFERENCE = Prompt("reference", "reference of the transfer:")
WHY_CANCEL = Prompt("why_cancel", f"why? {order_commands.listed_reasons()}:")
LONGEST_NOTE = 2000
MAX_SUBJECTS = 100
"""Causes of e-mails that the shop takes in one question."""

STEPS = {
    CAME.name: order_commands.amount_typed,
    REFERENCE.name: order_commands.reference_typed,
    WHY_CANCEL.name: order_commands.reason_typed,
}


class OrderScreen(OrderHoldsScreen):
    """An order, its lines, money, parcels and history."""

    NAME = "order"
    WAITS_FOR = frozenset(
        {"enter", "ship", "refund_here", "refund", "note", "mark_paid", "cancel_order", "hold",
         "release", "parcels", "order_discounts", "emails", "same_customer", "explain",
         "order_edit", "pay_link", "tags", "order_notes", "customer",
         "ships_with", "order_references"}
    )  # fmt: skip
    CODES_WAIT = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="order-page")
        self.order: OrderDetail | None = None
        self._note = ""
        self._parcel = ""
        """The parcel whose label was scanned."""

        self._explanation: tuple[str, ...] = ()
        """The steps of its sums in words, while they are asked for."""

        self.command: OrderCommand | None = None
        """What is being asked about this order's money, until it is sent or left."""

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which order."""
        version = f" · v{self.order.version}" if self.order else ""
        return ("Orders", f"{self.order.number}{version}" if self.order else "…")

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Show the order as it was read last, then as it is."""
        if subject != self.order_id:
            self.order_id, self.order, self.read_at = subject, None, None
            self.sheet.top, self._parcel, self.command = 0, "", None
            self._explanation = ()
            self.problem.hide()
            known = self.context.cached_order(subject)
            if known is not None:
                self.order, self.read_at = known
        if order is not None:
            self.order = order
        self._draw()
        self.read_soon()

    async def reload(self) -> None:
        """Read the order again."""
        order_id = self.order_id
        order = await self.asked("The order did not load", self.context.fetch_order(order_id))
        if order is not None and order_id == self.order_id:
            self.order = order
        self._draw()

    def point_out(self, item: str) -> None:
        """Mark the parcel that was scanned, also once the order has been read."""
        self._parcel = item
        self._draw()

    async def take_code(self, scan: Scan) -> bool:
        """Goods of this order are pointed out; everything else opens."""
        if self.order is None or scan.kind is not Kind.GOODS:
            return False
        for line in self.order.lines:
            if units_called(scan.code, line.sku, line.barcode, line.barcodes):
                self.sheet.reveal(line.id)
                there = f"{line.name}: {line.quantity} ordered, {line.ready_quantity} to ship"
                self.say(noted(there))
                return True
        return False

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A note is finished, or one of the answers that a command on the order needs."""
        if prompt.name in PROMPTS:
            await super().take_answer(prompt, text)
            return
        if self.order is not None and prompt.name in STEPS and self.command is not None:
            self._follow(STEPS[prompt.name](self.command, self.order, text), prompt, text)
            return
        text = text.strip()
        if not text or self.order is None:
            self.say(noted("No note written"))
            return
        if len(text) > LONGEST_NOTE:
            self._note = text
            self.say(wrong(f"A note has at most {LONGEST_NOTE} characters, this has {len(text)}"))
            return
        self._note = ""
        self.context.shop.give(orders.note(self.order, text))
        self.say(done("Note kept, being sent"))
        self._draw()

    def take_change(self, prompt: Prompt, text: str) -> None:
        """Keep what is typed, in case the operator looks elsewhere first."""
        self._note = text

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command of this order: show what came of it."""
        if self.is_current and command.aggregate == orders.aggregate_of(self.order_id):
            self.read_soon()

    def follow(self, news: ChangeBatch) -> None:
        """The order changed: it is read again where it is, and who did it is told."""
        if news.about("order", self.order_id):
            run_in_background(self, "follow", self._follow_order)

    def claims_changed(self) -> None:
        """Somebody else opened or left it."""
        self._draw()

    async def _follow_order(self) -> None:
        before, order_id = self.order, self.order_id
        await self.read_again()
        if self.order is not None and order_id == self.order_id:
            self.say(change_notices.by_others(before, self.order, self.context.operator))

    def move(self, action: str) -> None:
        """The sheet scrolls."""
        self.sheet.move(action)

    def why_not(self, action: str) -> str | None:
        """What this order and this operator do not allow."""
        order = self.order
        if action in self.WAITS_FOR and order is None:
            return "The order is not here yet"
        person = self.context.shop.session.person
        if self._review is not None and action in {"enter", "commit"}:
            return None
        if action in {"mark_paid", "cancel_order"}:
            unresolved = self.context.shop.refunds.unresolved(orders.aggregate_of(self.order_id))
            if unresolved is not None:
                return "An earlier command about its money is not known yet: F12, then y asks again"
        if action == "commit":
            return "Nothing to send: p records a payment, c cancels"
        if action == "mark_paid" and order is not None:
            return order_commands.why_not_mark_paid(order, person)
        if action == "cancel_order" and order is not None:
            return order_commands.why_not_cancel(order, person)
        if action in {"enter", "ship"} and order is not None:
            return why_not_ship(order, person)
        if action in {"refund_here", "refund"} and order is not None:
            return why_not_refund(order, person)
        return super().why_not(action)

    def order_at_hand(self) -> OrderDetail | None:
        """The order that is shown."""
        return self.order

    def hold_given(self) -> None:
        """The page shows what is being sent."""
        self._draw()

    async def do_enter(self) -> None:
        """The green action: what this order needs next; in a review, the focused answer."""
        if self._review is None:
            self._go("ship")
        elif self._review.says_yes:
            self._send()
        else:
            self._let_go()

    async def do_mark_paid(self) -> None:
        """Record money that came another way."""
        assert self.order is not None
        self.command = OrderCommand(MarkPaid())
        due = self.order.due
        self.ask(CAME, figure(due).replace(" ", "") if due.amount else "")

    async def do_cancel_order(self) -> None:
        """Cancel the order."""
        self.command = OrderCommand(Cancel())
        self.ask(WHY_CANCEL)

    async def do_commit(self) -> None:
        """F10: send what the review shows."""
        self._send()

    async def do_turn_left(self) -> None:
        """The answer before."""
        self._turn(-1)

    async def do_turn_right(self) -> None:
        """The next answer."""
        self._turn(1)

    def go_back(self) -> bool:
        """Esc leaves the review first, then the explanation."""
        if self._review is None and self._explanation:
            self._explanation = ()
            self._draw()
            return True
        if self._review is None:
            return False
        self._let_go()
        return True

    def take_cancel(self, prompt: Prompt) -> None:
        """A question was left: nothing is sent."""
        if prompt.name in STEPS:
            self.command = None
        else:
            super().take_cancel(prompt)

    async def do_ship(self) -> None:
        """Ship it."""
        self._go("ship")

    async def do_refund_here(self) -> None:
        """Give money back."""
        self._go("refund")

    async def do_refund(self) -> None:
        """F8: this is the order at hand."""
        self._go("refund")

    async def do_parcels(self) -> None:
        """Its parcels, and what may be done to each of them."""
        self._go("parcels")

    async def do_emails(self) -> None:
        """Its e-mails: about itself, its parcels and its refunds."""
        order = self.order
        assert order is not None
        parcels = [one.id for one in order.fulfilments]
        about = [order.id, *parcels, *(one.id for one in order.refunds)]
        self.post_message(Open("emails", ",".join(about[:MAX_SUBJECTS])))

    async def do_history(self) -> None:
        """Who did what to the order."""
        self.post_message(Open("audit", self.order_id))

    async def do_same_customer(self) -> None:
        """All orders of the same customer."""
        assert self.order is not None
        self.post_message(Open("orders", f"/{self.order.email}"))

    async def do_explain(self) -> None:
        """How its sums came about, step by step; the same key, or Esc, goes back."""
        order_id = self.order_id
        steps: tuple[str, ...] | None = None
        if not self._explanation:
            reading = self.context.shop.orders.explanation(order_id)
            steps = await self.asked("The sums did not load", reading)
        if order_id == self.order_id:
            self._explanation, self.sheet.top = steps or (), 0
            self._draw()

    async def do_note(self) -> None:
        """Write a note; F10 sends it."""
        self.ask(NOTE, self._note)

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    @property
    def _review(self) -> OrderCommand | None:
        return self.command if self.command is not None and self.command.question else None

    def _follow(self, taken: CommandStep, prompt: Prompt, text: str) -> None:
        self.say(taken.feedback)
        went_on = taken.state != self.command
        self.command = taken.state
        if not went_on:
            self.ask(prompt, text)
        elif taken.state.question is None:
            self.ask(REFERENCE)
        self._draw()

    def _turn(self, by: int) -> None:
        if self.command is not None:
            self.command = self.command.turned(by)
            self._draw()

    def _let_go(self) -> None:
        self.command = None
        self.say(noted("Not sent"))
        self._draw()

    def _send(self) -> None:
        command, order = self._review, self.order
        assert order is not None
        if command is None:
            return
        match command.what:
            case MarkPaid(amount, reference):
                assert amount is not None
                draft = orders.mark_paid(order, amount, reference, due=order.due)
            case Cancel(reason):
                draft = orders.cancel(order, reason)
        self.command = None
        self.say(waiting("Being sent"))
        self._draw()
        run_in_background(self, "money", self._carry_out, order, command.what, draft, beside=True)

    async def _carry_out(
        self, order: OrderDetail, what: MarkPaid | Cancel, draft: NewCommand
    ) -> None:
        person = self.context.shop.session.person
        assert person is not None
        try:
            outcome = await self.context.shop.refunds.send(
                draft,
                operator=person.id,
                key=str(uuid.uuid4()),
                unknown=lambda tries: self.say(order_commands.lost(tries)),
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            self.say(waiting("Not known yet: sign in, then F12 asks again"))
            return
        self.say(order_commands.ended(what, order, outcome))
        if self.is_current and order.id == self.order_id:
            self.read_soon()

    def _go(self, screen: str) -> None:
        self.post_message(Open(screen, self.order_id, self.order))

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles, width = self.context.styles, self.size.width
        if self.order is None:
            words = "" if self.problem.display else " Reading the order …"
            self.sheet.show([Line(), Line(((words, styles.dim),))])
            return
        pending = self.context.shop.outbox.open_commands(orders.aggregate_of(self.order_id))
        page = order_page(self.order, pending, styles, width, self._parcel)
        if self._explanation:
            steps = [Line(((f" {step}", styles.ink),)) for step in self._explanation]
            page = [Line(((" HOW ITS SUMS CAME ABOUT", styles.heading),)), *steps]
        self.sheet.show([*self.context.claim_lines(self.order_id), *page])
        if self._parcel:
            self.sheet.reveal(self._parcel)
        can_ship = why_not_ship(self.order, self.context.shop.session.person) is None
        labels = {"enter": "ship" if can_ship else "", "ship": "", "commit": ""}
        person = self.context.shop.session.person
        if order_commands.why_not_mark_paid(self.order, person) or not self.order.due.amount:
            labels["mark_paid"] = ""
        if order_commands.why_not_cancel(self.order, person):
            labels["cancel_order"] = ""
        if not self.order.on_hold:
            labels["release"] = ""
        if self._review is not None:
            labels |= {"enter": "answer", "commit": "send"}
        self.key_bar.relabel(labels)
        hint = "F10 sends it. Esc goes back, nothing is sent."
        if not self.is_holding:
            self.question.show(self._review.question if self._review else None, hint)
