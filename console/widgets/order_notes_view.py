"""What people wrote about an order: tags, notes, wishes of the customer, other systems' numbers."""

from __future__ import annotations

from rich.style import Style

from console.client.models import OrderDetail
from console.flows.formatting import Sense, age
from console.theme import Styles
from console.widgets.text_layout import Line, width_of, wrapped

MOST_NOTES = 5
"""Notes that stand on the page; older ones are behind their key."""


def written(order: OrderDetail, styles: Styles, width: int) -> list[Line]:
    """Tags, pinned notes first, then what the customer wishes, then other notes."""
    lines: list[Line] = []
    if order.tags:
        lines.append(Line(((" tags  ", styles.dim), (", ".join(order.tags), styles.bright))))
    pinned = [note for note in order.notes if note.is_pinned]
    for note in pinned:
        glyph = "✔" if note.is_read else "⚑"
        tone = styles.ink if note.is_read else styles.senses[Sense.PART]
        words = f"{glyph} read before shipping: {note.text}"
        lines += _said(words, f"{note.created_by}, {age(note.created_at)} ago", tone, styles, width)
    if order.customer_note:
        lines += _said(f"✎ “{order.customer_note}”", "customer", styles.bright, styles, width)
    if order.gift_message:
        lines += _said(f"✎ card: “{order.gift_message}”", "customer", styles.bright, styles, width)
    for line in order.lines:
        told = [f"{name}: {value}" for name, value in line.properties.items()]
        told += [f"“{line.note}”"] if line.note else []
        if told:
            words = f"✎ {line.sku}  {', '.join(told)}"
            lines += _said(words, "customer", styles.bright, styles, width)
    others = [note for note in order.notes if not note.is_pinned]
    for note in others[-MOST_NOTES:]:
        whom = "to the customer: " if note.for_customer else ""
        who = f"{note.created_by}, {age(note.created_at)} ago"
        lines += _said(f"· {whom}{note.text}", who, styles.ink, styles, width)
    if len(others) > MOST_NOTES:
        lines.append(Line(((f" {len(others) - MOST_NOTES} older notes: t", styles.dim),)))
    return lines


def known_elsewhere(order: OrderDetail, styles: Styles) -> list[Line]:
    """What other systems call it, and where it came from."""
    lines = [
        Line(((f" {one.system}  ", styles.dim), (one.value or "no number", styles.ink)))
        for one in order.references
    ]
    if order.ip_country:
        lines.append(Line(((" placed from  ", styles.dim), (order.ip_country, styles.ink))))
    for payment in order.payments:
        failed = f", {' and '.join(payment.failed_checks)} did not fit"
        risk = f"{payment.risk_level or 'unknown'}{failed if payment.failed_checks else ''}"
        if payment.failed_checks or payment.risk_level in {"elevated", "highest"}:
            tone = styles.senses[Sense.BAD]
            lines.append(Line(((" risk  ", styles.dim), (risk, tone))))
    return [*lines, Line()] if lines else []


def _said(words: str, who: str, tone: Style, styles: Styles, width: int) -> list[Line]:
    rows = wrapped(" ".join(words.split()), max(20, width - width_of(who) - 4))
    first = Line(((f" {rows[0]}", tone),), ((f"{who} ", styles.dim),))
    return [first, *(Line(((f"   {row}", tone),)) for row in rows[1:])]
