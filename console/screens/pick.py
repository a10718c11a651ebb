"""Picking: the next batch is taken with Enter, then a scanner alone walks it to its end."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import partial
from uuid import uuid4

from console.client import picking
from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.client.picking import Batch, BatchCard, PickLine, PickQueue
from console.flows import bin_codes
from console.flows.bin_codes import AtBin
from console.flows.picking import Assigned, Pick, Step, Walk
from console.flows.transition import Question, good, noted, wrong
from console.messages import Open
from console.scan import code_parsing
from console.scan.code_parsing import Scan
from console.scan.input_buffer import Prompt
from console.screens.bin_screen import BinListScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.pick_views import queue_page, walk_page
from console.widgets.text_layout import Line

MOST_TOTES = 12
WHY = Prompt("why", "Why do you take it over:")
REST = Prompt("rest", "1-5, Enter; or Esc:", at_once="12345")
REST_WORDS = "1 open   2 another item   3 off the order   4 count now   5 back-order"
FRESH_SECONDS = 120.0


class PickScreen(BinListScreen):
    """The queue, or the batch that somebody here walks."""

    NAME = "pick"
    HINT = "scan a bin, an item, a tote"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.walk: Walk | None = None
        self.queue: PickQueue | None = None
        self.batches: Sequence[BatchCard] = ()
        self._history: list[Walk] = []
        self._refused_claim = ""
        self._refusal = ""
        self._key = uuid4().hex
        self._lot: str | None = None
        """The lot that the last code told beside the item."""
        self._missing: PickLine | None = None
        """The line of which it is asked what becomes of its rest."""

    def rows(self) -> Sequence[object]:
        """The next batch, and those that are open."""
        return (None, *self.batches) if self.walk is None else ()

    def crumbs(self) -> tuple[str, ...]:
        """Which batch."""
        return ("Pick", self.walk.batch.number) if self.walk else ("Pick",)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Go on with the batch that is walked here, else show what waits."""
        self.draw()
        self.read_soon()

    async def reload(self) -> None:
        """Read the batch as the shop has it, or what waits."""
        shop = self.context.shop.picking
        if self.walk is not None:
            was_waiting = self.context.shop.waiting
            batch = await self.asked("The batch did not load", shop.batch(self.walk.batch.id))
            if batch is not None and self.walk is not None:
                self.walk = self.walk.refreshed(batch)
                if not was_waiting and not self.context.shop.waiting:
                    self._show_refused()
                if batch.status in ("done", "cancelled", "parked"):
                    self.walk = None
                    self.read_soon()
        else:
            queue = await self.asked("What waits did not load", shop.queue())
            batches = await self.asked(
                "The batches did not load", shop.open_batches(), is_aside=True
            )
            self.queue, self.batches = queue or self.queue, batches or ()
            self.at = min(self.at, len(self.batches))
        self.draw()

    def follow(self, news: ChangeBatch) -> None:
        """An order of the batch was cancelled or put on hold, or what waits is another."""
        walk = self.walk
        orders = walk.batch.orders if walk else ()
        if any(news.about("order", one.order_id) for one in orders) or (
            walk is None and news.has(("order",))
        ):
            self.read_soon()

    def why_not(self, action: str) -> str | None:
        """Lines are skipped and short on a walk; a batch is finished when nothing is left."""
        if action in ("skip", "short", "park", "tote_full") and self.walk is None:
            return "No batch is picked here: Enter takes the next one"
        if action in ("skip", "short") and self.walk and self.walk.line is None:
            return "Everything is picked: Enter finishes the batch"
        if self.emptied is not None or self._missing is not None:
            return None
        if action == "count":
            return "No bin should be empty now"
        is_read = self.walk is not None and self.walk.step is Step.WARNING
        if action == "enter" and self.walk and self.walk.step is not Step.DONE and not is_read:
            return "Lines are left: scan them, - says that units are not there, . comes back later"
        if action == "enter" and self.walk is None and self.at == 0 and self._nothing_waits:
            return "Nothing waits to be picked"
        if action == "commit" and not self._refused_claim:
            return "Nothing is to be taken over"
        return None

    async def do_enter(self) -> None:
        """Take the next batch, go on with the one under the cursor, or finish."""
        if self.emptied is not None:
            self.answer_zero(self.emptied)
            return
        if self.walk is not None and self.walk.step is Step.WARNING:
            outcome = self.walk.read_warnings()
            self.say(good(outcome.words))
            self._become(outcome.walk)
            return
        if self.walk is not None:
            self.context.shop.give(picking.finish(self.walk.batch))
            self.say(good(f"{self.walk.batch.number} is picked: its orders wait to be packed"))
            self.walk, self._history = None, []
            self.read_soon()
            return
        self._refused_claim = ""
        if self.at:
            await self._claim(self.batches[self.at - 1].id)
            return
        shop = self.context.shop.picking
        if self.released:
            begun = await self._asked_shop(shop.claim_next(key=self._key))
            self._key = uuid4().hex
            if begun is not None:
                self._begin(begun)
            self.read_soon()
            return
        totes = await self.asked("The next orders were not taken", shop.empty_totes())
        if totes is None:
            return
        kind, limit = ("totes", min(totes, MOST_TOTES)) if totes else ("order", 1)
        batch = await self._asked_shop(shop.release(kind, limit, key=self._key))
        self._key = uuid4().hex
        if batch is not None:
            await self._claim(batch.id)

    async def do_commit(self) -> None:
        """F10: take over the batch of somebody else, with a reason that stays on record."""
        self.ask(WHY)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """Why a batch is taken over, or what becomes of units that are not there."""
        if prompt.name == WHY.name and text.strip():
            await self._claim(self._refused_claim, reason=text.strip()[:200])
        elif prompt.name == REST.name and self._missing is not None:
            line, self._missing = self._missing, None
            self.question.show(None)
            await self._settle_rest(line, text.strip())

    def take_cancel(self, prompt: Prompt) -> None:
        """Nothing is taken over, nothing is reported."""
        self._missing = None
        self.question.show(None)

    async def take_code(self, scan: Scan) -> bool:
        """Keep the lot that a label tells beside the item."""
        self._lot = code_parsing.read(bin_codes.read(scan.raw).code).elements.get("10")
        return await super().take_code(scan)

    async def do_tote_full(self) -> None:
        """The tote is full: a second one for the same order."""
        if self.walk is not None:
            outcome = self.walk.full()
            self.say(wrong(outcome.words) if outcome.is_wrong else good(outcome.words))
            self._become(outcome.walk)

    async def do_skip(self) -> None:
        """Come to this line last."""
        walk = self.walk
        if walk is None or walk.line is None:
            return
        self.context.shop.give(picking.skip(walk.batch, walk.line))
        self.say(noted(f"{walk.line.sku} comes last"))
        self._become(walk.skip())

    async def do_short(self) -> None:
        """Units are not there: the rest comes from another bin, else it stays open."""
        walk = self.walk
        if walk is None or walk.line is None:
            return
        shop, line = self.context.shop.picking, walk.line
        if self.context.shop.waiting:
            self.say(wrong("Unsent picks go first: this needs the shop. Try again in a moment"))
            return
        try:
            batch = await shop.short(line, other_bin=True, key=uuid4().hex)
            words = f"{line.sku}: go on at another bin. The bin is counted"
        except CallFailed as failure:
            if failure.code != "no_other_bin":
                self.say(wrong(f"{line.sku} is not reported. {failure.detail}"))
                return
            self._missing = line
            words = f"{walk.left(line)} {line.sku} are in no other bin. What becomes of them?"
            self.question.show(Question(words, ()), REST_WORDS)
            self.ask(REST)
            return
        self._reported(batch, words)

    async def _settle_rest(self, line: PickLine, choice: str) -> None:
        """Do what was chosen with units that are in no bin."""
        shop, key = self.context.shop.picking, uuid4().hex
        ways = {
            "1": (partial(shop.short, line, other_bin=False), "the rest stays open"),
            "2": (partial(shop.rest, line, "substitute"), "another item goes out, take it"),
            "3": (partial(shop.rest, line, "cancel-rest"), "the rest is off the order"),
            "4": (partial(shop.short, line, other_bin=False), "the rest stays open"),
            "5": (partial(shop.rest, line, "back-order"), "the customer waits for the rest"),
        }
        if choice not in ways:
            self.say(wrong(f"{choice} is no answer: nothing was reported. {REST_WORDS}"))
            return
        ask, words = ways[choice]
        batch = await self._asked_shop(ask(key=key))
        if batch is None:
            return
        self._reported(batch, f"{line.sku}: {words}. The bin is counted")
        if choice == "4" and line.bin_id:
            self.post_message(Open("count", f"bin:{line.bin_id}"))

    def _reported(self, batch: Batch, words: str) -> None:
        walk = self.walk
        assert walk is not None
        self.say(noted(words))
        self._history = []
        kept = replace(Walk(batch), totes=walk.totes, skipped=walk.skipped)
        self.walk = replace(kept, acknowledged=walk.acknowledged).refreshed(batch)
        self.draw()

    async def do_park(self) -> None:
        """Stop for now; anybody goes on, on any terminal."""
        walk = self.walk
        if walk is None:
            return
        batch = await self._asked_shop(
            self.context.shop.picking.park(walk.batch.id, key=uuid4().hex)
        )
        if batch is not None:
            self.walk, self._history = None, []
            self.say(noted(f"{batch.number} is parked"))
            self.read_soon()

    async def take(self, at_bin: AtBin) -> bool:
        """Use a scanned code on the walk."""
        walk = self.walk
        if walk is None or at_bin.is_move:
            return False
        outcome = walk.scan(at_bin.code, at_bin.units, lot=self._lot)
        self.say(wrong(outcome.words) if outcome.is_wrong else good(outcome.words))
        if outcome.walk is not walk:
            self._become(outcome.walk)
        sent = outcome.send
        if isinstance(sent, Pick):
            self.context.shop.give(
                picking.pick(
                    walk.batch,
                    sent.line,
                    sent.units,
                    item=sent.item,
                    place=sent.place,
                    tote=sent.tote,
                    lot=sent.lot,
                )
            )
            self._history = []
        elif isinstance(sent, Assigned):
            self.context.shop.give(picking.assign(walk.batch, sent.order, sent.code))
            self._history = []
        return True

    def undo_step(self) -> bool:
        """F9 undoes the last bin or item that was scanned and not sent yet."""
        if not self._history:
            return False
        self.walk = self._history.pop()
        self.say(noted("Taken back: the last scan"))
        self.draw()
        return True

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """The shop knows of a pick, or refused it: read what it has once all were sent."""
        await super().command_ended(command, failure)
        if failure is not None and self._is_asked_again(command):
            # In the outbox it would hold back all that is scanned from now on.
            self.context.shop.drop(command)
            self._refusal = failure.detail
            self.say(wrong(failure.detail))
        is_fresh = time.time() - command.made_at < FRESH_SECONDS
        if command.kind == picking.PICK and failure is None and is_fresh and self.is_current:
            is_empty = (command.answer or {}).get("is_bin_empty")
            emptied = self._bin_id(command.body.get("bin")) if is_empty else None
            if emptied:
                run_in_background(self, "zero", self._check_zero, emptied, beside=True)
        if command.kind in picking.KINDS and self.is_current and not self.context.shop.waiting:
            self.read_soon()

    def _is_asked_again(self, command: Command) -> bool:
        """Whether the walk on the screen shows what was refused as still to be done."""
        is_here = self.walk is not None and command.aggregate == picking.aggregate(self.walk.batch)
        is_step = command.kind in picking.KINDS and command.kind != picking.FINISH
        return is_here and is_step and command.is_unsent and self.is_current

    def _bin_id(self, barcode: object) -> str | None:
        lines = self.walk.batch.lines if self.walk else ()
        return next((one.bin_id for one in lines if one.bin_barcode == barcode), None)

    @property
    def released(self) -> int:
        """How many batches of waves wait for somebody; they are picked before the queue is."""
        return sum(one.status == "released" and one.wave is not None for one in self.batches)

    @property
    def _nothing_waits(self) -> bool:
        return self.queue is not None and not self.queue.order_count and not self.released

    def _show_refused(self) -> None:
        """Show what the shop refused as still to be done."""
        if self.walk is not None and self.walk.settled() is not self.walk:
            self.walk, self._history = self.walk.settled(), []
            if not self.context.shop.needs_person:  # else the refusal itself is in sight
                told = self._refusal or "The shop did not take the last scan."
                self.say(wrong(f"{told} Scan again what is shown"))
            self._refusal = ""

    def _become(self, walk: Walk) -> None:
        if self.walk is not None:
            self._history.append(self.walk)
        self.walk = walk
        self.draw()

    async def _claim(self, batch_id: str, *, reason: str = "") -> None:
        question = self.context.shop.picking.claim(batch_id, reason=reason, key=uuid4().hex)
        try:
            batch = await question
        except CallFailed as failure:
            is_taken = failure.code == "batch_claimed"
            self._refused_claim = batch_id if is_taken else ""
            more = " F10 takes it over" if is_taken else ""
            self.say(wrong(f"{failure.detail}{more}"))
            return
        self._begin(batch)

    def _begin(self, batch: Batch) -> None:
        self._refused_claim = ""
        self.walk, self._history = Walk(batch), []
        self.say(good(f"{batch.number} is yours"))
        self.draw()

    async def _asked_shop(self, question: Awaitable[Batch]) -> Batch | None:
        try:
            return await question
        except CallFailed as failure:
            self.say(wrong(failure.detail))
            return None

    def draw(self) -> None:
        """Draw the queue or the walk."""
        self.refresh_status_bar()
        styles, width = self.context.styles, self.size.width
        if self.walk is not None:
            self.sheet.show(walk_page(self.walk, styles, width))
        elif self.queue is not None:
            self.sheet.show(
                queue_page(self.queue, self.batches, self.at, styles, width, self.released)
            )
        else:
            words = "" if self.problem.display else " Reading what waits …"
            self.sheet.show([Line(((words, styles.dim),))])
