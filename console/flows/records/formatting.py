"""Formats a value of a record for the screen, by its form."""

from __future__ import annotations

from datetime import datetime

from console.client.models import Money
from console.flows.formatting import Sense, age, count, day, figure, money, plain
from console.flows.records import shipping_input, tier_input
from console.flows.records.shapes import Field

SENSES = {
    "waiting": Sense.DUE, "approved": Sense.GOOD, "enrolled": Sense.GOOD,
    "revoked": Sense.OFF, "rejected": Sense.OFF, "expired": Sense.OFF,
    "open": Sense.DUE, "pending": Sense.PART, "sending": Sense.PART, "running": Sense.PART,
    "draft": Sense.DUE, "ordered": Sense.PART, "partially_received": Sense.PART,
    "received": Sense.GOOD, "ready": Sense.DUE, "in_transit": Sense.PART,
    "undoing": Sense.PART, "shipped": Sense.GOOD, "delivered": Sense.GOOD, "sent": Sense.GOOD,
    "completed": Sense.GOOD, "failed": Sense.BAD, "cancelled": Sense.OFF,
    "requested": Sense.DUE, "bought": Sense.GOOD, "return_to_sender": Sense.BAD,
    "failure": Sense.BAD,
    "voided": Sense.OFF, "undone": Sense.OFF,
    "queued": Sense.DUE, "printing": Sense.PART, "printed": Sense.GOOD,
    "not answering": Sense.BAD, "paused": Sense.OFF,
}  # fmt: skip
GLYPHS = {Sense.DUE: "○", Sense.PART: "◔", Sense.GOOD: "✔", Sense.BAD: "✖", Sense.OFF: "–",
          Sense.QUIET: "·"}  # fmt: skip
LISTED = frozenset(
    {
        "list",
        "bars",
        "sentences",
        "areas",
        "bands",
        "value tiers",
        "unit tiers",
        "moneys",
        "named",
        "notes",
        "addresses",
        "references",
        "readers",
        "goods",
        "customs",
        "links",
    }
)
"""Forms of lists."""

_FIGURE = Field("", "", "figure")
RIGHT = frozenset({"count", "units", "money", "share", "percent", "age"})
"""Forms that stand at the right of their column."""


BARS = "▁▂▃▄▅▆▇█"


def bars(values: list[int]) -> str:
    """Numbers as bars, the highest at full height; nothing is a dot."""
    top = max(values, default=0)
    return "".join("·" if one <= 0 else BARS[(one * len(BARS) - 1) // top] for one in values)


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
        case form, list() if form in LISTED:
            return _listed(shown.form, value)
        case "people", list():
            return ", ".join(str(one.get("full_name")) for one in value)
        case "changes", dict():
            return "\n".join(changed(value))
        case "yes", bool():
            return "yes" if value else "no"
    return plain(value)


_MONEY = Field("", "", "money")


def _each(form: str, values: list[dict[str, object]]) -> str:
    """Several small records in words: on one line, or one below the other."""
    match form:
        case "moneys":
            return ", ".join(told(_MONEY, one) for one in values)
        case "named":
            return ", ".join(str(one.get("name")) for one in values)
        case "references":
            return ", ".join(f"{one.get('system')} {one.get('value') or ''}" for one in values)
        case "goods":
            return "\n".join(
                f"{one.get('quantity')} × {one.get('sku')}  {one.get('title')}" for one in values
            )
        case "customs":
            return "\n".join(
                f"{one.get('quantity')} × {one.get('sku')}  HS {one.get('hs_code')} "
                f"from {one.get('origin_country')}{_declared(one)}"
                for one in values
            )
        case "links":
            return "\n".join(str(one.get("url")) for one in values)
        case "readers":
            return ", ".join(str(one.get("actor")) for one in values)
        case "notes":
            rows = [f"✎ {one.get('text')}  ({one.get('created_by')})" for one in values]
            return "\n".join(" ".join(row.split()) for row in rows)
    labels = [one.get("label_lines") for one in values]
    return "\n".join("⌂ " + ", ".join(map(str, one)) for one in labels if isinstance(one, list))


def _declared(line: dict[str, object]) -> str:
    """Weight and value of a line of a customs form; what a label keeps has those of one unit."""
    grams = line.get("net_weight_grams")
    return "" if grams is None else f", {grams} g, {told(_MONEY, line.get('value'))}"


def _listed(form: str, values: list[object]) -> str:
    if form == "list":
        return ", ".join(plain(one) for one in values)
    if form == "bars":
        return bars([one for one in values if isinstance(one, int)][-7:])
    if form == "sentences":
        return "\n".join(str(one) for one in values)
    parts = [one for one in values if isinstance(one, dict)]
    if form in tier_input.EXAMPLE:
        return tier_input.told_tiers(parts, lambda price: told(_FIGURE, price))
    if form not in {"areas", "bands"}:
        return _each(form, parts)
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
