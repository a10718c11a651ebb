"""The parcel at the packing station: units by hand, and its weight, typed or from a scale."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from textual.widget import Widget

from console.client import packing, scale
from console.flows import weight_input
from console.flows.packing import Parcel
from console.flows.transition import good, noted, wrong
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.screens.workers import run_in_background
from console.widgets.line_widget import CursorWidget

MAY_OVERRIDE = "fulfilment:override"
WEIGHT = Prompt("weight", "weight in g, or in kg as 1.25", sign="=")


class ParcelScreen(BaseScreen):
    """A parcel whose units are verified and which is weighed."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="parcel")
        self.parcel: Parcel | None = None
        self._history: list[tuple[str, int]] = []
        """Lines and units as they were scanned, for undo."""

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def draw(self) -> None:
        """Draw the parcel."""

    def take_weight(self, text: str) -> None:
        """A weight was typed."""
        grams = weight_input.parse(text)
        if grams is None:
            self.say(wrong(f"{text or 'Nothing'} is no weight: 1250, or 1.25 in kg"))
        else:
            self.weigh(grams)

    async def do_exactly(self) -> None:
        """Weigh: from the scale, or typed where there is none."""
        if self.context.shop.scale:
            self._weigh_by_scale()
        else:
            self.ask(WEIGHT)

    async def do_recheck(self) -> None:
        """Somebody looked into the parcel: its content is right."""
        parcel = self.parcel
        if parcel is not None and parcel.grams is not None:
            self.weigh(parcel.grams, is_rechecked=True)

    async def do_more(self) -> None:
        """One unit by hand, where no scan is asked for or somebody may leave it out."""
        parcel = self.parcel
        line = parcel.lines[parcel.at] if parcel and parcel.lines else None
        if parcel is None or line is None or not parcel.left(line):
            self.say(wrong("Nothing of this line is left to verify"))
        elif line.must_verify and not self.context.may(MAY_OVERRIDE):
            self.say(wrong(f"{line.name} has a barcode: scan it"))
        else:
            self.context.shop.give(packing.confirm(parcel.session, line))
            self._take(parcel.with_unit(line, 1), f"{line.name} by hand")

    async def do_less(self) -> None:
        """One unit out of the parcel again."""
        parcel = self.parcel
        line = parcel.lines[parcel.at] if parcel and parcel.lines else None
        if parcel is None or line is None or not parcel.verified(line):
            self.say(wrong("Nothing of this line is in the parcel"))
        else:
            self.context.shop.give(packing.take_out(parcel.session, line, 1))
            self._take(parcel.with_unit(line, -1), f"{line.name} out again")

    def undo_step(self) -> bool:
        """F9: the last scanned units are out of the parcel again."""
        parcel = self.parcel
        if parcel is None or not self._history:
            return False
        line_id, units = self._history.pop()
        line = next((one for one in parcel.lines if one.id == line_id), None)
        if line is None or parcel.verified(line) < units:
            return False
        self.context.shop.give(packing.take_out(parcel.session, line, units))
        self._take(parcel.with_unit(line, -units), f"Undone: {units} {line.name} out again")
        return True

    def weigh(self, grams: int, *, is_rechecked: bool = False) -> None:
        """Tell the shop what the parcel weighs."""
        parcel = self.parcel
        assert parcel is not None
        self.context.shop.give(packing.weigh(parcel.session, grams, is_rechecked=is_rechecked))
        weighed = replace(parcel, weight=grams, is_rechecked=is_rechecked)
        self.parcel = weighed
        words = f"{grams} g instead of {weighed.session.expected_grams} g: look inside"
        self.say(wrong(words) if weighed.is_off else good(f"{grams} g"))
        self.draw()

    def weigh_when_ready(self) -> None:
        """Read the scale once the parcel is full and has its box."""
        parcel = self.parcel
        is_full = parcel is not None and not parcel.alarm and not parcel.unverified
        has_box = parcel is not None and (parcel.box_name or not parcel.session.needs_box)
        if self.context.shop.scale and is_full and has_box and parcel and parcel.grams is None:
            self._weigh_by_scale()

    def _weigh_by_scale(self) -> None:
        run_in_background(self, "scale", self._read_scale, beside=True)

    async def _read_scale(self) -> None:
        parcel = self.parcel
        try:
            grams = await asyncio.to_thread(scale.read_weight, self.context.shop.scale)
        except scale.ScaleFailed as failure:
            self.say(wrong(f"{failure}. = tries again"))
            return
        now = self.parcel
        if now is not None and parcel is not None and now.session.id == parcel.session.id:
            self.weigh(grams)

    def _take(self, parcel: Parcel, words: str) -> None:
        self.parcel = parcel
        self.say(noted(words))
        self.draw()
        self.weigh_when_ready()

    def count(self, before: Parcel, after: Parcel) -> None:
        """Remember what a scan verified, so that it can be undone."""
        for line in after.lines:
            more = after.done.get(line.id, 0) - before.done.get(line.id, 0)
            if more > 0:
                self._history.append((line.id, more))
