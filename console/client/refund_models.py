"""Wire models of refunds and refund quotes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.money import Money


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Part of a refund: units of one order line."""

    order_line_id: str
    quantity: int
    restock: bool
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundTransaction:
    """Money of a refund that goes back to one payment."""

    payment_id: str
    provider: str
    amount: Money
    status: str
    to_store_credit: bool


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back, or on its way back; `origin` says by whom, the shop or the provider."""

    id: str
    origin: str
    status: str
    provider_status: str | None
    amount: Money
    reason: str
    note: str | None
    lines: tuple[RefundLine, ...]
    shipping: Money
    additional: Money
    transactions: tuple[RefundTransaction, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """What the shop would give back for units of one line."""

    order_line_id: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """What a refund would come to, before anyone agrees to it."""

    lines: tuple[QuotedLine, ...]
    shipping: Money
    additional: Money
    amount: Money
    refundable: Money
