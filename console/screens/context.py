"""The context of all screens: services, styles, the input buffer, and recently read orders."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed, NotFound
from console.client.models import OrderDetail, ScanAnswer
from console.client.pages import MAX_ROWS, every_row
from console.client.services import ConnectionState as Connection
from console.client.services import Services
from console.flows.change_notices import open_elsewhere
from console.flows.formatting import clock, visible
from console.flows.transition import Feedback, Tone
from console.scan.input_buffer import InputBuffer
from console.theme import Styles
from console.widgets.chrome import StatusInfo
from console.widgets.text_layout import Line

MAX_CACHED_ORDERS = 50
MAX_CACHED_CODES = 500
MAX_BINS = 3000
MAX_SCANS = 200

MARKS = {
    Connection.STARTING: ("○", None),
    Connection.LIVE: ("●", Tone.GOOD),
    Connection.SLOW: ("◔", Tone.WAIT),
    Connection.OFFLINE: ("✖", Tone.WRONG),
}


class AppContext:
    """Shared by all screens of one console."""

    def __init__(self, shop: Services, styles: Styles, entry: InputBuffer) -> None:
        self.shop = shop
        self.styles = styles
        self.entry = entry
        self.feedback: Feedback | None = None
        """What the entry bar says; it stays when the screen changes."""

        self.scans: deque[tuple[datetime, str, str]] = deque(maxlen=MAX_SCANS)
        """The last codes, newest first: when, exactly as it came, and what was read from it."""

        self.currency = ""
        """The shop's own; amounts in it are listed without its code."""

        self.reader = ""
        """Id of the person under whose name things were read."""

        self.awaits_shop = 0
        """Above zero while something stands still until the shop answers: Esc calls it off."""

        self._orders: OrderedDict[str, tuple[OrderDetail, datetime]] = OrderedDict()
        self._codes: OrderedDict[str, ScanAnswer] = OrderedDict()
        self._bins: dict[str, ScanAnswer] = {}
        self._doubtful: set[str] = set()

    @property
    def operator(self) -> str:
        """The name of who is signed in, or nothing."""
        person = self.shop.session.person
        return person.full_name if person and self.shop.session.is_signed_in else ""

    def may(self, permission: str) -> bool:
        """Whether the operator's role allows something; what needs no permission is allowed."""
        person = self.shop.session.person
        return not permission or (person is not None and person.may(permission))

    def standing(self) -> StatusInfo:
        """The right side of every title."""
        shop = self.shop
        line = shop.line
        mark, tone = MARKS[line]
        words = str(line)
        if line is Connection.OFFLINE:
            retry = shop.caller.circuit.retry_in
            words = f"offline, again in {retry:.0f} s" if retry >= 1 else "offline, asking"
        elif line is Connection.LIVE:
            words = f"live {shop.caller.milliseconds:.0f} ms"
        elif line is Connection.SLOW:
            words = "slow"
        waiting, stopped = shop.waiting, shop.needs_person
        worker = shop.watch.overview.worker if shop.watch.overview else None
        stands = worker is not None and worker.state == "stopped"
        parts = [
            "⚠ no worker" if stands else "",
            f"{waiting} waiting" if waiting else "",
            f"⚠ {stopped} for you" if stopped else "",
        ]
        return StatusInfo(
            person=self.operator,
            mark=mark,
            line=words,
            tone=tone,
            waiting=", ".join(part for part in parts if part),
            clock=clock(datetime.now(UTC)),
        )

    def heard(self, news: ChangeBatch) -> None:
        """Something changed: what was read of it before is shown until it was read again."""
        self._doubtful |= {key for key in self._orders if news.about("order", key)}

    def is_doubtful(self, order_id: str) -> bool:
        """Whether an order changed since it was read."""
        return order_id in self._doubtful

    def has_commands(self, aggregate: str) -> bool:
        """Whether this console sent a command about it lately."""
        return any(one.aggregate == aggregate for one in self.shop.outbox.recent(30))

    def working_at(self, order_id: str) -> str:
        """Who else has an order open, or nothing."""
        claim = self.shop.claims.by_others(order_id)
        return claim.claimed_by if claim else ""

    def claim_lines(self, order_id: str) -> list[Line]:
        """Who else has this order open, as the first line of what is told of it."""
        words = open_elsewhere(self.shop.claims.by_others(order_id))
        told = (f" ⚑ {words}", self.styles.tones[Tone.WAIT])
        return [Line((told,), ((":take takes it over ", self.styles.dim),))] if words else []

    async def fetch_order(self, order_id: str) -> OrderDetail:
        """Read an order and remember it."""
        self._doubtful.discard(order_id)
        order = await self.shop.orders.open(order_id)
        self._orders[order_id] = (order, datetime.now(UTC))
        self._orders.move_to_end(order_id)
        while len(self._orders) > MAX_CACHED_ORDERS:
            self._orders.popitem(last=False)
        return order

    def cached_order(self, order_id: str) -> tuple[OrderDetail, datetime] | None:
        """An order from the cache, and when it was read; None when it is not cached."""
        return self._orders.get(order_id)

    async def look_up(self, code: str) -> ScanAnswer | None:
        """Look up what a code stands for; None when the shop does not know it.

        Remembered for goods and bins, which stay what they are; an order is another one every hour.
        """
        known = self._codes.get(code) or self._bins.get(code.upper())
        if known is not None:
            return known
        try:
            with self.interruptible():
                answer = await self.shop.auth.look_up(code)
        except NotFound:
            return None
        if answer.kind in ("variant", "bin"):
            self._codes[code] = answer
        while len(self._codes) > MAX_CACHED_CODES:
            self._codes.popitem(last=False)
        return answer

    async def learn_bins(self) -> None:
        """Read the labels of the bins once, so that work at them goes on while the shop is away."""
        if self._bins:
            return
        found: dict[str, ScanAnswer] = {}
        with suppress(CallFailed):
            async for one in every_row(self.shop.warehouse.bins, {"limit": str(MAX_ROWS)}):
                found[one.barcode.upper()] = ScanAnswer("bin", one.id, one.code, bin=one)
                if len(found) >= MAX_BINS:
                    break
            self._bins = found

    def note_scan(self, raw: str, read_as: str) -> None:
        """Keep a code as the scanner sent it: a misread is understood only from that."""
        self.scans.appendleft((datetime.now(UTC), visible(raw), read_as))

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Whatever waits in here may be called off by the operator."""
        self.awaits_shop += 1
        try:
            yield
        finally:
            self.awaits_shop -= 1

    def forget(self, reader: str) -> None:
        """Somebody else signs in: what was read under the old name is not theirs to see."""
        self.reader = reader
        self._orders.clear()
        self._codes.clear()
        self._bins.clear()
