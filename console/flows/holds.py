"""Why orders are held back, and how that is listed."""

from __future__ import annotations

from collections.abc import Sequence

from console.client.hold_models import Hold
from console.client.models import OrderDetail

REASONS = (
    ("payment", "payment"),
    ("risk", "risk"),
    ("address", "address"),
    ("stock", "stock"),
    ("customer_request", "customer asked"),
    ("other", "other"),
)
"""Wire name and word, in the order of their digits."""


def typed_tags(text: str) -> tuple[list[str], list[str]]:
    """Read `+express -gift box, late`: signs or commas part the tags; without a sign one is added.

    Words between two signs are one tag.
    """
    add: list[str] = []
    remove: list[str] = []
    for piece in text.replace("+", ",+").replace(" -", ",-").split(","):
        tag = " ".join(piece.strip().lstrip("+-").split())
        if tag:
            (remove if piece.strip().startswith("-") else add).append(tag)
    return add, remove


def active(order: OrderDetail) -> tuple[Hold, ...]:
    """The holds that are not released."""
    return tuple(hold for hold in order.holds if hold.released_at is None)


def listed_reasons() -> str:
    """`1 payment   2 risk   ...`"""
    return "   ".join(f"{n} {word}" for n, (_, word) in enumerate(REASONS, start=1))


def listed_holds(held: Sequence[Hold]) -> str:
    """`1 risk   2 address (no such number)`"""
    return "   ".join(
        f"{n} {one.reason.replace('_', ' ')}{f' ({one.note})' if one.note else ''}"
        for n, one in enumerate(held, start=1)
    )
