"""Goods on the receiving dock, counted: pure steps from a scan to what is posted."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date

from console.client.models import Barcode, ScannedVariant
from console.client.receiving import ArrivingLine, Delivery
from console.flows import quantity_input
from console.flows.line_items import bounded, exchanged, units_called
from console.flows.transition import Transition, good, noted, wrong

TIMES = re.compile(r"(\d+)\*(.+)", re.DOTALL)
"""`24*` before a scan: so many of what the code means."""

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST_LOT = 60


@dataclass(frozen=True, slots=True)
class Arriving:
    """One variant on the dock: what is still to come, and what was counted now, in units."""

    variant_id: str
    sku: str
    name: str
    open: int
    received: int
    now: int = 0
    damaged: int = 0
    bin: str = ""
    """Barcode of the bin that it goes to; none leaves it to put-away."""

    barcodes: tuple[Barcode, ...] = ()
    too_many: int = 0
    """Units that came before and that nobody had sent."""
    tracking: str = ""
    """`lot` or `lot_and_expiry` where the goods are kept in lots."""

    lot: str = ""
    expires_on: str = ""

    @property
    def key(self) -> str:
        """What the line is of: goods, and their lot."""
        return f"{self.variant_id}/{self.lot}"

    @property
    def lacks_lot(self) -> bool:
        """Whether units were counted whose lot nobody has said."""
        return bool(self.now and self.tracking and not self.lot)

    @property
    def over(self) -> int:
        """Units that nobody has ordered."""
        return max(0, self.now - self.open)


@dataclass(frozen=True, slots=True)
class Dock:
    """What is being received."""

    order: Delivery | None
    lines: tuple[Arriving, ...]
    cursor: int = 0
    bin: str = ""
    """The bin that was scanned last: what is scanned next goes there."""

    unknown: str = ""
    """A code that nobody has taught yet."""

    @property
    def units(self) -> int:
        """Units that would be posted."""
        return sum(line.now for line in self.lines)

    @property
    def lacking(self) -> str:
        """The SKU of the first line that needs a lot before it can be posted."""
        return next((line.sku for line in self.lines if line.lacks_lot), "")

    @property
    def work(self) -> tuple[object, ...]:
        """What the operator did: the part that undo reverts."""
        return (self.lines, self.bin)

    @property
    def is_outgoing(self) -> bool:
        """Whether the goods leave, and do not come."""
        return self.order is not None and self.order.is_outgoing

    @property
    def differences(self) -> tuple[Arriving, ...]:
        """Lines of which other units came than were shipped."""
        return tuple(line for line in self.lines if line.open or line.too_many)

    def counted(self) -> dict[str, int]:
        """Units by SKU, of every line."""
        return {line.sku: line.now for line in self.lines}

    def posted(self) -> list[dict[str, object]]:
        """What is sent to the shop; a transfer names its lines by SKU."""
        by_code = self.order is not None and self.order.is_transfer
        return [
            {
                **({"code": line.sku} if by_code else {"variant_id": line.variant_id}),
                "quantity": line.now,
                **({"damaged": line.damaged} if line.damaged else {}),
                **({"bin": line.bin} if line.bin else {}),
                **({"lot": line.lot} if line.lot else {}),
                **({"expires_on": line.expires_on} if line.expires_on else {}),
            }
            for line in self.lines
            if line.now
        ]


@dataclass(frozen=True, slots=True)
class LotLabel:
    """What a label says beside the article."""

    lot: str
    expires_on: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Command: ask the shop what a code is."""

    code: str
    times: int


DockStep = Transition[Dock, LookUp]


def start(order: Delivery | None) -> Dock:
    """Nothing counted yet."""
    return Dock(order, tuple(_line(one) for one in order.lines) if order else ())


def reloaded(dock: Dock, order: Delivery) -> DockStep:
    """The order was read again: what was counted stays."""
    counted: dict[str, list[Arriving]] = {}
    for one in dock.lines:
        counted.setdefault(one.variant_id, []).append(one)
    lines, changes = [], []
    for ordered in order.lines:
        line, here = _line(ordered), counted.get(ordered.variant_id, [])
        before = here.pop(0) if here else None
        if before is not None and before.open != line.open:
            changes.append(f"{line.sku}: {before.open} → {line.open} to come")
        if before is not None:
            line = replace(
                line, now=before.now, damaged=before.damaged, bin=before.bin, lot=before.lot,
                expires_on=before.expires_on, barcodes=before.barcodes,
            )  # fmt: skip
        lines.append(line)
    extra = [replace(one, open=0) for rest in counted.values() for one in rest if one.now]
    state = replace(dock, order=order, lines=(*lines, *extra))
    state = replace(state, cursor=bounded(dock.cursor, state.lines))
    return Transition(
        state, feedback=noted("Read again: " + "; ".join(changes)) if changes else None
    )


