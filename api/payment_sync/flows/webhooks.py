"""Webhook events of the provider. The current state is always fetched; the event is no proof.

So it does not matter in which order events arrive, or how often.
"""

from uuid import UUID

import structlog

from api.payment_sync import service
from api.payment_sync.flows import external_changes
from api.payment_sync.flows.payments import sync_payment
from api.payments import queries as payments_queries
from api.payments import service as payments_service
from api.payments.errors import GatewayObjectUnknown
from api.payments.gateways import PaymentGateway
from api.platform.db import end_read_transaction, transaction
from api.platform.service_registry import get_service

APPLIED, IGNORED, UNKNOWN = "applied", "ignored", "unknown_object"
REFUND_EVENTS = ("refund.", "charge.refund")

_log = structlog.get_logger("api.payment_sync")


def apply_provider_event(event_id: UUID, kind: str, object_id: str) -> None:
    """Apply a stored event: fetch the current state of its object, and record the result.

    If the provider does not have the object in this account (the event belongs to another one),
    the event is finished: a retry would not help.
    """
    try:
        outcome = _apply(event_id, kind, object_id)
    except GatewayObjectUnknown as error:
        outcome = UNKNOWN
        _log.warning("message_about_strangers", object=object_id, kind=kind, code=error.code)
    with transaction():
        payments_service.finish_provider_event(event_id, outcome)


def _apply(event_id: UUID, kind: str, object_id: str) -> str:
    gateway: PaymentGateway = get_service(PaymentGateway)
    if kind.startswith("payment_intent."):
        return _apply_intent(kind, object_id)
    if kind.startswith(REFUND_EVENTS):
        return _apply_refund(event_id, object_id)
    is_ours = None
    if kind.startswith("charge.dispute."):
        end_read_transaction()
        is_ours = external_changes.sync_dispute(gateway.fetch_dispute(object_id))
    elif kind.startswith("radar.early_fraud_warning."):
        end_read_transaction()
        is_ours = external_changes.sync_fraud_warning(gateway.fetch_fraud_warning(object_id))
    if is_ours is False:
        _log.warning("message_about_strangers", object=object_id, kind=kind)
    return {None: IGNORED, True: APPLIED, False: UNKNOWN}[is_ours]


def _apply_intent(kind: str, intent_id: str) -> str:
    payment = payments_queries.payment_of_intent(intent_id)
    if payment is not None:
        sync_payment(payment.id)
    elif kind == "payment_intent.succeeded":
        gateway: PaymentGateway = get_service(PaymentGateway)
        end_read_transaction()
        external_changes.sync_or_list_unmatched(gateway.fetch_intent(intent_id))
    else:
        return IGNORED
    return APPLIED


def _apply_refund(event_id: UUID, object_id: str) -> str:
    """Apply one known refund, or all refunds of the payment in the event."""
    gateway: PaymentGateway = get_service(PaymentGateway)
    refund_id = payments_queries.refund_of_provider(object_id)
    if refund_id is not None:
        end_read_transaction()
        snapshot = gateway.fetch_refund(object_id)
        with transaction():
            service.apply_refund(refund_id, snapshot)
        return APPLIED
    intent_id = payments_queries.intent_of_event(event_id)
    end_read_transaction()
    if intent_id is None and object_id.startswith("re_"):
        intent_id = gateway.fetch_refund(object_id).intent_id
    if intent_id is None or not external_changes.sync_refunds(intent_id):
        _log.warning("message_about_strangers", object=object_id)
        return UNKNOWN
    return APPLIED
