"""Stripe through its official SDK.

The API version is pinned by the SDK's own release. The SDK repeats calls that failed on the way
with the same idempotency key (https://docs.stripe.com/api/idempotent_requests), so a lost answer
does not become a second charge.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
import stripe
import structlog

from api.payments.errors import (
    AmountNotChargeable,
    EventMalformed,
    GatewayObjectUnknown,
    GatewayRefused,
    GatewayUnavailable,
    PaymentDeclined,
    SignatureInvalid,
)
from api.payments.gateways import (
    DisputeSnapshot,
    FraudWarningSnapshot,
    IntentSnapshot,
    Page,
    RefundSnapshot,
    SignedEvent,
)
from api.payments.gateways.stripe_amounts import (
    check_charge,
    from_stripe,
    least_charge,
    to_stripe,
)
from api.platform.settings import Settings

TIMEOUT_SECONDS = 10
RETRIES = 2
PAGE_SIZE = 100
SIGNATURE_TOLERANCE_SECONDS = 300

Answer = TypeVar("Answer")

_log = structlog.get_logger("api.stripe")


class StripeGateway:
    """Payments, refunds and webhooks of one Stripe account."""

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

    def least_charge(self, amount: int, currency: str) -> int:
        """Return the next total that Stripe can charge, by its documented limits."""
        return least_charge(amount, currency)

    def create_intent(
        self, *, amount: int, currency: str, idempotency_key: str, metadata: dict[str, str]
    ) -> IntentSnapshot:
        """Create a PaymentIntent; its payment methods are set in Stripe's dashboard."""
        theirs = _to_stripe(amount, currency)
        intent = _call(
            lambda: self._client.v1.payment_intents.create(
                {"amount": theirs, "currency": currency.lower(), "metadata": metadata},
                {"idempotency_key": idempotency_key},
            )
        )
        return _intent(intent)

    def fetch_intent(self, intent_id: str) -> IntentSnapshot:
        """Retrieve a PaymentIntent."""
        return _intent(
            _call(
                lambda: self._client.v1.payment_intents.retrieve(
                    intent_id, {"expand": ["latest_charge"]}
                )
            )
        )

    def cancel_intent(self, intent_id: str) -> IntentSnapshot:
        """Cancel a PaymentIntent; one that was paid or is processing is returned as it is."""
        try:
            return _intent(_call(lambda: self._client.v1.payment_intents.cancel(intent_id)))
        except GatewayRefused:
            return self.fetch_intent(intent_id)

    def recent_intents(self, since: datetime, after: str | None) -> Page[IntentSnapshot]:
        """List PaymentIntents created since a moment, a hundred per call."""
        return _page(
            self._client.v1.payment_intents.list,
            _intent,
            since,
            after,
            expand=["data.latest_charge"],
        )

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
        refund = _call(
            lambda: self._client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": theirs, "metadata": metadata},
                {"idempotency_key": idempotency_key},
            )
        )
        return _refund(refund)

    def fetch_refund(self, refund_id: str) -> RefundSnapshot:
        """Retrieve a refund."""
        return _refund(_call(lambda: self._client.v1.refunds.retrieve(refund_id)))

    def refunds_of(self, intent_id: str) -> list[RefundSnapshot]:
        """List a PaymentIntent's refunds, including those made in the dashboard."""
        found = _call(
            lambda: self._client.v1.refunds.list({"payment_intent": intent_id, "limit": PAGE_SIZE})
        )
        return [_refund(refund) for refund in _call(lambda: list(found.auto_paging_iter()))]

    def recent_refunds(self, since: datetime, after: str | None) -> Page[RefundSnapshot]:
        """List refunds created since a moment, a hundred per call."""
        return _page(self._client.v1.refunds.list, _refund, since, after)

    def fetch_dispute(self, dispute_id: str) -> DisputeSnapshot:
        """Retrieve a dispute."""
        return _dispute(_call(lambda: self._client.v1.disputes.retrieve(dispute_id)))

    def disputes_of(self, intent_id: str) -> list[DisputeSnapshot]:
        """List a PaymentIntent's disputes."""
        found = _call(
            lambda: self._client.v1.disputes.list({"payment_intent": intent_id, "limit": PAGE_SIZE})
        )
        return [_dispute(dispute) for dispute in _call(lambda: list(found.auto_paging_iter()))]

    def recent_disputes(self, since: datetime, after: str | None) -> Page[DisputeSnapshot]:
        """List disputes created since a moment, a hundred per call."""
        return _page(self._client.v1.disputes.list, _dispute, since, after)

    def fetch_fraud_warning(self, warning_id: str) -> FraudWarningSnapshot:
        """Retrieve an early fraud warning."""
        return _warning(
            _call(lambda: self._client.v1.radar.early_fraud_warnings.retrieve(warning_id))
        )

    def recent_fraud_warnings(
        self, since: datetime, after: str | None
    ) -> Page[FraudWarningSnapshot]:
        """List early fraud warnings created since a moment, a hundred per call."""
        return _page(self._client.v1.radar.early_fraud_warnings.list, _warning, since, after)

    def verify_event(self, body: bytes, signature: str) -> SignedEvent | None:
        """Check `Stripe-Signature` against each secret in use; two are in use while one is rotated.

        Only then is the body read (https://docs.stripe.com/webhooks#verify-manually). A thin event
        of API v2 contains no object and belongs to products that the shop does not use: it is
        ignored (https://docs.stripe.com/event-destinations#thin-events).
        """
        try:
            text = body.decode()
        except UnicodeDecodeError as unreadable:
            raise SignatureInvalid("The body is not text.") from unreadable
        for secret in self._webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(
                    text, signature, secret, SIGNATURE_TOLERANCE_SECONDS
                )
            except stripe.SignatureVerificationError:
                continue
            return _event(body)
        raise SignatureInvalid


