"""Formats a value of a record for the screen, by its form."""

from __future__ import annotations

from datetime import datetime

from console.client.models import Money
from console.flows.formatting import Sense, age, count, day, figure, money, plain
from console.flows.records import shipping_input
from console.flows.records.shapes import Field

SENSES = {
    "waiting": Sense.DUE, "approved": Sense.GOOD, "enrolled": Sense.GOOD,
    "revoked": Sense.OFF, "rejected": Sense.OFF, "expired": Sense.OFF,
    "open": Sense.DUE, "pending": Sense.PART, "sending": Sense.PART, "running": Sense.PART,
    "draft": Sense.DUE, "ordered": Sense.PART, "partially_received": Sense.PART,
    "received": Sense.GOOD, "ready": Sense.DUE, "in_transit": Sense.PART,
    "undoing": Sense.PART, "shipped": Sense.GOOD, "delivered": Sense.GOOD, "sent": Sense.GOOD,
    "completed": Sense.GOOD, "failed": Sense.BAD, "cancelled": Sense.OFF,
    "voided": Sense.OFF, "undone": Sense.OFF,
}  # fmt: skip
GLYPHS = {Sense.DUE: "○", Sense.PART: "◔", Sense.GOOD: "✔", Sense.BAD: "✖", Sense.OFF: "–",
          Sense.QUIET: "·"}  # fmt: skip
_FIGURE = Field("", "", "figure")
RIGHT = frozenset({"count", "units", "money", "share", "percent", "age"})
"""Forms that stand at the right of their column."""


def told(shown: Field, value: object) -> str:
    """A value in words; nothing where there is none, and its own form where it is unknown."""
    if value is None or value == "":
        return ""
    match shown.form, value:
        case "when", str():
            return day(datetime.fromisoformat(value))
        case "age", str():
            return age(datetime.fromisoformat(value))
        case "state", _:
            return f"{GLYPHS[sense_of(value)]} {str(value).replace('_', ' ')}"
        case "money", {"amount": int(amount), "currency": str(currency)}:
            return money(Money(amount, currency))
        case "figure", {"amount": int(amount), "currency": str(currency)}:
            return figure(Money(amount, currency)).replace(" ", "")
        case "count", int():
            return count(value)
        case "units", list():
            return count(sum(one.get("quantity", 0) for one in value))
        case "share", int():
            whole, part = divmod(value, 100)
            return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + " %"
        case "percent", str():
            return f"{value} %"
        case "list" | "areas" | "bands", list():
            return _listed(shown.form, value)
        case "people", list():
            return ", ".join(str(one.get("full_name")) for one in value)
        case "changes", dict():
            return "\n".join(changed(value))
        case "yes", bool():
            return "yes" if value else "no"
    return plain(value)


def _listed(form: str, values: list[object]) -> str:
    if form == "list":
        return ", ".join(plain(one) for one in values)
    parts = [one for one in values if isinstance(one, dict)]
    return shipping_input.told(form, parts, lambda price: told(_FIGURE, price))


def changed(changes: dict[str, object]) -> list[str]:
    """What became what, one line for each name."""
    before, after = changes.get("before"), changes.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [f"{name}: {_short(value)}" for name, value in changes.items()]
    names = dict.fromkeys((*before, *after))
    return [f"{name}: {_short(before.get(name))} → {_short(after.get(name))}" for name in names]


def _short(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(plain(one) for one in value) or "–"
    return "–" if value is None else plain(value)


def sense_of(state: object) -> Sense:
    """What a state means."""
    return SENSES.get(str(state), Sense.QUIET)
