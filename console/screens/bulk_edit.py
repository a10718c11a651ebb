"""Changing what is chosen: type a figure, look it over row by row, send it, see how it went."""

from __future__ import annotations

from console import keys
from console.client import bulk_changes
from console.client.errors import CallFailed, SignedOut
from console.flows.catalog import events
from console.flows.catalog.change_plan import price_text, threshold_text
from console.flows.catalog.edit_parsing import HINTS, Kind
from console.flows.catalog.reducer import Stage, chosen, step, why_not_now
from console.flows.catalog.results import Result, outcome
from console.flows.transition import Question, noted
from console.messages import SignInNeeded
from console.scan.input_buffer import Prompt
from console.screens.bulk_fetch import fetch_products
from console.screens.product_list import ProductListScreen
from console.screens.workers import run_in_background
from console.widgets.bulk_edit_view import gathering_page, outcome_page, review_page
from console.widgets.text_layout import fit

CONFLICTS_SHOWN = 20
"""Rows that somebody else changed of which the page tells what they are by now."""

CHANGES = frozenset({"price", "was", "sale", "publish", "archive", "unarchive"})
PROMPTS = {Kind.PRICE: "price", Kind.WAS: "compare-at price", Kind.SALE: "sale, % off",
           Kind.LOW: "low at"}  # fmt: skip
HEADS = {Kind.PRICE: "Price", Kind.WAS: "Compare-at price", Kind.SALE: "Sale",
         Kind.LOW: "Low"}  # fmt: skip
ON_ROWS = CHANGES | {"low_at", "mark", "mark_range", "mark_all", "enter", "turn_right"}


