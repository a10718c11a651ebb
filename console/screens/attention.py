"""Attention: what needs a person, the oldest first, and the keys that end it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from textual.widget import Widget

from console.client import attention
from console.client.approvals import held
from console.client.doctor import DoctorRun
from console.client.errors import CallFailed, NotFound, SignedOut
from console.client.hold_models import AttentionItem
from console.client.models import OrderDetail, Page
from console.client.outbox import Command, NewCommand
from console.client.refunds import CommandResult
from console.flows.formatting import figure, money
from console.flows.paged_list import Fetch
from console.flows.transition import Question, done, noted, waiting, wrong
from console.messages import Open, SignInNeeded
from console.scan.input_buffer import Prompt
from console.screens.context import AppContext
from console.screens.list_screen import ListScreen
from console.screens.workers import run_in_background
from console.widgets.attention_view import ATTENTION_COLUMNS, attention_page, attention_row
from console.widgets.doctor_view import doctor_page
from console.widgets.hstack import HStack
from console.widgets.line_widget import CursorWidget
from console.widgets.table import WindowTable
from console.widgets.text_layout import Line
from console.widgets.view_tabs import ViewTabs

AMOUNT = Prompt("attention_amount", "amount:", sends=True)
ORDER = Prompt("attention_order", "order number:", sends=True)
ACCEPT = Prompt("attention_accept", "Why is nothing more to do? Note:", sends=True)
DISCARD = Prompt("attention_discard", "Why is it given up? Note:", sends=True)
AGAIN = Prompt("attention_again", "run it again?", sends=True)
VIEWS = ("open", "resolved")
COMMANDS = {
    "give_back": "refund", "link": "link", "accept": "accept", "run_again": "retry",
    "discard": "discard",
}  # fmt: skip
"""What an action asks of the shop."""

OF_LABELS = frozenset({"label_unclear", "label_unused"})
"""What the labels of an order end: they are settled, or voided."""

NEEDS = {
    "refund": "orders:refund", "link": "payments:write", "accept": "orders:write",
    "retry": "jobs:write", "discard": "jobs:write",
}  # fmt: skip


class AttentionScreen(ListScreen):
    """Everything that a person must look at."""

    NAME = "attention"
    WHAT = "The attention list did not load"
    FOLLOWS = frozenset({"attention"})

    def __init__(self, context: AppContext) -> None:
        styles = context.styles
        table: WindowTable[AttentionItem] = WindowTable(
            styles,
            ATTENTION_COLUMNS,
            attention_row(styles, self._is_pending),
            _item_id,
            empty="✔ Nothing needs you.",
            id="attention",
            is_one_way=True,
        )
        super().__init__(context, table)
        self.views = ViewTabs(styles, id="views")
        self.glance = CursorWidget(styles, id="glance")
        self.view = VIEWS[0]
        self._asked_about: AttentionItem | None = None
        self._shown = ""
        self._findings: tuple[str, DoctorRun] | None = None
        """What the doctor found, shown while the cursor stays on this item."""

    def body(self) -> Iterable[Widget]:
        """What is open or was resolved, the list, and one item written out beside it."""
        return (self.views, HStack(self.table, self.glance))

    def crumbs(self) -> tuple[str, ...]:
        """Which items."""
        return ("Attention", self.view)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """The list as it was left, read again."""
        run_in_background(self, "list", self.reload)
        self._draw()

    async def page(self, fetch: Fetch) -> Page[AttentionItem]:
        """Items of the view."""
        query = {"state": self.view, **self.as_list_query(fetch)}
        return await self.context.shop.attention.page(query)

    def changed_here(self, key: str) -> bool:
        """What was ended here leaves the list."""
        item = self._item()
        return item is None or self.context.has_commands(attention.aggregate_of(item))

    def list_arrived(self) -> None:
        """The first page is here."""
        self._draw()

    def cursor_rests(self) -> None:
        """The item under the cursor, written out."""
        self._draw()

    def why_not(self, action: str) -> str | None:
        """Each command fits some items only, and needs its permission."""
        item = self._item()
        if action in {"enter", "refund"}:
            if item is None:
                return self.table.why_none("Nothing is chosen")
            return None if item.order_id else "This belongs to no order"
        if action == "labels":
            return None if item and item.kind in OF_LABELS else "This is about no label"
        if action not in COMMANDS:
            return None
        command = COMMANDS[action]
        if item is None:
            return self.table.why_none("Nothing is chosen")
        if not self.context.may(NEEDS[command]):
            return "Your role does not do this"
        if command not in item.commands:
            words = ", ".join(item.commands)
            return f"That does not end it: {words} does" if words else "It is resolved already"
        return None

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """What was asked about the item, which may no longer be under the cursor."""
        item, text = self._asked_about, text.strip()
        self._stop_asking()
        if item is None:
            return
        if prompt is AGAIN:
            self._give(attention.run_again(item), "Run again, being sent")
            return
        if not text:
            self.say(noted("Nothing done"))
            return
        match prompt.name:
            case ORDER.name:
                self._give(attention.link(item, text), f"Linked to {text}, being sent")
            case ACCEPT.name:
                self._give(attention.accept(item, text), "Accepted, being sent")
            case DISCARD.name:
                self._give(attention.discard(item, text), "Given up, being sent")
            case AMOUNT.name:
                self._refund(item, text)

    def take_cancel(self, prompt: Prompt) -> None:
        """Never mind."""
        self._stop_asking()

    def leave(self) -> None:
        """A question that was not answered is not asked any more."""
        self._stop_asking()

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command that was done takes its item off the list."""
        self.table.invalidate()
        self._draw()
        if failure is None and (self.is_current or "attention" in command.kind):
            run_in_background(self, "list", self.reload)

    def redraw(self) -> None:
        """Other colours."""
        self._draw()

    async def do_enter(self) -> None:
        """Open the order."""
        self._open("order")

    async def do_labels(self) -> None:
        """The labels of its order, to settle or void one."""
        self._open("labels")

    async def do_refund(self) -> None:
        """F8: a refund of the order at hand, by lines."""
        self._open("refund")

    async def do_give_back(self) -> None:
        """Give the item's money back: its amount is typed to be sure."""
        item = self._item()
        if item is None or item.amount is None:
            return
        self._ask(
            item,
            f"Give {money(item.amount)} back for {item.order_number}: {item.reason}.",
            f"Type {figure(item.amount)} and F10 to send it. Esc: no.",
            AMOUNT,
        )

    async def do_link(self) -> None:
        """Record the money as a payment of an order."""
        item = self._item()
        if item is not None:
            amount = money(item.amount) if item.amount else "It"
            self._ask(item, f"{amount}: which order is it for?", "F10 links it. Esc: none.", ORDER)

    async def do_accept(self) -> None:
        """Leave everything as it is, and say why."""
        self._ask_for_note(ACCEPT)

    async def do_discard(self) -> None:
        """Give a failing job up."""
        self._ask_for_note(DISCARD)

    async def do_run_again(self) -> None:
        """Run a failing job again."""
        item = self._item()
        if item is not None:
            self._ask(item, f"Run it again: {item.reason}.", "F10 runs it. Esc: no.", AGAIN)

    async def do_findings(self) -> None:
        """Beside the list: what the doctor found, until the cursor moves."""
        run_in_background(self, "findings", self._read_findings, beside=True)

    async def do_next_view(self) -> None:
        """Open, or resolved."""
        self.view = VIEWS[1 - VIEWS.index(self.view)]
        self._draw()
        self.refresh_status_bar()
        self.search_now()

    async def do_last_view(self) -> None:
        """There are two."""
        await self.do_next_view()

    def on_window_table_cursor_moved(self, message: WindowTable.CursorMoved) -> None:
        """Another item."""
        message.stop()
        self._draw_views()
        self.cursor_moves()

    def on_window_table_row_chosen(self, message: WindowTable.RowChosen) -> None:
        """A second click opens."""
        message.stop()
        if self.why_not("enter") is None:
            self._open("order")

    # Inside

    async def _read_findings(self) -> None:
        try:
            run = await self.context.shop.auth.doctor()
        except NotFound:
            self.say(noted("The doctor has not looked yet: it looks each night"))
            return
        except CallFailed as failure:
            if isinstance(failure, SignedOut):
                self.post_message(SignInNeeded(failure))
            self.say(wrong(f"The findings did not load. {failure.detail}"))
            return
        item = self._item()
        self._findings = ("" if item is None else item.id, run)
        self._shown = ""
        self._draw()

    def _item(self) -> AttentionItem | None:
        item: AttentionItem | None = self.table.current
        return item

    def _open(self, screen: str) -> None:
        item = self._item()
        if item is not None and item.order_id:
            self.post_message(Open(screen, item.order_id))

    def _ask_for_note(self, prompt: Prompt) -> None:
        item = self._item()
        if item is not None:
            self._ask(
                item,
                f"{item.kind.replace('_', ' ')}: {item.reason}.",
                "F10 sends it. Esc: no.",
                prompt,
            )

    def _ask(self, item: AttentionItem, text: str, hint: str, prompt: Prompt) -> None:
        self._asked_about = item
        self.question.show(Question(text, ()), hint)
        self.ask(prompt)

    def _stop_asking(self) -> None:
        self._asked_about = None
        self.question.show(None)

    def _give(self, draft: NewCommand, words: str) -> None:
        self.context.shop.give(draft)
        self.say(done(words))
        self.table.invalidate()
        self._draw()

    def _refund(self, item: AttentionItem, typed: str) -> None:
        """Send the money on its way, once its amount was typed as it is written."""
        assert item.amount is not None
        if _bare(typed) != _bare(figure(item.amount)):
            self.say(wrong(f"Nothing was sent: {typed} is not {figure(item.amount)}"))
            return
        if self.context.shop.refunds.unresolved(attention.aggregate_of(item)) is not None:
            self.say(wrong("An earlier refund of this order is not known yet: F12 asks again"))
            return
        reason = "overpaid" if item.kind in {"overpaid", "late_transfer"} else "other"
        self.say(waiting(f"{money(item.amount)} is being given back"))
        run_in_background(
            self, "give-back", self._send, item, attention.refund(item, reason), beside=True
        )

    async def _send(self, item: AttentionItem, draft: NewCommand) -> None:
        person = self.context.shop.session.person
        assert person is not None
        try:
            outcome = await self.context.shop.refunds.send(
                draft,
                operator=person.id,
                key=str(uuid.uuid4()),
                unknown=lambda _: self.say(waiting("Not known yet, asking again")),
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            self.say(waiting("Not known yet: sign in, then F12 asks again"))
            return
        assert item.amount is not None
        match outcome.fate:
            case CommandResult.GIVEN:
                self.say(done(f"{money(item.amount)} given back for {item.order_number}"))
            case CommandResult.HELD:
                self.say(noted(f"Given back later: {held(outcome.approvers)}"))
            case CommandResult.PENDING:
                self.say(waiting("Stripe does not answer: the shop goes on with it by itself"))
            case _:
                why = outcome.failure.detail if outcome.failure else ""
                self.say(wrong(f"Nothing was given back. {why}".strip()))
        run_in_background(self, "list", self.reload)

    def _draw_views(self) -> None:
        self.views.show(VIEWS, self.view, note="", position=self.table.position)

    def _draw(self) -> None:
        self._draw_views()
        item = self._item()
        if item is None:
            run = None if self._findings is None else self._findings[1]
            page = [] if run is None else doctor_page(run, self.context.styles, 60)
            self.glance.show(page)
            self.key_bar.relabel(dict.fromkeys(("enter", "labels", *COMMANDS), ""))
            return
        pending = self.context.shop.outbox.open_commands(attention.aggregate_of(item))
        fits = {name for name, one in COMMANDS.items() if one in item.commands}
        labels = {name: "" for name in COMMANDS if name not in fits}
        labels |= {} if item.kind in OF_LABELS else {"labels": ""}
        self.key_bar.relabel(labels | ({} if item.order_id else {"enter": ""}))
        self.glance.show(self._beside(item, pending), keep_place=item.id == self._shown)
        self._shown = item.id

    def _beside(self, item: AttentionItem, pending: Sequence[Command]) -> list[Line]:
        """The item written out; what the doctor found, while the cursor stays where it was."""
        styles, width = self.context.styles, self.glance.size.width
        if self._findings is not None and self._findings[0] == item.id:
            return doctor_page(self._findings[1], styles, width)
        self._findings = None
        return attention_page(item, pending, styles, width)

    def _is_pending(self, item: AttentionItem) -> bool:
        outbox = self.context.shop.outbox
        aggregate = attention.aggregate_of(item)
        if aggregate not in outbox.busy:
            return False
        return any(f"/attention/{item.id}/" in one.path for one in outbox.open_commands(aggregate))


def _item_id(item: AttentionItem) -> str:
    return item.id


def _bare(amount: str) -> str:
    """An amount as typed by people: without groups, and with a point for a comma."""
    return "".join(amount.split()).replace(",", ".").replace("\u202f", "")
