"""The door to whoever moves the money. One adapter per provider, behind these few functions."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class IntentSnapshot:
    """How a payment stands at the provider right now. Amounts in minor units.

    `status` is the provider's own word. `client_secret` lets the customer's browser pay it.
    """

    id: str
    status: str
    amount: int
    currency: str
    received: int = 0
    capturable: int = 0
    client_secret: str = ""
    decline_code: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """How a refund stands at the provider right now. Amount in minor units."""

    id: str
    status: str
    amount: int
    failure_reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    intent_id: str | None = None


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    """How a dispute stands at the provider right now. Amounts in minor units.

    `status` and `reason` are the provider's own words. `intent_id` is empty for money that never
    was a payment of a shop like ours.
    """

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    opened_at: datetime
    intent_id: str | None = None
    evidence_due_by: datetime | None = None
    is_refundable: bool = False
    fee: int | None = None
    fee_currency: str | None = None


@dataclass(frozen=True, slots=True)
class FraudWarningSnapshot:
    """How a bank's early warning stands. `is_actionable` ends when it is refunded or disputed."""

    id: str
    fraud_type: str
    is_actionable: bool
    opened_at: datetime
    intent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list, newest first; the next part begins at `next_after`, if there is one."""

    items: list[Item]
    next_after: str | None = None


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """A message whose signature was checked."""

    id: str
    kind: str
    object_id: str
    body: dict[str, object]


class PaymentGateway(Protocol):
    """What the shop asks of a payment provider.

    Every call raises `GatewayUnavailable` when asking again may help and `GatewayRefused` when it
    will not. Calls that move money take an idempotency key: the id of our row.
    """

    def check_charge(self, amount: int, currency: str) -> None:
        """Refuse a total in minor units that could never be charged; asks nobody.

        Raises `AmountNotChargeable` and `AmountBelowMinimum`.
        """

    def create_intent(
        self, *, amount: int, currency: str, idempotency_key: str, metadata: dict[str, str]
    ) -> IntentSnapshot:
        """Ask for an amount in minor units."""

    def fetch_intent(self, intent_id: str) -> IntentSnapshot:
        """Ask how a payment stands."""

    def cancel_intent(self, intent_id: str) -> IntentSnapshot:
        """Withdraw a payment that was not made. A payment that was made is returned as it is."""

    def recent_intents(self, since: datetime, after: str | None) -> Page[IntentSnapshot]:
        """List payments begun since a moment, newest first, from where a page ended."""

    def refund(
        self,
        *,
        intent_id: str,
        amount: int,
        currency: str,
        idempotency_key: str,
        metadata: dict[str, str],
    ) -> RefundSnapshot:
        """Give an amount in minor units back."""

    def fetch_refund(self, refund_id: str) -> RefundSnapshot:
        """Ask how a refund stands."""

    def refunds_of(self, intent_id: str) -> list[RefundSnapshot]:
        """List all refunds of a payment, whoever asked for them."""

    def recent_refunds(self, since: datetime, after: str | None) -> Page[RefundSnapshot]:
        """List refunds made since a moment, newest first, from where a page ended."""

    def fetch_dispute(self, dispute_id: str) -> DisputeSnapshot:
        """Ask how a dispute stands."""

    def disputes_of(self, intent_id: str) -> list[DisputeSnapshot]:
        """List all disputes of a payment."""

    def recent_disputes(self, since: datetime, after: str | None) -> Page[DisputeSnapshot]:
        """List disputes opened since a moment, newest first, from where a page ended."""

    def fetch_fraud_warning(self, warning_id: str) -> FraudWarningSnapshot:
        """Ask how an early fraud warning stands."""

    def recent_fraud_warnings(
        self, since: datetime, after: str | None
    ) -> Page[FraudWarningSnapshot]:
        """List early fraud warnings since a moment, newest first, from where a page ended."""

    def verify_event(self, body: bytes, signature: str) -> SignedEvent | None:
        """Check a message's signature over its raw bytes and read it.

        None for a signed message that is not meant for us. Raises `SignatureInvalid`, and
        `EventMalformed` for a signed body that is no event.
        """
