"""A return that is unpacked, laid out: what is to come, what was counted, and the refund."""

from __future__ import annotations

from console.flows.formatting import Sense, money, units
from console.flows.returns import Item, Unpacking
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, cells

COLUMNS = (
    Column("Item", 16, grow=1),
    Column("SKU", 12, from_width=60),
    Column("Why", 18, from_width=100),
    Column("To come", 7, right=True),
    Column("Came", 5, right=True),
    Column("Now", 5, right=True),
    Column("Becomes", 11),
    Column("Refunded", 8, right=True, from_width=76),
)


def return_page(state: Unpacking, styles: Styles, width: int) -> list[Line]:
    """The lines, then photos and notes, then what comes next or the refund."""
    titles = [(column.title, styles.heading) for column in COLUMNS]
    page = [Line(cells(COLUMNS, width - 1, titles, lead=("   ", styles.ink)))]
    page += [_line(item, at == state.cursor, styles, width) for at, item in enumerate(state.items)]
    return [*page, Line(), *_about(state, styles), *_foot(state, styles)]


def _line(item: Item, here: bool, styles: Styles, width: int) -> Line:
    tone = Sense.BAD if item.over else Sense.GOOD if item.now >= item.outstanding else Sense.PART
    sound = item.disposition == "restock"
    shown = item.disposition if item.now or item.waiting else ""
    if shown and item.has_lots:
        shown = f"{item.lot or 'lot?'} {shown}"
    values: list[Part] = [
        (f"{item.name} → {item.exchange}" if item.exchange else item.name, styles.ink),
        (item.sku, styles.dim),
        (item.reason, styles.dim),
        (str(item.outstanding), styles.dim),
        (str(item.received), styles.dim),
        (f"{'⚠ ' if item.over else ''}{item.now}", styles.senses[tone] if item.now else styles.dim),
        (shown, styles.ink if sound else styles.senses[Sense.BAD]),
        (str(item.refunded) if item.refunded else "", styles.dim),
    ]
    lead: Part = (" ▌ " if here else "   ", styles.accent)
    ground = styles.cursor if here else None
    return Line(cells(COLUMNS, width - 1, values, lead=lead), (), ground, item=item.variant_id)


def _about(state: Unpacking, styles: Styles) -> list[Line]:
    back = state.back
    said: list[tuple[str, str]] = [("policy", text) for text in back.advice]
    if back.note:
        said.append(("note", back.note))
    if back.refund_due_at:
        waits = ", may wait for the goods" if back.may_withhold_refund else ""
        said.append(("refund due", f"{back.refund_due_at[:16].replace('T', ' ')}{waits}"))
    said += [("photo", photo.url) for photo in back.photos]
    said += [
        ("exchange", f"{line.sku} for {line.exchange.sku}, {money(line.exchange.price)}")
        for line in back.lines
        if line.exchange is not None
    ]
    lines = [Line(((f"   {name:<11}", styles.dim), (text, styles.ink))) for name, text in said]
    return [*lines, Line()] if lines else []


def _foot(state: Unpacking, styles: Styles) -> list[Line]:
    if state.review is not None:
        refund = state.review
        lines = [Line(((f"   {why}", styles.ink),)) for why in refund.explanation]
        told = f"   Refund {money(refund.amount)}"
        if refund.bonus.amount:
            told += f" and a bonus of {money(refund.bonus)}"
        step = " F10 send the refund "
        return [*lines, Line(((told, styles.bright),)), _step(step, styles)]
    if state.units:
        return [_step(f" F10 post {units(state.units)} ", styles)]
    if state.waiting:
        return [_step(f" F10 settle {units(state.waiting)} that came before ", styles)]
    left = state.back.refundable_units
    if left:
        return [_step(f" F10 review the refund of {units(left)} ", styles)]
    if state.back.exchange_rest.amount:
        words = f" F10 review the refund of {money(state.back.exchange_rest)} from the exchange "
        return [_step(words, styles)]
    return [_step(" scan  what came ", styles)]


def _step(text: str, styles: Styles) -> Line:
    return Line((("   ", styles.ink), (text, styles.enter)))
