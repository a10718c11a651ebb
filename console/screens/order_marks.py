"""A list of orders in which some are chosen, for one action on all of them; and saved views."""

from __future__ import annotations

import uuid
from dataclasses import replace

from console.client.models import OrderCard
from console.client.note_models import SavedView
from console.flows import bulk_orders, order_commands
from console.flows.bulk_orders import Bulk
from console.flows.filters import FilterStep, KeepViews, OrderFilter, Show, step
from console.flows.holds import REASONS, listed_reasons
from console.flows.transition import Question, done, noted, wrong
from console.scan.input_buffer import Prompt
from console.screens.list_screen import ListScreen
from console.screens.workers import run_in_background

ACTION = Prompt("bulk_action", f"what? 1-{len(bulk_orders.ACTIONS)}:")
BULK_REASON = Prompt("bulk_reason", f"reason 1-{len(REASONS)}:")
BULK_TEXT = Prompt("bulk_text", "then F10:", sends=True)
VIEW_NAME = Prompt("view_name", "save these filters as:")
DROP_VIEW = Prompt("drop_view", "F10 deletes this view", sends=True)
PROMPTS = frozenset(one.name for one in (ACTION, BULK_REASON, BULK_TEXT, VIEW_NAME, DROP_VIEW))
LONGEST_NAME = 40


