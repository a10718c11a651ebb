"""An edit of an order, laid out for the eye: its lines, what changes, and what it would cost."""

from __future__ import annotations

from collections.abc import Sequence

from console.client.models import Money, OrderDetail
from console.flows.formatting import Sense, figure
from console.flows.order_edit import OrderEdit
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, cells, wrapped

COLUMNS = (
    Column("Item", 18, grow=1),
    Column("SKU", 12, from_width=56),
    Column("Shipped", 7, right=True, from_width=70),
    Column("Units", 9, right=True),
    Column("Price", 17, right=True),
)


def edit_page(
    order: OrderDetail, edit: OrderEdit, steps: Sequence[str], styles: Styles, width: int
) -> list[Line]:
    """The order's lines with their new values, then each step of the preview in words."""
    titles = [(column.title, styles.heading) for column in COLUMNS]
    page = [Line(cells(COLUMNS, width - 1, titles, lead=("   ", styles.ink)))]
    quantities, prices = dict(edit.quantities), dict(edit.prices)
    for at, line in enumerate(order.lines):
        units = quantities.get(line.id)
        price = prices.get(line.id)
        currency = line.unit_price.currency
        costs = None if price is None else figure(Money(price, currency))
        changed = styles.senses[Sense.PART]
        values: list[Part] = [
            (line.name, styles.ink),
            (line.sku, styles.dim),
            (str(line.shipped_quantity) if line.shipped_quantity else "", styles.dim),
            _was(str(line.quantity), None if units is None else str(units), changed, styles),
            _was(figure(line.unit_price), costs, changed, styles),
        ]
        here = at == edit.cursor
        lead: Part = (" ▌ " if here else "   ", styles.accent)
        ground = styles.cursor if here else None
        page.append(Line(cells(COLUMNS, width - 1, values, lead=lead), (), ground, item=line.id))
    for sku, added in edit.added:
        page.append(Line(((f"   + {added} x {sku}", styles.senses[Sense.PART]),)))
    page.append(Line())
    if not steps:
        page.append(Line((("   Nothing is changed yet.", styles.dim),)))
        return page
    page.append(Line((("   WHAT IT WOULD CHANGE", styles.heading),)))
    for step in steps:
        for row, words in enumerate(wrapped(step, max(20, width - 7))):
            lead = ("   " if row == 0 else "     ", styles.ink)
            page.append(Line((lead, (words, styles.ink))))
    return page


def _was(before: str, now: str | None, changed: object, styles: Styles) -> Part:
    if now is None:
        return (before, styles.bright)
    return (f"{before} → {now}", changed)  # type: ignore[return-value]
