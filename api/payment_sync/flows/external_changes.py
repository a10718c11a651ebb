"""Facts of the provider that the shop did not cause: asked for, then taken over as they stand.

Each of these may run any number of times, for whichever message or sweep brought the news.
"""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import structlog

from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.payment_sync import service
from api.payments import queries as payments_queries
from api.payments.errors import GatewayRefused, GatewayUnavailable
from api.payments.gateways import (
    DisputeSnapshot,
    FraudWarningSnapshot,
    IntentSnapshot,
    PaymentGateway,
    RefundSnapshot,
)
from api.payments.states import PaymentState
from api.platform.db import end_read_transaction, transaction
from api.platform.service_registry import get_service

_log = structlog.get_logger("api.payment_sync")


def sync_or_list_unmatched(snapshot: IntentSnapshot) -> None:
    """Take over money by the provider's id or by ours in its metadata, or list it as an orphan."""
    found = payments_queries.payment_of_intent(snapshot.id)
    if found is None and (named := _uuid(snapshot.metadata.get("payment_id", ""))) is not None:
        found = payments_queries.payment(named)
    end_read_transaction()
    with transaction():
        if found is not None:
            service.apply_intent(found.id, snapshot)
        elif service.list_unmatched_payment(snapshot):
            _log.error("orphan_money", intent=snapshot.id)


def sync_refunds(intent_id: str) -> bool:
    """Take over all refunds of a payment, whoever made them; False when it is not ours.

    All of them at once, so that one that failed makes room for the one made in its place.
    """
    payment_id = _taken_payment(intent_id)
    if payment_id is None:
        return False
    gateway: PaymentGateway = get_service(PaymentGateway)
    refunds = gateway.refunds_of(intent_id)
    with transaction():
        service.apply_refunds(payment_id, refunds)
    return True


def sync_dispute(snapshot: DisputeSnapshot) -> bool:
    """Take over a dispute; False when it is about no payment of ours."""
    payment_id = _taken_payment(snapshot.intent_id)
    if payment_id is None:
        return False
    with transaction():
        service.apply_dispute(payment_id, snapshot)
    return True


def sync_fraud_warning(snapshot: FraudWarningSnapshot) -> bool:
    """Take over an early fraud warning; False when it is about no payment of ours."""
    payment_id = _taken_payment(snapshot.intent_id)
    if payment_id is None:
        return False
    with transaction():
        service.apply_fraud_warning(payment_id, snapshot)
    return True


def sync_intent(payment_id: UUID, intent_id: str) -> None:
    """Ask for the refunds and disputes of one payment and take them over.

    Raises `GatewayUnavailable` and `GatewayRefused`.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    end_read_transaction()
    refunds: Sequence[RefundSnapshot] = gateway.refunds_of(intent_id)
    disputes = gateway.disputes_of(intent_id)
    with transaction():
        service.apply_refunds(payment_id, refunds)
    for snapshot in disputes:
        with transaction():
            service.apply_dispute(payment_id, snapshot)


def scan_external_changes(order_id: UUID) -> None:
    """Take over what happened to an order's card payments at the provider, before money goes back.

    So that a refund is weighed against what is truly left, whatever message was lost. A provider
    that does not answer now, or knows nothing of it, holds nothing up: it refuses what is too much
    itself.
    """
    taken = payments_queries.stripe_payments_taken(order_id)
    end_read_transaction()
    for payment in taken:
        try:
            sync_intent(payment.id, payment.provider_ref)
        except (GatewayUnavailable, GatewayRefused) as lost:
            _log.warning("payment_not_looked_at", payment=str(payment.id), code=lost.code)


def link_unmatched_payment(
    item_id: UUID, order_number: str, *, note: str | None, by: Principal
) -> UUID:
    """Record money that nobody asked for as a payment of an order; returns the order's id.

    What the order does not cost is then listed as overpaid, and can be refunded from there. Raises
    `OrderNotFound`, `WrongCurrency`, `AttentionItemNotFound`, `AttentionItemResolved`, and what the
    provider says.
    """
    intent_id = service.unmatched_reference(item_id)
    number = order_number.strip().upper().removeprefix("O-").removeprefix("#")
    order_id = orders_queries.order_id_of_number(number)
    end_read_transaction()
    gateway: PaymentGateway = get_service(PaymentGateway)
    snapshot = gateway.fetch_intent(intent_id)
    with transaction():
        service.link_unmatched_payment(item_id, order_id, snapshot, note=note, by=by)
    sync_refunds(intent_id)
    return order_id


def _taken_payment(intent_id: str | None) -> UUID | None:
    """Find the payment of an intent, and make sure that its money is recorded as taken.

    News of a refund may come before that of the payment itself.
    """
    found = None if intent_id is None else payments_queries.payment_of_intent(intent_id)
    if found is None or intent_id is None:
        end_read_transaction()
        return None
    payment = payments_queries.payment(found.id)
    end_read_transaction()
    if payment is not None and payment.status != PaymentState.CAPTURED:
        gateway: PaymentGateway = get_service(PaymentGateway)
        snapshot = gateway.fetch_intent(intent_id)
        with transaction():
            service.apply_intent(found.id, snapshot)
    return cast(UUID, found.id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