def _call(call: Callable[[], Answer]) -> Answer:
    """Call Stripe and translate its errors: temporary, permanent, or declined by the bank."""
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
        if refused.http_status == 404 or refused.code == "resource_missing":
            raise GatewayObjectUnknown(str(refused)) from refused
        raise GatewayRefused(reason=refused.user_message or str(refused)) from refused
    except stripe.StripeError as broken:
        raise GatewayUnavailable(retry_after=5) from broken


def _to_stripe(amount: int, currency: str) -> int:
    """Convert an outgoing amount. Raises `GatewayRefused` if it cannot be converted."""
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
        **_risk(plain.get("latest_charge")),
        metadata={str(k): str(v) for k, v in (plain.get("metadata") or {}).items()},
    )


def _risk(charge: object) -> dict[str, Any]:
    """Return what Radar and the card's bank said of an expanded charge.

    A check that the bank could not do (`unavailable`, `unchecked`) did not fail.
    https://docs.stripe.com/api/charges/object#charge_object-payment_method_details-card-checks
    """
    if not isinstance(charge, dict):
        return {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    checks = card.get("checks") or {}
    address = ("address_line1_check", "address_postal_code_check")
    failed = ["address"] if any(checks.get(name) == "fail" for name in address) else []
    if checks.get("cvc_check") == "fail":
        failed.append("cvc")
    risk = (charge.get("outcome") or {}).get("risk_level")
    return {"risk_level": risk and str(risk)[:20], "failed_checks": tuple(failed)}


def _received(intent: dict[str, Any]) -> int:
    """Return the received amount. Older Stripe mocks leave `amount_received` out."""
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
        intent_id=_id(plain.get("payment_intent")),
    )


