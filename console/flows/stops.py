"""Stopping units, or putting them on sale again: how many, and a sign for what they become."""

from __future__ import annotations

import re

from console.client.outbox import NewCommand
from console.client.warehouse import change_state
from console.flows import quantity_input

WORDS = "3 d damaged  3 q quarantine  3 du damaged, on sale again  3 qu quarantine, on sale again"
"""What may be typed, as it is told."""

STATES = {
    "d": ("available", "damaged", "damaged"),
    "q": ("available", "quarantine", "other"),
    "du": ("damaged", "available", "correction"),
    "qu": ("quarantine", "available", "correction"),
    "dq": ("damaged", "quarantine", "other"),
    "qd": ("quarantine", "damaged", "damaged"),
}
"""From which state to which, and why."""

TYPED = re.compile(r"(\d+)\s*([a-z]{1,2})", re.IGNORECASE)


class NotUnderstood(ValueError):
    """What was typed cannot be taken; the message says what would be."""


def command(level_id: str, sku: str, text: str) -> NewCommand:
    """The command for `3 d`. Raises `NotUnderstood`."""
    match = TYPED.fullmatch(text.strip())
    if match is None or match[2].lower() not in STATES:
        raise NotUnderstood(f"{text.strip() or 'Nothing'} is not understood. {WORDS}")
    try:
        units = quantity_input.parse(match[1])
    except quantity_input.NotAQuantity as refusal:
        raise NotUnderstood(str(refusal)) from refusal
    if not units:
        raise NotUnderstood(f"0 units change nothing. {WORDS}")
    source, target, reason = STATES[match[2].lower()]
    return change_state(level_id, sku, units, source=source, target=target, reason=reason)