class BulkEditScreen(ProductListScreen):
    """A screen on which one change at a time is made to everything that is chosen."""

    def why_not(self, action: str) -> str | None:
        """A change needs a permission and a row."""
        if action in CHANGES and not self.context.may("catalog:write"):
            return "Your role does not change the catalogue"
        if action == "low_at" and not (
            self.context.may("inventory:adjust") and self.context.may("inventory:read")
        ):
            return "Your role does not change stock"
        asks = self.state.stage is Stage.CHOOSING
        if (
            action in ON_ROWS
            and asks
            and self.table.current is None
            and not self.state.choice.picks
        ):
            return "No product is there to choose"
        return None

    async def do_price(self) -> None:
        """Type what the price becomes."""
        self._begin(Kind.PRICE)

    async def do_was(self) -> None:
        """Type what it cost before."""
        self._begin(Kind.WAS)

    async def do_sale(self) -> None:
        """Type how much goes off."""
        self._begin(Kind.SALE)

    async def do_low_at(self) -> None:
        """Type at how many units the stock is low."""
        self._begin(Kind.LOW)

    async def do_publish(self) -> None:
        """Publish drafts."""
        self._type(Kind.STATUS, "publish")

    async def do_archive(self) -> None:
        """Archive products."""
        self._type(Kind.STATUS, "archive")

    async def do_unarchive(self) -> None:
        """Archived products become drafts again."""
        self._type(Kind.STATUS, "unarchive")

    async def do_commit(self) -> None:
        """F10: send what the review shows."""
        self._take(events.Commit())

    async def do_outcome(self) -> None:
        """How the last change went."""
        self._take(events.ShowResult())

    async def do_try_again(self) -> None:
        """Work out the refused rows once more."""
        self._take(events.Again())

    # Inside

    def _begin(self, kind: Kind, text: str = "") -> None:
        refusal = why_not_now(self.state)
        if refusal is not None:
            self.say(refusal)
            return
        if self.state.stage is Stage.RESULTS:
            self._take(events.Back())
        money = kind is not Kind.LOW
        if money and not self.currency:
            self.say(noted("The shop's currency is not known yet: /in:EUR names one"))
            return
        where = f" in {self.currency}" if money else ""
        text_above = f"{HEADS[kind]}{where}, {self._subject()}"
        self.question.show(Question(text_above, ()), HINTS[kind])
        self.ask(Prompt(str(kind), f"{PROMPTS[kind]}:"), text)

    def _subject(self) -> str:
        line, variant = self._line(), self._variant()
        if self.state.choice.picks:
            return f"for what is chosen: {chosen(self.state.choice)}{self._warn_if_not_chosen()}"
        if variant is not None:
            return f"for {variant.sku} alone"
        return f"for {fit(line.title, 40).strip()}, all variants" if line else "for nothing"

    def _warn_if_not_chosen(self) -> str:
        """Who has just scanned something and chose others before is told that it is not meant."""
        line, variant = self._line(), self._variant()
        if variant is not None:
            is_meant = self.state.choice.has(variant.product_id, variant.id)
            name = variant.sku
        else:
            is_meant = line is None or bool(self.state.choice.mark(line.id))
            name = fit(line.title, 40).strip() if line else ""
        return "" if is_meant else f". {name} is not among them; Esc and c choose nothing"

    def _type(self, kind: Kind, text: str) -> None:
        line, variant = self._line(), self._variant()
        self.question.show(None)
        self._take(
            events.Typed(
                kind, text, self.currency, line.id if line else "", variant.id if variant else ""
            )
        )

    def _take(self, event: events.Event) -> None:
        person = self.context.shop.session.person
        before = self.state.stage
        taken = step(self.state, event, person.id if person else "")
        self.state = taken.state
        if self.state.stage is not before:
            self.work.top = 0
        self.say(taken.feedback)
        self.table.invalidate()
        self._draw()
        for command in taken.commands:
            if isinstance(command, events.FetchProducts):
                run_in_background(self, "gather", self._gather, command)
            elif isinstance(command, events.AskAgain):
                self._begin(command.kind, command.text)
            else:
                self.context.shop.enqueue_change(command.run)
                self._now = {}
                self._read_last_change()
                self._draw()

    def _read_last_change(self) -> None:
        """Read how the last change stands; it is on disk, whoever was here when it was given."""
        found = self.context.shop.last_change_of_operator()
        was_over = not self.state.is_under_way
        taken = step(self.state, events.ResultArrived(outcome(*found) if found else None))
        self.state = taken.state
        self.say(taken.feedback)
        over = self.state.outcome
        if over is not None and over.count(Result.CONFLICT) and not (was_over and self._now):
            run_in_background(self, "conflicts", self._read_conflicts)

    async def _gather(self, request: events.FetchProducts) -> None:
        seen = self.state.choice.known

        def on_progress(done: int) -> None:
            self._feed(events.ProductsFetched(request.serial, done))

        def title(product_id: str) -> str:
            return seen[product_id].title if product_id in seen else product_id

        try:
            goods = await fetch_products(self.context.shop, request, title, on_progress)
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            self._feed(events.NotReady(request.serial, failure.detail))
        except CallFailed as failure:
            self._feed(events.NotReady(request.serial, f"{failure.detail} {failure.remedy}"))
        else:
            self._feed(events.Ready(request.serial, goods))

    def _feed(self, event: events.Event) -> None:
        """Something that was read for a change is here."""
        taken = step(self.state, event)
        self.state = taken.state
        self.say(taken.feedback)
        self._draw()

    async def _read_conflicts(self) -> None:
        """What the rows are by now that somebody else changed; told aside, failures wait."""
        run = self.state.outcome
        over: dict[str, str] = {}
        for one in run.rows if run else ():
            if one.fate is not Result.CONFLICT or len(over) >= CONFLICTS_SHOWN:
                continue
            over[one.row.id] = one.row.product_id
        shop = self.context.shop
        assert run is not None
        for row_id, product_id in over.items():
            try:
                if run.run.of == "levels":
                    level = await shop.stock.level(row_id)
                    self._now[row_id] = f"now {threshold_text(level.low_stock_threshold)}"
                elif run.run.of == "products":
                    self._now[row_id] = f"now {(await shop.catalogue.product(product_id)).status}"
                else:
                    variant = await shop.catalogue.variant(row_id)
                    self._now[row_id] = f"now {price_text(variant.price_in(run.run.edit[2]))}"
            except CallFailed:
                # The row says that somebody else changed it; y reads it again in any case.
                continue
        self._draw()

    def _draw(self) -> None:
        super()._draw()
        self._draw_work()
        self._draw_keys()

    def _draw_work(self) -> None:
        state, styles, width = self.state, self.context.styles, self.size.width
        self.set_class(state.stage is not Stage.CHOOSING, "-working")
        match state.stage:
            case Stage.GATHERING:
                self.work.show(gathering_page(state.fetched, state.requested, styles, width))
            case Stage.REVIEW if state.plan is not None:
                self.work.show(review_page(state.plan, styles, width))
            case Stage.RESULTS if state.outcome is not None:
                can_try = bulk_changes.can_go_again(state.outcome.run)
                lines = outcome_page(state.outcome, self._now, can_try, styles, width)
                self.work.show(lines)
        asks = state.question is not None or self.context.entry.prompt is None
        if asks or state.stage is not Stage.CHOOSING:
            sends = state.plan is not None and bool(state.plan.rows)
            hint = "F10 sends it. Esc goes back, nothing is sent." if sends else ""
            self.question.show(state.question, hint)

    def _draw_keys(self) -> None:
        stage = self.state.stage
        labels: dict[str, str] = {}
        if stage is Stage.CHOOSING:
            labels = dict.fromkeys(("commit", "try_again"), "")
            hidden = [one for one in (*CHANGES, "low_at") if self._may_not(one)]
            if self.state.outcome is None:
                hidden.append("outcome")
            if not self.state.choice.picks:
                hidden += ["mark_range", "unmark"]
            if not self._may_change():
                hidden += ["mark", "mark_all"]
            labels.update(dict.fromkeys(hidden, ""))
            if self.at is not None:
                labels["enter"] = "stock"
        else:
            labels = {one.id: "" for one in keys.on_the_bar(self.NAME)[0].wanted}
            if stage is Stage.RESULTS and not self.state.is_under_way:
                for one in (*CHANGES, "low_at", "find"):
                    if one == "find" or not self._may_not(one):
                        labels.pop(one, None)
            if stage is Stage.REVIEW:
                labels["enter"] = "answer"
                if self.state.plan is not None and self.state.plan.rows:
                    labels["commit"] = "send"
            elif stage is Stage.RESULTS and self.state.outcome is not None:
                over = self.state.outcome
                if over.is_over and over.again and bulk_changes.can_go_again(over.run):
                    labels["try_again"] = "try again"
                labels["enter"] = "back to the list"
        self.key_bar.relabel(labels)

    def _may_change(self) -> bool:
        """Whether there is any change for which it would make sense to choose."""
        return not all(self._may_not(one) for one in (*CHANGES, "low_at"))

    def _may_not(self, action: str) -> bool:
        needs = ("inventory:adjust",) if action == "low_at" else ("catalog:write",)
        return not all(self.context.may(one) for one in needs)
