"""Live updates: changes and claims by others that concern the current screen."""

from __future__ import annotations

from console.app.scan_routing import ScanRouting
from console.client.change_models import ChangeBatch, Claim
from console.client.errors import CallFailed, SignedOut
from console.flows.formatting import clock
from console.flows.transition import done, noted, wrong
from console.messages import Heard, LineChanged, SignInNeeded
from console.scan.input_buffer import Prompt

TAKE_OVER = "take over"
"""The word that is typed to have what somebody else has open."""


class LiveUpdates(ScanRouting):
    """Passes changes to the screens, and takes orders over."""

    _is_restanding = False

    def follow_the_shop(self) -> None:
        """Subscribe to changes."""
        shop = self.shop
        shop.caller.changed = shop.outbox.changed = self._line_changed
        shop.watch.heard, shop.watch.signed_out = self._heard, self._signed_out
        shop.claims.lost, shop.claims.found = self._claim_lost, self._claim_found

    def on_app_blur(self) -> None:
        """Another window has the focus: what changes is not asked for every second."""
        self.shop.watch.seen(False)

    def on_app_focus(self) -> None:
        """The console is looked at again."""
        self.shop.watch.seen(True)

    def on_heard(self, message: Heard) -> None:
        """The shop told what changed: what is looked at follows."""
        if not self.screen_stack:
            return  # the console is being closed
        self.context.heard(message.news)
        frame = self.frame_below
        frame.follow(message.news)
        if message.has_other_claims:
            frame.claims_changed()

    def on_line_changed(self, _: LineChanged) -> None:
        """The line or the outbox changed: once per burst of changes is enough."""
        self._is_restanding = False
        if self.screen_stack:
            self.frame.refresh_status_bar()

    async def do_take_over(self) -> None:
        """Ask for the word with which somebody else's order is taken over."""
        claim = self.shop.claims.by_others(self.frame.order_id)
        if claim is None:
            self.say(noted("Nobody else has this order open"))
            return
        since = clock(claim.claimed_at)
        label = f"{claim.claimed_by} has it open since {since}. Type {TAKE_OVER}:"
        self.frame.ask(Prompt("take_over", label))

    async def take_over(self, word: str) -> None:
        """Have the order at hand, once the word was typed."""
        frame = self.frame
        if word.strip().casefold() != TAKE_OVER:
            self.say(noted("Not taken over"))
            return
        try:
            await self.shop.claims.take_over(frame.order_id)
        except CallFailed as failure:
            self.say(wrong(f"Not taken over. {failure.detail}"))
            return
        frame.claims_changed()
        self.say(done("It is yours now; the other one is told"))

    def _line_changed(self) -> None:
        if not self._is_restanding:
            self._is_restanding = True
            self.post_message(LineChanged())

    def _heard(self, news: ChangeBatch) -> None:
        self.post_message(Heard(news, self.shop.claims.heard(news.claims)))

    def _signed_out(self, failure: SignedOut) -> None:
        if self.screen_stack and self.frame.NAME != "sign_in":
            self.post_message(SignInNeeded(failure))

    def _claim_found(self, claim: Claim) -> None:
        if self.screen_stack and claim.order_id == self.frame_below.order_id:
            self.frame_below.claims_changed()

    def _claim_lost(self, claim: Claim) -> None:
        if self.screen_stack:
            self.say(wrong(f"{claim.claimed_by} has taken this order over"))
