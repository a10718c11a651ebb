"""Scan routing: the page that a code opens when the current screen does not use it."""

from __future__ import annotations

import re

from console import keys
from console.app.global_actions import GlobalActions
from console.app.navigation_history import HistoryEntry
from console.client.errors import CallFailed, SignedOut
from console.client.models import ScanAnswer, ScannedVariant
from console.flows.next_actions import why_not_ship
from console.flows.transition import good, noted, wrong
from console.messages import ActionChosen
from console.scan.code_parsing import Scan, read

COMMANDS = {
    "!OK": "enter", "!UNDO": "undo", "!SEND": "commit", "!HOME": "home", "!BACK": "back",
    "!COUNT": "count", "!STOCK": "stock", "!ORDERS": "orders", "!RECEIVE": "receive",
    "!END": "close", "!PUTAWAY": "put_away", "!REPLENISH": "replenish", "!COUNTS": "counts",
    "!LOW": "low_stock", "!LOGOUT": "switch_user", "!PICK": "pick", "!DONE": "enter",
    "!SHORT": "short", "!SKIP": "skip", "!PARK": "park", "!FULL": "tote_full",
}  # fmt: skip
"""Command barcodes, and the actions that they are keys for; the shop prints them as a sheet."""

TYPED = re.compile(r"!QTY(\d{1,4})")

RECORDS = {"purchase_order": "purchase_orders", "transfer": "transfers"}
"""Kinds of codes whose records stand in a list."""


class ScanRouting(GlobalActions):
    """Asks the shop what a code is and goes to the next useful screen for it."""

    after_bang = False
    """Whether `!` was a key of this screen just now: a command barcode may have begun with it."""

    def is_command_behind_bang(self, text: str) -> bool:
        """Whether what answers a prompt that `!` opened is the rest of a command barcode."""
        return self.after_bang and is_command(f"!{text.lstrip('!').upper()}")

    def obeyed(self, raw: str) -> bool:
        """Do what a command barcode says; False for any other code."""
        code = read(raw).code.upper()
        if self.after_bang and is_command(f"!{code.lstrip('!')}"):
            code = f"!{code.lstrip('!')}"
        self.after_bang = False
        if not code.startswith("!"):
            return False
        entry, name = self.context.entry, COMMANDS.get(code, "")
        if quantity := TYPED.fullmatch(code):
            entry.begin(f"{quantity[1]}*")
        elif code == "!MOVE":
            entry.begin(">")
        elif any(action.id == name for action in keys.actions_on(self.frame.NAME)):
            self.post_message(ActionChosen(name))
        else:
            self.say(noted(f"{code} does nothing here: F1 shows what can be done"))
        self.frame.entry_bar.refresh()
        return True

    async def open_code(self, scan: Scan) -> None:
        """Open what a code means; one that means nothing is refused loudly."""
        try:
            answer = await self.context.look_up(scan.code)
        except SignedOut as failure:
            await self.ask_to_sign_in(failure.detail)
        except CallFailed as failure:
            self.say(wrong(f"{scan.code} was not looked up. {failure.detail}"))
        else:
            if answer is None and self.frame.NAME == "home" and _is_typed_text(scan.code):
                self.say(noted(f"{scan.code} is no code: searching the orders for it"))
                await self.go(HistoryEntry("orders", f"/{scan.code}"))
                return
            if answer is None:
                self.say(wrong(f"Unknown code {scan.code}: no order, parcel, SKU, barcode or bin"))
                return
            # What a bin holds is another figure every hour, and the answer may be remembered.
            self.say(good(f"Bin {answer.bin.code}" if answer.bin else answer.label))
            if answer.variant is not None and self.frame.NAME == "returns":
                await self._open_return_of(answer.variant)
                return
            await self._open(answer)

    async def _open(self, answer: ScanAnswer) -> None:
        if answer.kind == "order":
            await self._open_order(answer)
        elif answer.kind == "fulfilment" and answer.order is not None:
            await self.go(HistoryEntry("order", answer.order.id))
            self.frame.point_out(answer.id)
        elif answer.bin is not None:
            await self.go(HistoryEntry("bin", answer.bin.id))
        elif answer.kind == "purchase_order" and self.context.may("inventory:receive"):
            await self.go(HistoryEntry("receive", answer.id))
        elif answer.kind == "transfer" and self.context.may("inventory:receive"):
            await self.go(HistoryEntry("receive", f"transfer:{answer.id}"))
        elif answer.kind == "return":
            await self.go(HistoryEntry("return_case", answer.id))
        elif answer.kind in RECORDS:
            await self.go(HistoryEntry(RECORDS[answer.kind]))
            await self.frame.ready()
            self.frame.point_out(answer.id)
        elif answer.variant is not None and len(answer.variant.levels) == 1:
            await self.go(HistoryEntry("level", answer.variant.levels[0].id))
        else:
            sku = answer.variant.sku if answer.variant else answer.label
            await self.go(HistoryEntry("stock", f"/{sku}"))

    async def _open_return_of(self, goods: ScannedVariant) -> None:
        """On the list of returns an article opens the return that expects it."""
        try:
            found = await self.shop.returns.expecting(goods.id)
        except SignedOut as failure:
            await self.ask_to_sign_in(failure.detail)
        except CallFailed as failure:
            self.say(wrong(f"{goods.sku} was not looked for. {failure.detail}"))
        else:
            if len(found) == 1:
                await self.go(HistoryEntry("return_case", found[0].id))
            elif found:
                numbers = ", ".join(one.number for one in found)
                self.say(noted(f"{goods.sku} may be of {numbers}: scan a slip, or choose one"))
            else:
                self.say(wrong(f"No open return expects {goods.sku}: open one at its order"))

    async def _open_order(self, answer: ScanAnswer) -> None:
        """An order opens at its next step; the order itself is one Esc away."""
        card, person = answer.order, self.shop.session.person
        if card is not None and why_not_ship(card, person) is None:
            self.trail.go(HistoryEntry("order", answer.id))
            await self.go(HistoryEntry("ship", answer.id))
        else:
            await self.go(HistoryEntry("order", answer.id))


def is_command(code: str) -> bool:
    """Whether a code is on the sheet of command barcodes."""
    return code in COMMANDS or code == "!MOVE" or TYPED.fullmatch(code) is not None


def _is_typed_text(text: str) -> bool:
    """Whether a person typed this: codes have no blanks and no small letters."""
    return any(c.isalpha() for c in text) and any(c.islower() or c.isspace() for c in text)
