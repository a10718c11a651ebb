"""The receiving dock, laid out for the eye: what is to come, and what was counted now."""

from __future__ import annotations

from console.client.receiving import OPEN
from console.flows.formatting import Sense, units
from console.flows.receiving import Arriving, Dock
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, cells

COLUMNS = (
    Column("Item", 18, grow=1),
    Column("SKU", 12, from_width=56),
    Column("To come", 7, right=True),
    Column("Came", 6, right=True, from_width=70),
    Column("Now", 6, right=True),
    Column("Damaged", 7, right=True),
    Column("Bin", 10, from_width=76),
)


def receive_page(dock: Dock, styles: Styles, width: int) -> list[Line]:
    """The lines, then how much is counted and what comes next."""
    named = {"To come": "To leave", "Came": "", "Damaged": ""} if dock.is_outgoing else {}
    titles = [(named.get(one.title, one.title), styles.heading) for one in COLUMNS]
    page = [Line(cells(COLUMNS, width - 1, titles, lead=("   ", styles.ink)))]
    for at, line in enumerate(dock.lines):
        page.append(_line(line, at == dock.cursor, dock, styles, width))
        if line.tracking and (line.now or at == dock.cursor):
            page.append(_lot(line, styles))
    if not dock.lines:
        page.append(Line((("   Nothing is on the dock yet.", styles.dim),)))
    return [*page, Line(), *_foot(dock, styles)]


def _line(line: Arriving, here: bool, dock: Dock, styles: Styles, width: int) -> Line:
    over = dock.order is not None and line.over > 0
    tone = Sense.BAD if over else Sense.GOOD if line.now >= line.open else Sense.PART
    counted = styles.senses[tone] if line.now else styles.dim
    values: list[Part] = [
        (line.name, styles.ink),
        (line.sku, styles.dim),
        (str(line.open), styles.dim),
        ("" if dock.is_outgoing else str(line.received), styles.dim),
        (f"{'⚠ ' if over else ''}{line.now}", counted),
        (str(line.damaged) if line.damaged else "", styles.senses[Sense.BAD]),
        (line.bin, styles.dim),
    ]
    lead: Part = (" ▌ " if here else "   ", styles.accent)
    ground = styles.cursor if here else None
    return Line(cells(COLUMNS, width - 1, values, lead=lead), (), ground, item=line.key)


def _lot(line: Arriving, styles: Styles) -> Line:
    """Which lot it is, and until when it lasts; asked for where it is missing."""
    if not line.lot:
        tone = styles.senses[Sense.BAD] if line.lacks_lot else styles.dim
        return Line((("     which lot? Scan its label, or @", tone),))
    until = f", until {line.expires_on}" if line.expires_on else ""
    return Line(((f"     lot {line.lot}{until}", styles.dim),))


def _foot(dock: Dock, styles: Styles) -> list[Line]:
    over = sum(line.over for line in dock.lines) if dock.order else 0
    told: list[Part] = [(f"   {units(dock.units)}", styles.bright), (" counted", styles.dim)]
    if over:
        told.append((f"   ⚠ {over} more than ordered", styles.senses[Sense.BAD]))
    if dock.bin:
        told.append((f"   → {dock.bin}", styles.dim))
    lines = [Line(tuple(told))]
    if dock.unknown:
        words = f"   ✖ {dock.unknown}: nobody knows this code. # teaches it"
        lines.append(Line(((words, styles.senses[Sense.BAD]),)))
    order = dock.order
    if order is not None and order.status not in OPEN:
        words = f"   {order.number} is {order.status.replace('_', ' ')}"
        return [Line(((words, styles.senses[Sense.GOOD]),))]
    if is_begun(dock) and dock.differences and not dock.units:
        words = ", ".join(_difference(one) for one in dock.differences)
        lines.append(Line(((f"   {words}: ", styles.ink),
                           ("; ends it with a reason for each", styles.dim))))  # fmt: skip
    verb, what = ("ship", "leaves") if dock.is_outgoing else ("post", "came")
    step = f"F10 {verb} {units(dock.units)}" if dock.units else f"scan  what {what}"
    return [*lines, Line((("   ", styles.ink), (f" {step} ", styles.enter)))]


def is_begun(dock: Dock) -> bool:
    """Whether a part of a transfer has come."""
    order = dock.order
    is_coming = order is not None and order.is_transfer and not order.is_outgoing
    return is_coming and any(line.received for line in dock.lines)


def _difference(line: Arriving) -> str:
    if line.open:
        return f"{line.open} {line.sku} still to come"
    return f"{line.too_many} {line.sku} too many"
