"""The pages of the warehouse: a bin, what is to put away, and a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.client.bin_models import Bin
from console.client.warehouse import BinContent, CountTask, PutAwayTask
from console.flows.formatting import Sense, signed
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, table_head, table_row

CONTENT_COLUMNS = (
    Column("SKU", 12),
    Column("Item", 16, grow=3),
    Column("In bin", 6, right=True),
    Column("On hand", 7, right=True),
    Column("Taken", 5, right=True, from_width=60),
)
TASK_COLUMNS = (
    Column("SKU", 12),
    Column("Item", 16, grow=3),
    Column("Units", 6, right=True),
    Column("From", 8),
    Column("Put into", 10),
)
COUNT_COLUMNS = (
    Column("", 2),
    Column("SKU", 12),
    Column("Item", 16, grow=3),
    Column("Counted", 7, right=True),
    Column("", 24, grow=1),
)
_STATES = {
    "open": ("", "", Sense.QUIET),
    "recount": ("⚠", "recount by somebody else", Sense.PART),
    "blocked": ("✖", "orders need these units", Sense.BAD),
    "held": ("⚠", "waits for approval", Sense.PART),
    "posted": ("✔", "", Sense.GOOD),
}


def bin_page(
    place: Bin,
    contents: Sequence[BinContent],
    pending: Mapping[str, int],
    at: int,
    styles: Styles,
    width: int,
) -> list[Line]:
    """A bin and what is in it; `pending` are units on their way, by level."""
    kind: Part = (f" {place.kind} at {place.location_code}", styles.dim)
    lines = [
        Line(
            ((f" {place.code}", styles.bright), kind),
            ((f"{len(contents)} {_items(len(contents))} ", styles.dim),),
        ),
        Line(),
        table_head(CONTENT_COLUMNS, width, styles),
    ]
    for number, one in enumerate(contents):
        change = pending.get(one.level_id, 0)
        units = f"{one.quantity + change}~" if change else str(one.quantity)
        values: list[Part] = [
            (one.sku, styles.bright),
            (_name(one.product_title, one.variant_title), styles.ink),
            (units, styles.senses[Sense.PART] if change else styles.bright),
            (str(one.on_hand), styles.dim),
            (str(one.allocated), styles.dim),
        ]
        is_here = number == at
        lines.append(table_row(CONTENT_COLUMNS, width, values, styles, is_here=is_here, thumb=" "))
    if not contents:
        lines.append(Line(((" nothing is here by the books", styles.dim),)))
    return lines


def put_away_page(tasks: Sequence[PutAwayTask], at: int, styles: Styles, width: int) -> list[Line]:
    """What waits for a bin, and which bin."""
    lines = [Line(), table_head(TASK_COLUMNS, width, styles)]
    for number, one in enumerate(tasks):
        values: list[Part] = [
            (one.sku, styles.bright),
            (one.product_title, styles.ink),
            (str(one.quantity), styles.bright),
            (one.bin_code or "no bin", styles.dim),
            (one.target.code if one.target else "any bin", styles.accent),
        ]
        lines.append(
            table_row(TASK_COLUMNS, width, values, styles, is_here=number == at, thumb=" ")
        )
    if not tasks:
        lines.append(Line(((" everything is in its bin", styles.dim),)))
    return lines


def count_page(
    count: CountTask, tally: Mapping[str, int], at: int, styles: Styles, width: int
) -> list[Line]:
    """A count: what was scanned so far, and once it is sent how each line ended."""
    done = sum(line.status != "open" or line.level_id in tally for line in count.lines)
    lines = [
        Line(
            ((f" {count.number} ", styles.bright), (count.scope, styles.dim)),
            ((f"{done} of {_items(len(count.lines))} counted ", styles.dim),),
        ),
        Line(),
        table_head(COUNT_COLUMNS, width, styles),
    ]
    for number, line in enumerate(count.lines):
        units = tally.get(line.level_id, line.counted)
        glyph, words, sense = _STATES.get(line.status, ("?", line.status, Sense.QUIET))
        if line.status == "posted" and line.variance:
            words = f"{signed(line.variance)} posted"
        if line.level_id in tally:
            glyph, words, sense = "▶", "", Sense.DUE
        values: list[Part] = [
            (glyph, styles.senses[sense]),
            (line.sku, styles.bright),
            (line.product_title, styles.ink),
            ("" if units is None else str(units), styles.bright),
            (words, styles.senses[sense]),
        ]
        is_here = number == at
        lines.append(table_row(COUNT_COLUMNS, width, values, styles, is_here=is_here, thumb=" "))
    return lines


def _name(product: str, variant: str | None) -> str:
    return f"{product} · {variant}" if variant else product


def _items(number: int) -> str:
    return f"{number} item" if number == 1 else f"{number} items"