def scanned(dock: Dock, text: str, label: LotLabel | None = None) -> DockStep:
    """Goods by their code, with a quantity before it or not; the label may say their lot."""
    match = TIMES.fullmatch(text)
    try:
        times = quantity_input.parse(match[1]) if match else 1
    except quantity_input.NotAQuantity as refusal:
        return Transition(dock, feedback=wrong(str(refusal)))
    code = match[2] if match else text
    called = {
        at: count
        for at, line in enumerate(dock.lines)
        if (count := units_called(code, line.sku, None, line.barcodes))
    }
    if not called:
        return Transition(dock, (LookUp(code, times),))
    # Several lots of the same goods: the one at hand goes on.
    at = dock.cursor if dock.cursor in called else next(iter(called))
    count = called[at]
    if label is not None and dock.lines[at].tracking:
        dock, at = _line_of_lot(dock, at, label)
    return _came(dock, at, times * count)


def recognised(dock: Dock, code: str, goods: ScannedVariant) -> DockStep:
    """The shop said what goods a code is: a line that is here, or one that nobody ordered."""
    at = next((n for n, line in enumerate(dock.lines) if line.variant_id == goods.id), None)
    if at is None:
        name = ", ".join(filter(None, (goods.product_title, goods.title)))
        line = Arriving(goods.id, goods.sku, name, 0, 0)
        dock, at = replace(dock, lines=(*dock.lines, line)), len(dock.lines)
    known, pack = dock.lines[at], Barcode(code, goods.pack_quantity)
    # Units of a transfer come in the lots that left: nobody says them again.
    is_transfer = dock.order is not None and dock.order.is_transfer
    tracking = "" if is_transfer else goods.lot_tracking
    known = replace(known, barcodes=(*known.barcodes, pack), tracking=tracking)
    return Transition(replace(dock, lines=exchanged(dock.lines, at, known)))


def label_of(lot: str | None, expires_on: str | None) -> LotLabel | None:
    """What a label says of its lot; None where it says none."""
    return LotLabel(lot.upper(), expires_on or "") if lot else None


def day_of(digits: str) -> str:
    """A date of a GS1 label, YYMMDD, as the shop writes it; day 00 is the last of the month."""
    try:
        year, month, day = 2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6])
        return date(year, month, day or calendar.monthrange(year, month)[1]).isoformat()
    except ValueError:  # calendar raises one of its own kind for a month that is none
        return ""


def in_lot(dock: Dock, text: str) -> DockStep:
    """The lot of the line under the cursor was typed, and until when it lasts."""
    if not dock.lines:
        return Transition(dock, feedback=wrong("Scan what came"))
    line, words = dock.lines[dock.cursor], text.split()
    if not line.tracking:
        return Transition(dock, feedback=wrong(f"{line.sku} is not kept in lots"))
    day = ""
    if len(words) > 1 and DAY.fullmatch(words[-1]):
        day = words.pop()
        try:
            date.fromisoformat(day)
        except ValueError:
            return Transition(dock, feedback=wrong(f"There is no day {day}"))
    lot = "".join(words).upper()
    if not lot or len(lot) > LONGEST_LOT:
        return Transition(dock, feedback=wrong("Type the lot, then its day such as 2026-11-30"))
    if any(one.lot == lot and one.variant_id == line.variant_id for one in dock.lines
           if one is not line):  # fmt: skip
        return Transition(dock, feedback=wrong(f"Lot {lot} has a line of its own already"))
    fresh = replace(line, lot=lot, expires_on=day)
    until = f", until {day}" if day else ""
    lines = exchanged(dock.lines, dock.cursor, fresh)
    return Transition(replace(dock, lines=lines), feedback=good(f"{line.sku}: lot {lot}{until}"))


def not_known(dock: Dock, code: str) -> DockStep:
    """Nobody has taught this code."""
    words = f"UNKNOWN CODE  {code}. # teaches it: the SKU, and how many units it means"
    return Transition(replace(dock, unknown=code), feedback=wrong(words))


def _line_of_lot(dock: Dock, at: int, label: LotLabel) -> tuple[Dock, int]:
    """Find the line of a lot of goods, or give it one, with what is still to come of them."""
    of_goods = [
        n for n, one in enumerate(dock.lines) if one.variant_id == dock.lines[at].variant_id
    ]
    for n in of_goods:
        if dock.lines[n].lot == label.lot:
            return dock, n
    free = next((n for n in of_goods if not dock.lines[n].lot and not dock.lines[n].now), None)
    if free is None:
        first = dock.lines[of_goods[0]]
        rest = replace(first, open=min(first.open, first.now))
        more = replace(first, open=max(0, first.open - first.now), received=0, now=0, damaged=0,
                       bin="")  # fmt: skip
        lines = exchanged(dock.lines, of_goods[0], rest)
        dock, free = replace(dock, lines=(*lines, more)), len(lines)
    said = replace(dock.lines[free], lot=label.lot, expires_on=label.expires_on)
    return replace(dock, lines=exchanged(dock.lines, free, said)), free


