"""What a message of the provider sets going. It is asked how things stand; a message is no proof.

So it does not matter in which order messages arrive, or how often.
"""

from uuid import UUID

import structlog

from api.payments import queries as payment_queries
from api.payments import service as payments
from api.payments.errors import GatewayObjectUnknown
from api.payments.gateways import PaymentGateway
from api.platform.db import forget_reads, transaction
from api.platform.ports import port
from api.settlement import service
from api.settlement.flows import provider
from api.settlement.flows.payments import ask_about_payment

APPLIED, IGNORED, UNKNOWN = "applied", "ignored", "unknown_object"
ABOUT_REFUNDS = ("refund.", "charge.refund")

_log = structlog.get_logger("api.settlement")


def apply_provider_event(event_id: UUID, kind: str, object_id: str) -> None:
    """Act on a stored message: ask how its object stands now, and note what came of it.

    An object that the provider does not know in this account (signed with our secret, but about
    somebody else's money) ends the message: asking again would never help.
    """
    try:
        outcome = _apply(event_id, kind, object_id)
    except GatewayObjectUnknown as unknown:
        outcome = UNKNOWN
        _log.warning("message_about_strangers", object=object_id, kind=kind, code=unknown.code)
    with transaction():
        payments.finish_provider_event(event_id, outcome)


def _apply(event_id: UUID, kind: str, object_id: str) -> str:
    gateway: PaymentGateway = port(PaymentGateway)
    if kind.startswith("payment_intent."):
        return _apply_intent(kind, object_id)
    if kind.startswith(ABOUT_REFUNDS):
        return _apply_refund(event_id, object_id)
    is_ours = None
    if kind.startswith("charge.dispute."):
        forget_reads()
        is_ours = provider.take_over_dispute(gateway.fetch_dispute(object_id))
    elif kind.startswith("radar.early_fraud_warning."):
        forget_reads()
        is_ours = provider.take_over_fraud_warning(gateway.fetch_fraud_warning(object_id))
    if is_ours is False:
        _log.warning("message_about_strangers", object=object_id, kind=kind)
    return {None: IGNORED, True: APPLIED, False: UNKNOWN}[is_ours]


def _apply_intent(kind: str, intent_id: str) -> str:
    found = payment_queries.payment_of_intent(intent_id)
    if found is not None:
        ask_about_payment(found.id)
    elif kind == "payment_intent.succeeded":
        gateway: PaymentGateway = port(PaymentGateway)
        forget_reads()
        provider.settle_known_or_list(gateway.fetch_intent(intent_id))
    else:
        return IGNORED
    return APPLIED


def _apply_refund(event_id: UUID, object_id: str) -> str:
    """Take over one refund that we know, or all of the payment that the message is about."""
    gateway: PaymentGateway = port(PaymentGateway)
    refund_id = payment_queries.refund_of_provider(object_id)
    if refund_id is not None:
        forget_reads()
        snapshot = gateway.fetch_refund(object_id)
        with transaction():
            service.settle_refund(refund_id, snapshot)
        return APPLIED
    intent_id = payment_queries.intent_of_event(event_id)
    forget_reads()
    if intent_id is None and object_id.startswith("re_"):
        intent_id = gateway.fetch_refund(object_id).intent_id
    if intent_id is None or not provider.take_over_refunds(intent_id):
        _log.warning("message_about_strangers", object=object_id)
        return UNKNOWN
    return APPLIED
