"""Record, ask the provider, record. The provider is never asked inside a transaction."""

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

KEY_IS_SURE_FOR = timedelta(hours=20)
WITHDRAW, ABOUT_PAYMENTS = "withdraw-payments", "ask-about-payments"
"""The sweeps that go on with payments, by the names under which failures are noted."""

_log = structlog.get_logger("api.payment_sync")


def sync_payment(payment_id: UUID) -> IntentSnapshot:
    """Ask the provider how a payment stands and take it over.

    A payment that the provider never answered about is asked for again with its own id as the
    key: that leads to the PaymentIntent which a crash left behind, or to the first one.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    found = payments_queries.payment(payment_id)
    if found is None:
        raise PaymentNotFound
    end_read_transaction()
    if found.provider_ref is None:
        snapshot = _create_intent(gateway, found)
    else:
        snapshot = gateway.fetch_intent(found.provider_ref)
    with transaction():
        must_be_withdrawn = service.apply_intent(payment_id, snapshot)
    # The order was cancelled or settled while the provider answered: nobody may pay this any more.
    if must_be_withdrawn:
        return cancel_intent(payment_id) or replace(snapshot, status="canceled")
    return snapshot


def cancel_open_intents(order_id: UUID) -> None:
    """Take back what a customer could still pay for an order, before the order is cancelled.

    A payment that was made in the meantime is taken over instead, and the caller finds the order
    paid. What the provider refuses to withdraw is put before a person and tried again by the sweep;
    it holds up nothing. Raises `GatewayUnavailable`: then nothing may be cancelled yet.
    """
    waiting = payments_queries.payable_intents(order_id)
    end_read_transaction()
    for payment_id in waiting:
        try:
            cancel_intent(payment_id)
        except (GatewayRefused, PaymentDeclined) as refused:
            sweeps.note_failure(WITHDRAW, payment_id, refused, about=about_payment)


def cancel_replaced_intents(order_id: UUID, *, by: UUID) -> None:
    """Withdraw what was asked for before the payment that is asked for now.

    Raises `GatewayUnavailable`: a customer is not handed two payments for one order.
    """
    replaced = [one for one in payments_queries.payable_intents(order_id) if one != by]
    end_read_transaction()
    for payment_id in replaced:
        cancel_intent(payment_id)


def cancel_remaining_intents(order_id: UUID) -> bool:
    """Withdraw what may be left of an order that is cancelled or settled; never fails.

    What the provider does not answer about is void here with the order, and the sweep withdraws it.
    False when that is so.
    """
    try:
        cancel_open_intents(order_id)
    except GatewayUnavailable as lost:
        _log.warning("payment_not_withdrawn", order=str(order_id), code=lost.code)
        return False
    return True


def cancel_intent(payment_id: UUID) -> IntentSnapshot | None:
    """Cancel one PaymentIntent at the provider and take over what came of it.

    One that never got an answer is asked for under its own key first: that leads to the
    PaymentIntent which a lost answer left behind. None when the provider knows of none: of one that
    it once named itself a person is told, who may know of another account. Raises
    `GatewayUnavailable`, and `GatewayRefused` for one that the provider has and will not cancel.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    found = payments_queries.payment(payment_id)
    if found is None:
        raise PaymentNotFound
    end_read_transaction()
    try:
        intent_id = found.provider_ref or _create_intent(gateway, found).id
        snapshot = gateway.cancel_intent(intent_id)
    except GatewayRefused as refused:
        if found.provider_ref is not None and not isinstance(refused, GatewayObjectUnknown):
            raise
        _log.warning("nothing_to_withdraw", payment=str(payment_id), detail=refused.detail)
        with transaction():
            service.apply_unknown_intent(payment_id, named=found.provider_ref)
        return None
    with transaction():
        service.apply_intent(payment_id, snapshot)
    return snapshot


def about_payment(payment_id: UUID) -> Subjects | None:
    """Tell what an item about a payment is about."""
    found = payments_queries.payment(payment_id)
    return None if found is None else Subjects(found.order_id, payment_id)


def submit_refund(refund_id: UUID) -> None:
    """Send a promised refund to the provider and take over the answer; safe to repeat.

    The refund's id is the key, so that a repetition after a lost answer gives nothing twice. Stripe
    forgets keys after a day (https://docs.stripe.com/api/idempotent_requests): later than that its
    list of refunds is asked first. Raises `GatewayUnavailable` with the promise standing: a
    periodic job goes on.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    found = _refund(refund_id)
    is_first = found.provider == "stripe" and found.provider_ref is None
    if is_first and found.created_at < clock.now() - KEY_IS_SURE_FOR:
        sync_intent(found.payment_id, found.intent_id)
        found = _refund(refund_id)
    if found.status in ("succeeded", "failed"):
        return
    try:
        if found.provider != "stripe":
            snapshot = RefundSnapshot(f"manual-{refund_id}", "succeeded", found.amount)
        elif found.provider_ref is None:
            snapshot = gateway.refund(
                intent_id=found.intent_id,
                amount=found.amount,
                currency=found.currency,
                idempotency_key=str(refund_id),
                metadata={"refund_id": str(refund_id), "order_id": str(found.order_id)},
            )
        else:
            snapshot = gateway.fetch_refund(found.provider_ref)
    except GatewayRefused as refused:
        # Perhaps it knows refunds or a dispute that nobody told us about.
        with suppress(GatewayObjectUnknown):
            sync_intent(found.payment_id, found.intent_id)
        if _refund(refund_id).provider_ref == found.provider_ref:  # else it was among them
            with transaction():
                service.reject_refund(refund_id, refused.detail)
        return
    with transaction():
        service.apply_refund(refund_id, snapshot)


def _refund(refund_id: UUID) -> AnyRow:
    found = payments_queries.refund(refund_id)
    end_read_transaction()
    if found is None:
        raise PaymentNotFound("There is no such refund.")
    return found


def _create_intent(gateway: PaymentGateway, payment: AnyRow) -> IntentSnapshot:
    """Ask for a payment under its own key: once, however often."""
    return gateway.create_intent(
        amount=payment.amount,
        currency=payment.currency,
        idempotency_key=str(payment.id),
        metadata={"payment_id": str(payment.id), "order_id": str(payment.order_id)},
    )
