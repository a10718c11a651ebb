"""Facts of the provider that the shop did not cause: asked for, then taken over as they stand.

Each of these may run any number of times, for whichever message or sweep brought the news.
"""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import structlog

from api.kernel.principal import Principal
from api.orders import queries as order_queries
from api.payments import queries as payment_queries
from api.payments.errors import GatewayRefused, GatewayUnavailable
from api.payments.gateways import (
    DisputeSnapshot,
    FraudWarningSnapshot,
    IntentSnapshot,
    PaymentGateway,
    RefundSnapshot,
)
from api.payments.states import PaymentState
from api.platform.db import forget_reads, transaction
from api.platform.ports import port
from api.settlement import service

_log = structlog.get_logger("api.settlement")


def settle_known_or_list(snapshot: IntentSnapshot) -> None:
    """Take over money by the provider's id or by ours in its metadata, or list it as an orphan."""
    found = payment_queries.payment_of_intent(snapshot.id)
    if found is None and (named := _uuid(snapshot.metadata.get("payment_id", ""))) is not None:
        found = payment_queries.payment(named)
    forget_reads()
    with transaction():
        if found is not None:
            service.settle_intent(found.id, snapshot)
        elif service.list_orphan(snapshot):
            _log.error("orphan_money", intent=snapshot.id)


def take_over_refunds(intent_id: str) -> bool:
    """Take over all refunds of a payment, whoever made them; False when it is not ours.

    All of them at once, so that one that failed makes room for the one made in its place.
    """
    payment_id = _taken_payment(intent_id)
    if payment_id is None:
        return False
    gateway: PaymentGateway = port(PaymentGateway)
    refunds = gateway.refunds_of(intent_id)
    with transaction():
        service.settle_refunds(payment_id, refunds)
    return True


def take_over_dispute(snapshot: DisputeSnapshot) -> bool:
    """Take over a dispute; False when it is about no payment of ours."""
    payment_id = _taken_payment(snapshot.intent_id)
    if payment_id is None:
        return False
    with transaction():
        service.settle_dispute(payment_id, snapshot)
    return True


def take_over_fraud_warning(snapshot: FraudWarningSnapshot) -> bool:
    """Take over an early fraud warning; False when it is about no payment of ours."""
    payment_id = _taken_payment(snapshot.intent_id)
    if payment_id is None:
        return False
    with transaction():
        service.settle_fraud_warning(payment_id, snapshot)
    return True


def take_over_payment(payment_id: UUID, intent_id: str) -> None:
    """Ask for the refunds and disputes of one payment and take them over.

    Raises `GatewayUnavailable` and `GatewayRefused`.
    """
    gateway: PaymentGateway = port(PaymentGateway)
    forget_reads()
    refunds: Sequence[RefundSnapshot] = gateway.refunds_of(intent_id)
    disputes = gateway.disputes_of(intent_id)
    with transaction():
        service.settle_refunds(payment_id, refunds)
    for snapshot in disputes:
        with transaction():
            service.settle_dispute(payment_id, snapshot)


def look_for_foreign_facts(order_id: UUID) -> None:
    """Take over what happened to an order's card payments at the provider, before money goes back.

    So that a refund is weighed against what is truly left, whatever message was lost. A provider
    that does not answer now, or knows nothing of it, holds nothing up: it refuses what is too much
    itself.
    """
    taken = payment_queries.stripe_payments_taken(order_id)
    forget_reads()
    for payment in taken:
        try:
            take_over_payment(payment.id, payment.provider_ref)
        except (GatewayUnavailable, GatewayRefused) as lost:
            _log.warning("payment_not_looked_at", payment=str(payment.id), code=lost.code)


def link_orphan(item_id: UUID, order_number: str, *, note: str | None, by: Principal) -> UUID:
    """Record money that nobody asked for as a payment of an order; returns the order's id.

    What the order does not cost is then listed as overpaid, and can be refunded from there. Raises
    `OrderNotFound`, `WrongCurrency`, `AttentionItemNotFound`, `AttentionItemResolved`, and what the
    provider says.
    """
    intent_id = service.orphan_reference(item_id)
    number = order_number.strip().upper().removeprefix("O-").removeprefix("#")
    order_id = order_queries.order_id_of_number(number)
    forget_reads()
    gateway: PaymentGateway = port(PaymentGateway)
    snapshot = gateway.fetch_intent(intent_id)
    with transaction():
        service.link_orphan(item_id, order_id, snapshot, note=note, by=by)
    take_over_refunds(intent_id)
    return order_id


def _taken_payment(intent_id: str | None) -> UUID | None:
    """Find the payment of an intent, and make sure that its money is recorded as taken.

    News of a refund may come before that of the payment itself.
    """
    found = None if intent_id is None else payment_queries.payment_of_intent(intent_id)
    if found is None or intent_id is None:
        forget_reads()
        return None
    payment = payment_queries.payment(found.id)
    forget_reads()
    if payment is not None and payment.status != PaymentState.CAPTURED:
        gateway: PaymentGateway = port(PaymentGateway)
        snapshot = gateway.fetch_intent(intent_id)
        with transaction():
            service.settle_intent(found.id, snapshot)
    return cast(UUID, found.id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
