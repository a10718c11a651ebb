"""One thing done to many orders: which, with what, and how much that is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from console.client.models import Money, OrderCard
from console.client.note_models import BulkResults, CancelPreview, CancelResults
from console.flows.formatting import count, money, units
from console.flows.holds import REASONS, typed_tags
from console.flows.order_commands import CANCEL_REASONS

MOST = 100
"""Orders of one action."""

ACTIONS = (
    ("tag", "tag"),
    ("untag", "remove tags"),
    ("hold", "hold back"),
    ("release", "release holds"),
    ("note", "note"),
    ("cancel", "cancel"),
)
"""Wire name and word, in the order of their digits."""

REASONS_OF = {"hold": REASONS, "cancel": CANCEL_REASONS}
"""Actions that need a reason."""

SHOWN_REFUSALS = 6


@dataclass(frozen=True, slots=True)
class Bulk:
    """What is about to be done to the chosen orders."""

    orders: tuple[OrderCard, ...]
    key: str
    """The same for each time that it is sent."""

    action: str = ""
    reason: str = ""
    preview: CancelPreview | None = None
    """What a cancellation would give back, as the shop worked it out."""

    @property
    def needs_reason(self) -> bool:
        """Whether a reason is to be chosen first."""
        return self.action in REASONS_OF and not self.reason

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """The reasons of the action, in the order of their digits."""
        return REASONS_OF.get(self.action, ())

    @property
    def totals(self) -> str:
        """How many orders and units, and how much money, by currency."""
        sums: dict[str, int] = {}
        for order in self.orders:
            sums[order.total.currency] = sums.get(order.total.currency, 0) + order.total.amount
        worth = ", ".join(money(Money(amount, currency)) for currency, amount in sums.items())
        one = "order" if len(self.orders) == 1 else "orders"
        number = units(sum(order.unit_count for order in self.orders))
        return f"{count(len(self.orders))} {one}, {number}, {worth}"

    @property
    def words(self) -> str:
        """What is asked before it is sent."""
        word = next((word for name, word in ACTIONS if name == self.action), "")
        why = next((f" ({word})" for name, word in self.reasons if name == self.reason), "")
        if self.preview is not None:
            return f"Cancel{why}: {totals_of(self.preview)}."
        return f"{word.capitalize()}{why}: {self.totals}."

    @property
    def asks(self) -> str:
        """What is typed last."""
        return {
            "tag": "tags, with commas between, then F10:",
            "untag": "tags to remove, then F10:",
            "note": "note, then F10:",
            "cancel": "note or nothing, then F10 cancels them:",
        }.get(self.action, "why, or nothing, then F10:")


def listed_actions() -> str:
    """`1 tag   2 remove tags   ...`"""
    return "   ".join(f"{n} {word}" for n, (_, word) in enumerate(ACTIONS, start=1))


def chosen(bulk: Bulk, digit: str) -> Bulk | None:
    """The action, or the reason of a hold, by its digit; None for another character."""
    choices = [name for name, _ in (bulk.reasons if bulk.needs_reason else ACTIONS)]
    if not digit.isdigit() or not 1 <= int(digit) <= len(choices):
        return None
    name = choices[int(digit) - 1]
    return replace(bulk, reason=name) if bulk.needs_reason else replace(bulk, action=name)


def body_of(bulk: Bulk, text: str) -> dict[str, object] | str:
    """What is sent; or what is missing, in words."""
    body: dict[str, object] = {"order_ids": [order.id for order in bulk.orders]}
    if bulk.preview is not None:
        body["expected_refunds"] = [one.as_wire() for one in bulk.preview.refunds]
    else:
        body["action"] = bulk.action
    if bulk.action in {"tag", "untag"}:
        add, remove = typed_tags(text)
        body["tags"] = [*add, *remove]
        return body if body["tags"] else "No tag was named"
    if bulk.action == "note" and not text:
        return "No note was written"
    if text:
        body["note"] = text
    if bulk.reason:
        body["reason"] = bulk.reason
    return body


def came_of(results: BulkResults) -> str:
    """How many were done and refused."""
    parts = [f"{count(results.done)} done"] if results.done else []
    parts += [f"{count(results.unchanged)} unchanged"] if results.unchanged else []
    if isinstance(results, CancelResults) and results.waiting:
        parts += [f"{count(results.waiting)} wait for a second person"]
    parts += [f"{count(results.refused)} refused"] if results.refused else []
    return ", ".join(parts)


def totals_of(preview: CancelPreview) -> str:
    """How many orders and units are cancelled, and what goes back: `3 orders, 7 units, 12.00`."""
    one = "order" if preview.orders == 1 else "orders"
    back = ", ".join(money(one) for one in preview.refunds if one.amount) or "no money"
    told = f"{count(preview.orders)} {one}, {units(preview.units)}, {back} goes back"
    return f"{told}; {count(preview.refused)} refused" if preview.refused else told


def refusals(results: BulkResults | CancelPreview) -> str:
    """Why some were refused, the first of them."""
    refused = [one for one in results.data if one.problem is not None]
    shown = [
        f"{one.number or one.order_id}: {one.problem.detail}"
        for one in refused[:SHOWN_REFUSALS]
        if one.problem is not None
    ]
    more = len(refused) - len(shown)
    return "  ".join([*shown, f"and {more} more"] if more > 0 else shown)


def toggled(marked: Sequence[OrderCard], order: OrderCard) -> tuple[OrderCard, ...]:
    """The chosen orders with one more, or without it."""
    others = tuple(one for one in marked if one.id != order.id)
    return others if len(others) < len(marked) else (*others, order)
