"""Record, ask the provider, record. The provider is never asked inside a transaction."""

from datetime import timedelta
from uuid import UUID

import structlog

from api.kernel import clock
from api.payments import queries as payment_queries
from api.payments import service as payments
from api.payments.errors import GatewayRefused, GatewayUnavailable, PaymentNotFound
from api.payments.gateways import IntentSnapshot, PaymentGateway, RefundSnapshot
from api.platform.db import forget_reads, transaction
from api.platform.ports import port
from api.settlement import service

ASK_AGAIN_AFTER = timedelta(minutes=5)
REFUND_AGAIN_AFTER = timedelta(minutes=1)
LOOK_BACK = timedelta(hours=24)
BATCH = 50

_log = structlog.get_logger("api.settlement")


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
        with transaction():
            service.refuse_refund(refund_id, refused.detail)
        return
    with transaction():
        service.settle_refund(refund_id, snapshot)


def apply_provider_event(kind: str, object_id: str) -> None:
    """Act on a message of the provider: ask how its object stands now, whatever the message says.

    So it does not matter in which order messages arrive, or how often.
    """
    if kind.startswith("payment_intent."):
        found = payment_queries.payment_of_intent(object_id)
        if found is not None:
            ask_about_payment(found.id)
        elif kind == "payment_intent.succeeded":
            _take_in_unknown(object_id)
    elif kind.startswith(("refund.", "charge.refund.")):
        refund_id = payment_queries.refund_of_provider(object_id)
        if refund_id is not None:
            gateway: PaymentGateway = port(PaymentGateway)
            forget_reads()
            snapshot = gateway.fetch_refund(object_id)
            with transaction():
                service.settle_refund(refund_id, snapshot)


def sweep_payments() -> None:
    """Ask again about payments and refunds that nobody told us the end of.

    Finds orders without an answer (a lost webhook) and money without an order (a crash between
    the provider's answer and our record). One that fails does not stop the others.
    """
    stale = payments.stale_payments(ASK_AGAIN_AFTER, BATCH)
    forget_reads()
    for payment_id, _ in stale:
        try:
            ask_about_payment(payment_id)
        except (GatewayUnavailable, GatewayRefused) as refused:
            _log.warning("payment_not_settled", payment=str(payment_id), code=refused.code)
    _find_orphans()


def sweep_refunds() -> None:
    """Go on with refunds that were promised and not finished."""
    stale = payments.stale_refunds(REFUND_AGAIN_AFTER, BATCH)
    forget_reads()
    for refund_id in stale:
        try:
            carry_out_refund(refund_id)
        except GatewayUnavailable as lost:
            _log.warning("refund_not_finished", refund=str(refund_id), code=lost.code)


def _find_orphans() -> None:
    gateway: PaymentGateway = port(PaymentGateway)
    try:
        paid = [i for i in gateway.recent_intents(clock.now() - LOOK_BACK) if i.received > 0]
    except GatewayUnavailable as lost:
        _log.warning("orphans_not_looked_for", code=lost.code)
        return
    for snapshot in paid:
        _settle_known_or_list(snapshot)


def _take_in_unknown(intent_id: str) -> None:
    gateway: PaymentGateway = port(PaymentGateway)
    forget_reads()
    try:
        snapshot = gateway.fetch_intent(intent_id)
    except GatewayRefused as refused:
        # Signed with our secret, but about money of another account: it will never be found here.
        _log.warning("message_about_strangers", intent=intent_id, code=refused.code)
        return
    _settle_known_or_list(snapshot)


def _settle_known_or_list(snapshot: IntentSnapshot) -> None:
    """Take over money by the provider's id or by ours in its metadata, or list it as an orphan."""
    found = payment_queries.payment_of_intent(snapshot.id)
    if found is None and (named := _uuid(snapshot.metadata.get("payment_id", ""))) is not None:
        found = payment_queries.payment(named)
    forget_reads()
    with transaction():
        if found is not None:
            service.settle_intent(found.id, snapshot)
        elif payments.list_orphan(snapshot, "paid at the provider, but no payment of ours"):
            _log.error("orphan_money", intent=snapshot.id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
