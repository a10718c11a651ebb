"""The values of an edit, as staff send them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.kernel.money import Money

PLACING, NOW = "placing", "now"
RULES = (PLACING, NOW)
"""By which day's prices, taxes and shipping an edit is priced."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """The new quantity or price of a line; None leaves it. A quantity of 0 removes the line.

    The quantity counts every unit of the line, shipped and cancelled ones too.
    """

    order_line_id: UUID
    quantity: int | None = None
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True)
class Addition:
    """Units of a variant as a new line; without a price at that of the rules."""

    sku: str
    quantity: int
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditForm:
    """What to change about an order; None leaves a value as it is."""

    email: str | None = None
    shipping_address: dict[str, object] | None = None
    billing_address: Mapping[str, object] | None = None
    shipping_method: str | None = None
    lines: Sequence[LineChange] = ()
    add: Sequence[Addition] = ()
    rules: str = PLACING
    reason: str | None = None
    expected_total: Money | None = None

    @property
    def sets_prices(self) -> bool:
        """Return whether staff set a price themselves."""
        changes: tuple[LineChange | Addition, ...] = (*self.lines, *self.add)
        return any(one.unit_price is not None for one in changes)

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> "EditForm":
        """Return a form that waited for a second person as JSON."""
        lines = [
            LineChange(UUID(one["order_line_id"]), one["quantity"], _money(one["unit_price"]))
            for one in stored["lines"]
        ]
        add = [
            Addition(one["sku"], one["quantity"], _money(one["unit_price"]))
            for one in stored["add"]
        ]
        expected = _money(stored["expected_total"])
        return cls(**{**stored, "lines": lines, "add": add, "expected_total": expected})


def _money(stored: Mapping[str, Any] | None) -> Money | None:
    return None if stored is None else Money(stored["amount"], stored["currency"])
