"""Ship an order: scan the goods to check them, scan the parcel's label, press Enter."""

from __future__ import annotations

from console import keys
from console.client import orders
from console.client.errors import CallFailed, SignedOut
from console.client.models import OrderDetail, ScanAnswer
from console.client.outbox import Command, State
from console.flows import line_items
from console.flows.formatting import address, units
from console.flows.ship import events, reducer
from console.flows.ship.draft import ShipDraft
from console.flows.tracking import CARRIERS
from console.flows.transition import done, noted, wrong
from console.flows.undo_stack import UndoStack
from console.messages import Open, OrderDone, SignInNeeded
from console.scan.code_parsing import Kind, Scan
from console.scan.input_buffer import Prompt
from console.screens.context import AppContext
from console.screens.draft_screen import DraftScreen
from console.widgets.draft_views import ship_page
from console.widgets.text_layout import Line

QUANTITY = Prompt("quantity", "units", sign="=")
CARRIER = Prompt("carrier", "carrier", sign="@")
TRACKING = Prompt("tracking", "tracking", sign="#")
OVERRIDE = Prompt("override", "why may units leave unchecked:")


MAY_OVERRIDE = "fulfilment:override"


class ShipScreen(DraftScreen[ShipDraft]):
    """A parcel in the making."""

    NAME = "ship"
    HINT = "scan each item, then the parcel's label"
    WAITS_FOR = frozenset(
        {"enter", "more", "less", "exactly", "everything", "turn_left", "turn_right", "carrier",
         "tracking", "override"}
    )  # fmt: skip

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._sent: dict[str, str] = {}
        """Order of each parcel that is on its way to the shop, by the command's key."""

    def begin(self, order: OrderDetail) -> None:
        """Everything that is open, by the carrier that was agreed; or the draft from before."""
        history = self.history
        if history is None:
            self.drafts[self.order_id] = UndoStack(reducer.start(order))
            return
        fitted = reducer.reloaded(history.now, order)
        history.moved(fitted.state)
        self.say(fitted.feedback)

    def is_untouched(self, draft: ShipDraft) -> bool:
        """Nothing was checked, changed or tracked."""
        return draft.is_untouched

    def page(self, draft: ShipDraft, width: int, height: int) -> list[Line]:
        """The parcel and its label."""
        where = address(self.order.shipping_address if self.order else None)
        return ship_page(draft, where, self.context.styles, width, height)

    def refresh_draft(self) -> None:
        """The open question, and what Enter would do."""
        history = self.history
        assert history is not None
        draft = history.now
        hint = "← → chooses, Enter takes. Scanning an item goes back."
        if draft.doubtful is not None:
            hint = "Enter: the item.  #: the label."
        elif draft.unverified:
            hint = f"← → chooses, Enter takes. {self._override_hint()}"
        self.question.show(draft.question, hint)
        ready = 0 if draft.alarm else draft.units - draft.unverified
        ships = f"ship {units(ready)}" if ready else ""
        self.key_bar.relabel({"enter": "answer" if draft.question else ships})
        if draft.lines:
            self.sheet.reveal(draft.lines[draft.cursor].line_id)

    def move(self, action: str) -> None:
        """The cursor goes from line to line."""
        history = self.history
        if history is None:
            return
        draft = history.now
        to = keys.moved(action, draft.cursor, len(draft.lines))
        history.moved(reducer.step(draft, line_items.Move(to)).state)
        self.draw()

    async def take_code(self, scan: Scan) -> bool:
        """Goods, a tracking number, or something that does not belong here."""
        history = self.history
        if history is None:
            return False
        if scan.kind is Kind.ORDER and history.now.is_untouched:
            return False
        return not await self._take(line_items.Scanned(scan.code), f"scan {scan.code}")

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """A quantity, a carrier or a tracking number was typed."""
        value = text[1:]
        match prompt.name:
            case "quantity":
                await self._take(line_items.Exactly(value), f"units {value}")
            case "carrier":
                await self._take(events.CarrierChosen(value), f"carrier {value}")
            case "tracking":
                await self._take(events.TrackingEntered(value), "tracking number")
            case "override":
                await self._take(events.Override(text), "unchecked units")

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A parcel that left needs no draft any more; a refused one keeps it, read against now."""
        if failure is None:
            self.drafts.pop(self._sent.pop(command.key, ""), None)
        elif self.is_current and command.aggregate == orders.aggregate_of(self.order_id):
            self.read_soon()

    def why_not(self, action: str) -> str | None:
        """Nothing can be done before the order is here."""
        if action in self.WAITS_FOR and self.history is None:
            return "The order is not here yet"
        if action == "override" and not self.context.may(MAY_OVERRIDE):
            return "Your role ships only what was scanned: somebody else has to let it go"
        if action == "enter" and self._is_under_way():
            return "A parcel of this order is being sent: wait for it, or F9 takes it back"
        return None

    def go_back(self) -> bool:
        """Esc closes an open question first, then takes what was wrong for put right."""
        history = self.history
        if history is None or not (history.now.question or history.now.alarm):
            return False
        taken = reducer.step(history.now, events.Dismiss())
        history.moved(taken.state)
        self.say(taken.feedback)
        self.draw()
        return True

    async def do_enter(self) -> None:
        """Ship, or answer the question."""
        if self.came_by_letter and self.history is not None and not self.history.now.question:
            # A scanner without a prefix that types `s` and its Enter ships nothing by that.
            self.came_by_letter = False
            self.say(noted("Enter once more ships it"))
            return
        await self._take(events.Enter(), "answer")

    async def do_override(self) -> None:
        """Let units go that cannot be scanned; the reason is kept with the parcel."""
        self.ask(OVERRIDE)

    async def do_more(self) -> None:
        """One unit more."""
        await self._take(line_items.OneMore(1), "one more")

    async def do_less(self) -> None:
        """One unit less."""
        await self._take(line_items.OneMore(-1), "one less")

    async def do_everything(self) -> None:
        """Everything that is open."""
        await self._take(events.TakeAll(), "everything")

    async def do_exactly(self) -> None:
        """Type the quantity."""
        self.ask(QUANTITY)

    async def do_carrier(self) -> None:
        """Type the carrier."""
        self.ask(CARRIER)

    async def do_tracking(self) -> None:
        """Type the tracking number; of a code that is goods too, say that it is the label."""
        if self.history is not None and self.history.now.doubtful is not None:
            await self._take(events.AsTracking(), "tracking number")
        else:
            self.ask(TRACKING)

    async def do_turn_left(self) -> None:
        """The answer or the carrier before."""
        await self._turn(-1)

    async def do_turn_right(self) -> None:
        """The next answer, or the next carrier."""
        await self._turn(1)

    async def do_refund(self) -> None:
        """F8: this is the order at hand."""
        self.post_message(Open("refund", self.order_id, self.order))

    def _is_under_way(self) -> bool:
        open_commands = self.context.shop.outbox.open_commands(orders.aggregate_of(self.order_id))
        return any(one.kind == "ship" and one.state is State.WAITING for one in open_commands)

    async def _turn(self, by: int) -> None:
        history = self.history
        assert history is not None
        if history.now.question is not None:
            history.moved(reducer.step(history.now, line_items.TurnTo(by)).state)
            self.draw()
            return
        here = history.now.carrier
        at = CARRIERS.index(here) if here in CARRIERS else -1
        await self._take(events.CarrierChosen(CARRIERS[(at + by) % len(CARRIERS)]), "carrier")

    async def _take(self, event: events.Event, what: str) -> bool:
        """Take a step of the draft; True when it turned out to be about another order."""
        history = self.history
        assert history is not None
        taken = reducer.step(history.now, event)
        if taken.state.work != history.now.work:
            history.went_on(taken.state, what)
        else:
            history.moved(taken.state)
        self.say(taken.feedback)
        self.draw()
        for command in taken.commands:
            if isinstance(command, events.LookUp):
                return await self._look_up(command, history)
            self._send(command)
        return False

    async def _look_up(self, asked: events.LookUp, history: UndoStack[ShipDraft]) -> bool:
        """Ask what a code is; True for another order while nobody would miss this draft."""
        code, is_typed = asked.code, asked.is_typed
        try:
            answer = await self.context.look_up(code)
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
            return False
        except CallFailed:
            return await self._take(events.NotRecognised(code, is_typed), "tracking number")
        is_order = answer is not None and answer.kind == "order"
        if is_order and history.now.is_untouched and not is_typed:
            return True
        told = events.Recognised(code, None, is_typed=is_typed)
        if answer is not None and not _is_voided(answer):
            goods = answer.variant
            told = events.Recognised(
                code,
                answer.kind,
                answer.label,
                goods.sku if goods else "",
                goods.pack_quantity if goods else 1,
                is_typed,
            )
        return await self._take(told, f"scan {code}")

    def _override_hint(self) -> str:
        if self.context.may(MAY_OVERRIDE):
            return "! ships them unchecked, with a reason."
        return "Somebody who may can let them go unchecked."

    def _send(self, send: events.Send) -> None:
        order = self.order
        assert order is not None
        shop, aggregate = self.context.shop, orders.aggregate_of(order.id)
        if shop.refunds.unresolved(aggregate) is not None:
            self.say(wrong("A refund of this order is not known yet: F12 asks again, then ship"))
            return
        for refused in shop.outbox.open_commands(aggregate):
            if refused.kind == "ship" and refused.state is State.STOPPED and refused.is_unsent:
                # The shop said no to it and nothing happened: this parcel takes its place.
                shop.outbox.drop(refused)
        command = shop.give(
            orders.ship(
                order,
                send.lines,
                carrier=send.carrier,
                tracking=send.tracking,
                is_everything=send.is_everything,
                verified=send.verified,
                override=send.override,
                acknowledged=send.acknowledged,
            )
        )
        self._sent[command.key] = order.id
        count = units(sum(send.lines.values()))
        self.say(done(f"{order.number}: {count} handed to {send.carrier}. F9 while it waits"))
        self.post_message(OrderDone(order.id))


def _is_voided(answer: ScanAnswer) -> bool:
    """Whether it is the label of a parcel that never left: it may be used again."""
    return answer.fulfilment is not None and answer.fulfilment.status == "voided"
