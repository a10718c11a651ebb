"""The pages of the warehouse: a bin, and what is to be carried from bin to bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.client.bin_models import Bin
from console.client.warehouse import BinContent, PutAwayTask
from console.flows.formatting import Sense
from console.flows.transition import Tone
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


def bin_page(
    place: Bin,
    contents: Sequence[BinContent],
    pending: Mapping[str, int],
    hint: str,
    at: int,
    styles: Styles,
    width: int,
) -> list[Line]:
    """A bin and what is in it; `pending` are units on their way, `hint` what else can be done."""
    kind: Part = (f" {place.kind} at {place.location_code}", styles.dim)
    lines = [
        Line(
            ((f" {place.code}", styles.bright), kind),
            ((f"{items(len(contents))} ", styles.dim),),
        ),
        Line(((f" {hint}", styles.tones[Tone.NOTE]),)) if hint else Line(),
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
        row = table_row(CONTENT_COLUMNS, width, values, styles, is_here=is_here, thumb=" ")
        lines.append(row._replace(item=str(number)))
    if not contents:
        lines.append(Line(((" nothing is here by the books", styles.dim),)))
    return lines


def task_page(
    tasks: Sequence[PutAwayTask], nothing: str, at: int, styles: Styles, width: int
) -> list[Line]:
    """What is to be carried, from where, and into which bin; `nothing` is said of an empty list."""
    lines = [Line(), table_head(TASK_COLUMNS, width, styles)]
    for number, one in enumerate(tasks):
        values: list[Part] = [
            (one.sku, styles.bright),
            (one.product_title, styles.ink),
            (str(one.quantity), styles.bright),
            (one.bin_code or "no bin", styles.dim),
            (one.target.code if one.target else "any bin", styles.accent),
        ]
        row = table_row(TASK_COLUMNS, width, values, styles, is_here=number == at, thumb=" ")
        lines.append(row._replace(item=str(number)))
    if not tasks:
        lines.append(Line(((f" {nothing}", styles.dim),)))
    return lines


def _name(product: str, variant: str | None) -> str:
    return f"{product} · {variant}" if variant else product


def items(number: int) -> str:
    """How many products, in words."""
    return f"{number} item" if number == 1 else f"{number} items"