class OrderMarksScreen(ListScreen):
    """Orders that may be chosen with the space bar, and views that the operator saved."""

    filter: OrderFilter

    def begin_marks(self) -> None:
        """Nothing is chosen yet, and no view is known."""
        self.marked: tuple[OrderCard, ...] = ()
        self.bulk: Bulk | None = None
        self._saved: tuple[SavedView, ...] = ()

    def apply(self, found: FilterStep) -> None:
        """Show what another filter finds."""
        raise NotImplementedError

    def is_marked(self, order_id: str) -> bool:
        """Whether an order is chosen."""
        return any(one.id == order_id for one in self.marked)

    def why_not_marked(self, action: str) -> str | None:
        """What choosing and views do not allow."""
        if action == "bulk" and not self.marked:
            return "No order is chosen: the space bar chooses"
        if action == "bulk" and not self.context.may("orders:write"):
            return "Your role does not change orders"
        if action == "clear_marks" and not self.marked:
            return "No order is chosen"
        if action == "drop_view" and self._view is None:
            return "This view belongs to the console: only your own can be deleted"
        if action == "mark" and self.table.current is None:
            return self.table.why_none("No order is chosen")
        return None

    async def read_views(self) -> None:
        """The operator's own views, beside those of the console."""
        if not self.context.may("orders:read"):
            return
        saved = await self.asked(
            "Your views did not load", self.context.shop.orders.views(), is_aside=True
        )
        if saved is not None and saved != self._saved:
            self._saved = saved
            self.filter = step(self.filter, KeepViews(saved)).state
            self.redraw()

    async def do_mark(self) -> None:
        """Choose the order under the cursor, or no longer; then the next one."""
        order: OrderCard | None = self.table.current
        if order is None:
            return
        marked = bulk_orders.toggled(self.marked, order)
        if len(marked) > bulk_orders.MOST:
            self.say(wrong(f"At most {bulk_orders.MOST} orders at once"))
            return
        self.marked = marked
        self.table.invalidate()
        self.say(noted(self._chosen()))
        self.move("down")

    async def do_clear_marks(self) -> None:
        """Choose nothing."""
        self.marked = ()
        self.table.invalidate()
        self.say(noted("Nothing is chosen"))

    async def do_bulk(self) -> None:
        """Ask what is to be done to the chosen orders."""
        self.bulk = Bulk(self.marked, str(uuid.uuid4()))
        self.question.show(Question(f"{self.bulk.totals}.", ()), bulk_orders.listed_actions())
        self.ask(ACTION)

    async def do_save_view(self) -> None:
        """Ask for the name of a view with these filters."""
        self.ask(VIEW_NAME)

    async def do_drop_view(self) -> None:
        """Ask whether the view that is shown goes."""
        if self._view is not None:
            self.question.show(Question(f"Delete the view {self._view.name}?", ()), "Esc: no.")
            self.ask(DROP_VIEW)

    async def take_marks_answer(self, prompt: Prompt, text: str) -> None:
        """An action, a reason, a text or a name was given."""
        match prompt.name:
            case VIEW_NAME.name:
                await self._save_view(text.strip())
            case DROP_VIEW.name:
                self.question.show(None)
                await self._drop_view()
            case BULK_TEXT.name:
                self._send(text.strip())
            case _:
                self._choose(text.strip())

    def stop_marking(self) -> None:
        """What was not finished is not done."""
        self.bulk = None
        self.question.show(None)

    @property
    def _view(self) -> SavedView | None:
        name = self.filter.view.name
        return next((one for one in self._saved if f"saved:{one.id}" == name), None)

    def _chosen(self) -> str:
        return Bulk(self.marked, "").totals if self.marked else "Nothing is chosen"

    def _choose(self, digit: str) -> None:
        bulk = bulk_orders.chosen(self.bulk, digit) if self.bulk is not None else None
        if bulk is None:
            self.stop_marking()
            self.say(wrong(f"Nothing done: {digit or 'nothing'} is none of them"))
            return
        if bulk.action == "cancel" and not self.context.may("orders:cancel"):
            self.stop_marking()
            self.say(wrong("Your role does not cancel orders"))
            return
        self.bulk = bulk
        if bulk.needs_reason:
            told = listed_reasons() if bulk.action == "hold" else order_commands.listed_reasons()
            self.question.show(Question(bulk.words, ()), told)
            self.ask(BULK_REASON)
            return
        if bulk.action == "cancel":
            run_in_background(self, "bulk", self._ask_to_cancel, bulk, beside=True)
            return
        self.question.show(Question(bulk.words, ()), f"{bulk.asks} Esc: no.")
        self.ask(BULK_TEXT)

    async def _ask_to_cancel(self, bulk: Bulk) -> None:
        """Show the totals of the cancellation before anything is sent."""
        asking = self.context.shop.orders.preview_cancellation([one.id for one in bulk.orders])
        preview = await self.asked("What goes back could not be worked out", asking)
        if preview is None or self.bulk is not bulk:
            return
        self.bulk = bulk = replace(bulk, preview=preview)
        refused = bulk_orders.refusals(preview)
        if not preview.orders:
            self.stop_marking()
            self.question.show(
                Question(f"None can be cancelled. {refused}", ()), "Esc closes this."
            )
            return
        self.question.show(Question(f"{bulk.words} {refused}".strip(), ()), f"{bulk.asks} Esc: no.")
        self.ask(BULK_TEXT)

    def _send(self, text: str) -> None:
        bulk = self.bulk
        if bulk is None:
            return
        body = bulk_orders.body_of(bulk, text)
        if isinstance(body, str):
            self.say(wrong(body))
            self.ask(BULK_TEXT, text)
            return
        run_in_background(self, "bulk", self._carry_out, bulk, body, beside=True)

    async def _carry_out(self, bulk: Bulk, body: dict[str, object]) -> None:
        results = await self.asked(
            "It is not known whether it was done: F10 again sends the same once more",
            self.context.shop.orders.bulk(body, key=bulk.key)
            if bulk.preview is None
            else self.context.shop.orders.cancel_many(body, key=bulk.key),
        )
        if results is None:
            self.ask(BULK_TEXT, str(body.get("note", "")))
            return
        self.stop_marking()
        self.marked = ()
        self.table.invalidate()
        self.say((noted if results.refused else done)(bulk_orders.came_of(results)))
        if results.refused:
            self.question.show(Question(bulk_orders.refusals(results), ()), "Esc closes this.")
        run_in_background(self, "list", self.reload)

    async def _save_view(self, name: str) -> None:
        if not 0 < len(name) <= LONGEST_NAME:
            self.say(wrong(f"A name has 1 to {LONGEST_NAME} characters"))
            return
        filters = {n: v for n, v in self.filter.as_query().items() if n != "sort"}
        saving = self.context.shop.orders.save_view(name, filters, key=str(uuid.uuid4()))
        if await self.succeeded("The view was not saved", saving):
            self.say(done(f"Saved: {name}"))
            await self.read_views()

    async def _drop_view(self) -> None:
        view = self._view
        if view is None:
            self.say(noted("Not deleted"))
            return
        deleting = self.context.shop.orders.delete_view(view, key=str(uuid.uuid4()))
        if await self.succeeded("The view was not deleted", deleting):
            self.apply(step(self.filter, Show("all")))
            self.say(done(f"Deleted: {view.name}"))
            await self.read_views()
