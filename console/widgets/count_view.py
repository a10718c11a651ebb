"""The page of a count: what was scanned so far, and how each line ended once it was sent."""

from __future__ import annotations

from console.client.models import Money
from console.client.warehouse import CountLine
from console.flows.counting import Counting
from console.flows.formatting import Sense, money, signed
from console.theme import Styles
from console.widgets.bin_views import items
from console.widgets.text_layout import Column, Line, Part, table_head, table_row

COLUMNS = (
    Column("", 2),
    Column("Bin", 8, from_width=60),
    Column("SKU", 12),
    Column("Item", 10, grow=3, from_width=56),
    Column("Counted", 7, right=True),
    Column("", 24, grow=1),
)
_STATES = {
    "open": ("", "", Sense.QUIET),
    "recount": ("⚠", "somebody else recounts", Sense.PART),
    "blocked": ("✖", "orders need these units", Sense.BAD),
    "held": ("⚠", "waits for approval", Sense.PART),
    "posted": ("✔", "", Sense.GOOD),
}


def count_page(
    state: Counting, person: str, currency: str, at: int, styles: Styles, width: int
) -> list[Line]:
    """The lines, and what the differences that were posted are worth."""
    count = state.count
    done = len(state.lines) - len(state.left)
    is_over = count.status in ("posted", "discarded")
    ended = f"  {count.status}" if is_over else ""
    lines = [
        Line(
            ((f" {count.number} ", styles.bright), (count.scope, styles.dim),
             (ended, styles.senses[Sense.GOOD])),
            ((f"{done} of {items(len(state.lines))} counted ", styles.dim),),
        ),
        Line(),
        table_head(COLUMNS, width, styles),
    ]  # fmt: skip
    for number, line in enumerate(state.lines):
        row = table_row(
            COLUMNS, width, _values(state, line, person, currency, styles), styles,
            is_here=number == at, thumb=" ",
        )  # fmt: skip
        lines.append(row._replace(item=str(number)))
    if not state.lines:
        words = "nothing was in it" if is_over else "nothing should be here: scan what is, or F10"
        lines.append(Line(((f" {words}", styles.dim),)))
    lost = [one.value for one in state.lines if one.status == "posted" and one.value is not None]
    if any(lost):
        worth = money(Money(sum(lost), currency))
        lines += [Line(), Line(((" differences are worth ", styles.dim), (worth, styles.bright)))]
    return lines


def _values(
    state: Counting, line: CountLine, person: str, currency: str, styles: Styles
) -> list[Part]:
    glyph, words, sense = _STATES.get(line.status, ("?", line.status, Sense.QUIET))
    entry = state.entry(line)
    units = entry.units if entry else line.counted
    if line.status == "posted" and line.variance:
        value = f", {money(Money(line.value, currency))}" if line.value else ""
        words = f"{signed(line.variance)} posted{value}"
    elif line.status == "recount" and line.counted_by_name not in (person, None):
        # Who counts again is not told what was counted: two equal figures must be two counts.
        words, units = "count it again, blind", entry.units if entry else None
    if entry:
        glyph, sense = "▶", Sense.DUE
        words = entry.reason if entry.reason != "count" else ""
    return [
        (glyph, styles.senses[sense]),
        (line.bin_code or ("" if line.bin_id else "no bin"), styles.dim),
        (line.sku, styles.bright),
        (line.product_title, styles.ink),
        ("" if units is None else str(units), styles.bright),
        (words, styles.senses[sense]),
    ]
