"""Screens on which something is being put together for one order: a parcel, a refund."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

from textual.widget import Widget

from console.client.change_models import ChangeBatch
from console.client.models import OrderDetail
from console.flows import change_notices
from console.flows.transition import noted
from console.flows.undo_stack import UndoStack
from console.scan.input_buffer import Prompt, Typing
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget
from console.widgets.text_layout import Line

Draft = TypeVar("Draft")


class DraftScreen(BaseScreen, Generic[Draft]):
    """Keeps one draft per order, so that looking elsewhere loses nothing."""

    TYPING = Typing.SCAN
    CODES_WAIT = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="draft")
        self.order: OrderDetail | None = None
        self.drafts: dict[str, UndoStack[Draft]] = {}

    @abstractmethod
    def begin(self, order: OrderDetail) -> None:
        """Make a draft for this order, or fit the one that is there to the order as it is now."""

    @abstractmethod
    def is_untouched(self, draft: Draft) -> bool:
        """Whether nobody would miss this draft."""

    @abstractmethod
    def page(self, draft: Draft, width: int, height: int) -> list[Line]:
        """The draft, laid out; 0 is a height that is not known yet."""

    @abstractmethod
    def refresh_draft(self) -> None:
        """Draw what depends on the draft beside the page itself."""

    @property
    def history(self) -> UndoStack[Draft] | None:
        """The draft of the order at hand."""
        return self.drafts.get(self.order_id)

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Which order, and what is being done to it."""
        number = self.order.number if self.order else "…"
        return ("Orders", number, self.NAME.capitalize())

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Take the order up where it was left; read it again when it did not just come along."""
        if subject != self.order_id:
            self._let_go_of_untouched()
            self.order_id, self.order, self.read_at = subject, None, None
            self.problem.hide()
            known = self.context.cached_order(subject)
            if known is not None:
                self.order, self.read_at = known
        if order is not None:
            self.order = order
            self.begin(order)
        self.draw()
        if order is None and subject:
            self.read_soon()

    def _let_go_of_untouched(self) -> None:
        """A shift passes thousands of orders; only drafts with work in them are kept."""
        history = self.history
        if history is not None and self.is_untouched(history.now):
            del self.drafts[self.order_id]

    async def reload(self) -> None:
        """Read the order again; the draft is kept as far as it fits."""
        order_id = self.order_id
        if not order_id:
            return
        order = await self.asked("The order did not load", self.context.fetch_order(order_id))
        if order is not None and order_id == self.order_id:
            self.order = order
            self.begin(order)
        self.draw()

    def follow(self, news: ChangeBatch) -> None:
        """The order changed: the draft is kept as far as it fits, and who did it is told."""
        if self.order_id and news.about("order", self.order_id):
            run_in_background(self, "follow", self._follow)

    def claims_changed(self) -> None:
        """Somebody else opened or left it."""
        self.draw()

    async def _follow(self) -> None:
        before, order_id = self.order, self.order_id
        await self.read_again()
        if self.order is not None and order_id == self.order_id:
            self.say(change_notices.by_others(before, self.order, self.context.operator))

    def undo_step(self) -> bool:
        """F9 undoes the last step of the draft."""
        history = self.history
        if history is None or not history.can_go_back:
            return False
        self.say(noted(f"Taken back: {history.back()}"))
        self.draw()
        return True

    def on_resize(self) -> None:
        """Another width, another layout."""
        self.draw()

    def on_cursor_widget_resized(self) -> None:
        """The page has another size: the window has, or a question stands above it."""
        self.draw()

    def draw(self) -> None:
        """Draw the draft."""
        self.refresh_status_bar()
        history = self.history
        if history is None or self.order is None:
            words = "" if self.problem.display or not self.order_id else " Reading the order …"
            self.sheet.show([Line(), Line(((words, self.context.styles.dim),))])
            self.question.show(None)
            return
        claims = self.context.claim_lines(self.order_id)
        height = max(0, self.sheet.size.height - len(claims))
        self.sheet.show([*claims, *self.page(history.now, self.size.width, height)])
        self.refresh_draft()

    def take_cancel(self, prompt: Prompt) -> None:
        """The prompt was left: the draft is as it was."""
        self.draw()