def _dispute(dispute: stripe.Dispute) -> DisputeSnapshot:
    plain: dict[str, Any] = dispute.to_dict()
    due = (plain.get("evidence_details") or {}).get("due_by")
    moves = plain.get("balance_transactions") or []
    currency = dispute.currency.upper()
    fee_currency = str(moves[0]["currency"]).upper() if moves else None
    fee = sum(int(move.get("fee") or 0) for move in moves)
    return DisputeSnapshot(
        id=dispute.id,
        status=str(dispute.status),
        reason=str(dispute.reason),
        amount=from_stripe(dispute.amount, currency),
        currency=currency,
        opened_at=_moment(dispute.created),
        intent_id=_id(plain.get("payment_intent")),
        evidence_due_by=_moment(due) if due else None,
        is_refundable=bool(plain.get("is_charge_refundable")),
        fee=None if fee_currency is None else from_stripe(fee, fee_currency),
        fee_currency=fee_currency,
    )


def _warning(warning: stripe.radar.EarlyFraudWarning) -> FraudWarningSnapshot:
    plain: dict[str, object] = warning.to_dict()
    return FraudWarningSnapshot(
        id=warning.id,
        fraud_type=str(warning.fraud_type),
        is_actionable=bool(warning.actionable),
        opened_at=_moment(warning.created),
        intent_id=_id(plain.get("payment_intent")),
    )


def _page(
    list_page: Callable[..., Any],
    snapshot: Callable[[Any], Answer],
    since: datetime,
    after: str | None,
    *,
    expand: Sequence[str] = (),
) -> Page[Answer]:
    """Read one page of a list by creation date (https://docs.stripe.com/api/pagination).

    An object whose amount cannot be converted is logged and skipped, so the others are found.
    """
    parameters: dict[str, object] = {"created": {"gte": int(since.timestamp())}, "limit": PAGE_SIZE}
    if after is not None:
        parameters["starting_after"] = after
    if expand:
        parameters["expand"] = list(expand)
    page = _call(lambda: list_page(parameters))
    next_after = page.data[-1].id if page.has_more and page.data else None
    items = []
    for item in page.data:
        try:
            items.append(snapshot(item))
        except GatewayRefused as error:
            _log.error("stripe_amount_unreadable", object=item.id, detail=error.detail)
    return Page(items, next_after)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _id(reference: object) -> str | None:
    """Return the id of a reference that Stripe sends as an id or as the expanded object."""
    if isinstance(reference, dict):
        reference = reference.get("id")
    return str(reference) if reference else None


def _event(body: bytes) -> SignedEvent | None:
    """Parse a verified body. Raises `EventMalformed` if it is no event or cannot be stored."""
    try:
        event = orjson.loads(body)
    except ValueError as unreadable:
        raise EventMalformed(reason="it is not JSON") from unreadable
    if not isinstance(event, dict):
        raise EventMalformed(reason="it is not an object")
    if event.get("object") == "v2.core.event":
        _log.info("thin_event_ignored", kind=str(event.get("type"))[:80])
        return None
    for name in ("id", "type"):
        _check_id(event.get(name), name, longest=120 if name == "id" else 80)
    data = event.get("data")
    event_object = data.get("object") if isinstance(data, dict) else None
    if not isinstance(event_object, dict):
        raise EventMalformed(reason="/data/object is missing")
    object_id = event_object.get("id", "")
    if object_id:  # a few kinds, such as `balance.available`, have objects without an id
        _check_id(object_id, "data/object/id", longest=120)
    return SignedEvent(
        id=event["id"],
        kind=event["type"],
        object_id=object_id or "",
        body={"type": event["type"], "object": _references(event_object)},
    )


def _check_id(value: object, name: str, *, longest: int) -> None:
    fits = isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()
    if not fits:
        raise EventMalformed(reason=f"/{name} is not an id of at most {longest} characters")


def _references(event_object: Mapping[str, object]) -> dict[str, object]:
    """Keep the ids of an event and no personal data: the job fetches the rest from Stripe."""
    kept = {
        name: reference
        for name in ("object", "payment_intent", "charge")
        if (reference := _id(event_object.get(name)))
        and len(reference) <= 120
        and reference.isprintable()
    }
    return {"id": event_object.get("id", ""), **kept}
