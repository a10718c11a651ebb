"""Orders: every order in views and by search; on a wide window the chosen one stands beside."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console.client.errors import CallFailed
from console.client.models import OrderCard, OrderDetail, Page
from console.client.orders import aggregate_of
from console.client.outbox import Command
from console.flows.filters import (
    FilterStep,
    Find,
    NextView,
    OrderFilter,
    Show,
    TurnSort,
    step,
)
from console.flows.next_actions import why_not_ship
from console.flows.paged_list import Fetch
from console.messages import Open
from console.scan.input_buffer import Prompt
from console.screens.context import AppContext
from console.screens.order_marks import PROMPTS, OrderMarksScreen
from console.screens.workers import run_in_background
from console.widgets.hstack import HStack
from console.widgets.line_widget import CursorWidget
from console.widgets.order_rows import LIST_COLUMNS, list_row
from console.widgets.order_view import order_glance
from console.widgets.table import WindowTable
from console.widgets.view_tabs import ViewTabs

FIND = Prompt("find", "/", is_live=True)
MARKING = frozenset({"mark", "clear_marks", "bulk", "save_view", "drop_view"})
ABOUT_AN_ORDER = frozenset({"enter", "ship", "refund_here", "note", "parcels", "same_customer"})


class OrdersScreen(OrderMarksScreen):
    """All orders, by view and by search."""

    NAME = "orders"
    WHAT = "The orders did not load"
    FOLLOWS = frozenset({"order"})

    def __init__(self, context: AppContext) -> None:
        styles = context.styles
        self.begin_marks()
        super().__init__(
            context,
            WindowTable(
                styles,
                LIST_COLUMNS,
                list_row(styles, self._is_pending, context, self.is_marked),
                _order_id,
                empty=OrderFilter().nothing,
                id="orders",
            ),
        )
        self.views = ViewTabs(styles, id="views")
        self.glance = CursorWidget(styles, id="glance")
        self.filter = OrderFilter()
        self._glanced = ""

    def body(self) -> Iterable[Widget]:
        """The views, the list, and one order beside it."""
        return (self.views, HStack(self.table, self.glance))

    def crumbs(self) -> tuple[str, ...]:
        """Which orders."""
        return ("Orders", self.filter.words)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """A view by name, a search text after `/`, or the list as it was left."""
        if subject.startswith("/"):
            self.filter = step(self.filter, Show("all")).state
            self.apply(step(self.filter, Find(subject[1:])))
        elif subject and subject != self.filter.view.name:
            self.filter = step(self.filter, Show(subject)).state
            run_in_background(self, "list", self.start_list)
        else:
            run_in_background(self, "list", self.reload)
        run_in_background(self, "saved views", self.read_views, beside=True)
        self._draw_views()

    async def page(self, fetch: Fetch) -> Page[OrderCard]:
        """Orders as the filter takes them."""
        query = self.filter.as_query(from_the_end=fetch.from_the_end)
        return await self.context.shop.orders.page({**query, **self.as_list_query(fetch)})

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """The search stays as it was typed."""
        if prompt.name in PROMPTS:
            await self.take_marks_answer(prompt, text)
            return
        self.apply(step(self.filter, Find(text)))

    def take_change(self, prompt: Prompt, text: str) -> None:
        """Search while typing; half a filter word is not complained about yet."""
        if prompt.name != FIND.name:
            return
        found = step(self.filter, Find(text))
        if found.feedback is None:
            self.filter = found.state
            self.search_soon()
            self._draw_views()

    def take_cancel(self, prompt: Prompt) -> None:
        """Esc in the search shows everything again."""
        if prompt.name in PROMPTS:
            self.stop_marking()
            return
        self.apply(step(self.filter, Find("")))

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command that was done changes its row."""
        self.table.invalidate()
        self._glance()
        if failure is None and command.aggregate.startswith("order:"):
            run_in_background(self, "list", self.reload)

    def changed_here(self, key: str) -> bool:
        """An order that was shipped here leaves some views."""
        return self.context.has_commands(aggregate_of(key))

    def go_back(self) -> bool:
        """Esc closes what is told, then clears the search, then chooses nothing."""
        if self.question.display:
            self.stop_marking()
            return True
        if self.filter.text:
            self.apply(step(self.filter, Find("")))
            return True
        return False

    def why_not(self, action: str) -> str | None:
        """Some actions need an order, some a permission, some an order in the right state."""
        if action in ABOUT_AN_ORDER and self.table.current is None:
            return self.table.why_none("No order is chosen")
        order: OrderCard | None = self.table.current
        if action == "ship" and order is not None:
            return why_not_ship(order, self.context.shop.session.person)
        if action in MARKING:
            return self.why_not_marked(action)
        if action == "refund_here" and not self.context.may("orders:refund"):
            return "Your role does not give money back"
        return None

    def redraw(self) -> None:
        """Other colours."""
        self._draw_views()
        self._glance()

    async def do_enter(self) -> None:
        """Open the order."""
        self._open("order")

    async def do_ship(self) -> None:
        """Ship the order."""
        self._open("ship")

    async def do_refund_here(self) -> None:
        """Give money back for the order."""
        self._open("refund")

    async def do_refund(self) -> None:
        """F8: the order at hand is the one under the cursor."""
        self._open("refund")

    async def do_note(self) -> None:
        """Notes are written where the timeline can be seen."""
        self._open("order")

    async def do_parcels(self) -> None:
        """The parcels of the order."""
        self._open("parcels")

    async def do_same_customer(self) -> None:
        """All orders of the same customer."""
        order: OrderCard | None = self.table.current
        if order is not None:
            await self.show(f"/{order.email}", None)

    async def do_find(self) -> None:
        """Search."""
        self.ask(FIND, self.filter.text)

    async def do_next_view(self) -> None:
        """The view to the right."""
        self.apply(step(self.filter, NextView(1)))

    async def do_last_view(self) -> None:
        """The view to the left."""
        self.apply(step(self.filter, NextView(-1)))

    async def do_to_ship(self) -> None:
        """What waits to be shipped."""
        self.apply(step(self.filter, Show("to_ship")))

    async def do_all(self) -> None:
        """Everything."""
        self.apply(step(self.filter, Show("all")))

    async def do_turn_over(self) -> None:
        """From the other end."""
        self.apply(step(self.filter, TurnSort()))

    def on_window_table_cursor_moved(self, message: WindowTable.CursorMoved) -> None:
        """Another row."""
        message.stop()
        self._draw_views()
        self.cursor_moves()

    def on_window_table_row_chosen(self, message: WindowTable.RowChosen) -> None:
        """A second click opens."""
        message.stop()
        self._open("order")

    def apply(self, found: FilterStep) -> None:
        """Show what another filter finds."""
        if found.feedback is not None:
            self.say(found.feedback)
            return
        self.filter = found.state
        self._draw_views()
        self.refresh_status_bar()
        self.search_now()

    def _open(self, screen: str) -> None:
        order = self.table.current
        if order is not None:
            self.post_message(Open(screen, order.id))

    def _draw_views(self) -> None:
        self.table.empty = self.filter.nothing
        note = "oldest first" if self.filter.oldest_first else "newest first"
        self.views.show(
            [view.label for view in self.filter.views],
            self.filter.shown,
            note=note if self.size.width >= 100 else "",
            position=self.table.position,
        )

    def _glance(self) -> None:
        card = self.table.current
        if card is None:
            self.glance.show([])
            return
        known = self.context.cached_order(card.id)
        pending = self.context.shop.outbox.open_commands(aggregate_of(card.id))
        case = known[0] if known else None
        width = self.glance.size.width
        lines = order_glance(card, case, pending, self.context.styles, width)
        self.glance.show(lines, keep_place=card.id == self._glanced)
        self._glanced = card.id

    def cursor_rests(self) -> None:
        """Show the order beside the list, on a window that is wide enough."""
        card = self.table.current
        if not self.has_class("-wide"):
            return
        self._glance()
        if card is None:
            return
        known = self.context.cached_order(card.id)
        is_doubtful = self.context.is_doubtful(card.id)
        if known is None or known[0].version != card.version or is_doubtful:
            run_in_background(self, "glance", self._read_case, card.id)

    async def _read_case(self, order_id: str) -> None:
        case = await self.asked(
            "The order did not load", self.context.fetch_order(order_id), is_aside=True
        )
        if case is not None:
            self._glance()

    def _is_pending(self, order_id: str) -> bool:
        return aggregate_of(order_id) in self.context.shop.outbox.busy


def _order_id(order: OrderCard) -> str:
    return order.id
