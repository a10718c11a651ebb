"""One action of the console: what it is called, its keys, and the screens that have it."""

from __future__ import annotations

from typing import NamedTuple

from console.flows.records.table import KINDS

RECORDS = frozenset(KINDS)
EVERYWHERE = RECORDS | {
    "home", "orders", "order", "ship", "refund", "stock", "level", "catalogue", "attention",
    "outbox", "help", "scanner", "bin", "put_away", "replenish", "count", "receive",
    "order_edit", "return_case", "pick", "pack", "hand_over",
}  # fmt: skip


class Action(NamedTuple):
    """One thing that an operator can do."""

    id: str
    keys: tuple[str, ...]
    """What the key types, or its name when it types nothing; the first is the usual one."""

    face: str
    """How the key looks on the bar."""

    label: str
    """One or two words for the bar; empty keeps it off the bar."""

    help: str
    group: str
    screens: frozenset[str] = EVERYWHERE
    alias: str = ""
    """What is typed after `:` to do it."""

    needs: str = ""
    """The permission without which it is neither shown nor done."""


def on(*screens: str) -> frozenset[str]:
    """The screens that have an action."""
    return frozenset(screens)
