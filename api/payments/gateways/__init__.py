"""The door to whoever moves the money. One adapter per provider, behind these few functions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


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

    def recent_intents(self, since: datetime) -> Iterator[IntentSnapshot]:
        """List payments begun since a moment."""

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

    def verify_event(self, body: bytes, signature: str) -> SignedEvent:
        """Check a message's signature over its raw bytes. Raises `SignatureInvalid`."""
