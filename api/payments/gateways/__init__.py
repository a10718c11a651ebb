"""The interface to payment providers; one adapter per provider."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class IntentSnapshot:
    """State of a payment at the provider. Amounts in minor units.

    `status` is the provider's own. `client_secret` lets the customer's browser pay it.
    """

    id: str
    status: str
    amount: int
    currency: str
    received: int = 0
    capturable: int = 0
    client_secret: str = ""
    decline_code: str | None = None
    risk_level: str | None = None
    """The provider's own word, once it was tried to be paid."""
    failed_checks: tuple[str, ...] = ()
    """What the card's bank said does not fit: `address`, `cvc`."""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """State of a refund at the provider. Amount in minor units."""

    id: str
    status: str
    amount: int
    failure_reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    intent_id: str | None = None


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    """State of a dispute at the provider. Amounts in minor units.

    `status` and `reason` are the provider's own. `intent_id` is empty for charges without a
    PaymentIntent.
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
    """State of an early fraud warning. `is_actionable` until it is refunded or disputed."""

    id: str
    fraud_type: str
    is_actionable: bool
    opened_at: datetime
    intent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list, newest first; the next one begins after `next_after`, if any."""

    items: list[Item]
    next_after: str | None = None


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """A webhook event whose signature was verified."""

    id: str
    kind: str
    object_id: str
    body: dict[str, object]


class PaymentGateway(Protocol):
    """The functions that the shop needs from a payment provider.

    Every call raises `GatewayUnavailable` when a retry may help and `GatewayRefused` when it will
    not. Calls that move money take an idempotency key: the id of our row.
    """

    def check_charge(self, amount: int, currency: str) -> None:
        """Refuse a total in minor units that cannot be charged; makes no network call.

        Raises `AmountNotChargeable` and `AmountBelowMinimum`.
        """

    def least_charge(self, amount: int, currency: str) -> int:
        """Return the least total that can be charged of at least an amount, in minor units."""

    def create_intent(
        self, *, amount: int, currency: str, idempotency_key: str, metadata: dict[str, str]
    ) -> IntentSnapshot:
        """Create a payment for an amount in minor units."""

    def fetch_intent(self, intent_id: str) -> IntentSnapshot:
        """Fetch the state of a payment."""

    def cancel_intent(self, intent_id: str) -> IntentSnapshot:
        """Cancel an unpaid payment; one that was paid is returned as it is."""

    def recent_intents(self, since: datetime, after: str | None) -> Page[IntentSnapshot]:
        """List payments created since a moment, newest first, after the end of a page."""

    def refund(
        self,
        *,
        intent_id: str,
        amount: int,
        currency: str,
        idempotency_key: str,
        metadata: dict[str, str],
    ) -> RefundSnapshot:
        """Refund an amount in minor units."""

    def fetch_refund(self, refund_id: str) -> RefundSnapshot:
        """Fetch the state of a refund."""

    def refunds_of(self, intent_id: str) -> list[RefundSnapshot]:
        """List all refunds of a payment, including those made at the provider."""

    def recent_refunds(self, since: datetime, after: str | None) -> Page[RefundSnapshot]:
        """List refunds created since a moment, newest first, after the end of a page."""

    def fetch_dispute(self, dispute_id: str) -> DisputeSnapshot:
        """Fetch the state of a dispute."""

    def disputes_of(self, intent_id: str) -> list[DisputeSnapshot]:
        """List all disputes of a payment."""

    def recent_disputes(self, since: datetime, after: str | None) -> Page[DisputeSnapshot]:
        """List disputes created since a moment, newest first, after the end of a page."""

    def fetch_fraud_warning(self, warning_id: str) -> FraudWarningSnapshot:
        """Fetch the state of an early fraud warning."""

    def recent_fraud_warnings(
        self, since: datetime, after: str | None
    ) -> Page[FraudWarningSnapshot]:
        """List early fraud warnings since a moment, newest first, after the end of a page."""

    def verify_event(self, body: bytes, signature: str) -> SignedEvent | None:
        """Verify a webhook's signature over its raw bytes and parse it.

        None for a signed event that the shop does not use. Raises `SignatureInvalid`, and
        `EventMalformed` for a signed body that is no event.
        """
