"""Payments and refunds at the provider: record, call the provider, record.

The provider is never called inside a transaction.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from api.kernel import clock
from api.payment_sync import service
from api.payment_sync.flows.external_changes import sync_intent
from api.payments import queries as payments_queries
from api.payments.errors import (
    GatewayObjectUnknown,
    GatewayRefused,
    GatewayUnavailable,
    PaymentDeclined,
    PaymentNotFound,
)
from api.payments.gateways import IntentSnapshot, PaymentGateway, RefundSnapshot
from api.platform import sweeps
from api.platform.attention import Subjects
from api.platform.db import AnyRow, end_read_transaction, transaction
from api.platform.service_registry import get_service

KEY_VALID_FOR = timedelta(hours=20)
CANCEL_SWEEP, PAYMENT_SWEEP = "withdraw-payments", "ask-about-payments"
"""Names of the payment sweeps, under which failures are recorded."""

_log = structlog.get_logger("api.payment_sync")


def sync_payment(payment_id: UUID) -> IntentSnapshot:
    """Fetch the state of a payment from the provider and apply it.

    A payment without an answer from the provider is created again with its own id as the key: that
    returns the PaymentIntent that a crash left behind, or creates it. Raises `PaymentNotFound`,
    `GatewayUnavailable` and `GatewayRefused`.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    payment = payments_queries.payment(payment_id)
    if payment is None:
        raise PaymentNotFound
    end_read_transaction()
    if payment.provider_ref is None:
        snapshot = _create_intent(gateway, payment)
    else:
        snapshot = gateway.fetch_intent(payment.provider_ref)
    with transaction():
        must_be_cancelled = service.apply_intent(payment_id, snapshot)
    # The order was cancelled or paid in the meantime, so this must not be paid any more.
    if must_be_cancelled:
        return cancel_intent(payment_id) or replace(snapshot, status="canceled")
    return snapshot


def cancel_open_intents(order_id: UUID) -> None:
    """Cancel an order's payable PaymentIntents, before the order is cancelled.

    A payment that succeeded in the meantime is applied instead, and the caller finds the order
    paid. If the provider refuses to cancel one, staff are notified and the sweep tries again; the
    caller continues. Raises `GatewayUnavailable`: then the order must not be cancelled yet.
    """
    payment_ids = payments_queries.payable_intents(order_id)
    end_read_transaction()
    for payment_id in payment_ids:
        try:
            cancel_intent(payment_id)
        except (GatewayRefused, PaymentDeclined) as error:
            sweeps.note_failure(CANCEL_SWEEP, payment_id, error, about=about_payment)


def cancel_replaced_intents(order_id: UUID, *, by: UUID) -> None:
    """Cancel all payable PaymentIntents of an order except that of payment `by`.

    Raises `GatewayUnavailable`: a customer must not get two payments for one order.
    """
    replaced = [other for other in payments_queries.payable_intents(order_id) if other != by]
    end_read_transaction()
    for payment_id in replaced:
        cancel_intent(payment_id)


def cancel_remaining_intents(order_id: UUID) -> bool:
    """Cancel remaining PaymentIntents of an order that is cancelled or paid; never raises.

    If the provider does not answer, the sweep cancels them later; then returns False.
    """
    try:
        cancel_open_intents(order_id)
    except GatewayUnavailable as error:
        _log.warning("payment_not_withdrawn", order=str(order_id), code=error.code)
        return False
    return True


def cancel_intent(payment_id: UUID) -> IntentSnapshot | None:
    """Cancel one PaymentIntent at the provider and apply the result.

    A payment without an answer from the provider is created again under its own key first: that
    returns the PaymentIntent that a lost answer left behind. Returns None if the provider has no
    such object; if it once returned its id, staff are notified, because it may belong to another
    account. Raises `PaymentNotFound`, `GatewayUnavailable`, and `GatewayRefused` if the provider
    has it and refuses to cancel it.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    payment = payments_queries.payment(payment_id)
    if payment is None:
        raise PaymentNotFound
    end_read_transaction()
    try:
        intent_id = payment.provider_ref or _create_intent(gateway, payment).id
        snapshot = gateway.cancel_intent(intent_id)
    except GatewayRefused as error:
        if payment.provider_ref is not None and not isinstance(error, GatewayObjectUnknown):
            raise
        _log.warning("nothing_to_withdraw", payment=str(payment_id), detail=error.detail)
        with transaction():
            service.apply_unknown_intent(payment_id, provider_ref=payment.provider_ref)
        return None
    with transaction():
        service.apply_intent(payment_id, snapshot)
    return snapshot


def about_payment(payment_id: UUID) -> Subjects | None:
    """Return the subjects of an attention item about a payment."""
    payment = payments_queries.payment(payment_id)
    return None if payment is None else Subjects(payment.order_id, payment_id)


def submit_refund(refund_id: UUID) -> None:
    """Submit a reserved refund to the provider and apply the answer; safe to repeat.

    The refund's id is the key, so that a retry after a lost answer refunds nothing twice. Stripe
    forgets keys after a day (https://docs.stripe.com/api/idempotent_requests): after that its
    refunds are fetched first. Raises `GatewayUnavailable` with the refund still reserved: a
    periodic job continues it.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    refund = _refund(refund_id)
    at_provider = refund.provider == "stripe" and not refund.to_store_credit
    is_first = at_provider and refund.provider_ref is None
    if is_first and refund.created_at < clock.now() - KEY_VALID_FOR:
        sync_intent(refund.payment_id, refund.intent_id)
        refund = _refund(refund_id)
    if refund.status in ("succeeded", "failed"):
        return
    try:
        if not at_provider:
            snapshot = RefundSnapshot(f"manual-{refund_id}", "succeeded", refund.amount)
        elif refund.provider_ref is None:
            snapshot = gateway.refund(
                intent_id=refund.intent_id,
                amount=refund.amount,
                currency=refund.currency,
                idempotency_key=str(refund_id),
                metadata={"refund_id": str(refund_id), "order_id": str(refund.order_id)},
            )
        else:
            snapshot = gateway.fetch_refund(refund.provider_ref)
    except GatewayRefused as error:
        # Perhaps it has refunds or a dispute whose webhooks were lost.
        with suppress(GatewayObjectUnknown):
            sync_intent(refund.payment_id, refund.intent_id)
        if _refund(refund_id).provider_ref == refund.provider_ref:  # else it was one of them
            with transaction():
                service.reject_refund(refund_id, error.detail)
        return
    with transaction():
        service.apply_refund(refund_id, snapshot)


def _refund(refund_id: UUID) -> AnyRow:
    refund = payments_queries.refund(refund_id)
    end_read_transaction()
    if refund is None:
        raise PaymentNotFound("Refund not refund.")
    return refund


def _create_intent(gateway: PaymentGateway, payment: AnyRow) -> IntentSnapshot:
    """Create a payment at the provider; repeated with the same key, it returns the same one."""
    return gateway.create_intent(
        amount=payment.amount,
        currency=payment.currency,
        idempotency_key=str(payment.id),
        metadata={"payment_id": str(payment.id), "order_id": str(payment.order_id)},
    )
