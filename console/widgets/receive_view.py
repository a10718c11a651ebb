"""The receiving dock, laid out for the eye: what is to come, and what was counted now."""

from __future__ import annotations

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
    titles = [(column.title, styles.heading) for column in COLUMNS]
    page = [Line(cells(COLUMNS, width - 1, titles, lead=("   ", styles.ink)))]
    page += [
        _line(line, at == dock.cursor, dock.order is not None, styles, width)
        for at, line in enumerate(dock.lines)
    ]
    if not dock.lines:
        page.append(Line((("   Nothing is on the dock yet.", styles.dim),)))
    return [*page, Line(), *_foot(dock, styles)]


def _line(line: Arriving, here: bool, ordered: bool, styles: Styles, width: int) -> Line:
    over = ordered and line.over > 0
    tone = Sense.BAD if over else Sense.GOOD if line.now >= line.open else Sense.PART
    counted = styles.senses[tone] if line.now else styles.dim
    values: list[Part] = [
        (line.name, styles.ink),
        (line.sku, styles.dim),
        (str(line.open), styles.dim),
        (str(line.received), styles.dim),
        (f"{'⚠ ' if over else ''}{line.now}", counted),
        (str(line.damaged) if line.damaged else "", styles.senses[Sense.BAD]),
        (line.bin, styles.dim),
    ]
    lead: Part = (" ▌ " if here else "   ", styles.accent)
    ground = styles.cursor if here else None
    return Line(cells(COLUMNS, width - 1, values, lead=lead), (), ground, item=line.variant_id)


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
    step = f"F10 post {units(dock.units)}" if dock.units else "scan  what came"
    return [*lines, Line((("   ", styles.ink), (f" {step} ", styles.enter)))]
