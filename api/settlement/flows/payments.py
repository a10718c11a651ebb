"""Record, ask the provider, record. The provider is never asked inside a transaction."""

from uuid import UUID

from api.payments import queries as payment_queries
from api.payments.errors import GatewayRefused, PaymentNotFound
from api.payments.gateways import IntentSnapshot, PaymentGateway, RefundSnapshot
from api.platform.db import forget_reads, transaction
from api.platform.ports import port
from api.settlement import service
from api.settlement.flows.provider import take_over_payment


def ask_about_payment(payment_id: UUID) -> IntentSnapshot:
    """Ask the provider how a payment stands and take it over.

    A payment that the provider never answered about is asked for again with its own id as the
    key: that leads to the PaymentIntent which a crash left behind, or to the first one.
    """
    gateway: PaymentGateway = port(PaymentGateway)
    found = payment_queries.payment(payment_id)
    if found is None:
        raise PaymentNotFound
    forget_reads()
    if found.provider_ref is None:
        snapshot = gateway.create_intent(
            amount=found.amount,
            currency=found.currency,
            idempotency_key=str(found.id),
            metadata={"payment_id": str(found.id), "order_id": str(found.order_id)},
        )
    else:
        snapshot = gateway.fetch_intent(found.provider_ref)
    with transaction():
        service.settle_intent(payment_id, snapshot)
    return snapshot


def withdraw_open_payments(order_id: UUID) -> None:
    """Take back what a customer could still pay for an order, before the order is cancelled.

    A payment that was made in the meantime is taken over instead, and the caller finds the order
    paid. Raises `GatewayUnavailable`: then nothing may be cancelled yet.
    """
    gateway: PaymentGateway = port(PaymentGateway)
    waiting = payment_queries.open_intents(order_id)
    forget_reads()
    for payment_id, intent_id in waiting:
        if intent_id is None:
            continue
        snapshot = gateway.cancel_intent(intent_id)
        with transaction():
            service.settle_intent(payment_id, snapshot)


def carry_out_refund(refund_id: UUID) -> None:
    """Send a promised refund to the provider and take over the answer; safe to repeat.

    The refund's id is the key, so that a repetition after a lost answer gives nothing twice. Raises
    `GatewayUnavailable` with the promise standing: a periodic job goes on.
    """
    gateway: PaymentGateway = port(PaymentGateway)
    found = payment_queries.refund(refund_id)
    if found is None:
        raise PaymentNotFound("There is no such refund.")
    forget_reads()
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
        take_over_payment(found.payment_id, found.intent_id)
        with transaction():
            service.refuse_refund(refund_id, refused.detail)
        return
    with transaction():
        service.settle_refund(refund_id, snapshot)
