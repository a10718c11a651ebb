"""Goods on the receiving dock, counted: pure steps from a scan to what is posted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from console.client.models import Barcode
from console.client.receiving import ArrivingLine, PurchaseOrder
from console.flows import quantity_input
from console.flows.line_items import bounded, exchanged, units_called
from console.flows.transition import Transition, good, noted, wrong

TIMES = re.compile(r"(\d+)\*(.+)", re.DOTALL)
"""`24*` before a scan: so many of what the code means."""


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

    @property
    def over(self) -> int:
        """Units that nobody has ordered."""
        return max(0, self.now - self.open)


@dataclass(frozen=True, slots=True)
class Dock:
    """What is being received."""

    order: PurchaseOrder | None
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
    def work(self) -> tuple[object, ...]:
        """What the operator did: the part that undo reverts."""
        return (self.lines, self.bin)

    def posted(self) -> list[dict[str, object]]:
        """What is sent to the shop."""
        return [
            {
                "variant_id": line.variant_id,
                "quantity": line.now,
                **({"damaged": line.damaged} if line.damaged else {}),
                **({"bin": line.bin} if line.bin else {}),
            }
            for line in self.lines
            if line.now
        ]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Command: ask the shop what a code is."""

    code: str
    times: int


DockStep = Transition[Dock, LookUp]


def start(order: PurchaseOrder | None) -> Dock:
    """Nothing counted yet."""
    return Dock(order, tuple(_line(one) for one in order.lines) if order else ())


def reloaded(dock: Dock, order: PurchaseOrder) -> DockStep:
    """The order was read again: what was counted stays."""
    counted = {line.variant_id: line for line in dock.lines}
    lines, changes = [], []
    for one in order.lines:
        line, before = _line(one), counted.pop(one.variant_id, None)
        if before is not None and before.open != line.open:
            changes.append(f"{line.sku}: {before.open} → {line.open} to come")
        if before is not None:
            line = replace(line, now=before.now, damaged=before.damaged, bin=before.bin)
        lines.append(line)
    extra = [replace(line, open=0) for line in counted.values() if line.now]
    state = replace(dock, order=order, lines=(*lines, *extra))
    state = replace(state, cursor=bounded(dock.cursor, state.lines))
    return Transition(
        state, feedback=noted("Read again: " + "; ".join(changes)) if changes else None
    )


def scanned(dock: Dock, text: str) -> DockStep:
    """Goods by their code, with a quantity before it or not."""
    match = TIMES.fullmatch(text)
    try:
        times = quantity_input.parse(match[1]) if match else 1
    except quantity_input.NotAQuantity as refusal:
        return Transition(dock, feedback=wrong(str(refusal)))
    code = match[2] if match else text
    for at, line in enumerate(dock.lines):
        count = units_called(code, line.sku, None, line.barcodes)
        if count:
            return _came(dock, at, times * count)
    return Transition(dock, (LookUp(code, times),))


def recognised(dock: Dock, variant_id: str, sku: str, name: str, units: int, code: str) -> DockStep:
    """The shop said what goods a code is: a line that is here, or one that nobody ordered."""
    at = next((n for n, line in enumerate(dock.lines) if line.variant_id == variant_id), None)
    if at is None:
        line = Arriving(variant_id, sku, name, 0, 0)
        dock, at = replace(dock, lines=(*dock.lines, line)), len(dock.lines)
    known = dock.lines[at]
    pack = Barcode(code, units)
    dock = replace(
        dock,
        lines=exchanged(dock.lines, at, replace(known, barcodes=(*known.barcodes, pack))),
    )
    return Transition(dock)


def not_known(dock: Dock, code: str) -> DockStep:
    """Nobody has taught this code."""
    words = f"UNKNOWN CODE  {code}. # teaches it: the SKU, and how many units it means"
    return Transition(replace(dock, unknown=code), feedback=wrong(words))


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
        return Transition(state, feedback=noted(f"{words}: {fresh.over} TOO MANY, flagged"))
    return Transition(state, feedback=good(words))


def _line(one: ArrivingLine) -> Arriving:
    return Arriving(
        one.variant_id, one.sku, one.title, one.open_quantity, one.received, barcodes=one.barcodes
    )


def posted(dock: Dock) -> Dock:
    """The dock once everything counted is on its way to the shop: it is empty."""
    left = tuple(
        replace(
            line, open=max(0, line.open - line.now), received=line.received + line.now,
            now=0, damaged=0, bin="",
        )
        for line in dock.lines
        if dock.order is not None
    )  # fmt: skip
    return replace(dock, lines=left, cursor=bounded(dock.cursor, left), unknown="", bin="")
