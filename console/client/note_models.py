"""Wire models of an order's notes, references, history, discounts and VAT id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.money import Money


@dataclass(frozen=True, slots=True)
class OrderNote:
    """A note about an order; `is_read` tells whether whoever asks has acknowledged it."""

    id: str
    text: str
    for_customer: bool
    is_pinned: bool
    is_read: bool
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Reference:
    """What another system calls an order."""

    system: str
    value: str | None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry of an order's timeline."""

    at: datetime
    kind: str
    text: str
    actor: str | None


@dataclass(frozen=True, slots=True)
class VatId:
    """The VAT id of a buyer; `is_valid` is None while nobody has confirmed it."""

    vat_id: str
    is_valid: bool | None


@dataclass(frozen=True, slots=True)
class OrderDiscount:
    """What one discount took off an order."""

    name: str
    code: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class SavedView:
    """Filters of the list of orders that the operator saved under a name."""

    id: str
    name: str
    filters: dict[str, str]
    version: int


@dataclass(frozen=True, slots=True)
class BulkProblem:
    """Why something was refused for one order."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What came of an action for one order."""

    order_id: str
    number: str | None
    status: str
    problem: BulkProblem | None


@dataclass(frozen=True, slots=True)
class BulkResults:
    """What came of an action on many orders."""

    data: tuple[BulkResult, ...]
    done: int
    unchanged: int
    refused: int


@dataclass(frozen=True, slots=True)
class CancelResults(BulkResults):
    """What came of cancelling many orders; `waiting` ones wait for a second person."""

    waiting: int


@dataclass(frozen=True, slots=True)
class CancelPreviewRow:
    """What cancelling one order would mean."""

    order_id: str
    number: str | None
    problem: BulkProblem | None


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """What cancelling many orders would give back."""

    data: tuple[CancelPreviewRow, ...]
    orders: int
    refused: int
    units: int
    refunds: tuple[Money, ...]
