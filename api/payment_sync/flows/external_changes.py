"""Changes made at the provider and not by the shop: their state is fetched and applied.

Each function may run any number of times, for a webhook or a sweep.
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
    """Apply a payment by the provider's id or by ours in its metadata, or list it as unmatched."""
    payment = payments_queries.payment_of_intent(snapshot.id)
    own_id = _uuid(snapshot.metadata.get("payment_id", ""))
    if payment is None and own_id is not None:
        payment = payments_queries.payment(own_id)
    end_read_transaction()
    with transaction():
        if payment is not None:
            service.apply_intent(payment.id, snapshot)
        elif service.list_unmatched_payment(snapshot):
            _log.error("orphan_money", intent=snapshot.id)


def sync_refunds(intent_id: str) -> bool:
    """Apply all refunds of a payment, including those made elsewhere; False if it is not ours.

    All of them at once, so that a failed one is deducted before the one that replaces it.
    """
    payment_id = _captured_payment(intent_id)
    if payment_id is None:
        return False
    gateway: PaymentGateway = get_service(PaymentGateway)
    refunds = gateway.refunds_of(intent_id)
    with transaction():
        service.apply_refunds(payment_id, refunds)
    return True


def sync_dispute(snapshot: DisputeSnapshot) -> bool:
    """Apply a dispute; False if it belongs to no payment of ours."""
    payment_id = _captured_payment(snapshot.intent_id)
    if payment_id is None:
        return False
    with transaction():
        service.apply_dispute(payment_id, snapshot)
    return True


def sync_fraud_warning(snapshot: FraudWarningSnapshot) -> bool:
    """Apply an early fraud warning; False if it belongs to no payment of ours."""
    payment_id = _captured_payment(snapshot.intent_id)
    if payment_id is None:
        return False
    with transaction():
        service.apply_fraud_warning(payment_id, snapshot)
    return True


def sync_intent(payment_id: UUID, intent_id: str) -> None:
    """Fetch the refunds and disputes of one payment and apply them.

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
    """Fetch and apply refunds and disputes of an order's card payments, before a refund.

    So that the refund is checked against what is really left, even if a webhook was lost. Provider
    errors are logged and ignored here: the provider itself refuses a refund that is too large.
    """
    captured = payments_queries.captured_stripe_payments(order_id)
    end_read_transaction()
    for payment in captured:
        try:
            sync_intent(payment.id, payment.provider_ref)
        except (GatewayUnavailable, GatewayRefused) as error:
            _log.warning("payment_not_looked_at", payment=str(payment.id), code=error.code)


def link_unmatched_payment(
    item_id: UUID, order_number: str, *, note: str | None, by: Principal
) -> UUID:
    """Record an unmatched payment as a payment of an order; returns the order's id.

    Any excess is then listed as overpaid, and can be refunded from there. Raises
    `OrderNotFound`, `WrongCurrency`, `AttentionItemNotFound`, `AttentionItemResolved`, and what the
    provider raises.
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


def _captured_payment(intent_id: str | None) -> UUID | None:
    """Return the payment of an intent, and make sure that it is recorded as captured.

    The webhook of a refund may arrive before that of the payment itself.
    """
    match = None if intent_id is None else payments_queries.payment_of_intent(intent_id)
    if match is None or intent_id is None:
        end_read_transaction()
        return None
    payment = payments_queries.payment(match.id)
    end_read_transaction()
    if payment is not None and payment.status != PaymentState.CAPTURED:
        gateway: PaymentGateway = get_service(PaymentGateway)
        snapshot = gateway.fetch_intent(intent_id)
        with transaction():
            service.apply_intent(match.id, snapshot)
    return cast(UUID, match.id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
