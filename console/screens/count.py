"""Counting, blind: units are scanned, or `31*` and one of them; Enter sends, F10 finishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import uuid4

from console.client.errors import CallFailed
from console.client.models import OrderDetail, ScannedVariant
from console.client.outbox import Command
from console.client.parsing import read
from console.client.warehouse import COUNTED, FINISHED, CountLine, CountTask, counted, finish
from console.flows import counting as flow
from console.flows.bin_codes import AtBin
from console.flows.counting import REASONS, Counting, CountStep, Entry
from console.flows.transition import good, noted, wrong
from console.flows.undo_stack import UndoStack
from console.scan.input_buffer import Prompt
from console.screens.bin_screen import BinListScreen
from console.screens.context import AppContext
from console.widgets.count_view import count_page
from console.widgets.text_layout import Line

DIGITS = "".join(str(n) for n in range(1, len(REASONS) + 1))
WORDS = "  ".join(f"{n} {word}" for n, word in enumerate(REASONS, 1))
REASON = Prompt("count_reason", "if it differs, why? 1-8", sign="!", at_once=DIGITS)


class CountScreen(BinListScreen):
    """One count: of the bin from which it was begun, or of all that was planned."""

    NAME = "count"
    HINT = "scan units, or 31* and one of them; a bin's label goes there"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.history: UndoStack[Counting] | None = None
        self._key = ""
        self._is_sure = False
        self._warned: set[str] = set()

    @property
    def state(self) -> Counting | None:
        """The count as it stands."""
        return self.history.now if self.history else None

    def rows(self) -> Sequence[CountLine]:
        """What is counted."""
        return self.state.lines if self.state else ()

    def crumbs(self) -> tuple[str, ...]:
        """Which count."""
        return ("Stock", "Count", self.state.count.number if self.state else "…")

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Begin the count of a bin, or go on with the one that is open here."""
        is_over = self.state is not None and self.state.count.status in ("posted", "discarded")
        if subject != self.subject or is_over:
            self.history, self._key, self._is_sure = None, uuid4().hex, False
            self._warned.clear()
            self._restore(subject)
        await super().show(subject, None)

    async def reload(self) -> None:
        """Begin the count at the shop, once; then read how it stands."""
        warehouse, subject = self.context.shop.warehouse, self.subject
        kind, _, bin_id = subject.partition(":")
        if self.state is not None:
            question = warehouse.count(self.state.count.id)
        elif kind == "bin":
            # On disk before it is asked for: a count that was begun is found again.
            self._keep()
            question = warehouse.start_count(bin_id, key=self._key)
        else:
            question = warehouse.count(subject)
        count = await self.asked("The count needs the shop and did not load", question)
        if count is not None and subject == self.subject:
            self._arrived(count)
        self.draw()

    async def take(self, at_bin: AtBin) -> bool:
        """A bin's label, one unit more of an item, or so many of it."""
        state = self.state
        if state is None or at_bin.is_move:
            return False
        pack, place = 1, flow.place_of(state, at_bin.code)
        if place is None:
            if flow.is_doubtful(state, at_bin.code):
                self.say(wrong(f"{at_bin.code} lies in several bins: scan the bin first"))
                return True
            answer = await self.looked_up(at_bin.code)
            if answer is not None and answer.bin is not None and at_bin.units is None:
                self._take(flow.went_to(state, answer.bin.id, answer.bin.code), "bin")
                return True
            if answer is None or answer.variant is None:
                return False
            pack, place = answer.variant.pack_quantity, self._place(answer.variant)
            if place is None:
                return True
        assert self.state is not None
        line = self.state.lines[place]
        if flow.is_own_recount(line, self.context.operator) and line.level_id not in self._warned:
            # Who works alone may count again: the shop asks for a second factor then.
            self._warned.add(line.level_id)
            words = f"{line.sku}: you counted it, so somebody else counts it again"
            self.say(wrong(f"{words}. Alone here? Scan it once more"))
            return True
        step = flow.scanned(self.state, place, pack=pack, units=at_bin.units, at=_now())
        self._take(step, "scan")
        return True

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """Why the line under the cursor differs."""
        digit = text.strip().removeprefix("!")
        if self.state is None or prompt.name != REASON.name:
            return
        if len(digit) != 1 or digit not in DIGITS:
            self.say(wrong(f"{text} is none of {WORDS}"))
            return
        self._take(flow.because(self.state, REASONS[int(digit) - 1]), "reason")

    def undo_step(self) -> bool:
        """F9 takes the last scan back."""
        if self.history is None or not self.history.can_go_back:
            return False
        self.say(noted(f"Taken back: the last {self.history.back()}"))
        self._changed()
        return True

    def move(self, action: str) -> None:
        """The cursor goes up or down."""
        super().move(action)
        self._follow_cursor()

    def why_not(self, action: str) -> str | None:
        """Sending needs something that was scanned; finishing a count that is read."""
        state = self.state
        if state is None:
            return "The count is not begun: it needs the shop"
        if state.count.status in ("posted", "discarded"):
            return f"{state.count.number} is {state.count.status}: = on a bin begins another"
        if action == "enter" and not state.entries:
            return "Nothing is scanned yet: F10 finishes, what was not scanned is not there"
        return None

    async def do_enter(self) -> None:
        """Send what was counted; differences are shown once the shop has compared them."""
        self._send()

    async def do_commit(self) -> None:
        """Send the rest, and finish: what was not scanned is counted as 0."""
        state = self.state
        assert state is not None
        left = len(state.left)
        if left and state.bins > 1 and not self._is_sure:
            self._is_sure = True
            self.say(wrong(f"{left} lines are not counted. F10 again counts them as 0"))
            return
        self._send()
        self.context.shop.give(finish(state.count))

    async def do_more(self) -> None:
        """One unit more."""
        self._change(1)

    async def do_less(self) -> None:
        """One unit less."""
        self._change(-1)

    async def do_because(self) -> None:
        """Say why it differs."""
        self.say(noted(WORDS))
        self.ask(REASON)

    def _change(self, by: int) -> None:
        if self.state is not None:
            self._take(flow.change(self.state, by, at=_now()), "unit")

    def _place(self, variant: ScannedVariant) -> int | None:
        """The line of what was scanned, added where it is not on the list."""
        state, history = self.state, self.history
        assert state is not None
        assert history is not None
        place = flow.place_of(state, variant.sku)
        if place is not None:
            return place
        if flow.is_doubtful(state, variant.sku):
            self.say(wrong(f"{variant.sku} lies in several bins: scan the bin first"))
            return None
        here = [one for one in variant.levels if one.location.id == state.count.location_id]
        if not here:
            self.say(wrong(f"{variant.sku} has no stock level at this location: receive it first"))
            return None
        line = CountLine(
            level_id=here[0].id, sku=variant.sku, barcode=variant.barcode,
            product_title=variant.product_title, bin_id=state.bin_id or None, bin_code=None,
            status="open", counted=None, expected=None, variance=None,
        )  # fmt: skip
        history.moved(flow.found(state, line))
        return len(history.now.lines) - 1

    def _take(self, step: CountStep, what: str) -> None:
        history = self.history
        assert history is not None
        if step.state.entries != history.now.entries:
            history.went_on(step.state, what)
        else:
            history.moved(step.state)
        self.say(step.feedback)
        self._is_sure = False
        self._changed()

    def _changed(self) -> None:
        self._keep()
        self.at = self.state.cursor if self.state else 0
        self.draw()

    def _follow_cursor(self) -> None:
        state = self.state
        if state is not None and self.history is not None and self.at != state.cursor:
            line = state.lines[self.at]
            moved = Counting(state.count, line.bin_id, self.at, state.entries)
            self.history.moved(moved)

    def _send(self) -> None:
        state = self.state
        assert state is not None
        for one in state.entries:
            self.context.shop.give(
                counted(state.count, one.level_id, one.sku, one.units, bin_id=one.bin_id,
                        at=one.at, reason=one.reason)
            )  # fmt: skip
        if state.entries:
            self.say(good(f"{len(state.entries)} counted, being compared"))
        self.history = UndoStack(flow.sent(state))
        self._changed()

    # Kept on disk

    def _arrived(self, count: CountTask) -> None:
        if self.history is None:
            kind, _, bin_id = self.subject.partition(":")
            only = {one.bin_id for one in count.lines}
            here = bin_id if kind == "bin" else only.pop() if len(only) == 1 else ""
            self.history = UndoStack(Counting(count, here))
        else:
            self.history.moved(flow.renewed(self.history.now, count))
        self._changed()

    def _keep(self) -> None:
        """Keep what was scanned under its count, and by which key the count of a bin was begun."""
        state, drafts, begun = self.state, self.context.shop.drafts, f"count:{self.subject}"
        if state is None:
            drafts.keep(begun, {"key": self._key})
            return
        name, units = f"count:{state.count.id}", len(state.entries)
        if state.count.status in ("posted", "discarded"):
            drafts.keep(begun, None)
            drafts.keep(name, None)
            return
        drafts.keep(begun, {"key": self._key, "count_id": state.count.id})
        drafts.keep(name, {
            "key": self._key, "count_id": state.count.id,
            "told": f"count {state.count.number} ({units} scanned)" if units else "",
            "count": asdict(state.count), "bin_id": state.bin_id,
            "entries": [asdict(one) for one in state.entries],
        })  # fmt: skip

    def _restore(self, subject: str) -> None:
        """Go on where a closed terminal left off."""
        drafts = self.context.shop.drafts
        begun = drafts.kept(f"count:{subject}")
        if begun is None:
            return
        self._key = str(begun["key"])
        draft = drafts.kept(f"count:{begun.get('count_id')}")
        if draft is not None:
            count = read(CountTask, draft["count"])
            entries = tuple(read(Entry, one) for one in draft["entries"])
            self.history = UndoStack(Counting(count, draft["bin_id"], 0, entries))
            if entries:
                self.say(good(f"{len(entries)} that you had scanned are still here"))

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """The shop compared what was counted: the lines say how it ended."""
        if command.kind not in (COUNTED, FINISHED) or not self.is_current:
            return
        self.read_soon()
        answer = command.answer or {}
        again = answer.get("recount_count")
        if command.kind == FINISHED and failure is None and again:
            words = f"{answer.get('number')} stays open: somebody else counts {again} of it again"
            self.say(noted(words))

    def draw(self) -> None:
        """Draw the count."""
        self.refresh_status_bar()
        if self.state is None:
            words = "" if self.problem.display else " Beginning the count …"
            self.sheet.show([Line(), Line(((words, self.context.styles.dim),))])
            return
        if self.state.count.status in ("posted", "discarded"):
            labels = dict.fromkeys(("enter", "commit", "because", "more", "less"), "")
        else:
            labels = {}
        self.key_bar.relabel(labels)
        styles, width = self.context.styles, self.size.width
        person = self.context.operator
        self.sheet.show(
            count_page(self.state, person, self.context.currency, self.at, styles, width)
        )
        self.sheet.reveal(str(self.at))


def _now() -> str:
    return datetime.now(UTC).isoformat()
