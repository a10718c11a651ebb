"""Packing: a tote or an order is scanned, then each unit, the box and the label; Enter ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from console import keys
from console.client import packing
from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.client.packing import BoxType, PackingSession, Started, WaitingOrder
from console.client.parsing import read
from console.flows import bin_codes, tracking
from console.flows.packing import Parcel, begins_parcel
from console.flows.transition import done, good, noted, wrong
from console.messages import SignInNeeded
from console.scan import code_parsing
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt, Typing
from console.screens.context import AppContext
from console.screens.packed import LastParcel
from console.screens.parcel_screen import MAY_OVERRIDE, WEIGHT, ParcelScreen
from console.screens.workers import run_in_background
from console.widgets.pack_views import parcel_page, waiting_page
from console.widgets.text_layout import Line

CARRIER = Prompt("carrier", "carrier", sign="@")
TRACKING = Prompt("tracking", "tracking", sign="#")
OVERRIDE = Prompt("override", "why may units leave unchecked:")
SHORTEST_REASON, LONGEST_REASON = 3, 300
ON_PARCEL = frozenset(
    {"more", "less", "exactly", "carrier", "tracking", "override", "split", "recheck"}
)

LABEL_BY_HAND = frozenset({"carrier", "tracking"})
"""What may still be said of a parcel that is packed and waits for its label."""


class PackScreen(ParcelScreen):
    """What waits to be packed, or the parcel that is packed here."""

    NAME = "pack"
    TYPING = Typing.SCAN
    CODES_WAIT = True
    HINT = "scan a tote or an order, each item, the box, then the label"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.tote = ""
        """The tote of single items that is being emptied."""
        self.waiting: Sequence[WaitingOrder] = ()
        self.boxes: Sequence[BoxType] | None = None
        self.at = 0
        self.last: LastParcel | None = None
        self._sent: dict[str, Parcel] = {}
        """Parcels that are on their way to the shop, by the command's key."""
        self._refused = ""
        """The code of an order that somebody else packs."""
        self._ships_bare = False

    def crumbs(self) -> tuple[str, ...]:
        """Which order, and how far it is."""
        if self.parcel is None:
            return ("Pack", self.tote) if self.tote else ("Pack",)
        parcel = self.parcel
        count = f"{parcel.verified_units}/{parcel.units} units"
        return ("Pack", parcel.session.order_number, count)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Go on with the parcel that is packed here; a subject is a code to begin with."""
        self.draw()
        if subject and self.parcel is None:
            await self._start(subject)
        self.read_soon()

    async def reload(self) -> None:
        """Read the types of boxes once, then the parcel or what waits."""
        shop = self.context.shop
        if self.boxes is None:
            self.boxes = await self.asked("The boxes did not load", shop.packing.boxes(),
                                          is_aside=True)  # fmt: skip
        before = self.parcel
        if before is None:
            waiting = await self.asked("What waits did not load", shop.packing.waiting())
            self.waiting = waiting.orders if waiting else self.waiting
            self.at = min(self.at, max(0, len(self.waiting) - 1))
        elif not shop.waiting:
            session = await self.asked(
                "The parcel did not load", shop.packing.session(before.session.id)
            )
            if session is not None and self.parcel is before and not shop.waiting:
                self._refresh(session)
        self.draw()

    def follow(self, news: ChangeBatch) -> None:
        """The order was cancelled or held, or what waits is another."""
        parcel = self.parcel
        is_about = (
            news.has(("order",)) if parcel is None else news.about("order", parcel.session.order_id)
        )
        if is_about:
            self.read_soon()

    def why_not(self, action: str) -> str | None:
        """Most keys are about a parcel."""
        if action in ON_PARCEL and self.parcel is None:
            return "No parcel is packed here: scan a tote or an order"
        if action == "enter" and self.parcel is None and not self.waiting:
            return "Nothing that was picked waits: scan a tote or an order"
        if action == "override" and not self.context.may(MAY_OVERRIDE):
            return "Your role ships only what was scanned: somebody else has to let it go"
        if action in ON_PARCEL - LABEL_BY_HAND and self.parcel and self.parcel.waits_for_label:
            return "It is packed and waits for its label: Enter asks for it again"
        if action == "split" and self.parcel and not self.parcel.verified_units:
            return "Scan first what goes into this parcel: the rest goes into the next one"
        if action == "recheck" and self.parcel and not self.parcel.is_off:
            return "The weight is not off"
        if action == "commit" and not self._refused:
            return "Nobody else packs this order"
        return None

    def move(self, action: str) -> None:
        """The cursor goes from line to line, or along what waits."""
        if self.parcel is not None:
            to = keys.moved(action, self.parcel.at, len(self.parcel.lines))
            self.parcel = replace(self.parcel, at=to)
        else:
            self.at = keys.moved(action, self.at, len(self.waiting))
        self.draw()

    def go_back(self) -> bool:
        """Esc: what was wrong is put right."""
        if self.parcel is None or not self.parcel.alarm:
            return False
        self.context.shop.give(packing.put_right(self.parcel.session))
        self.parcel = replace(self.parcel, alarm="")
        self.say(noted("Put right: go on"))
        self.draw()
        return True

    async def take_code(self, scan: Scan) -> bool:
        """A tote or an order begins; on a parcel an item, the box or the label."""
        if scan.kind is Kind.BADGE:
            return False
        at = bin_codes.read(scan.raw)
        code = scan.code if at.code == scan.raw else code_parsing.read(at.code).code
        self._ships_bare = False
        parcel = self.parcel
        if parcel is None:
            if self.last is not None and self.last.take_label(code):
                self._check_label(code)
            else:
                await self._start(code)
            return True
        begins = scan.kind is Kind.ORDER or code.upper().startswith("T-")
        if begins and (parcel.is_untouched or parcel.waits_for_label):
            await self._start(code)
            return True
        outcome = parcel.scan(code, at.units or 1, self.boxes or ())
        may_begin = parcel.waits_for_label or (outcome.is_sent and parcel.is_untouched)
        if outcome.is_wrong and may_begin:
            answer = await self._looked_up(code)
            if answer == "order":
                await self._start(code)
                return True
        if outcome.is_sent:
            self.context.shop.give(packing.scan(parcel.session, code, at.units or 1))
        self.count(parcel, outcome.parcel)
        self.parcel = outcome.parcel
        self.say(wrong(outcome.words) if outcome.is_wrong else good(outcome.words))
        self.draw()
        self.weigh_when_ready()
        if outcome.is_label or not self.context.shop.scale or outcome.parcel.grams is not None:
            await self._leave_by_itself(is_label=outcome.is_label)
        return True

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A weight, a carrier, a tracking number or a reason was typed."""
        parcel, value = self.parcel, text[1:].strip()
        if parcel is None:
            return
        if prompt == WEIGHT:
            self.take_weight(value)
        elif prompt == CARRIER:
            self.parcel = replace(parcel, carrier=value)
            self.say(good(f"by {value}") if value else noted("As the shipping method says"))
        elif prompt == TRACKING:
            number = tracking.tidy(value)
            refusal = tracking.why_not(number)
            if refusal is None:
                self.parcel = replace(parcel, tracking=number)
            self.say(wrong(refusal) if refusal else good(f"{number}  tracking number"))
        elif prompt == OVERRIDE:
            reason = text.strip()
            if SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
                self.parcel = replace(parcel, override=reason)
                self.say(noted(f"{parcel.unverified} may leave unchecked: {reason}"))
            else:
                self.say(wrong("A reason has 3 to 300 characters: it is kept with the parcel"))
        self.draw()

    async def do_enter(self) -> None:
        """Read a note, ship the parcel, or begin with the order under the cursor."""
        parcel = self.parcel
        if parcel is None:
            await self._start(self.waiting[self.at].number)
            return
        if parcel.unread:
            self.parcel = replace(parcel, acknowledged=(*parcel.acknowledged, parcel.unread[0]))
            self.say(noted("Noted as read"))
            self.draw()
            return
        missing = parcel.missing()
        if missing:
            self.say(wrong(missing))
            return
        is_bare = not (parcel.tracking or parcel.session.is_picked_up or parcel.session.buys_label)
        if is_bare and not self._ships_bare:
            self._ships_bare = True
            self.say(noted("No label was scanned: Enter once more ships without a number"))
            return
        self._finish(is_partial=False)

    async def do_split(self) -> None:
        """What is verified leaves as one parcel; the rest goes into the next one."""
        parcel = self.parcel
        if parcel is None:
            return
        whole = replace(parcel, override=parcel.override or "-").missing()
        if parcel.unread or whole:
            self.say(wrong(whole or "Read the note with the flag first: Enter"))
            return
        self._finish(is_partial=parcel.current is not None)

    async def do_commit(self) -> None:
        """F10: take over the order that somebody else packs."""
        await self._start(self._refused, take_over=True)

    async def do_carrier(self) -> None:
        """Type the carrier."""
        self.ask(CARRIER)

    async def do_tracking(self) -> None:
        """Type the tracking number."""
        self.ask(TRACKING)

    async def do_override(self) -> None:
        """Let units go that cannot be scanned."""
        self.ask(OVERRIDE)

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """The shop knows of a step, or refused it."""
        if command.kind not in packing.KINDS:
            return
        if command.kind == packing.LABEL:
            if self.last is not None:
                self.say(self.last.checked(command, failure))
        elif command.kind == packing.FINISH:
            sent = self._sent.pop(command.key, None)
            if failure is None:
                self.last = LastParcel.of(command)
                if sent is not None:
                    self._print(sent)
                self._ended(sent)
            elif sent is not None:
                self._refused_to_leave(command, sent, failure)
        elif not self.context.shop.waiting:
            told = (command.answer or {}).get("session", command.answer)
            here = self.parcel.session.id if self.parcel else ""
            if failure is None and isinstance(told, dict) and told.get("id") == here:
                self._refresh(read(PackingSession, told))
            elif self.parcel and self.is_current:
                self.read_soon()
        self.draw()

    def weigh(self, grams: int, *, is_rechecked: bool = False) -> None:
        """Tell the shop what the parcel weighs; it may leave then."""
        super().weigh(grams, is_rechecked=is_rechecked)
        run_in_background(self, "leave", self._leave_by_itself, beside=True)

    def on_resize(self) -> None:
        """Another size, larger or smaller type."""
        self.draw()

    async def _start(self, code: str, *, take_over: bool = False) -> None:
        shop = self.context.shop
        self._refused = ""
        try:
            with self.context.interruptible():
                started: Started = await shop.packing.start(
                    code, tote=self.tote or None if not begins_parcel(code) else None,
                    station=shop.station, take_over=take_over, key=uuid4().hex,
                )  # fmt: skip
        except CallFailed as failure:
            if isinstance(failure, SignedOut):
                self.post_message(SignInNeeded(failure))
            is_claimed = failure.code == "packing_session_claimed"
            self._refused = code if is_claimed else ""
            more = " F10 takes it over" if is_claimed else ""
            self.say(wrong(f"{failure.detail}{more}"))
            return
        self._history, self._ships_bare = [], False
        if started.session is None:
            self.parcel, self.tote = None, code.upper()
            self.say(good(started.message))
        else:
            self.parcel = Parcel(started.session, alarm=started.session.blocked_by or "")
            if not self.tote or begins_parcel(code):
                self.tote = ""
            self.say(good(started.message))
            self.weigh_when_ready()
        self.draw()

    def _finish(self, *, is_partial: bool) -> None:
        parcel = self.parcel
        assert parcel is not None
        body = parcel.body(is_partial=is_partial)
        command = self.context.shop.give(packing.finish(parcel.session, body))
        self._sent[command.key] = parcel
        self._history, self._ships_bare = [], False
        self.parcel = None
        self.say(done(f"{parcel.session.order_number} is packed"))
        self.draw()
        self.read_soon()

    def _ended(self, sent: Parcel | None) -> None:
        """A parcel left; of an order with more units the next parcel begins."""
        if self.last is not None and self.parcel is None and self.is_current:
            self.say(done(self.last.told))
            self.read_soon()

    def _print(self, sent: Parcel) -> None:
        """Print the label that was bought, and what else this station prints."""
        last, papers = self.last, set(self.context.shop.prints)
        if sent.session.buys_label and not sent.tracking and last and last.tracking:
            papers.add("shipping_label")
        if papers:
            self.context.shop.give(packing.print_papers(sent.session, sorted(papers)))

    def _refused_to_leave(self, command: Command, sent: Parcel, failure: CallFailed) -> None:
        """The parcel is here again; Enter sends it anew, so the outbox must not."""
        waits_for_label = failure.code == "label_not_bought"
        if waits_for_label:
            sent = replace(sent, session=replace(sent.session, status="packed"))
        if command.is_unsent and (self.parcel is None or waits_for_label):
            self.context.shop.outbox.drop(command)
        if self.parcel is None:
            self.parcel = sent
            self.read_soon()
        self.say(wrong(f"{sent.session.order_number} did not leave. {failure.detail}"))

    async def _leave_by_itself(self, *, is_label: bool = False) -> None:
        """Ship without a key, where the station is set so and nothing is missing."""
        parcel = self.parcel
        if parcel is None or not self.context.shop.auto_ship or parcel.missing():
            return
        if is_label or parcel.leaves_by_itself:
            await self.do_enter()

    def _check_label(self, code: str) -> None:
        last = self.last
        assert last is not None
        self.context.shop.give(packing.check_label(last.order_id, last.fulfilment_id, code))

    async def _looked_up(self, code: str) -> str:
        try:
            answer = await self.context.look_up(code)
        except CallFailed:
            return ""
        return answer.kind if answer else ""

    def _refresh(self, session: PackingSession) -> None:
        parcel = self.parcel
        assert parcel is not None
        if session.status in ("shipped", "cancelled"):
            self.parcel = None
            self.say(noted(f"{session.order_number} is {session.status}"))
            self.read_soon()
            return
        self.parcel = parcel.refreshed(session)
        if self.parcel.alarm and not parcel.alarm:
            self.say(wrong(self.parcel.alarm))

    def draw(self) -> None:
        """Draw what waits, or the parcel."""
        self.refresh_status_bar()
        styles, size = self.context.styles, self.sheet.size
        width = size.width or self.size.width
        lines: list[Line]
        if self.parcel is not None:
            lines = parcel_page(self.parcel, styles, width, size.height)
        else:
            last = self.last.told if self.last else ""
            lines = waiting_page(self.waiting, self.tote, last, self.at, styles, width)
        self.sheet.show(lines)
