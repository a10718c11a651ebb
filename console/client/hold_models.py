"""Wire models of holds, disputes, fraud warnings and attention items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.money import Money


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason not to ship an order yet."""

    id: str
    reason: str
    note: str | None
    created_by: str
    created_at: datetime
    released_by: str | None
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A customer's bank asks for money back; status and reason are the provider's words."""

    id: str
    status: str
    reason: str
    amount: Money
    fee: Money | None
    evidence_due_by: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class FraudWarning:
    """A bank suspects fraud and has not disputed the payment yet."""

    id: str
    fraud_type: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderAttention:
    """Something about an order that a person must look at."""

    id: str
    kind: str
    reason: str
    amount: Money | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that a person must look at, and what ends it."""

    id: str
    kind: str
    reason: str
    amount: Money | None
    due_at: datetime | None
    reference: str
    order_id: str | None
    order_number: str | None
    created_at: datetime
    commands: tuple[str, ...]
    resolved_by: str | None
    resolution: str | None
    note: str | None
