"""The hand-over: each parcel is scanned out to its carrier; what was packed and is left is listed.

The first scanned parcel opens the manifest of its carrier; F10 closes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from uuid import uuid4

from textual.widget import Widget

from console import keys
from console.client import hand_over
from console.client.errors import CallFailed
from console.client.hand_over import Manifest, ManifestParcel
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.client.parsing import read
from console.flows import tracking
from console.flows.transition import done, good, noted, wrong
from console.scan.code_parsing import Scan
from console.scan.input_buffer import Typing
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.widgets.hand_over_view import hand_over_page
from console.widgets.line_widget import CursorWidget


class HandOverScreen(BaseScreen):
    """What no carrier took yet, or the manifest that parcels are scanned for."""

    NAME = "hand_over"
    TYPING = Typing.SCAN
    CODES_WAIT = True
    HINT = "scan the label of each parcel that the carrier takes"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="hand-over")
        self.manifest: Manifest | None = None
        self.left: Sequence[ManifestParcel] = ()
        self.at = 0

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Whose parcels."""
        manifest = self.manifest
        return ("Hand-over", manifest.carrier, manifest.number) if manifest else ("Hand-over",)

    @property
    def carriers(self) -> list[tuple[str, int]]:
        """Carriers with parcels that are left, with how many."""
        names = sorted({one.carrier for one in self.left})
        return [(name, sum(one.carrier == name for one in self.left)) for name in names]

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """Go on with the manifest, or with one that was chosen in the list."""
        self.draw()
        if subject and (self.manifest is None or self.manifest.id != subject):
            self.manifest = await self.asked(
                "The manifest did not load", self.context.shop.hand_overs.manifest(subject)
            )
        self.read_soon()

    async def reload(self) -> None:
        """Read what is left, and the manifest."""
        shop = self.context.shop.hand_overs
        left = await self.asked("What is left did not load", shop.left())
        self.left = left.parcels if left else self.left
        if self.manifest is not None and not self.context.shop.waiting:
            self.manifest = await self.asked(
                "The manifest did not load", shop.manifest(self.manifest.id), is_aside=True
            ) or self.manifest  # fmt: skip
        self.at = min(self.at, max(0, self._rows - 1))
        self.draw()

    def why_not(self, action: str) -> str | None:
        """A manifest is closed once something is on it."""
        manifest = self.manifest
        if action == "commit" and (manifest is None or not manifest.parcels):
            return "Nothing was scanned for this carrier yet"
        if action == "commit" and manifest and manifest.status != "open":
            return f"{manifest.number} is closed"
        if action == "less" and (manifest is None or manifest.status != "open"):
            return "Only an open manifest gives a parcel back"
        if action == "enter" and manifest is None and not self.left:
            return "Nothing is left to be handed over"
        return None

    def move(self, action: str) -> None:
        """The cursor goes along the carriers, or the parcels of the manifest."""
        self.at = keys.moved(action, self.at, self._rows)
        self.draw()

    def go_back(self) -> bool:
        """Esc leaves the manifest, which stays open."""
        if self.manifest is None:
            return False
        self.manifest, self.at = None, 0
        self.read_soon()
        return True

    async def take_code(self, scan: Scan) -> bool:
        """A parcel is scanned out; the first one opens the manifest of its carrier."""
        code = scan.code
        if self.manifest is None or self.manifest.status != "open":
            parcel = self._parcel(code)
            if parcel is None:
                return False
            if not await self._open(parcel.carrier):
                return True
        manifest = self.manifest
        assert manifest is not None
        self.context.shop.give(hand_over.scan(manifest, code))
        return True

    async def do_enter(self) -> None:
        """Go on with the manifest of the carrier under the cursor."""
        if self.manifest is None and self.at < len(self.carriers):
            await self._open(self.carriers[self.at][0])

    async def do_commit(self) -> None:
        """F10: the carrier has its parcels."""
        if self.context.shop.waiting:
            self.say(wrong("Unsent scans go first: try again in a moment"))
            return
        manifest = self.manifest
        assert manifest is not None
        closed = await self._asked_shop(
            self.context.shop.hand_overs.close(manifest.id, key=uuid4().hex)
        )
        if closed is not None:
            count = len(closed.parcels)
            self.manifest, self.at = None, 0
            self.say(done(f"{closed.number}: {closed.carrier} has {count} parcels"))
            self.read_soon()

    async def do_less(self) -> None:
        """The carrier did not take the parcel under the cursor."""
        manifest = self.manifest
        if manifest is None or self.at >= len(manifest.parcels):
            return
        parcel = manifest.parcels[self.at]
        shop = self.context.shop.hand_overs
        after = await self._asked_shop(
            shop.take_off(manifest.id, parcel.fulfilment_id, key=uuid4().hex)
        )
        if after is not None:
            self.manifest = after
            self.say(noted(f"{parcel.number} stays here"))
            self.read_soon()

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """The shop says what a scanned parcel is."""
        if command.kind != hand_over.HAND_OVER:
            return
        if failure is not None:
            self.say(wrong(failure.detail))
            return
        answer = command.answer or {}
        result, words = str(answer.get("result")), str(answer.get("message"))
        self.say(
            good(words) if result == "ok" else noted(words) if result == "already" else wrong(words)
        )
        told = answer.get("manifest")
        if isinstance(told, dict) and self.manifest and told.get("id") == self.manifest.id:
            self.manifest = read(Manifest, told)
            here = {one.fulfilment_id for one in self.manifest.parcels}
            self.left = [one for one in self.left if one.fulfilment_id not in here]
        self.draw()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self.draw()

    @property
    def _rows(self) -> int:
        return len(self.manifest.parcels) if self.manifest else len(self.carriers)

    def _parcel(self, code: str) -> ManifestParcel | None:
        """The parcel that is left and has this label."""
        for one in self.left:
            wanted = tracking.tidy(one.tracking_number or "")
            read_as = tracking.number_of(one.carrier, code) or tracking.tidy(code)
            if one.number == code.upper() or (wanted and wanted == read_as):
                return one
        return None

    async def _open(self, carrier: str) -> bool:
        try:
            self.manifest = await self.context.shop.hand_overs.open(carrier, key=uuid4().hex)
        except CallFailed as failure:
            found = failure.facts.get("manifest_id")
            if failure.code != "manifest_open" or not isinstance(found, str):
                self.say(wrong(failure.detail))
                return False
            self.manifest = await self.asked(
                "The manifest did not load", self.context.shop.hand_overs.manifest(found)
            )
        self.at = 0
        self.draw()
        return self.manifest is not None

    async def _asked_shop(self, question: Awaitable[Manifest]) -> Manifest | None:
        try:
            return await question
        except CallFailed as failure:
            self.say(wrong(failure.detail))
            return None

    def draw(self) -> None:
        """Draw what is left, or the manifest."""
        self.refresh_status_bar()
        width = self.sheet.size.width or self.size.width
        self.sheet.show(
            hand_over_page(
                self.manifest, self.left, self.carriers, self.at, self.context.styles, width
            )
        )
