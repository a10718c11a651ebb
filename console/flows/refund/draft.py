"""What would be given back, why, and where it would go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.client.models import Barcode, Money, RefundQuote
from console.flows.formatting import money
from console.flows.line_items import units_called
from console.flows.transition import Question

REASONS = (
    ("changed_mind", "changed mind"),
    ("damaged", "damaged"),
    ("wrong_item", "wrong item"),
    ("late", "late"),
    ("other", "other"),
    ("goodwill", "goodwill"),
    ("overpaid", "overpaid"),
)
"""Wire name and word, in the order of their digits, from 1."""

NOT_TO_BE_SOLD = frozenset({"damaged"})
"""Reasons for which goods are not restocked unless the operator says so."""


class Stage(StrEnum):
    """How far the refund is."""

    EDITING = "editing"
    QUOTING = "quoting"
    """F10 was pressed; the shop's amount is not here yet."""

    REVIEW = "review"
    SENDING = "sending"
    UNKNOWN = "unknown"
    """Sent, and the answer was lost."""

    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Returned:
    """One order line in the draft, in units."""

    line_id: str
    sku: str
    barcode: str | None
    name: str
    unit_price: Money
    bought: int
    refundable: int
    quantity: int = 0
    restock: bool | None = None
    """What the operator said; None leaves it to the reason."""

    barcodes: tuple[Barcode, ...] = ()

    def units_called(self, code: str) -> int:
        """How many units of this line's goods a scanned code means; 0 for other goods."""
        return units_called(code, self.sku, self.barcode, self.barcodes)


@dataclass(frozen=True, slots=True)
class RefundDraft:
    """What would be given back, why, and where it would go."""

    order_id: str
    number: str
    lines: tuple[Returned, ...]
    destination: str
    refundable: Money
    refundable_shipping: Money
    overpaid: Money
    """How much more is here than the order costs."""

    holders: tuple[tuple[str, Money, bool], ...] = ()
    """The payments that hold something, how much, and whether it is money; the one first that
    gives back first."""

    has_account: bool = False
    """Whether the order is a customer's, who can have store credit."""

    to_store_credit: bool = False
    """Money is given as store credit, and not the way it came."""

    shipping: bool = False
    amount: Money | None = None
    """What the operator typed as all that goes back; None leaves it to the price of the goods."""
    reason: str | None = None
    note: str = ""
    cursor: int = 0
    stage: Stage = Stage.EDITING
    quote: RefundQuote | None = None
    serial: int = 0
    """Counts the edits, so that a quote for an older draft is not taken for this one's."""

    question: Question | None = None
    tries: int = 0

    @property
    def units(self) -> int:
        """Units that would come back."""
        return sum(line.quantity for line in self.lines)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to give back."""
        return not self.units and not self.shipping and self.amount is None

    @property
    def work(self) -> tuple[object, ...]:
        """What the operator did: the part that undo reverts."""
        return (
            *(self.lines, self.shipping, self.amount, self.reason, self.note),
            self.to_store_credit,
        )

    def destination_of(self, amount: Money) -> str:
        """Where so much goes: money first, the last payment before the others, then vouchers."""
        if sum(held.amount for _, held, _ in self.holders) != self.refundable.amount:
            return self.destination  # something is on its way already: the shop alone knows
        left, parts = amount.amount, []
        for name, held, is_money in self.holders:
            if left > 0:
                to = "store credit" if is_money and self.to_store_credit else name
                parts.append((to, Money(min(left, held.amount), amount.currency)))
                left -= held.amount
        if len(parts) < 2:
            return parts[0][0] if parts else self.destination
        return " and ".join(f"{name} ({money(part)})" for name, part in parts)

    def restocks(self, line: Returned) -> bool:
        """Whether a line's units are restocked."""
        if line.restock is not None:
            return line.restock
        return self.reason not in NOT_TO_BE_SOLD
