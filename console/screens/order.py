"""One order: everything about it, and the way to its next step."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console.client import orders
from console.client.errors import CallFailed
from console.client.models import CaseFile
from console.client.outbox import Command
from console.flows.lines import units_called
from console.flows.next_step import why_not_refund, why_not_ship
from console.flows.step import done, noted, wrong
from console.messages import Open
from console.scan.codes import Kind, Scan
from console.scan.entry import Prompt
from console.screens.counter import Counter
from console.screens.frame import Frame
from console.widgets.drawn import Sheet
from console.widgets.ink import Line
from console.widgets.order_page import order_page

NOTE = Prompt("note", "Note:")
LONGEST_NOTE = 2000


class OrderScreen(Frame):
    """An order, its lines, money, parcels and history."""

    NAME = "order"
    WAITS_FOR = frozenset({"enter", "ship", "refund_here", "refund", "note"})
    CODES_WAIT = True

    def __init__(self, counter: Counter) -> None:
        super().__init__(counter)
        self.sheet = Sheet(counter.paints, id="order-page")
        self.order_id = ""
        self.order: CaseFile | None = None
        self._note = ""
        self._parcel = ""
        """The parcel whose label was scanned."""

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which order."""
        version = f" · v{self.order.version}" if self.order else ""
        return ("Orders", f"{self.order.number}{version}" if self.order else "…")

    async def show(self, subject: str, order: CaseFile | None) -> None:
        """Show the order as it was read last, then as it is."""
        if subject != self.order_id:
            self.order_id, self.order, self.read_at = subject, None, None
            self.sheet.top, self._parcel = 0, ""
            self.problem.hide()
            known = self.counter.known_case(subject)
            if known is not None:
                self.order, self.read_at = known
        if order is not None:
            self.order = order
        self._draw()
        self.read_soon()

    async def reload(self) -> None:
        """Read the order again."""
        order_id = self.order_id
        order = await self.asked("The order did not load", self.counter.case(order_id))
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
                there = f"{line.name}: {line.quantity} ordered, {line.open_quantity} to ship"
                self.say(noted(there))
                return True
        return False

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """The note is finished."""
        text = text.strip()
        if not text or self.order is None:
            self.say(noted("No note written"))
            return
        if len(text) > LONGEST_NOTE:
            self._note = text
            self.say(wrong(f"A note has at most {LONGEST_NOTE} characters, this has {len(text)}"))
            return
        self._note = ""
        self.counter.shop.give(orders.note(self.order, text))
        self.say(done("Note kept, being sent"))
        self._draw()

    def take_change(self, prompt: Prompt, text: str) -> None:
        """Keep what is typed, in case the operator looks elsewhere first."""
        self._note = text

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command of this order: show what came of it."""
        if self.is_current and command.aggregate == orders.aggregate_of(self.order_id):
            self.read_soon()

    def move(self, action: str) -> None:
        """The sheet scrolls."""
        self.sheet.move(action)

    def why_not(self, action: str) -> str | None:
        """What this order and this operator do not allow."""
        order = self.order
        if action in {"enter", "ship", "refund_here", "refund", "note"} and order is None:
            return "The order is not here yet"
        person = self.counter.shop.session.person
        if action in {"enter", "ship"} and order is not None:
            return why_not_ship(order, person)
        if action in {"refund_here", "refund"} and order is not None:
            return why_not_refund(order, person)
        return None

    async def do_enter(self) -> None:
        """The green action: what this order needs next."""
        self._go("ship")

    async def do_ship(self) -> None:
        """Ship it."""
        self._go("ship")

    async def do_refund_here(self) -> None:
        """Give money back."""
        self._go("refund")

    async def do_refund(self) -> None:
        """F8: this is the order at hand."""
        self._go("refund")

    async def do_note(self) -> None:
        """Write a note; Enter sends it."""
        self.ask(Prompt("note", NOTE.label, is_live=True), self._note)

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    def _go(self, screen: str) -> None:
        self.post_message(Open(screen, self.order_id, self.order))

    def _draw(self) -> None:
        self.restand()
        paints, width = self.counter.paints, self.size.width
        if self.order is None:
            words = "" if self.problem.display else " Reading the order …"
            self.sheet.show([Line(), Line(((words, paints.dim),))])
            return
        pending = self.counter.shop.outbox.open_commands(orders.aggregate_of(self.order_id))
        self.sheet.show(order_page(self.order, pending, paints, width, self._parcel))
        if self._parcel:
            self.sheet.reveal(self._parcel)
        can_ship = why_not_ship(self.order, self.counter.shop.session.person) is None
        self.key_bar.relabel({"enter": "ship" if can_ship else "", "ship": ""})
