"""Actions of every screen: navigation, help, the palette, undo."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial

from console.app.navigation_history import HistoryEntry
from console.app.router import OVERLAYS, Router
from console.client.outbox import Command
from console.flows import undo_command
from console.flows.records.table import KINDS
from console.flows.transition import done, noted
from console.screens.sign_in import SignInScreen


class GlobalActions(Router):
    """Actions that work on every screen. A screen may override one."""

    undo_before: int | None = None
    """Undo looks at commands older than this one: it was told why not already."""

    def doing(self, action: str) -> Callable[[], Awaitable[None]]:
        """The method that carries out an action which the screen does not override."""
        if action in KINDS:
            return partial(self.go, HistoryEntry(action))
        method: Callable[[], Awaitable[None]] = getattr(self, f"do_{action}")
        return method

    async def do_home(self) -> None:
        """F2."""
        await self.go(HistoryEntry("home"))

    async def do_orders(self) -> None:
        """F3."""
        await self.go(HistoryEntry("orders"))

    async def do_queue(self) -> None:
        """`:q`."""
        await self.go(HistoryEntry("orders", "to_ship"))

    async def do_stock(self) -> None:
        """F7."""
        await self.go(HistoryEntry("stock"))

    async def do_pick(self) -> None:
        """F4: the next orders to pick, or the batch that is walked here."""
        await self.go(HistoryEntry("pick"))

    async def do_pack(self) -> None:
        """F5: what waits to be packed, or the parcel that is packed here."""
        await self.go(HistoryEntry("pack"))

    async def do_hand_over(self) -> None:
        """Parcels are scanned out to their carriers."""
        await self.go(HistoryEntry("hand_over"))

    async def do_put_away(self) -> None:
        """Units that wait for a bin."""
        await self.go(HistoryEntry("put_away"))

    async def do_replenish(self) -> None:
        """Bins that are picked from and hold too little."""
        await self.go(HistoryEntry("replenish"))

    async def do_low_stock(self) -> None:
        """`:l`."""
        await self.go(HistoryEntry("reorder"))

    async def do_receive(self) -> None:
        """F6: goods without an order; a purchase order's label opens that order."""
        await self.go(HistoryEntry("receive"))

    async def do_catalogue(self) -> None:
        """`:p`."""
        await self.go(HistoryEntry("catalogue"))

    async def do_attention(self) -> None:
        """Shift+F5."""
        await self.go(HistoryEntry("attention"))

    async def do_refund(self) -> None:
        """F8 where no order is at hand: the refund asks for it."""
        await self.go(HistoryEntry("refund"))

    async def do_outbox(self) -> None:
        """F12."""
        await self.go(HistoryEntry("outbox"))

    async def do_earlier(self) -> None:
        """Back in the navigation history."""
        await self.leave()

    async def do_later(self) -> None:
        """Forward in the navigation history."""
        if self.trail.forward():
            await self.arrive(self.trail.here)
        else:
            self.say(noted("This is where you have come to"))

    async def do_help(self) -> None:
        """F1."""
        page = await self.screen_called("help")
        if self.frame is not page:
            await self.lay_over(page)

    async def do_palette(self) -> None:
        """`:`."""
        if self.frame.NAME in OVERLAYS:
            await self.leave()
        await self.lay_over(await self.screen_called("palette"))

    async def do_theme(self) -> None:
        """`:theme`: the next of the themes."""
        words = {"contrast": "high contrast"}
        name = self.take_theme()
        told = "" if self._has_colours else ", though NO_COLOR keeps all colours out"
        self.say(done(f"Theme: {words.get(name, name)}{told}. :theme again shows the next"))

    async def do_scanner(self) -> None:
        """`:scanner`."""
        await self.go(HistoryEntry("scanner"))

    async def do_switch_user(self) -> None:
        """`:w`: sign out; unsent work stays in its operator's name."""
        await self.shop.claims.let_go()
        failure = await self.shop.auth.sign_out()
        told = " (the shop could not be told)" if failure else ""
        await self.ask_to_sign_in(f"Signed out{told}. Who works here now?")

    async def switch_to(self, badge: str) -> None:
        """A badge was scanned at a shared terminal: its owner goes on, with their PIN."""
        await self.do_switch_user()
        page = self.frame
        if isinstance(page, SignInScreen):
            page.take_badge(badge)

    async def do_quit(self) -> None:
        """Ctrl+Q."""
        await self.shop.claims.let_go()
        self.exit()

    async def _offer_to_void(self, command: Command, order_id: str, fulfilment_id: str) -> None:
        """Open the parcel that was just shipped, and ask whether to void it."""
        self.trail.go(HistoryEntry("order", order_id))
        await self.go(HistoryEntry("parcels", order_id))
        if not await self.frame.undo_shipment(fulfilment_id, command.key):
            self.undo_before = command.id
            self.say(noted(f"{command.label}: it is not on its way any more"))

    async def do_undo(self) -> None:
        """F9: a step of the draft at hand, or else the last command."""
        if self.frame.undo_step():
            return
        person = self.shop.session.person
        latest = self.shop.outbox.latest_by(person.id, before=self.undo_before) if person else []
        match undo_command.plan(latest, time.time()):
            case undo_command.Drop(command):
                self.shop.drop_with_siblings(command)
                self.say(done(f"Undone before it was sent: {command.label}"))
                await self.tell_screens(command, None)
            case undo_command.SendInverse(command):
                if self.shop.send_inverse(command):
                    words = f"{command.label}: undone, the reverse is being sent"
                    self.say(done(words))
                    await self.tell_screens(command, None)
                else:
                    self.undo_before = command.id
                    self.say(noted(f"{command.label}: no key takes that back, :p changes it"))
            case undo_command.OfferToVoid(command, order_id, fulfilment_id):
                await self._offer_to_void(command, order_id, fulfilment_id)
            case undo_command.Cannot(command, why):
                self.undo_before = command.id
                again = f". F9 again: {latest[1].label}" if len(latest) > 1 else ""
                self.say(noted(f"{why}{again}"))
            case undo_command.Nothing():
                self.undo_before = None
                self.say(noted("Nothing to undo"))