def into_bin(dock: Dock, barcode: str) -> DockStep:
    """What is scanned from now on goes to this bin, and so does what was counted last."""
    lines = dock.lines
    if lines and lines[dock.cursor].now and not lines[dock.cursor].bin:
        here = lines[dock.cursor]
        lines = exchanged(lines, dock.cursor, replace(here, bin=barcode))
    return Transition(replace(dock, bin=barcode, lines=lines), feedback=good(f"→ {barcode}"))


def take_open(dock: Dock) -> DockStep:
    """All that is still to come of the line under the cursor; else of the next one."""
    if not dock.lines:
        return Transition(dock, feedback=wrong("Scan what came"))
    line = dock.lines[dock.cursor]
    if line.now >= line.open:
        return Transition(dock, feedback=noted(f"{line.sku}: {line.now} counted. F10 posts all"))
    return _counted(dock, dock.cursor, line.open)


def change(dock: Dock, by: int) -> DockStep:
    """So many units more or less of the line under the cursor."""
    if not dock.lines:
        return Transition(dock, feedback=wrong("Scan what came"))
    return _counted(dock, dock.cursor, dock.lines[dock.cursor].now + by)


def exactly(dock: Dock, text: str, *, damaged: bool = False) -> DockStep:
    """The quantity under the cursor, or how many of it are damaged, was typed."""
    if not dock.lines:
        return Transition(dock, feedback=wrong("Scan what came"))
    try:
        units = quantity_input.parse(text)
    except quantity_input.NotAQuantity as refusal:
        return Transition(dock, feedback=wrong(str(refusal)))
    if not damaged:
        return _counted(dock, dock.cursor, units)
    line = dock.lines[dock.cursor]
    if units > line.now:
        words = f"{line.sku}: {line.now} counted, so {units} cannot be damaged"
        return Transition(dock, feedback=wrong(words))
    lines = exchanged(dock.lines, dock.cursor, replace(line, damaged=units))
    return Transition(replace(dock, lines=lines), feedback=good(f"{line.sku}: {units} damaged"))


def moved(dock: Dock, to: int) -> Dock:
    """The cursor on another line."""
    return replace(dock, cursor=bounded(to, dock.lines))


def _came(dock: Dock, at: int, units: int) -> DockStep:
    line = dock.lines[at]
    if dock.bin and not line.bin:
        dock = replace(dock, lines=exchanged(dock.lines, at, replace(line, bin=dock.bin)))
    return _counted(dock, at, line.now + units)


def _counted(dock: Dock, at: int, units: int) -> DockStep:
    line = dock.lines[at]
    if units < 0:
        return Transition(dock, feedback=wrong(f"{line.sku}: nothing is counted of it"))
    fresh = replace(line, now=units, damaged=min(line.damaged, units))
    state = replace(dock, lines=exchanged(dock.lines, at, fresh), cursor=at, unknown="")
    words = f"{line.name}  {units} of {line.open}"
    if dock.order is not None and fresh.over:
        flagged = "more than planned" if dock.is_outgoing else "TOO MANY, flagged"
        return Transition(state, feedback=noted(f"{words}: {fresh.over} {flagged}"))
    return Transition(state, feedback=good(words))


def _line(one: ArrivingLine) -> Arriving:
    return Arriving(
        one.variant_id, one.sku, one.title, one.open_quantity, one.received,
        barcodes=one.barcodes, tracking=one.lot_tracking, too_many=one.over_quantity,
    )  # fmt: skip


def posted(dock: Dock) -> Dock:
    """The dock once everything counted is on its way to the shop: it is empty."""
    lines: dict[str, Arriving] = {}
    for line in dock.lines if dock.order is not None else ():
        before = lines.get(line.variant_id) or replace(
            line, open=0, received=0, barcodes=(), too_many=0
        )
        lines[line.variant_id] = replace(
            before, open=before.open + max(0, line.open - line.now),
            received=before.received + line.received + line.now,
            now=0, damaged=0, bin="", lot="", expires_on="",
            too_many=before.too_many + line.too_many + line.over,
            barcodes=(*before.barcodes, *(() if line.lot else line.barcodes)),
        )  # fmt: skip
    left = tuple(lines.values())
    return replace(dock, lines=left, cursor=bounded(dock.cursor, left), unknown="", bin="")


def shipped(dock: Dock) -> Dock:
    """A transfer that is on its way with what was counted; who receives it begins anew."""
    assert dock.order is not None
    left = tuple(
        replace(line, open=line.now, received=0, now=0, damaged=0, bin="")
        for line in dock.lines
        if line.now
    )
    return Dock(replace(dock.order, status="in_transit"), left)
