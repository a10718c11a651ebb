"""Scan routing: the page that a code opens when the current screen does not use it."""

from __future__ import annotations

from console.app.global_actions import GlobalActions
from console.app.navigation_history import HistoryEntry
from console.client.errors import CallFailed, SignedOut
from console.client.models import ScanAnswer
from console.flows.next_actions import why_not_ship
from console.flows.transition import good, noted, wrong
from console.scan.code_parsing import Scan


class ScanRouting(GlobalActions):
    """Asks the shop what a code is and goes to the next useful screen for it."""

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
                self.say(wrong(f"Unknown code {scan.code}: no order, parcel, SKU or barcode"))
                return
            self.say(good(answer.label))
            await self._open(answer)

    async def _open(self, answer: ScanAnswer) -> None:
        if answer.kind == "order":
            await self._open_order(answer)
        elif answer.kind == "fulfilment" and answer.order is not None:
            await self.go(HistoryEntry("order", answer.order.id))
            self.frame.point_out(answer.id)
        elif answer.variant is not None and len(answer.variant.levels) == 1:
            await self.go(HistoryEntry("level", answer.variant.levels[0].id))
        else:
            sku = answer.variant.sku if answer.variant else answer.label
            await self.go(HistoryEntry("stock", f"/{sku}"))

    async def _open_order(self, answer: ScanAnswer) -> None:
        """An order opens at its next step; the order itself is one Esc away."""
        card, person = answer.order, self.shop.session.person
        if card is not None and why_not_ship(card, person) is None:
            self.trail.go(HistoryEntry("order", answer.id))
            await self.go(HistoryEntry("ship", answer.id))
        else:
            await self.go(HistoryEntry("order", answer.id))


def _is_typed_text(text: str) -> bool:
    """Whether a person typed this: codes have no blanks and no small letters."""
    return any(c.isalpha() for c in text) and any(c.islower() or c.isspace() for c in text)
