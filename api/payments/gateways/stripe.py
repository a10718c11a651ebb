"""Stripe through its official SDK.

The API version is pinned by the SDK's own release. The SDK repeats calls that failed on the way
with the same idempotency key (https://docs.stripe.com/api/idempotent_requests), so a lost answer
does not become a second charge.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import stripe
import structlog

from api.payments.errors import (
    AmountNotChargeable,
    GatewayRefused,
    GatewayUnavailable,
    PaymentDeclined,
    SignatureInvalid,
)
from api.payments.gateways import IntentSnapshot, RefundSnapshot, SignedEvent
from api.payments.gateways.stripe_amounts import check_charge, from_stripe, to_stripe
from api.platform.settings import Settings

TIMEOUT_SECONDS = 10
RETRIES = 2
SIGNATURE_TOLERANCE_SECONDS = 300

Answer = TypeVar("Answer")

_log = structlog.get_logger("api.stripe")


class StripeGateway:
    """Payments, refunds and signed messages of one Stripe account."""

    def __init__(self, settings: Settings) -> None:
        self._webhook_secrets = [s for s in settings.stripe_webhook_secret.split(",") if s]
        self._client = stripe.StripeClient(
            settings.stripe_secret_key or "sk_not_configured",
            base_addresses={"api": settings.stripe_api_base} if settings.stripe_api_base else None,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
            max_network_retries=RETRIES,
        )

    def check_charge(self, amount: int, currency: str) -> None:
        """Refuse what Stripe cannot charge, by its documented limits."""
        check_charge(amount, currency)

    def create_intent(
        self, *, amount: int, currency: str, idempotency_key: str, metadata: dict[str, str]
    ) -> IntentSnapshot:
        """Create a PaymentIntent; which ways to pay are open is set in Stripe's dashboard."""
        theirs = _to_stripe(amount, currency)
        intent = _ask(
            lambda: self._client.v1.payment_intents.create(
                {"amount": theirs, "currency": currency.lower(), "metadata": metadata},
                {"idempotency_key": idempotency_key},
            )
        )
        return _intent(intent)

    def fetch_intent(self, intent_id: str) -> IntentSnapshot:
        """Retrieve a PaymentIntent."""
        return _intent(_ask(lambda: self._client.v1.payment_intents.retrieve(intent_id)))

    def cancel_intent(self, intent_id: str) -> IntentSnapshot:
        """Cancel a PaymentIntent; one that was paid or is being paid is returned as it stands."""
        try:
            return _intent(_ask(lambda: self._client.v1.payment_intents.cancel(intent_id)))
        except GatewayRefused:
            return self.fetch_intent(intent_id)

    def recent_intents(self, since: datetime) -> Iterator[IntentSnapshot]:
        """List PaymentIntents created since a moment, a hundred per call.

        One whose amount cannot be read is logged and left out: the others must still be found.
        """
        found = _ask(
            lambda: self._client.v1.payment_intents.list(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}
            )
        )
        for intent in found.auto_paging_iter():
            try:
                yield _intent(intent)
            except GatewayRefused as unreadable:
                _log.error("stripe_amount_unreadable", intent=intent.id, detail=unreadable.detail)

    def refund(
        self,
        *,
        intent_id: str,
        amount: int,
        currency: str,
        idempotency_key: str,
        metadata: dict[str, str],
    ) -> RefundSnapshot:
        """Refund a part of a PaymentIntent."""
        theirs = _to_stripe(amount, currency)
        refund = _ask(
            lambda: self._client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": theirs, "metadata": metadata},
                {"idempotency_key": idempotency_key},
            )
        )
        return _refund(refund)

    def fetch_refund(self, refund_id: str) -> RefundSnapshot:
        """Retrieve a refund."""
        return _refund(_ask(lambda: self._client.v1.refunds.retrieve(refund_id)))

    def verify_event(self, body: bytes, signature: str) -> SignedEvent:
        """Check `Stripe-Signature` against each secret in use; two are in use while one is rotated.

        https://docs.stripe.com/webhooks#verify-manually
        """
        for secret in self._webhook_secrets:
            try:
                event = stripe.Webhook.construct_event(
                    body, signature, secret, SIGNATURE_TOLERANCE_SECONDS
                )
            except stripe.SignatureVerificationError:
                continue
            except ValueError as unreadable:
                raise SignatureInvalid("The body is not a Stripe event.") from unreadable
            plain: dict[str, Any] = event.to_dict()
            held = plain.get("data", {}).get("object", {})
            return SignedEvent(
                id=str(event.id),
                kind=str(event.type),
                object_id=str(held.get("id", "")),
                body={"type": event.type, "object": _references(held)},
            )
        raise SignatureInvalid


def _ask(call: Callable[[], Answer]) -> Answer:
    """Call Stripe and translate its failures: try again, never, or the bank said no."""
    try:
        return call()
    except stripe.CardError as declined:
        code = getattr(declined.error, "decline_code", None) or declined.code or "card_declined"
        raise PaymentDeclined(decline_code=code) from declined
    except (stripe.APIConnectionError, stripe.RateLimitError) as lost:
        raise GatewayUnavailable(retry_after=5) from lost
    except stripe.AuthenticationError as refused:
        _log.error("stripe_key_refused")
        raise GatewayUnavailable(retry_after=60) from refused
    except stripe.InvalidRequestError as refused:
        raise GatewayRefused(reason=refused.user_message or str(refused)) from refused
    except stripe.StripeError as broken:
        raise GatewayUnavailable(retry_after=5) from broken


def _to_stripe(amount: int, currency: str) -> int:
    """Convert an amount that goes out; Stripe would refuse what does not convert."""
    try:
        return to_stripe(amount, currency)
    except AmountNotChargeable as impossible:
        raise GatewayRefused(reason=impossible.detail) from impossible


def _intent(intent: stripe.PaymentIntent) -> IntentSnapshot:
    error = intent.last_payment_error
    plain: dict[str, Any] = intent.to_dict()
    currency = intent.currency.upper()
    return IntentSnapshot(
        id=intent.id,
        status=intent.status,
        amount=from_stripe(intent.amount, currency),
        currency=currency,
        received=from_stripe(_received(plain), currency),
        capturable=from_stripe(int(plain.get("amount_capturable") or 0), currency),
        client_secret=intent.client_secret or "",
        decline_code=(error.decline_code or error.code) if error else None,
        metadata={str(k): str(v) for k, v in (plain.get("metadata") or {}).items()},
    )


def _received(intent: dict[str, Any]) -> int:
    """Return what was taken. Older look-alikes leave `amount_received` out of a paid intent."""
    received = intent.get("amount_received")
    if received is not None:
        return int(received)
    return int(intent["amount"]) if intent["status"] == "succeeded" else 0


def _refund(refund: stripe.Refund) -> RefundSnapshot:
    plain: dict[str, Any] = refund.to_dict()
    return RefundSnapshot(
        id=refund.id,
        status=refund.status or "pending",
        amount=from_stripe(refund.amount, refund.currency.upper()),
        failure_reason=plain.get("failure_reason"),
        metadata={str(k): str(v) for k, v in (plain.get("metadata") or {}).items()},
    )


def _references(held: dict[str, Any]) -> dict[str, Any]:
    """Keep the ids of a message and nothing of the person: the job asks Stripe for the rest."""
    kept = ("id", "object", "status", "amount", "currency", "payment_intent", "charge", "metadata")
    return {name: held[name] for name in kept if name in held}
