"""What needs a person: a row of the list, and one item written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from console.client.hold_models import AttentionItem
from console.client.outbox import Command, State
from console.flows.formatting import Sense, age, day, money, span
from console.flows.transition import Tone
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, wrapped

ATTENTION_COLUMNS = (
    Column("What", 15),
    Column("Order", 10),
    Column("Amount", 11, right=True),
    Column("Age", 4, right=True),
    Column("Due", 7, right=True),
    Column("Why", 16, grow=1, from_width=66),
)
SOON = 3 * 24 * 3600.0
"""Seconds before its date at which an answer becomes urgent."""

KEYS = {
    "refund": "r  give the money back",
    "link": "l  link it to an order",
    "retry": "y  run it again",
    "discard": "d  give it up for good",
    "accept": "a  accept it, with a note",
}


def attention_row(
    styles: Styles, pending: Callable[[AttentionItem], bool]
) -> Callable[[AttentionItem], Sequence[Part]]:
    """Draw a row; `pending` tells what has a command under way."""

    def draw(item: AttentionItem) -> Sequence[Part]:
        why: Part = (item.reason, styles.dim)
        if pending(item):
            why = ("◔ being sent", styles.senses[Sense.PART])
        elif item.resolution is not None:
            why = (f"✔ {resolved(item)}", styles.senses[Sense.GOOD])
        return (
            (item.kind.replace("_", " "), styles.bright),
            (item.order_number or "", styles.ink),
            ("" if item.amount is None else money(item.amount), styles.ink),
            (age(item.created_at), styles.dim),
            _due(item, styles),
            why,
        )

    return draw


def attention_page(
    item: AttentionItem, pending: Sequence[Command], styles: Styles, width: int
) -> list[Line]:
    """An item with everything that is known of it, and what ends it."""
    amount = "" if item.amount is None else f"{money(item.amount)} "
    about = f"order {item.order_number}" if item.order_number else item.reference
    lines = [
        Line(((f" {item.kind.replace('_', ' ')}", styles.bright),), ((amount, styles.bright),)),
        Line(((f" {about}", styles.ink),), ((f"since {day(item.created_at)} ", styles.dim),)),
    ]
    lines += [_under_way(command, styles) for command in pending]
    lines.append(Line())
    lines += [Line(((f" {row}", styles.ink),)) for row in wrapped(item.reason, max(10, width - 2))]
    if item.due_at is not None:
        words, sense = _due(item, styles)
        lines += [
            Line(),
            Line(((" answer by ", styles.dim), (f"{day(item.due_at)} ({words})", sense))),
        ]
    lines.append(Line())
    if item.resolution is not None:
        lines.append(Line(((f" ✔ {resolved(item)}", styles.senses[Sense.GOOD]),)))
        note = wrapped(item.note or "", max(10, width - 2))
        return lines + [Line(((f" {row}", styles.dim),)) for row in note if row]
    lines.append(Line(((" WHAT ENDS IT", styles.heading),)))
    lines += [Line(((f" {KEYS[one]}", styles.ink),)) for one in item.commands if one in KEYS]
    if item.order_id:
        lines.append(Line(((" ⏎  opens the order", styles.dim),)))
    return lines


def resolved(item: AttentionItem) -> str:
    """`accepted by Anna`, or that it went by itself."""
    if item.resolution == "gone":
        return "its cause has gone"
    return f"{item.resolution} by {item.resolved_by or 'somebody'}"


def _due(item: AttentionItem, styles: Styles) -> Part:
    if item.due_at is None:
        return ("", styles.dim)
    left = (item.due_at - datetime.now(UTC)).total_seconds()
    if left <= 0:
        return ("✖ over", styles.senses[Sense.BAD])
    return (f"in {span(left)}", styles.senses[Sense.BAD] if left < SOON else styles.ink)


def _under_way(command: Command, styles: Styles) -> Line:
    if command.state is State.STOPPED:
        why = str((command.problem or {}).get("detail", ""))
        return Line(
            ((f" ✖ {command.label}: refused. {why} F12 decides", styles.tones[Tone.WRONG]),)
        )
    return Line(((f" ◔ {command.label}: being sent", styles.tones[Tone.WAIT]),))
